/** What a browser's word about the host means for a reader, and the command that mends it. */

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

const KNOWN: readonly (readonly [RegExp, Problem])[] = [
  [
    /native messaging host not found|No such native application/i,
    {
      cause: "Irodori's host is not registered for this browser.",
      fix: "Run this in the Irodori folder, then try again:",
      command: INSTALL,
      lasting: true,
    },
  ],
  [
    /Access to the specified native messaging host is forbidden/i,
    {
      cause: "Irodori's host is registered, but not for this copy of the extension.",
      fix: "Register it anew in the Irodori folder, then try again:",
      command: INSTALL,
      lasting: true,
    },
  ],
  [
    /Native host has exited/i,
    {
      cause: "Irodori's host started and stopped at once.",
      fix: "This finds the broken part and says how to mend it:",
      command: DOCTOR,
      lasting: false,
    },
  ],
  [
    /Error when communicating with the native messaging host/i,
    {
      cause: "The browser and Irodori's host could not understand each other; its launcher may be broken.",
      fix: "This finds the broken part and says how to mend it:",
      command: DOCTOR,
      lasting: false,
    },
  ],
  [
    /Failed to start native messaging host/i,
    {
      cause: "The system could not start Irodori's host.",
      fix: "This finds the broken part and says how to mend it:",
      command: DOCTOR,
      lasting: false,
    },
  ],
  [
    /disabled by the system administrator/i,
    {
      cause: "This browser is managed, and its policy does not allow Irodori's host.",
      fix: "Ask whoever manages this computer to allow the native messaging host app.irodori.host.",
      lasting: true,
    },
  ],
  [
    /Invalid native messaging host name/i,
    {
      cause: "The browser does not accept the name of Irodori's host.",
      fix: "This is a fault of the extension; install its newest version.",
      lasting: true,
    },
  ],
];

/** The host started but did not speak in time, or what it said was no greeting of ours. */
export const NO_ANSWER: Problem = {
  cause: "Irodori's host did not answer.",
  fix: "This finds the broken part and says how to mend it:",
  command: DOCTOR,
  lasting: false,
};

/** The host is there and has not answered for some seconds. */
export const SILENT: Problem = {
  cause: "Irodori's host is not answering.",
  fix: "It may be busy with a large page: wait a little, it is started anew if it stays silent. If that comes again, this finds the broken part:",
  command: DOCTOR,
  lasting: false,
};

/** The host worked and then stopped; reconnecting was given up. */
export const KEEPS_STOPPING: Problem = {
  cause: "Irodori's host keeps stopping.",
  fix: "Its log says why; this shows where the log is and what is broken:",
  command: DOCTOR,
  lasting: false,
};

/** The cause behind a browser's error text; `undefined` text is a port that closed without one. */
export function problemOf(text: string | undefined): Problem {
  const known = KNOWN.find(([pattern]) => text !== undefined && pattern.test(text));
  if (known) return known[1];
  const detail = text ? ` The browser says: “${text}”` : "";
  return { ...NO_ANSWER, cause: `The connection to Irodori's host was lost.${detail}` };
}

/** No version in common: say which side to update. */
export function versionProblem(hostRange: readonly [number, number], ownRange: readonly [number, number]): Problem {
  const hostIsOlder = hostRange[1] < ownRange[0];
  return hostIsOlder
    ? {
        cause: "Irodori's host is older than this extension.",
        fix: "Update the host: fetch the newest Irodori folder and run there:",
        command: INSTALL,
        lasting: true,
      }
    : {
        cause: "This extension is older than Irodori's host.",
        fix: "Update the extension: build it anew in the Irodori folder and reload it on the extensions page:",
        command: "make extension",
        lasting: true,
      };
}
