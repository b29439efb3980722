/** The pages of one chapter and what holds them in the document. Holders come and go with the site's renders; pages stay. */

import { i18n } from "#i18n";
import { chapterKey } from "../find/chapter";
import type { Coloured } from "../holders/coloured";
import { Entry } from "./entry";
import type { Candidate } from "../find/find";
import type { Holder } from "../holders/holder";
import { isMadeByScript, pixelsOf } from "../holders/pixels";

const PAGED = 2; // a reader that shows at most a double page at once turns its pages in place

export class PageRegistry {
  readonly #byUrl = new Map<string, Entry>(); // a site may make the same picture anew, under another address
  readonly #byPixels = new Map<string, Entry>();
  readonly #byId = new Map<string, Entry>();
  readonly #byHolder = new Map<Holder, Entry>();
  readonly #prefix = [...crypto.getRandomValues(new Uint32Array(2))].map((word) => word.toString(36)).join("");
  readonly #former: PageRegistry | null;
  #address = location.href;
  #mostAtOnce = 0;
  #made = 0;

  /** What a `former` registry has in colour is known of the same pages here. */
  constructor(former: PageRegistry | null = null) {
    this.#former = former;
  }

  get entries(): Entry[] {
    return [...this.#byId.values()];
  }

  /** The pages that `element` shows. */
  at(element: Element): Entry[] {
    return [...this.#byHolder].flatMap(([{ node }, entry]) => (node === element ? [entry] : []));
  }

  /** The page of this id; throws for one that this document never had. */
  page(pageId: string): Entry {
    const entry = this.#byId.get(pageId);
    if (!entry) throw new Error(i18n.t("page.gone"));
    return entry;
  }

  /** The same, where there is one. */
  find(pageId: string): Entry | undefined {
    return this.#byId.get(pageId);
  }

  /** Let go of holders that left the document or stand for another picture now; those holders. */
  release(pictures: readonly Candidate[]): Holder[] {
    const urls = new Map(pictures.map(({ holder, url }) => [holder, url]));
    const gone = [...this.#byHolder].filter(([holder, entry]) => this.#byUrl.get(urls.get(holder) ?? "") !== entry);
    for (const [holder] of gone) this.detach(holder);
    return gone.map(([holder]) => holder);
  }

  detach(holder: Holder): void {
    this.#byHolder.get(holder)?.holders.delete(holder);
    this.#byHolder.delete(holder);
  }

  /** The page that `holder` shows. */
  of(holder: Holder): Entry | undefined {
    return this.#byHolder.get(holder);
  }

  /** Know nothing of a page any more. */
  forget(entry: Entry): void {
    for (const holder of [...entry.holders]) this.detach(holder);
    for (const known of [this.#byUrl, this.#byPixels, this.#byId])
      for (const [key, each] of known) if (each === entry) known.delete(key);
  }

  /** Note that a holder shows a page; the entry if that is news. With `onlyKnown`, no page is added. */
  meet({ holder, url }: Candidate, index: number, onlyKnown: boolean): Entry | null {
    const entry = this.#byUrl.get(url) ?? this.#seenBefore(holder, url) ?? (onlyKnown ? null : this.#add(holder, url));
    if (!entry) return null;
    entry.index = index;
    if (entry.holders.has(holder)) return null;
    entry.holders.add(holder);
    this.#byHolder.set(holder, entry);
    this.#mostAtOnce = Math.max(this.#mostAtOnce, this.entries.filter((each) => each.holder).length);
    return entry;
  }

  /** The document shows at most a double page of the chapter at once. */
  get isPaged(): boolean {
    return this.#mostAtOnce > 0 && this.#mostAtOnce <= PAGED;
  }

  /** A page that the document will show at this address; the entry if that is news. */
  foresee(url: string, index: number): Entry | null {
    if (this.#byUrl.has(url)) return null;
    const entry = new Entry(`${this.#prefix}-${this.#made++}`, url);
    entry.index = index;
    this.#byUrl.set(url, entry);
    this.#byId.set(entry.pageId, entry);
    return entry;
  }

  /** The address changed and no page of the chapter is left: it is over, unless its pages are turned in place. */
  isOver(): boolean {
    if (location.href === this.#address || this.#byUrl.size === 0 || this.#byHolder.size > 0) return false;
    return this.#mostAtOnce > PAGED || chapterKey(location.href) !== chapterKey(this.#address);
  }

  /** What `holder` shows in colour as the page at `url`, in this run or an earlier one. */
  colouredAt(holder: Holder, url: string): Coloured | null {
    const entry = this.#byUrl.get(url) ?? this.#seenBefore(holder, url);
    return entry?.coloured ?? entry?.former ?? null;
  }

  /** The page that had these pixels at another address. */
  #seenBefore(holder: Holder, url: string): Entry | undefined {
    const entry = isMadeByScript(url) ? this.#byPixels.get(pixelsOf(holder)) : undefined;
    if (entry) this.#byUrl.set(url, entry);
    return entry;
  }

  #add(holder: Holder, url: string): Entry {
    const entry = new Entry(`${this.#prefix}-${this.#made++}`, url);
    entry.former = this.#former ? this.#former.colouredAt(holder, url) : null;
    if (isMadeByScript(url)) this.#byPixels.set(pixelsOf(holder), entry);
    this.#byUrl.set(url, entry);
    this.#byId.set(entry.pageId, entry);
    return entry;
  }
}
