/** Gets the bytes of a chapter's pages, what the reader sees first, binds slices, and announces all to the worker. */

import { i18n } from "#i18n";
import { askWorker, type FoundPage } from "../../messages";
import { byNearness } from "../../nearness";
import { pack, type Payload } from "../../payload";
import { sha256Of } from "../../picture";
import { reasonOf } from "../../reason";
import { bind } from "./binder";
import { capture, type Captured, isProven, isReadable, measured, Nothing } from "./capture";
import { CapturedBytesCache } from "./captured-bytes-cache";
import { type Entry, Sheet } from "./entry";
import { isPageSized } from "../holders/page-size";
import type { Pace } from "./pace";
import { joined } from "./paste";
import { Unseen } from "./seen";
import { isInView } from "./watch";

const CACHE_BYTES = 96 * 1024 * 1024;
const CAPTURES_AT_ONCE = 3;
const SEEN_BESIDES = 2; // what is in view does not wait until one of the others has come
const LOADED_WAIT_MS = 8; // half a frame
const IN_VIEW_WAIT_MS = 30;
const BATCH_WAIT_MS = 150;
const SCROLLED_WAIT_MS = 200;
const IDLE_MS = 2000;

export class PageUploader {
  readonly #runId: string;
  readonly #entries: () => Entry[];
  readonly #changed: (entry: Entry) => void;
  readonly #mistaken: (entry: Entry) => void;
  readonly #pace: Pace;
  readonly #signal: AbortSignal;
  readonly #cache: CapturedBytesCache;
  #reading = 0;
  #proving: Promise<unknown> = Promise.resolve();
  #ready: Entry[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #due = 0;
  #soon: ReturnType<typeof setTimeout> | undefined;
  #scrolled: ReturnType<typeof setTimeout> | undefined;
  #following: AbortController | null = null; // while something waits to be seen in the window

