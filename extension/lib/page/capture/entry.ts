/** The pages of a chapter as this document knows them, and the sheets in which the host colours them. */

import type { ColourHint } from "../../protocol/messages";
import type { Coloured, Kept } from "../holders/coloured";
import type { Edges } from "../holders/edges";
import type { Holder } from "../holders/holder";
import type { Point } from "../holders/place";

/** `reading` gets its bytes, `sent` is with the host, `left` stays as it is, `ignored` turned out to be no page. */
export type EntryState = "found" | "reading" | "sent" | "done" | "left" | "ignored";

/** One page: its address, where it is shown, and what has become of it. */
export class Entry {
  readonly holders = new Set<Holder>();
  state: EntryState = "found";
  index = 0;
  fraction = 0;
  width = 0;
  height = 0;
  sha256 = "";
  note = "";
  failed = false;
  coloured: Coloured | null = null;
  /** What an earlier run made of it; it is shown until this one has made something. */
  former: Coloured | null = null;
  /** What can be seen of it while it is being coloured. */
  preview: Coloured | null = null;
  /** Something of this script's own shows it already, though the document does not. */
  ahead: Holder | null = null;
  edges: Edges | null = null;
  capturedAt = 0;
  /** The worker knows it as a page by itself. */
  isTold = false;
  /** What the host colours it in. */
  sheet: Sheet | null = null;
  /** A slice in its own sheet's colours alone, and the rows of neighbours' sheets into which it fades. */
  base: Kept | null = null;
  readonly fades = new Map<"top" | "bottom", Kept>();
  /** The reader's corrections that `coloured` has. */
  hints: ColourHint[] = [];

  /** It can be had from the window alone, and was not wholly in it. */
  isUnseen = false;
  /** The reader wants it otherwise than the chapter: the original, or its colours. */
  original: boolean | null = null;

  constructor(
    readonly pageId: string,
    readonly url: string,
  ) {}

  /** What shows the page now, or will. */
  get holder(): Holder | null {
    for (const holder of this.holders) if (holder.isConnected) return holder;
    return null;
  }

  /** What its bytes are taken from. */
  get source(): Holder | null {
    return this.holder ?? this.ahead;
  }

  /** Judged by what the page shows or pointed at by the reader; not only guessed from an attribute. */
  isSure = false;

  get isOpen(): boolean {
    return this.state === "found" || this.state === "reading" || this.state === "sent";
  }
}

/** `rows` rows of an entry's picture from row `from` on, which begin at row `top` of the sheet. */
export interface Part {
  entry: Entry;
  from: number;
  rows: number;
  top: number;
  /** Another sheet has this slice; here it only says what the picture goes on with. */
  isContext: boolean;
}

const CONTEXT = 0.4; // of the width

/**
 * What the host colours as one page: a page by itself, or neighbouring slices of one strip joined. A sheet takes some
 * rows of slices along that other sheets have: there the colours of both fade into each other.
 */
export class Sheet {
  readonly parts: readonly Part[];
  readonly entries: readonly [Entry, ...Entry[]];
  sha256 = "";

  /** Of `entries` from top to bottom; `above` and `below` are slices of other sheets that they go on from and into. */
  constructor(entries: readonly [Entry, ...Entry[]], above: Entry | null = null, below: Entry | null = null) {
    this.entries = entries;
    const context = (entry: Entry) => Math.min(entry.height, Math.round(CONTEXT * entry.width));
    const parts: Omit<Part, "top">[] = entries.map((entry) => ({
      entry,
      from: 0,
      rows: entry.height,
      isContext: false,
    }));
    if (above) {
      const rows = context(above);
      parts.unshift({ entry: above, from: above.height - rows, rows, isContext: true });
    }
    if (below) parts.push({ entry: below, from: 0, rows: context(below), isContext: true });
    let top = 0;
    this.parts = parts.map((part) => ({ ...part, top: (top += part.rows) - part.rows }));
  }

  get pageId(): string {
    return this.entries[0].pageId;
  }

  get isOnePage(): boolean {
    return this.parts.length === 1;
  }

  get width(): number {
    return this.entries[0].width;
  }

  get height(): number {
    return this.parts.reduce((sum, { rows }) => sum + rows, 0);
  }

  /** The rows of its own slices, each to before its end. */
  get slices(): [from: number, to: number][] {
    return this.parts.filter(({ isContext }) => !isContext).map(({ top, rows }) => [top, top + rows]);
  }

  /** Where a point of an entry's picture lies in the sheet. */
  pointOf(entry: Entry, [x, y]: Point): Point {
    return [x, (this.#startOf(entry) + y * entry.height) / this.height];
  }

  /** Corrections of the sheet in shares of an entry's picture; those of other slices lie outside of 0..1. */
  hintsFor(entry: Entry, hints: readonly ColourHint[]): ColourHint[] {
    if (this.isOnePage) return [...hints];
    return hints.map((hint) => ({ ...hint, points: hint.points.map((point) => this.pointIn(entry, point as Point)) }));
  }

  /** Where a point of the sheet lies in an entry's picture, or outside of its 0..1. */
  pointIn(entry: Entry, [x, y]: Point): Point {
    return [x, (y * this.height - this.#startOf(entry)) / entry.height];
  }

  #startOf(entry: Entry): number {
    const part = this.parts.find((each) => each.entry === entry);
    return part ? part.top - part.from : 0;
  }
}
