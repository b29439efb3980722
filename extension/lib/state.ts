/** What outlives the service worker: the session's storage, and the reader's lasting choices. Typed, one key a record. */

import { browser } from "wxt/browser";
import { storage } from "wxt/utils/storage";
import type { Problem } from "./host/causes";
import type { ColourHint, EngineState, Preset, WireError } from "./protocol/messages";
import type { RunState } from "./chapter/state";
import type { ChapterChoice, SaveFormat } from "./messages";

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
  /** Further references, in the order in which they count. */
  moreReferences: string[];
  engine: string | null;
  /** A way of colouring that was loaded by its name, as it was then; engine and LoRAs chosen besides go before it. */
  preset: Preset | null;
  /** What a chapter is saved as. */
  saveAs: SaveFormat;
  /** LoRAs to apply, by the host's name for them, with their weights. */
  loras: Record<string, number>;
  /** How many pages are coloured ahead where a site shows one at a time, or while a battery is saved. */
  pagesAhead: number;
  /** On a battery only these are coloured, and nothing in tabs out of sight. */
  savesBattery: boolean;
  /** Nothing is coloured in tabs out of sight, however the computer runs. */
  restsHidden: boolean;
  /** The key that shows the originals while it is held, by its place on the keyboard; empty for none. */
  peekKey: string;
  /** So does a press that is held on a page. */
  peeksByPress: boolean;
}

/** The references that were chosen, the one that counts most first. */
export function chosenReferences({ referenceId, moreReferences }: Partial<Choices>): string[] {
  return referenceId ? [referenceId, ...(moreReferences ?? []).filter((one) => one !== referenceId)] : [];
}

/** The choice of these references, in this order. */
export function choiceOf(references: readonly string[]): Pick<Choices, "referenceId" | "moreReferences"> {
  const [referenceId = null, ...moreReferences] = [...new Set(references)];
  return { referenceId, moreReferences };
}

/** A chapter in a tab as its reader started it. */
export interface UnderWay {
  choice: ChapterChoice;
  series: string;
  chapter: string;
}

/** How far the download of a model is, or how it ended; error: why it failed, as the host tells it. */
export interface Pull {
  bytes: number;
  totalBytes: number;
  state: "pulling" | "verifying" | "ready" | "failed";
  error?: WireError;
}

/** The downloads of this session, by their models. */
export type Pulls = Record<string, Pull>;

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

export const NO_CHOICES: Choices = {
  referenceId: null,
  moreReferences: [],
  engine: null,
  preset: null,
  saveAs: "cbz",
  loras: {},
  pagesAhead: 4,
  savesBattery: true,
  restsHidden: false,
  peekKey: "KeyO",
  peeksByPress: true,
};

type LocalKey = `local:${string}`;
type SessionKey = `session:${string}`;

const CONNECTION = "session:connection" satisfies SessionKey;
export const CHOICES = "local:choices" satisfies LocalKey;
const PULLS = "session:pulls" satisfies SessionKey;
const WOKEN = "session:woken" satisfies SessionKey;
const CALL_SIGN = "local:callSign" satisfies LocalKey;
const RUN = "run:";
const UNDER_WAY = "under-way:";
const HINTS = "hints:";
const CORRECTED_PAGES_MAX = 500; // some hundred bytes each

export const runKey = (tabId: number): SessionKey => `session:${RUN}${tabId}`;
const underWayKey = (tabId: number): LocalKey => `local:${UNDER_WAY}${tabId}`;
const hintsKey = (sha256: string): LocalKey => `local:${HINTS}${sha256}`;

export async function loadConnection(): Promise<ConnectionView> {
  return storage.getItem(CONNECTION, { fallback: NO_CONNECTION });
}

export async function saveConnection(view: ConnectionView): Promise<void> {
  await storage.setItem(CONNECTION, view);
}

export async function loadChoices(): Promise<Choices> {
  return { ...NO_CHOICES, ...(await storage.getItem<Choices>(CHOICES)) };
}

export async function saveChoices(change: Partial<Choices>): Promise<void> {
  await storage.setItem(CHOICES, { ...(await loadChoices()), ...change });
}

export async function loadRun(tabId: number): Promise<RunState | null> {
  return storage.getItem(runKey(tabId));
}

export async function loadRuns(): Promise<RunState[]> {
  return (await allOf<RunState>("session", RUN)).map(([, run]) => run);
}

export async function saveRun(run: RunState): Promise<void> {
  await storage.setItem(runKey(run.tabId), run);
}

export async function forgetRun(tabId: number): Promise<void> {
  await storage.removeItem(runKey(tabId));
}

