/** Gets the bytes of a chapter's pages, what the reader sees first, and announces them to the worker. */

import { askWorker, type FoundPage } from "../messages";
import { pack, type Payload } from "../payload";
import { sha256Of } from "../picture";
import { capture, type Captured, isReadable, measured } from "./capture";
import { type Entry, Shelf } from "./entry";
import { isPageSized } from "./page-classifier";
import { isInView } from "./watch";

const SHELF_BYTES = 96 * 1024 * 1024;
const CAPTURES_AT_ONCE = 3;
const IN_VIEW_WAIT_MS = 30;
const BATCH_WAIT_MS = 150;

export class Intake {
  readonly #runId: string;
  readonly #entries: () => Entry[];
  readonly #changed: (entry: Entry) => void;
  readonly #signal: AbortSignal;
  readonly #shelf: Shelf;
  #reading = 0;
  #ready: Entry[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `entries` are the pages so far; `changed` is called whenever one of them changes its state. */
  constructor(
    runId: string,
    entries: () => Entry[],
    changed: (entry: Entry) => void,
    signal: AbortSignal,
    former?: Intake,
  ) {
    this.#runId = runId;
    this.#entries = entries;
    this.#changed = changed;
    this.#signal = signal;
    this.#shelf = former ? former.#shelf : new Shelf(SHELF_BYTES);
    signal.addEventListener("abort", () => clearTimeout(this.#timer), { once: true });
  }

  /** Read pages that were found, as many at once as memory allows. */
  read(): void {
    const found = this.#entries().filter((entry) => entry.state === "found" && isReadable(entry.url, entry.element));
    const inView = ({ element }: Entry) => Number(element !== null && isInView(element));
    found.sort((a, b) => inView(b) - inView(a) || a.index - b.index);
    for (const entry of found.slice(0, CAPTURES_AT_ONCE - this.#reading)) void this.#readOne(entry);
  }

  /** Try again what could not be read. */
  retry(): void {
    for (const entry of this.#entries()) if (entry.state === "left" && entry.sha256 === "") entry.state = "found";
    this.read();
  }

  /** The bytes of a page, as they were announced if they are still held. */
  async bytes(entry: Entry): Promise<Payload> {
    return pack(this.#shelf.get(entry.url) ?? (await capture(entry.url, entry.element)).blob);
  }

  /** The host has these bytes; it may ask for them again if the reader corrects the page. */
  spare(entry: Entry): void {
    this.#shelf.spare(entry.url);
  }

  /** Nobody will ask for these bytes any more. */
  drop(entry: Entry): void {
    this.#shelf.drop(entry.url);
  }

  async #readOne(entry: Entry): Promise<void> {
    this.#reading += 1;
    this.#enter(entry, "reading");
    try {
      const held = this.#shelf.get(entry.url);
      await this.#take(entry, held ? await measured(held) : await capture(entry.url, entry.element));
    } catch (error) {
      this.#unreadable(entry, error instanceof Error ? error.message : String(error));
    }
    this.#reading -= 1;
    if (!this.#signal.aborted) this.read();
  }

  async #take(entry: Entry, { blob, width, height }: Captured): Promise<void> {
    Object.assign(entry, { width, height, sha256: await hashOf(blob) });
    if (entry.state !== "reading") return; // cancelled meanwhile
    if (!entry.isSure && !isPageSized(width, height)) return this.#enter(entry, "ignored");
    this.#shelf.put(entry.url, blob);
    this.#enter(entry, "sent");
    this.#ready.push(entry);
    this.#announceSoon(entry);
  }

  /** What is in view goes out at once, the rest in batches. */
  #announceSoon({ element }: Entry): void {
    const isUrgent = element !== null && isInView(element);
    if (this.#timer !== undefined && !isUrgent) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#announce(), isUrgent ? IN_VIEW_WAIT_MS : BATCH_WAIT_MS);
  }

  #announce(): void {
    this.#timer = undefined;
    const entries = this.#ready.splice(0).filter(({ state }) => state === "sent");
    const pages = entries.map((entry): FoundPage => ({ ...factsOf(entry), sha256: entry.sha256 }));
    if (pages.length) void askWorker("agent.pages", { runId: this.#runId, pages }).catch(unheard);
  }

  #unreadable(entry: Entry, reason: string): void {
    if (entry.state !== "reading") return;
    Object.assign(entry, { note: reason, failed: true });
    this.#enter(entry, "left");
    void askWorker("agent.unreadable", { runId: this.#runId, page: factsOf(entry), reason }).catch(unheard);
  }

  #enter(entry: Entry, state: Entry["state"]): void {
    entry.state = state;
    this.#changed(entry);
  }
}

function factsOf({ pageId, index, width, height, url, element }: Entry): Omit<FoundPage, "sha256"> {
  return { pageId, index, visible: element !== null && isInView(element), width, height, url: url.slice(0, 2048) };
}

/** Pages of plain http have no `crypto.subtle`; the worker has. */
async function hashOf(blob: Blob): Promise<string> {
  return isSecureContext ? sha256Of(blob) : askWorker("agent.hash", { picture: await pack(blob) });
}

/** The worker was updated or is gone; the heartbeat of the agent notices. */
function unheard(): void {}
