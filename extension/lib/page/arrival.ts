/** Waits until a document shows a chapter, for sites where that may turn to colour by itself. */

import type { ChapterFound } from "../messages";
import { DocumentWatch } from "./capture/watch";
import { chapterKey } from "./find/chapter";
import { lookAround } from "./find/find";
import { largeFrames } from "./find/survey";
import { toldNames } from "./find/told";

const LOOK_EVERY_MS = 500; // whether the document is another one's by now

export class Arrival {
  readonly #found: (chapter: ChapterFound) => void;
  readonly #signal: AbortSignal;
  #watching: AbortController | null = null;
  #document: DocumentWatch | null = null;
  #told = "";
  #toldOfFrames = "";

  /** Calls `found` once for each chapter that the document comes to show, until `signal` aborts. */
  constructor(found: (chapter: ChapterFound) => void, signal: AbortSignal) {
    this.#found = found;
    this.#signal = signal;
    const timer = setInterval(() => this.#watching ?? this.#begin(), LOOK_EVERY_MS);
    signal.addEventListener("abort", () => (clearInterval(timer), this.#end()), { once: true });
    this.#begin();
  }

  #begin(): void {
    if (this.#signal.aborted || this.#told === here()) return;
    this.#watching = new AbortController();
    this.#document = new DocumentWatch(() => this.#look(), this.#watching.signal);
    this.#document.now();
  }

  /** Nothing is observed between a chapter that was told and the next one. */
  #end(): void {
    this.#watching?.abort();
    this.#watching = this.#document = null;
  }

  /** Where there are frames, the chapter may be in one of them, or in the document yet. */
  async #look(): Promise<void> {
    const watching = this.#watching;
    const { pages } = await lookAround(
      (root) => this.#document?.include(root),
      (holder) => this.#document?.attend(holder),
    );
    if (this.#watching !== watching || this.#signal.aborted) return;
    if (pages.length === 0 && (largeFrames().length === 0 || this.#toldOfFrames === here())) return;
    if (pages.length === 0) this.#toldOfFrames = here();
    else {
      this.#told = here();
      this.#end();
    }
    this.#found({ ...toldNames(), pages: pages.length });
  }
}

/** What changes with the chapter; single-page sites give the title later than the address. */
function here(): string {
  return `${chapterKey(location.href)} ${document.title}`;
}
