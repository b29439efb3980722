/** The pages of one chapter and the elements that show them. Elements come and go with the site's renders; pages stay. */

import { chapterKey } from "../find/chapter";
import { Entry } from "./entry";
import type { Candidate } from "../find/find";
import { isMadeByScript, pixelsOf } from "../holders/pixels";

const PAGED = 2; // a reader that shows at most a double page at once turns its pages in place

export class Book {
  readonly #byUrl = new Map<string, Entry>(); // a site may make the same picture anew, under another address
  readonly #byPixels = new Map<string, Entry>();
  readonly #byId = new Map<string, Entry>();
  readonly #byElement = new Map<HTMLImageElement, Entry>();
  readonly #prefix = [...crypto.getRandomValues(new Uint32Array(2))].map((word) => word.toString(36)).join("");
  #address = location.href;
  #mostAtOnce = 0;

  get entries(): Entry[] {
    return [...this.#byId.values()];
  }

  of(img: Element): Entry | undefined {
    return this.#byElement.get(img as HTMLImageElement);
  }

  /** The page of this id; throws for one that this document never had. */
  page(pageId: string): Entry {
    const entry = this.#byId.get(pageId);
    if (!entry) throw new Error("This page is not here any more.");
    return entry;
  }

  /** Let go of elements that left the document or stand for another picture now; those elements. */
  release(pictures: readonly Candidate[]): HTMLImageElement[] {
    const urls = new Map(pictures.map(({ img, url }) => [img, url]));
    const gone = [...this.#byElement].filter(([img, entry]) => this.#byUrl.get(urls.get(img) ?? "") !== entry);
    for (const [img] of gone) this.detach(img);
    return gone.map(([img]) => img);
  }

  detach(img: HTMLImageElement): void {
    this.#byElement.get(img)?.elements.delete(img);
    this.#byElement.delete(img);
  }

  /** Note that `img` shows a page; the entry if that is news. With `onlyKnown`, no page is added. */
  meet({ img, url }: Candidate, index: number, onlyKnown: boolean): Entry | null {
    const entry = this.#byUrl.get(url) ?? this.#seenBefore(img, url) ?? (onlyKnown ? null : this.#add(img, url));
    if (!entry) return null;
    entry.index = index;
    if (entry.elements.has(img)) return null;
    entry.elements.add(img);
    this.#byElement.set(img, entry);
    this.#mostAtOnce = Math.max(this.#mostAtOnce, this.entries.filter(({ element }) => element).length);
    return entry;
  }

  /** The address changed and no page of the chapter is left: it is over, unless its pages are turned in place. */
  isOver(): boolean {
    if (location.href === this.#address || this.#byUrl.size === 0 || this.#byElement.size > 0) return false;
    return this.#mostAtOnce > PAGED || chapterKey(location.href) !== chapterKey(this.#address);
  }

  /** The page that had these pixels at another address. */
  #seenBefore(img: HTMLImageElement, url: string): Entry | undefined {
    const entry = isMadeByScript(url) ? this.#byPixels.get(pixelsOf(img)) : undefined;
    if (entry) this.#byUrl.set(url, entry);
    return entry;
  }

  #add(img: HTMLImageElement, url: string): Entry {
    const entry = new Entry(`${this.#prefix}-${this.#byId.size}`, url);
    if (isMadeByScript(url)) this.#byPixels.set(pixelsOf(img), entry);
    this.#byUrl.set(url, entry);
    this.#byId.set(entry.pageId, entry);
    return entry;
  }
}
