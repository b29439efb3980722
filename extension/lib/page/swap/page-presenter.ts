/** Shows what became of each page: the coloured picture over its elements, and the sign in its corner. */

import type { Book } from "../capture/page-registry";
import type { Coloured } from "../holders/coloured";
import type { Entry } from "../capture/entry";
import { followLayout } from "./follow";
import { Marks } from "./marks";
import { Overlay } from "./overlay";

const SAME_SHAPE = 0.02;

export class Stage {
  readonly #book: Book;
  readonly #marks: Marks;
  readonly #overlays: Map<HTMLImageElement, Overlay>;
  readonly #former: Set<HTMLImageElement>; // they show what an earlier run made of them
  readonly #shown = new AbortController(); // ends with the pictures, which may outlive the signs
  readonly #observer = new MutationObserver(() => this.#mutated());
  readonly #follow: () => void;
  readonly #lost: () => void;
  #original = false;

  /**
   * `lost` is called when the site put another page into an element that showed one of ours; `former` are those of an
   * earlier run, which stay until there are new pictures.
   */
  constructor(book: Book, lost: () => void, signal: AbortSignal, former: Overlay[] = []) {
    this.#book = book;
    this.#lost = lost;
    this.#overlays = new Map(former.map((overlay) => [overlay.img, overlay]));
    this.#former = new Set(this.#overlays.keys());
    for (const overlay of former) this.#adopt(overlay);
    this.#marks = new Marks(signal);
    this.#follow = followLayout(() => this.#place(), this.#shown.signal);
    for (const event of ["load", "transitionend", "animationend"]) {
      document.addEventListener(event, this.#follow, { capture: true, signal: this.#shown.signal });
    }
    const watched = { childList: true, subtree: true, attributeFilter: ["class", "style", "hidden"] };
    this.#observer.observe(document, watched);
  }

  isCovered(img: HTMLImageElement): boolean {
    return this.#overlays.has(img);
  }

  /** The element at a point of the window that shows a page in colour. */
  elementAt(entry: Entry, x: number, y: number): HTMLImageElement | undefined {
    return [...entry.elements].find((img) => {
      const { left, right, top, bottom } = img.getBoundingClientRect();
      return this.#overlays.has(img) && left <= x && x <= right && top <= y && y <= bottom;
    });
  }

  /** Show every coloured page as it was, or coloured again. */
  showOriginal(original: boolean): void {
    this.#original = original;
    if (original) for (const img of this.#former) this.#uncover(img);
    for (const entry of this.#book.entries) this.present(entry);
  }

  /** Show what can be seen of a page that is still being coloured, if it has the page's shape. */
  preview(entry: Entry, preview: Coloured): void {
    if (entry.isOpen && !entry.coloured && hasShapeOf(entry, preview)) {
      entry.preview = preview;
      this.present(entry);
    }
    preview.decoded?.close(); // nobody draws it now
    preview.decoded = null;
  }

  /** A page's coloured picture came, the first one or a corrected one. */
  finish(entry: Entry, coloured: Coloured): void {
    entry.state = "done";
    entry.preview = null;
    this.colour(entry, coloured);
    for (const element of entry.elements) this.#marks.set(element, { kind: "done" });
  }

  /** Show other colours of a page. */
  colour(entry: Entry, coloured: Coloured): void {
    entry.coloured = coloured;
    this.present(entry);
    coloured.decoded?.close(); // nobody draws it now
    coloured.decoded = null;
  }

  /** Bring every element of a page to what the page is now. */
  present(entry: Entry): void {
    const shown = entry.coloured ?? (entry.isOpen ? entry.preview : null);
    for (const img of entry.elements) {
      if (shown && !this.#original) this.#cover(img, entry.url, shown);
      else if (!this.#former.has(img)) this.#uncover(img);
      this.#sign(img, entry);
    }
  }

  /** Take back what stands over `img`, which shows nothing of ours any more. */
  release(img: HTMLImageElement): void {
    this.#marks.drop(img);
    this.#uncover(img);
  }

  /** Say something on a page. */
  notice(entry: Entry, text: string): void {
    for (const element of entry.elements) this.#marks.set(element, { kind: "notice", text });
  }

  /** Give what is shown to a run that follows this one. */
  handOver(): Overlay[] {
    const overlays = [...this.#overlays.values()];
    this.#overlays.clear();
    this.clear();
    return overlays;
  }

  /** Take everything back. */
  clear(): void {
    this.#shown.abort();
    this.#observer.disconnect();
    for (const img of [...this.#overlays.keys()]) this.#uncover(img);
  }

  #cover(img: HTMLImageElement, url: string, coloured: Coloured): void {
    this.#former.delete(img);
    const there = this.#overlays.get(img);
    if (there) return there.coloured === coloured ? undefined : there.replace(coloured);
    const overlay = new Overlay(img, url, coloured);
    this.#overlays.set(img, overlay);
    this.#adopt(overlay);
    overlay.follow();
  }

  #adopt(overlay: Overlay): void {
    overlay.ended = () => {
      this.#overlays.delete(overlay.img);
      this.#former.delete(overlay.img);
      this.#marks.drop(overlay.img);
      this.#lost();
    };
  }

  #uncover(img: HTMLImageElement): void {
    this.#former.delete(img);
    this.#overlays.get(img)?.remove();
    this.#overlays.delete(img);
  }

  #place(): void {
    for (const overlay of [...this.#overlays.values()]) overlay.follow();
  }

  #mutated(): void {
    for (const overlay of this.#overlays.values()) overlay.guard();
    this.#follow();
  }

  #sign(img: HTMLImageElement, { isOpen, state, fraction, note, failed }: Entry): void {
    if (isOpen) this.#marks.set(img, { kind: "progress", fraction });
    else if (state === "left") this.#marks.set(img, { kind: "left", note, failed });
    else this.#marks.drop(img);
  }
}

/** Whether a picture may stand for the page: what the engine draws on may be larger than the page. */
export function hasShapeOf(page: Size, picture: Size): boolean {
  return Math.abs((picture.width * page.height) / (picture.height * page.width) - 1) <= SAME_SHAPE;
}

interface Size {
  width: number;
  height: number;
}