/** Remember that a tab's chapter is in colour or on its way, so that an update of the extension can go on with it. */
export async function saveUnderWay(tabId: number, chapter: UnderWay): Promise<void> {
  await storage.setItem(underWayKey(tabId), chapter);
}

export async function forgetUnderWay(tabId: number): Promise<void> {
  await storage.removeItem(underWayKey(tabId));
}

/** The chapters that were under way, by tab; they are forgotten with that. */
export async function takeUnderWay(): Promise<[tabId: number, UnderWay][]> {
  const all = await allOf<UnderWay>("local", UNDER_WAY);
  await storage.removeItems(all.map(([tabId]) => underWayKey(Number(tabId))));
  return all.map(([tabId, chapter]) => [Number(tabId), chapter]);
}

/** The reader's corrections of pages with these bytes (SHA-256), where there are any. */
export async function loadHints(sha256s: string[]): Promise<Map<string, ColourHint[]>> {
  const found = await storage.getItems(sha256s.map(hintsKey));
  const stored = found.filter(({ value }) => value !== null);
  return new Map(stored.map(({ key, value }) => [key.slice(hintsKey("").length), (value as Corrected).hints]));
}

/** Remember a page's corrections, or forget it if there are none; those that were corrected longest ago go first. */
export async function saveHints(sha256: string, hints: ColourHint[]): Promise<void> {
  if (hints.length === 0) return storage.removeItem(hintsKey(sha256));
  await storage.setItem<Corrected>(hintsKey(sha256), { hints, at: Date.now() });
  const all = await allOf<Corrected>("local", HINTS);
  const oldest = all.sort(([, a], [, b]) => b.at - a.at).slice(CORRECTED_PAGES_MAX);
  if (oldest.length) await storage.removeItems(oldest.map(([of]) => hintsKey(of)));
}

/** Whether the worker runs for the first time since the browser began; once. */
export async function isFirstWake(): Promise<boolean> {
  const woken = await storage.getItem<boolean>(WOKEN);
  if (!woken) await storage.setItem(WOKEN, true);
  return !woken;
}

/** The name of the event by which this installation's scripts call each other in a document: no page can know it. */
export async function loadCallSign(): Promise<string> {
  return storage.getItem(CALL_SIGN, { fallback: "" });
}

/** Make the call sign of a new installation; it outlives reloads and updates. For the worker, before it enters a page. */
export async function makeCallSign(): Promise<void> {
  if (!(await loadCallSign())) await storage.setItem(CALL_SIGN, crypto.randomUUID());
}

/** Call back at every change of the connection, the choices, or the run of `tabId`. */
export function watchState(
  tabId: number,
  seen: { connection(view: ConnectionView): void; run(run: RunState | null): void; choices(choices: Choices): void },
  signal: AbortSignal,
): void {
  const stops = [
    storage.watch<ConnectionView>(CONNECTION, (view) => seen.connection(view ?? NO_CONNECTION)),
    storage.watch<Choices>(CHOICES, (choices) => seen.choices({ ...NO_CHOICES, ...choices })),
    storage.watch<RunState>(runKey(tabId), (run) => seen.run(run)),
  ];
  signal.addEventListener("abort", () => stops.forEach((stop) => stop()), { once: true });
}

/** Call back at every change of a tab's run, as long as the document stands; null where it is forgotten. */
export function watchRuns(seen: (tabId: number, run: RunState | null) => void): void {
  browser.storage.session.onChanged.addListener((changes) => {
    for (const [key, { newValue }] of Object.entries(changes))
      if (key.startsWith(RUN)) seen(Number(key.slice(RUN.length)), (newValue as RunState | undefined) ?? null);
  });
}

export async function loadPulls(): Promise<Pulls> {
  return storage.getItem(PULLS, { fallback: {} });
}

export async function savePulls(pulls: Pulls): Promise<void> {
  await storage.setItem(PULLS, pulls);
}

/** Call back at every change of the downloads, as long as the document stands. */
export function watchPulls(seen: (pulls: Pulls) => void): void {
  storage.watch<Pulls>(PULLS, (pulls) => seen(pulls ?? {}));
}

/** Call back at every change of the connection, as long as the document stands. */
export function watchConnection(seen: (view: ConnectionView) => void): void {
  storage.watch<ConnectionView>(CONNECTION, (view) => seen(view ?? NO_CONNECTION));
}

/** Every record whose key begins with `prefix`, by the rest of its key. */
async function allOf<Value>(area: "local" | "session", prefix: string): Promise<[rest: string, Value][]> {
  const all = Object.entries(await storage.snapshot(area)).filter(([key]) => key.startsWith(prefix));
  return all.map(([key, value]) => [key.slice(prefix.length), value as Value]);
}
