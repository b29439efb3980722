/** Colours pages before they are turned to, where a site shows one or two at a time. */

import { type Ahead, pagesAhead } from "../find/ahead";
import type { Candidate } from "../find/find";
import { askedAddresses } from "../holders/asked";
import type { Holder } from "../holders/holder";
import { holdersOf } from "../holders/registry";
import type { PageRegistry } from "./page-registry";

const AT_MOST = 400; // pages of a chapter, whatever its document lists

export class PagesAhead {
  readonly #registry: PageRegistry;
  readonly #loaded: () => void;
  readonly #signal: AbortSignal;

  /** `loaded` is called when one of the pages ahead can be read that could not before. */
  constructor(registry: PageRegistry, loaded: () => void, signal: AbortSignal) {
    this.#registry = registry;
    this.#loaded = loaded;
    this.#signal = signal;
  }

  /** Take in as many pages after those that are `shown` as `most`; what else the document shows is none of them. */
  look(shown: readonly Candidate[], pictures: readonly Candidate[], most: number): void {
    const last = shown.findLast(({ loaded }) => loaded);
    if (!last || !this.#registry.isPaged || most === 0) return;
    const { length } = this.#registry.entries;
    const others = new Set(pictures.filter((picture) => !shown.includes(picture)).map(({ url }) => url));
    const asked = askedAddresses().filter((url) => !others.has(url));
    const ahead = pagesAhead(document, last.url, asked, most);
    ahead.filter((page) => length < AT_MOST && mayRead(page)).forEach((page, at) => this.#take(page, length + at));
  }

  /** What stands on another origin is read as what an element of the page shows: by one of our own, of the same rights. */
  #take({ url }: Ahead, index: number): void {
    const entry = this.#registry.foresee(url, index);
    if (!entry || isOwn(url)) return;
    const img = new Image();
    for (const event of ["load", "error"]) img.addEventListener(event, () => this.#loaded(), { signal: this.#signal });
    img.src = url;
    entry.ahead = holdersOf(img)[0] as Holder;
  }
}

/** The page's own origin may be asked as the page could; others are asked only for what the page itself has asked for. */
function mayRead({ url, wasAsked }: Ahead): boolean {
  return isOwn(url) || wasAsked;
}

function isOwn(url: string): boolean {
  return new URL(url).origin === self.origin;
}