  /**
   * `entries` are the pages so far; `changed` is called whenever one of them changes its state, `mistaken` when its bytes
   * turn out to be another picture's; `former` was at work for the same document before and leaves the bytes that it holds.
   */
  constructor(
    runId: string,
    entries: () => Entry[],
    changed: (entry: Entry) => void,
    pace: Pace,
    signal: AbortSignal,
    former?: PageUploader,
    mistaken: (entry: Entry) => void = () => undefined,
  ) {
    this.#mistaken = mistaken;
    this.#pace = pace;
    this.#runId = runId;
    this.#entries = entries;
    this.#changed = changed;
    this.#signal = signal;
    this.#cache = former ? former.#cache : new CapturedBytesCache(CACHE_BYTES);
    signal.addEventListener("abort", () => (clearTimeout(this.#timer), clearTimeout(this.#soon)), { once: true });
  }

  /** Something has loaded: in a moment, with what loads meanwhile, read what can be read now. */
  readSoon(): void {
    if (this.#signal.aborted) return;
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      this.read();
    }, LOADED_WAIT_MS);
  }

  /** Read pages that were found: what the reader sees first, as many at once as memory allows, as far as the pace goes. */
  read(): void {
    if (this.#pace.isResting) return;
    const entries = this.#entries();
    const seen = new Set(entries.filter(({ holder }) => holder !== null && isInView(holder)));
    const last = Math.max(-1, ...[...seen].map(({ index }) => index));
    const { ahead } = this.#pace;
    const isNear = (entry: Entry) =>
      !Number.isFinite(ahead) || seen.has(entry) || (entry.index > last && entry.index <= last + ahead);
    const found = entries.filter((entry) => entry.state === "found" && isNear(entry) && isThere(entry));
    const near = byNearness(last);
    const top = byNearness(-1);
    found.sort((a, b) => Number(seen.has(b)) - Number(seen.has(a)) || (seen.has(a) ? top : near)(a, b));
    for (const entry of found)
      if (this.#reading < CAPTURES_AT_ONCE + (seen.has(entry) ? SEEN_BESIDES : 0)) void this.#readOne(entry);
  }

  /** The reader looks at these now: what of them waits to be announced waits no longer. */
  hurry(entries: readonly Entry[]): void {
    if (this.#ready.some((entry) => entries.includes(entry))) this.#announceIn(IN_VIEW_WAIT_MS);
  }

  /** Try again what could not be read. */
  retry(): void {
    for (const entry of this.#entries()) if (entry.state === "left" && entry.sha256 === "") entry.state = "found";
    this.read();
  }

  /** Some of these may be in the window now that were not when they were wanted. */
  retryUnseen(entries: readonly Entry[]): void {
    for (const entry of entries.filter(({ isUnseen, state }) => isUnseen && state === "left"))
      Object.assign(entry, { isUnseen: false, state: "found" });
  }

  /** What could not be seen in the window may come into it, or more of it. */
  #followScrolling(): void {
    if (this.#following || this.#signal.aborted) return;
    this.#following = new AbortController();
    const look = () => {
      this.#scrolled = undefined;
      const unseen = this.#entries().filter(({ isUnseen }) => isUnseen);
      if (unseen.length === 0) return this.#restFromScrolling();
      this.retryUnseen(unseen.filter(({ holder }) => holder !== null && isInView(holder)));
      this.read();
    };
    const signal = AbortSignal.any([this.#following.signal, this.#signal]);
    const soon = () => (this.#scrolled ??= setTimeout(look, SCROLLED_WAIT_MS));
    addEventListener("scroll", soon, { capture: true, passive: true, signal });
    signal.addEventListener("abort", () => clearTimeout(this.#scrolled), { once: true });
  }

  #restFromScrolling(): void {
    this.#following?.abort();
    this.#following = null;
  }

  /** The bytes of a sheet, as they were announced if they are still held. */
  async bytes(sheet: Sheet): Promise<Payload> {
    return pack(this.#cache.get(keyOf(sheet)) ?? (await this.#made(sheet)));
  }

  /** The host has these bytes; it may ask for them again if the reader corrects the page. */
  markEvictable(sheet: Sheet): void {
    this.#cache.markEvictable(keyOf(sheet));
    for (const { url } of sheet.entries) this.#cache.markEvictable(url);
  }

  /** Nobody will ask for these bytes any more. */
  drop(entry: Entry): void {
    this.#cache.drop(entry.url);
    if (entry.sheet) this.#cache.drop(keyOf(entry.sheet));
  }

  async #made({ parts, width, height, isOnePage }: Sheet): Promise<Blob> {
    const sources = parts.map(async (part) => ({ ...part, picture: await this.#pictureOf(part.entry) }));
    const [first, ...rest] = await Promise.all(sources);
    if (!first) throw new Error(i18n.t("page.gone"));
    return isOnePage ? first.picture : joined([first, ...rest], width, height);
  }

  async #pictureOf({ url, source }: Entry): Promise<Blob> {
    return this.#cache.get(url) ?? (await capture(url, source)).blob;
  }

  async #readOne(entry: Entry): Promise<void> {
    this.#reading += 1;
    this.#enter(entry, "reading");
    try {
      const held = this.#cache.get(entry.url);
      await this.#take(entry, held ? await measured(held) : await capture(entry.url, entry.source));
    } catch (error) {
      entry.isUnseen = error instanceof Unseen;
      if (entry.isUnseen) this.#followScrolling();
      if (error instanceof Nothing) this.#enter(entry, "ignored");
      else this.#unreadable(entry, reasonOf(error));
    }
    this.#reading -= 1;
    if (this.#signal.aborted) return;
    this.read();
    if (this.#ready.length && !this.#entries().some(isToCome)) this.#announceIn(0); // nothing is waited for
  }

  async #take(entry: Entry, captured: Captured): Promise<void> {
    const { blob, width, height, edges, isUnproven } = captured;
    const sha256 = captured.sha256 ?? (await hashOf(blob));
    Object.assign(entry, { width, height, edges, sha256, capturedAt: performance.now() });
    if (entry.state !== "reading") return; // cancelled meanwhile
    if (!entry.isSure && !isPageSized(width, height)) return this.#enter(entry, "ignored");
    this.#cache.put(entry.url, blob);
    this.#enter(entry, "sent");
    this.#ready.push(entry);
    this.#announceSoon(entry);
    if (isUnproven) this.#proving = this.#proving.then(idle).then(() => this.#prove(entry, blob));
  }

  /** Nobody waits until it is known whether the browser held what the element shows: next to always it did. */
  async #prove(entry: Entry, blob: Blob): Promise<void> {
    if (this.#signal.aborted || entry.state === "ignored" || !entry.holder) return;
    const isSure = await isProven(blob, entry.url, entry.holder).catch(() => true);
    if (!isSure && !this.#signal.aborted) this.#mistaken(entry);
  }

  /** What is in view goes out at once, the rest in batches. */
  #announceSoon({ holder }: Entry): void {
    const isUrgent = holder !== null && isInView(holder);
    this.#announceIn(isUrgent ? IN_VIEW_WAIT_MS : BATCH_WAIT_MS);
  }

  /** What comes after it does not put it off: many pages may be in view, one after the other. */
  #announceIn(wait: number): void {
    const due = performance.now() + wait;
    if (this.#timer !== undefined && this.#due <= due) return;
    clearTimeout(this.#timer);
    this.#due = due;
    this.#timer = setTimeout(() => this.#announce(), wait);
  }

  #announce(): void {
    this.#timer = undefined;
    const ready = this.#ready.splice(0).filter(({ state }) => state === "sent");
    const { sheets, waiting } = bind(ready, this.#entries(), isUnderWay);
    this.#ready.push(...waiting);
    if (waiting.length) this.#announceIn(BATCH_WAIT_MS);
    const isPage = ({ isOnePage }: Sheet) => isOnePage;
    this.#send(sheets.filter(isPage));
    for (const sheet of sheets.filter((each) => !isPage(each))) void this.#join(sheet);
  }

  /** Make one picture of slices; without their neighbours' rows where those cannot be had. */
  async #join(sheet: Sheet): Promise<void> {
    try {
      const picture = await this.#made(sheet).catch(() => this.#made(this.#alone(sheet)));
      const made = sheet.entries[0].sheet as Sheet;
      made.sha256 = await hashOf(picture);
      if (this.#signal.aborted || sheet.entries.every(({ state }) => state !== "sent")) return;
      this.#cache.put(keyOf(made), picture);
      this.#send([made]);
    } catch (error) {
      for (const entry of sheet.entries) {
        entry.state = "reading";
        this.#unreadable(entry, reasonOf(error));
      }
    }
  }

  #alone({ entries }: Sheet): Sheet {
    const sheet = new Sheet(entries);
    for (const entry of entries) entry.sheet = sheet;
    return sheet;
  }

  #send(sheets: readonly Sheet[]): void {
    const pages = sheets.map((sheet): FoundPage => {
      const { entries, width, height, sha256 } = sheet;
      const visible = entries.some(({ holder }) => holder !== null && isInView(holder));
      const facts = { ...factsOf(entries[0]), width, height, visible };
      return sheet.isOnePage ? { ...facts, sha256: entries[0].sha256 } : { ...facts, sha256, slices: sheet.slices };
    });
    if (pages.length) void askWorker("agent.pages", { runId: this.#runId, pages }).catch(unheard);
  }

  #unreadable(entry: Entry, reason: string): void {
    if (entry.state !== "reading") return;
    Object.assign(entry, { note: reason, failed: true, isTold: true });
    this.#enter(entry, "left");
    void askWorker("agent.unreadable", { runId: this.#runId, page: factsOf(entry), reason }).catch(unheard);
  }

  #enter(entry: Entry, state: Entry["state"]): void {
    entry.state = state;
    this.#changed(entry);
  }
}

/** The cache's name for a sheet's bytes: a page's are those at its address. */
function keyOf({ isOnePage, entries, pageId }: Sheet): string {
  return isOnePage ? entries[0].url : pageId;
}

function isUnderWay(entry: Entry): boolean {
  return entry.state === "reading" || (entry.state === "found" && isThere(entry));
}

/** Whether an entry's bytes may yet come along. */
function isToCome({ state }: Entry): boolean {
  return state === "found" || state === "reading";
}

/** What is on its way to the element already is not asked for a second time. */
function isThere({ url, source }: Entry): boolean {
  return isReadable(url, source) && !(source?.isLoading(url) ?? false);
}

function factsOf({ pageId, index, width, height, url, holder }: Entry): Omit<FoundPage, "sha256"> {
  return { pageId, index, visible: holder !== null && isInView(holder), width, height, url: url.slice(0, 2048) };
}

/** Wait until the page has nothing else to do, though not for ever. */
function idle(): Promise<void> {
  const { requestIdleCallback: when } = globalThis as { requestIdleCallback?: Window["requestIdleCallback"] };
  return new Promise((resolve) => (when ? when(() => resolve(), { timeout: IDLE_MS }) : setTimeout(resolve, IDLE_MS)));
}

/** Pages of plain http have no `crypto.subtle`; the worker has. */
async function hashOf(blob: Blob): Promise<string> {
  return isSecureContext ? sha256Of(blob) : askWorker("agent.hash", { picture: await pack(blob) });
}

/** The worker was updated or is gone; the heartbeat of the agent notices. */
function unheard(): void {}
