/** What the popup says about the pages of a tab: how many, or why none and what to do; and about the file they went into. */

import { i18n } from "#i18n";
import { FILES } from "../sites";
import { isOpen, type RunState, type SavedFile, tallyOf } from "../chapter/state";
import type { Survey } from "../messages";
import type { TaskRow } from "../studio";
import type { EngineState, Estimate, Preset } from "../protocol/messages";

const MINUTE_S = 60;

/** One sentence or two about what was found. */
export function sayFound({ pages, why, isFromWindow }: Survey): string {
  if (why !== null) return i18n.t(`found.${why}`);
  return [i18n.t("found.pages", pages), ...(isFromWindow ? [i18n.t("found.window")] : [])].join(". ");
}

/** How far a chapter is. */
export function sayRun(run: RunState): string {
  const tally = tallyOf(run);
  if (run.name === "failed") return run.problem;
  if (run.name === "cancelled") return i18n.t("progress.cancelled", [`${tally.done}`, `${tally.total}`]);
  if (run.name === "paused") return i18n.t("progress.paused");
  if (tally.total === 0) return run.name === "done" ? i18n.t("progress.noneYet") : i18n.t("progress.looking");
  if (tally.open > 0) return i18n.t("progress.ended", [`${tally.total - tally.open}`, `${tally.total}`]);
  const rest = [
    tally.skipped && i18n.t("progress.skipped", [`${tally.skipped}`]),
    tally.failed && i18n.t("progress.failed", [`${tally.failed}`]),
  ];
  return [i18n.t("progress.coloured", tally.done), ...rest.filter(Boolean)].join(" · ");
}

/** How far a chapter is in the queue: whether it waits or is under way, too. */
export function sayQueued(run: RunState): string {
  const pages = Object.values(run.pages);
  if (run.name !== "running" || !pages.some(isOpen)) return sayRun(run);
  const state = pages.every((page) => page.state === "waiting") ? "waiting" : "running";
  return [i18n.t(`progress.state.${state}`), sayRun(run)].join(" · ");
}

/** Where a task of the studio stands. */
export function sayTask({ state, problem }: TaskRow): string {
  return state === "failed" ? problem : i18n.t(`progress.state.${state}`);
}

/** What the reader has not allowed yet, or an empty string. `patterns` are match patterns. */
export function sayMissing(patterns: readonly string[], wasAsked: boolean): string {
  const [first, ...rest] = patterns.map(nameOf);
  if (!first) return "";
  const sites = sayHosts(first, rest);
  return wasAsked ? i18n.t("found.refused", [sites]) : i18n.t("found.willAsk", [sites]);
}

/** A rule of the table by which names are told; readers and standards have names of their own. */
export function sayRule(of: string): string {
  const plain = ["address", "breadcrumbs", "heading", "title"];
  if (of === "data attributes") return i18n.t("naming.by.attributes");
  return plain.includes(of) ? i18n.t(`naming.by.${of as "title"}`) : of;
}

/** A check of the host's own chain; those of a newer host have their own names. */
export function sayCheck(check: string): string {
  const known = ["folders", "disk", "settings", "database", "cache", "engines", "weights", "words", "lane", "log"];
  return known.includes(check) ? i18n.t(`welcome.checks.${check as "disk"}`) : check;
}

/** What a preset sets, in a line. */
export function sayPreset({ engine, options }: Preset, engines: readonly EngineState[]): string {
  const { steps, strength, quality, loras = [], prompt, negative_prompt } = options;
  return [
    engines.find(({ id }) => id === engine)?.label ?? engine ?? "",
    steps === undefined ? "" : i18n.t("presets.stepsOf", [`${steps}`]),
    strength === undefined ? "" : i18n.t("popup.strengthOf", [`${Math.round(strength * 100)}`]),
    quality ? i18n.t(`presets.qualities.${quality}`) : "",
    ...loras.map(({ name, weight = 1 }) => `${name} × ${weight}`),
    prompt ?? "",
    negative_prompt ? i18n.t("presets.not", [negative_prompt]) : "",
  ]
    .filter(Boolean)
    .join(" · ");
}

/** A key by its place on the keyboard, as it is written there on most. */
export function sayKey(code: string): string {
  return code === "" ? i18n.t("options.noKey") : code.replace(/^(?:Key|Digit)(?=.$)/, "");
}

/** A site or a match pattern by its host alone. */
export function nameOf(pattern: string): string {
  if (pattern.startsWith(FILES)) return i18n.t("options.files");
  return pattern.replace(/^[\w*]+:\/\/|\/\*$/g, "");
}

function sayHosts(first: string, rest: readonly string[]): string {
  const [second, ...others] = rest;
  if (!second) return first;
  return others.length
    ? i18n.t("found.moreSites", [first, `${rest.length}`])
    : i18n.t("found.twoSites", [first, second]);
}

/** What another choice would cost the chapter that is in colour. */
export function sayCost({ fresh, cached, seconds }: Estimate): string {
  if (fresh === 0) return i18n.t("cost.cached", cached);
  const words = [i18n.t("cost.fresh", fresh)];
  if (seconds !== undefined && seconds >= MINUTE_S)
    words.push(i18n.t("cost.minutes", [`${Math.round(seconds / MINUTE_S)}`]));
  else if (seconds !== undefined) words.push(i18n.t("cost.seconds", [`${Math.max(1, Math.round(seconds))}`]));
  return words.join(" ");
}

/** How the chapter's file is coming along, or what is in it and where. */
export function saySaved({ name, done, total, path, coloured, asTheyWere, missing, problem }: SavedFile): string {
  if (name === "failed") return problem;
  if (name === "cancelled") return i18n.t("save.cancelled");
  if (name === "saving") return done > 0 ? i18n.t("save.savingPage", [`${done}`, `${total}`]) : i18n.t("save.saving");
  const words = [i18n.t("save.saved", coloured, [`${coloured}`, path])];
  if (asTheyWere.length) words.push(i18n.t("save.asBefore", asTheyWere.length, ["", asTheyWere.join(", ")]));
  if (missing.length) words.push(i18n.t("save.missing", missing.length, ["", missing.join(", ")]));
  return words.join(" ");
}
