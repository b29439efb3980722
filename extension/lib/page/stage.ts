/** Shows what became of each page: the coloured picture in its place, and the sign in its corner. */

import type { Book } from "./book";
import type { Entry } from "./entry";
import { Marks } from "./marks";
import { decodeFirst, Swap } from "./swap";

export class Stage {
  readonly #book: Book;
  readonly #marks: Marks;
  readonly #swaps = new Map<HTMLImageElement, Swap>();
  readonly #lost: () => void;
  #original = false;

  /** `lost` is called when the site put another page into an element that showed one of ours. */
  constructor(book: Book, lost: () => void, signal: AbortSignal) {
    this.#book = book;
    this.#lost = lost;
    this.#marks = new Marks(signal);
    const loaded = (event: Event) => this.#hideOwnLoad(event);
    document.addEventListener("load", loaded, { capture: true, signal }); // an image's load event never reaches the window
  }

  isSwapped(img: HTMLImageElement): boolean {
    return this.#swaps.has(img);
  }

  /** The element at a point of the window that shows a page in colour. */
  elementAt(entry: Entry, x: number, y: number): HTMLImageElement | undefined {
    return [...entry.elements].find((img) => {
      const { left, right, top, bottom } = img.getBoundingClientRect();
      return this.#swaps.has(img) && left <= x && x <= right && top <= y && y <= bottom;
    });
  }

  /** Show every coloured page as it was, or coloured again. */
  showOriginal(original: boolean): void {
    this.#original = original;
    for (const entry of this.#book.entries) this.present(entry);
  }

  /** A coloured picture came, the first of its page or a corrected one: decode it, then put it in place. Rejects if the browser cannot show it. */
  async colour(entry: Entry, picture: Blob, size: { width: number; height: number }): Promise<void> {
    const url = URL.createObjectURL(picture);
    try {
      await decodeFirst(url);
    } catch {
      URL.revokeObjectURL(url);
      throw new Error("The browser could not show the coloured page.");
    }
    const former = entry.coloured;
    entry.coloured = { url, picture, ...size };
    entry.state = "done";
    for (const element of entry.elements) this.#swaps.get(element)?.replace(entry.coloured);
    if (former) URL.revokeObjectURL(former.url);
    this.present(entry);
    for (const element of entry.elements) this.#marks.set(element, { kind: "done" });
  }

  /** Bring every element of a page to what the page is now. */
  present(entry: Entry): void {
    for (const img of entry.elements) {
      const isWanted = entry.coloured !== null && !this.#original;
      if (isWanted && !this.#swaps.has(img)) this.#swap(img, entry);
      if (!isWanted) this.#unswap(img);
      this.#sign(img, entry);
    }
  }

  /** Take back what stands in `img`, which shows nothing of ours any more. */
  release(img: HTMLImageElement): void {
    this.#marks.drop(img);
    this.#unswap(img);
  }

  /** Say something on a page. */
  notice(entry: Entry, text: string): void {
    for (const element of entry.elements) this.#marks.set(element, { kind: "notice", text });
  }

  /** Take everything back. */
  clear(): void {
    for (const img of [...this.#swaps.keys()]) this.#unswap(img);
    for (const { coloured } of this.#book.entries) if (coloured) URL.revokeObjectURL(coloured.url);
  }

  #swap(img: HTMLImageElement, entry: Entry): void {
    if (!entry.coloured) return;
    const ended = () => {
      this.#swaps.delete(img);
      this.#marks.drop(img);
      this.#lost();
    };
    this.#swaps.set(img, new Swap(img, entry.url, entry.coloured, ended));
  }

  #unswap(img: HTMLImageElement): void {
    this.#swaps.get(img)?.restore();
    this.#swaps.delete(img);
  }

  #sign(img: HTMLImageElement, { isOpen, state, fraction, note, failed }: Entry): void {
    if (isOpen) this.#marks.set(img, { kind: "progress", fraction });
    else if (state === "left") this.#marks.set(img, { kind: "left", note, failed });
    else this.#marks.drop(img);
  }

  /** The site has seen its own picture's load event already; one for ours would be a second. */
  #hideOwnLoad(event: Event): void {
    const swap = event.target instanceof HTMLImageElement ? this.#swaps.get(event.target) : undefined;
    if (swap?.hidesLoadEvent && swap.isShown) event.stopImmediatePropagation();
  }
}
