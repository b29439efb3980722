/** What outlives the service worker: the session's storage, and the reader's lasting choices. Typed, one key a record. */

import { browser } from "wxt/browser";
import type { Problem } from "./host/causes";
import type { ColourHint, EngineState } from "./protocol/messages";
import type { SaveFormat } from "./chapter/save";
import type { RunState } from "./chapter/state";
import type { ChapterChoice } from "./messages";

/** The connection as the popup shows it. */
export interface ConnectionView {
  name: "idle" | "connecting" | "ready" | "disconnected" | "failed";
  problem: Problem | null;
  hostVersion: string;
  device: string;
  pid: number;
  logPath: string;
  engines: EngineState[];
  /** When models last came or went while the host was here; the popup then asks what there is. */
  refreshed: number;
  defaultEngine: string;
  hasSpoken: boolean;
}

/** Kept over browser restarts. */
export interface Choices {
  referenceId: string | null;
  engine: string | null;
  /** What a chapter is saved as. */
  saveAs: SaveFormat;
  /** LoRAs to wear, by the host's name for them, with their weights. */
  loras: Record<string, number>;
}

/** A chapter in a tab as its reader started it. */
export interface UnderWay {
  choice: ChapterChoice;
  series: string;
  chapter: string;
}

/** A page's corrections, and when the last one was made. */
interface Corrected {
  hints: ColourHint[];
  at: number;
}

export const NO_CONNECTION: ConnectionView = {
  name: "idle",
  problem: null,
  hostVersion: "",
  device: "",
  pid: 0,
  logPath: "",
  engines: [],
  refreshed: 0,
  defaultEngine: "",
  hasSpoken: false,
};

export const NO_CHOICES: Choices = { referenceId: null, engine: null, saveAs: "cbz", loras: {} };

const UNDER_WAY = "under-way:";
const CONNECTION = "connection";
const CHOICES = "choices";
const RUN = "run:";
const HINTS = "hints:";
const CALL_SIGN = "callSign";
const CORRECTED_PAGES_MAX = 500; // some hundred bytes each

export const runKey = (tabId: number): string => `${RUN}${tabId}`;

export async function loadConnection(): Promise<ConnectionView> {
  return (await read(browser.storage.session, CONNECTION)) ?? NO_CONNECTION;
}

export async function saveConnection(view: ConnectionView): Promise<void> {
  await browser.storage.session.set({ [CONNECTION]: view });
}

export async function loadChoices(): Promise<Choices> {
  return { ...NO_CHOICES, ...(await read<Choices>(browser.storage.local, CHOICES)) };
}

export async function saveChoices(change: Partial<Choices>): Promise<void> {
  await browser.storage.local.set({ [CHOICES]: { ...(await loadChoices()), ...change } });
}

export async function loadRun(tabId: number): Promise<RunState | null> {
  return (await read(browser.storage.session, runKey(tabId))) ?? null;
}

export async function loadRuns(): Promise<RunState[]> {
  const all = await browser.storage.session.get(null);
  return Object.entries(all).flatMap(([key, value]) => (key.startsWith(RUN) ? [value as RunState] : []));
}

export async function saveRun(run: RunState): Promise<void> {
  await browser.storage.session.set({ [runKey(run.tabId)]: run });
}

export async function forgetRun(tabId: number): Promise<void> {
  await browser.storage.session.remove(runKey(tabId));
}

/** Remember that a tab's chapter is in colour or on its way, so that an update of the extension can go on with it. */
export async function saveUnderWay(tabId: number, chapter: UnderWay): Promise<void> {
  await browser.storage.local.set({ [`${UNDER_WAY}${tabId}`]: chapter });
}

export async function forgetUnderWay(tabId: number): Promise<void> {
  await browser.storage.local.remove(`${UNDER_WAY}${tabId}`);
}

/** The chapters that were under way, by tab; they are forgotten with that. */
export async function takeUnderWay(): Promise<[tabId: number, UnderWay][]> {
  const all = Object.entries(await browser.storage.local.get(null)).filter(([key]) => key.startsWith(UNDER_WAY));
  await browser.storage.local.remove(all.map(([key]) => key));
  return all.map(([key, chapter]) => [Number(key.slice(UNDER_WAY.length)), chapter as UnderWay]);
}

/** The reader's corrections of pages with these bytes (SHA-256), where there are any. */
export async function loadHints(sha256s: string[]): Promise<Map<string, ColourHint[]>> {
  const found = await browser.storage.local.get(sha256s.map((sha256) => HINTS + sha256));
  return new Map(Object.entries(found).map(([key, value]) => [key.slice(HINTS.length), (value as Corrected).hints]));
}

/** Remember a page's corrections, or forget it if there are none; those that were corrected longest ago go first. */
export async function saveHints(sha256: string, hints: ColourHint[]): Promise<void> {
  if (hints.length === 0) return browser.storage.local.remove(HINTS + sha256);
  await browser.storage.local.set({ [HINTS + sha256]: { hints, at: Date.now() } satisfies Corrected });
  const all = Object.entries(await browser.storage.local.get(null)).filter(([key]) => key.startsWith(HINTS));
  const oldest = all.sort(([, a], [, b]) => (b as Corrected).at - (a as Corrected).at).slice(CORRECTED_PAGES_MAX);
  if (oldest.length) await browser.storage.local.remove(oldest.map(([key]) => key));
}

/** The name of the event by which this installation's scripts call each other in a document: no page can know it. */
export async function loadCallSign(): Promise<string> {
  return (await read<string>(browser.storage.local, CALL_SIGN)) ?? "";
}

/** Make the call sign of a new installation; it outlives reloads and updates. For the worker, before it enters a page. */
export async function makeCallSign(): Promise<void> {
  if (!(await loadCallSign())) await browser.storage.local.set({ [CALL_SIGN]: crypto.randomUUID() });
}

/** Call back at every change of the connection, the choices, or the run of `tabId`. */
export function watchState(
  tabId: number,
  seen: { connection(view: ConnectionView): void; run(run: RunState | null): void; choices(choices: Choices): void },
  signal: AbortSignal,
): void {
  const listener = (changes: Record<string, { newValue?: unknown }>) => {
    if (CONNECTION in changes) seen.connection((changes[CONNECTION]?.newValue as ConnectionView) ?? NO_CONNECTION);
    if (CHOICES in changes) seen.choices({ ...NO_CHOICES, ...(changes[CHOICES]?.newValue as Choices) });
    if (runKey(tabId) in changes) seen.run((changes[runKey(tabId)]?.newValue as RunState) ?? null);
  };
  browser.storage.onChanged.addListener(listener);
  signal.addEventListener("abort", () => browser.storage.onChanged.removeListener(listener), { once: true });
}

async function read<Value>(area: typeof browser.storage.session, key: string): Promise<Value | undefined> {
  return (await area.get(key))[key] as Value | undefined;
}
