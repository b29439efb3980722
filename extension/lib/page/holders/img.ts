/** `<img>`, also in `<picture>`, with what its site's lazy loader will show. */

import { Holder, type HolderKind, keep, type Source } from "./holder";
import type { Size } from "./place";
import { knownUrls, lazyUrl, sourceOf, WATCHED_ATTRIBUTES } from "./sources";

const SAME_SHAPE = 0.02;

export const img: HolderKind = {
  attributes: WATCHED_ATTRIBUTES,
  of: (element) => (element.localName === "img" ? [keep(element, "img", () => new ImgHolder(element))] : []),
};

export class ImgHolder extends Holder {
  get #img(): HTMLImageElement {
    return this.node as HTMLImageElement;
  }

  override source(uses: (url: string) => number): Source | null {
    return sourceOf(this.#img, uses);
  }

  override get address(): string {
    return this.#img.currentSrc || this.#img.src;
  }

  override get declared(): string {
    return this.#img.src;
  }

  override get pixels(): HTMLImageElement {
    return this.#img;
  }

  override get natural(): Size {
    const { naturalWidth: width, naturalHeight: height } = this.#img;
    return { width, height };
  }

  override get referrerPolicy(): string {
    return this.#img.referrerPolicy;
  }

  override shows(url: string): boolean {
    const { complete, naturalWidth } = this.#img;
    return complete && naturalWidth > 0 && this.address === url;
  }

  override isLoading(url: string): boolean {
    const { complete, loading } = this.#img;
    return !complete && loading !== "lazy" && this.address === url; // a lazy one may wait until it is near
  }

  override knownUrls(): Set<string> {
    return knownUrls(this.#img);
  }

  /** What the element shows follows its attributes later. */
  override declares(urls: ReadonlySet<string>): boolean {
    const src = this.#img.getAttribute("src") ?? "";
    if (src && urls.has(absolute(src, this.#img))) return true;
    const lazy = lazyUrl(this.#img);
    if (lazy !== null && urls.has(lazy)) return !src || !isLikeAPage(src);
    return !src && [...this.knownUrls()].some((url) => urls.has(url));
  }

  override holds(urls: ReadonlySet<string>, { width, height }: Size): boolean {
    const source = this.source(() => 1);
    const { complete } = this.#img;
    if (source === null) return complete ? this.declares(urls) : true;
    if (!urls.has(source.url)) return !complete && this.declares(urls);
    const { natural } = this;
    if (!source.loaded || !natural.height) return true;
    return Math.abs((width * natural.height) / (height * natural.width) - 1) <= SAME_SHAPE;
  }

  override watch(changed: () => void, signal: AbortSignal): void {
    const observer = new MutationObserver(changed);
    observer.observe(this.#img, { attributeFilter: ["src", "srcset"] });
    const { parentElement } = this.#img;
    const sources = parentElement?.localName === "picture" ? parentElement.children : [];
    for (const source of sources) observer.observe(source, { attributeFilter: ["srcset"] });
    signal.addEventListener("abort", () => observer.disconnect(), { once: true });
  }
}

/** Whether `src` is a picture of its own, not what a lazy loader put there for the time being. */
function isLikeAPage(src: string): boolean {
  return !/^data:/.test(src) && !/(?:loading|placeholder|blank|spacer|1x1)[^/]*$|\.svg(?:[?#]|$)/i.test(src);
}

function absolute(url: string, { baseURI }: Element): string {
  try {
    return new URL(url, baseURI).href;
  } catch {
    return url;
  }
}
