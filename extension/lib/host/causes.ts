/** What a browser's word about the host means for a reader, and the command that mends it. */

import { i18n } from "#i18n";

/** A cause in plain words, what to do, and the command for it where there is one. */
export interface Problem {
  cause: string;
  fix: string;
  command?: string;
  /** Trying again without a change on the reader's side cannot help. */
  lasting: boolean;
}

const INSTALL = "make install";
const DOCTOR = "irodori doctor";

const KNOWN: readonly (readonly [RegExp, () => Problem])[] = [
  [/native messaging host not found|No such native application/i, notRegistered],
  [
    /Access to the specified native messaging host is forbidden/i,
    () => lasting(i18n.t("host.forbidden"), i18n.t("host.registerAnew"), INSTALL),
  ],
  [/Native host has exited/i, () => mendable(i18n.t("host.exited"))],
  [/Error when communicating with the native messaging host/i, () => mendable(i18n.t("host.misunderstood"))],
  [/Failed to start native messaging host/i, () => mendable(i18n.t("host.cannotStart"))],
  [/disabled by the system administrator/i, () => lasting(i18n.t("host.managed"), i18n.t("host.askManager"))],
  [/Invalid native messaging host name/i, () => lasting(i18n.t("host.badName"), i18n.t("host.newestVersion"))],
];

/** The host started but did not speak in time, or what it said was no greeting of ours. */
export const noAnswer = (): Problem => mendable(i18n.t("host.noAnswer"));

/** The host is there and has not answered for some seconds. */
export const silent = (): Problem => mendable(i18n.t("host.silent"), i18n.t("host.mayBeBusy"));

/** The host worked and then stopped; reconnecting was given up. */
export const keepsStopping = (): Problem => mendable(i18n.t("host.keepsStopping"), i18n.t("host.logSaysWhy"));

function notRegistered(): Problem {
  return lasting(i18n.t("host.notRegistered"), i18n.t("host.runHere"), INSTALL);
}

function lasting(cause: string, fix: string, command?: string): Problem {
  return { cause, fix, ...(command ? { command } : {}), lasting: true };
}

function mendable(cause: string, fix = i18n.t("host.findsBroken")): Problem {
  return { cause, fix, command: DOCTOR, lasting: false };
}

/** The cause behind a browser's error text; `undefined` text is a port that closed without one. */
export function problemOf(text: string | undefined): Problem {
  const known = KNOWN.find(([pattern]) => text !== undefined && pattern.test(text));
  if (known) return known[1]();
  return mendable(text ? i18n.t("host.lostSaying", [text]) : i18n.t("host.lost"));
}

/** No version in common: say which side to update. */
export function versionProblem(hostRange: readonly [number, number], ownRange: readonly [number, number]): Problem {
  return hostRange[1] < ownRange[0]
    ? lasting(i18n.t("host.older"), i18n.t("host.updateHost"), INSTALL)
    : lasting(i18n.t("host.extensionOlder"), i18n.t("host.updateExtension"), "make extension");
}
