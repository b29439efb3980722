/**
 * Shows a coloured picture in an element of the site and takes it back without a trace. The layout stays: the picture
 * stands in with the original's intrinsic size. While it is shown, the site's own writes are watched: the same page again
 * is answered by showing ours again, another page ends the swap.
 */

import { knownUrls, sourceOf } from "./sources";

/** A coloured picture as an address of this document. */
export interface Coloured {
  url: string;
  picture: Blob;
  width: number;
  height: number;
}

const OWNED = ["src", "srcset", "decoding"];
const DECODE_PATIENCE_MS = 1500; // a tab may go to the background meanwhile
const STUBBORN_SITE = 30; // writes that we answer before the site gets its way

export class Swap {
  readonly img: HTMLImageElement;
  #coloured: Coloured;
  readonly #urls: Set<string>;
  readonly #saved = new Map<Element, Map<string, string | null>>();
  readonly #observer: MutationObserver;
  readonly #ended: () => void;
  readonly #density: number;
  #loadIsSeen: boolean;
  #writes = 0;

  /** `pageUrl` is the page's address; `ended` is called if the site puts another page into `img`. */
  constructor(img: HTMLImageElement, pageUrl: string, coloured: Coloured, ended: () => void) {
    this.img = img;
    this.#coloured = coloured;
    this.#ended = ended;
    this.#urls = knownUrls(img).add(pageUrl);
    const isThere = img.complete && img.naturalWidth > 0 && (img.currentSrc || img.src) === pageUrl;
    this.#loadIsSeen = isThere;
    this.#density = isThere ? coloured.width / img.naturalWidth : 1;
    this.#observer = new MutationObserver((records) => this.#siteWrote(records));
    this.#save();
    this.#assert();
  }

  /** The site has had the load event of its page already; else ours must let its handlers run. */
  get hidesLoadEvent(): boolean {
    return this.#loadIsSeen;
  }

  get isShown(): boolean {
    return this.img.getAttribute("src") === this.#coloured.url;
  }

  /** Show another picture of the same page, of the same size. */
  replace(coloured: Coloured): void {
    this.#coloured = coloured;
    this.#loadIsSeen = true;
    this.#assert();
  }

  /** Put every attribute back as the site last had it. */
  restore(): void {
    this.#observer.disconnect();
    for (const [element, attributes] of this.#saved) {
      for (const [name, value] of attributes) write(element, name, value);
    }
  }

  #save(): void {
    this.#saved.set(this.img, new Map(OWNED.map((name) => [name, this.img.getAttribute(name)])));
    for (const source of this.#pictureSources()) {
      this.#saved.set(source, new Map([["srcset", source.getAttribute("srcset")]]));
    }
  }

  #pictureSources(): HTMLSourceElement[] {
    const picture = this.img.parentElement;
    return picture?.localName === "picture" ? [...picture.querySelectorAll("source")] : [];
  }

  #assert(): void {
    const { url } = this.#coloured;
    this.#observer.disconnect();
    for (const element of this.#saved.keys()) if (element !== this.img) blank(element);
    const isDense = Math.abs(this.#density - 1) > 0.001;
    if (isDense) write(this.img, "srcset", `${url} ${this.#density}x`);
    else blank(this.img);
    write(this.img, "decoding", "sync"); // it is decoded already: no blank frame
    write(this.img, "src", url);
    for (const element of this.#saved.keys()) this.#observer.observe(element, { attributeFilter: ["src", "srcset"] });
  }

  /** The site wrote to an element of ours: remember it for the way back, then answer. */
  #siteWrote(records: MutationRecord[]): void {
    for (const { target, attributeName } of records) {
      const element = target as Element;
      if (attributeName) this.#saved.get(element)?.set(attributeName, element.getAttribute(attributeName));
    }
    if (++this.#writes <= STUBBORN_SITE && this.#wantsTheSamePage()) return this.#assert();
    this.restore();
    this.#ended();
  }

  #wantsTheSamePage(): boolean {
    const { img } = this;
    const src = img.getAttribute("src") ?? "";
    if (src === this.#coloured.url) return [...knownUrls(img)].some((url) => this.#urls.has(url));
    if (src && this.#urls.has(new URL(src, img.baseURI).href)) return true;
    const source = sourceOf(img, () => 1);
    return source !== null && this.#urls.has(source.url);
  }
}

function write(element: Element, name: string, value: string | null): void {
  if (value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** A srcset without candidates counts as none, and the order of the attributes stays. */
function blank(element: Element): void {
  if (element.hasAttribute("srcset")) write(element, "srcset", "");
}

/**
 * Decode before anything on the page changes; rejects if the browser cannot show the picture. A tab in the background
 * decodes nothing until it is looked at: there, having loaded is enough.
 */
export async function decodeFirst(url: string): Promise<void> {
  const image = new Image();
  const loaded = new Promise<void>((resolve, reject) => {
    image.onload = () => resolve();
    image.onerror = () => reject(new Error("not a picture that this browser shows"));
  });
  image.src = url;
  await loaded;
  if (document.hidden) return;
  const late = new Promise<void>((resolve) => setTimeout(resolve, DECODE_PATIENCE_MS));
  await Promise.race([image.decode(), late]);
}
