/**
 * What the reader wants of a site and of the series there: what turns to colour by itself, and how. A site is scheme and
 * host: what is wanted of one is never done on another, whatever that calls its series. Kept over browser restarts.
 */

import { storage } from "wxt/utils/storage";
import { inTurn } from "./in-turn";

/** Chapters turn to colour when they are opened, the reader is asked on the page, or nothing happens without a click. */
export type Mode = "always" | "ask" | "never";

export interface SeriesHabit {
  /** As the reader calls it. */
  name: string;
  /** `null`: as the site. */
  mode: Mode | null;
  /** The share of colour in what the pages show, 0..1. */
  strength: number;
  /** Its chapters show the originals until the reader wants their colours. */
  original?: boolean;
  /** What was chosen when the series was last coloured by hand; `undefined` before. */
  referenceId?: string | null;
  moreReferences?: string[];
  engine?: string | null;
}

/** What the reader said of the pictures that a pattern means: an address with `*`, or a selector of their elements. */
export interface PageRule {
  isPage: boolean;
  pattern: string;
}

/** By which rule of the table a site's series and chapters are told: its name, or `OWN` and a selector. */
export interface Naming {
  series?: string;
  chapter?: string;
}

/** What a choice begins with that is the reader's own selector. */
export const OWN = "=";

export interface SiteHabit {
  mode: Mode;
  series: Record<string, SeriesHabit>;
  /** Which pictures are pages and which are none; the last one that means a picture counts. */
  pages?: PageRule[];
  /** How its names are told, where the reader chose that. */
  naming?: Naming;
}

export const NO_HABIT: SiteHabit = { mode: "never", series: {} };
const SITE = "site:";
const NAME_CHARACTERS = 200;
export const PATTERN_CHARACTERS = 500;
const RULES_MAX = 200;

type Key = `local:${string}`;
const siteKey = (site: string): Key => `local:${SITE}${site}`;

/** The name of a series as it is looked up: how it is written does not count. */
export function seriesKey(told: string): string {
  const bare = told.normalize("NFKC").toLowerCase().replace(/\s+/g, " ").trim();
  return `=${bare.slice(0, NAME_CHARACTERS)}`; // a page may call its series "__proto__"
}

export function habitOf({ series }: SiteHabit, told: string): SeriesHabit {
  return series[seriesKey(told)] ?? { name: told, mode: null, strength: 1 };
}

/** What is to happen when a chapter of this series is opened. */
export function modeOf(habit: SiteHabit, told: string): Mode {
  return habitOf(habit, told).mode ?? habit.mode;
}

/** Whether anything may happen by itself on this site. */
export function isAwaited({ mode, series }: SiteHabit): boolean {
  return mode !== "never" || Object.values(series).some((each) => each.mode !== null && each.mode !== "never");
}

export async function loadHabit(site: string): Promise<SiteHabit> {
  return { ...NO_HABIT, ...(site ? await storage.getItem<SiteHabit>(siteKey(site)) : null) };
}

/** Every site of which something is known, in the order of their names. */
export async function loadHabits(): Promise<[site: string, habit: SiteHabit][]> {
  const all = Object.entries(await storage.snapshot("local")).filter(([key]) => key.startsWith(SITE));
  const habits = all.map(([key, habit]): [string, SiteHabit] => [key.slice(SITE.length), habit as SiteHabit]);
  return habits.sort(([a], [b]) => a.localeCompare(b));
}

/** A change of what is wanted: of a series by the name that the site gives it, with `told` null of the whole site. */
export interface HabitChange {
  site: string;
  told: string | null;
  change: Partial<SeriesHabit>;
}

const oneByOne = inTurn();

/** Change what is wanted; for the worker, which makes one change after the other. */
export function changeHabit({ site, told, change }: HabitChange): Promise<void> {
  return oneByOne(async () => {
    const habit = await loadHabit(site);
    if (told === null) habit.mode = change.mode ?? "never";
    else habit.series = { ...habit.series, [seriesKey(told)]: { ...habitOf(habit, told), ...change } };
    await storage.setItem(siteKey(site), habit);
  });
}

/** Change what was said of a site's pictures; for the worker. */
export function changeRules(site: string, change: (rules: readonly PageRule[]) => PageRule[]): Promise<void> {
  return oneByOne(async () => {
    const habit = await loadHabit(site);
    await storage.setItem(siteKey(site), { ...habit, pages: change(habit.pages ?? []).slice(-RULES_MAX) });
  });
}

/** Change how a site's series and chapters are told; empty choices leave it to the table. For the worker. */
export function changeNaming(site: string, { series = "", chapter = "" }: Naming): Promise<void> {
  return oneByOne(async () => {
    const { naming: _, ...habit } = await loadHabit(site);
    const naming = { ...(series ? { series } : {}), ...(chapter ? { chapter } : {}) };
    await storage.setItem(siteKey(site), { ...habit, ...(series || chapter ? { naming } : {}) });
  });
}

/** Whether elements can be meant by a selector. */
export function isSelector(selector: string): boolean {
  if (selector === "" || selector.length > PATTERN_CHARACTERS) return false;
  try {
    document.createDocumentFragment().querySelector(selector);
    return true;
  } catch {
    return false; // the reader is still writing it
  }
}

/** With one more rule, which takes the place of one of the same pattern. */
export function withRule(rules: readonly PageRule[], rule: PageRule): PageRule[] {
  return [...rules.filter(({ pattern }) => pattern !== rule.pattern), rule];
}

/** Know nothing any more of a site, or of one series there. */
export function forgetHabit(site: string, told: string | null = null): Promise<void> {
  return oneByOne(async () => {
    if (told === null) return storage.removeItem(siteKey(site));
    const habit = await loadHabit(site);
    const { [seriesKey(told)]: _, ...series } = habit.series;
    await storage.setItem(siteKey(site), { ...habit, series });
  });
}

/** Call back at every change of what is wanted of a site, until `signal` aborts. */
export function watchHabit(site: string, seen: (habit: SiteHabit) => void, signal: AbortSignal): void {
  const stop = storage.watch<SiteHabit>(siteKey(site), (habit) => seen({ ...NO_HABIT, ...habit }));
  signal.addEventListener("abort", stop, { once: true });
}

/** A reference has gone: no series is coloured after it by itself any more. */
export async function dropReference(referenceId: string): Promise<void> {
  for (const [site, { series }] of await loadHabits()) {
    for (const [key, { referenceId: first, moreReferences: more = [] }] of Object.entries(series)) {
      const all = first ? [first, ...more] : [];
      if (!all.includes(referenceId)) continue;
      const [left = null, ...moreReferences] = all.filter((one) => one !== referenceId);
      await changeHabit({ site, told: key.slice(1), change: { referenceId: left, moreReferences } });
    }
  }
}
