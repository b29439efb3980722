/** One page of the chapter as this document knows it: its address, where it is shown, and what has become of it. */

import type { ColourHint } from "../protocol/messages";
import type { Coloured } from "./drawing";
import type { Edges } from "./edges";
import type { Sheet } from "./sheet";

/** `reading` gets its bytes, `sent` is with the host, `left` stays as it is, `ignored` turned out to be no page. */
export type EntryState = "found" | "reading" | "sent" | "done" | "left" | "ignored";

export class Entry {
  readonly elements = new Set<HTMLImageElement>();
  state: EntryState = "found";
  index = 0;
  fraction = 0;
  width = 0;
  height = 0;
  sha256 = "";
  note = "";
  failed = false;
  coloured: Coloured | null = null;
  /** What can be seen of it while it is being coloured. */
  preview: Coloured | null = null;
  edges: Edges | null = null;
  capturedAt = 0;
  /** The worker knows it as a page by itself. */
  isTold = false;
  /** What the host colours it in. */
  sheet: Sheet | null = null;
  /** A slice in its own sheet's colours alone, and the rows of neighbours' sheets into which it fades. */
  base: Blob | null = null;
  readonly fades = new Map<"top" | "bottom", Blob>();
  /** The reader's corrections that `coloured` has. */
  hints: ColourHint[] = [];

  constructor(
    readonly pageId: string,
    readonly url: string,
  ) {}

  /** An element that shows the page now, or will. */
  get element(): HTMLImageElement | null {
    for (const element of this.elements) if (element.isConnected) return element;
    return null;
  }

  /** Judged by what the page shows or pointed at by the reader; not only guessed from an attribute. */
  isSure = false;

  get isOpen(): boolean {
    return this.state === "found" || this.state === "reading" || this.state === "sent";
  }
}

/**
 * Keeps captured bytes within a budget; what does not fit is captured again when asked for. Bytes that the host has had
 * stay for a correction (sites' addresses expire), until others need their place.
 */
export class Shelf {
  readonly #budget: number;
  readonly #blobs = new Map<string, Blob>();
  readonly #spare = new Set<string>();
  #held = 0;

  constructor(budgetBytes: number) {
    this.#budget = budgetBytes;
  }

  put(url: string, blob: Blob): void {
    this.drop(url);
    for (const id of this.#spare) if (this.#held + blob.size > this.#budget) this.drop(id);
    if (this.#held + blob.size > this.#budget) return;
    this.#blobs.set(url, blob);
    this.#held += blob.size;
  }

  get(url: string): Blob | null {
    return this.#blobs.get(url) ?? null;
  }

  /** The host has these bytes: they may go when there is need. */
  spare(url: string): void {
    if (this.#blobs.has(url)) this.#spare.add(url);
  }

  drop(url: string): void {
    this.#held -= this.#blobs.get(url)?.size ?? 0;
    this.#blobs.delete(url);
    this.#spare.delete(url);
  }
}
