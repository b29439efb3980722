/**
 * What style sheets, SVG and embedding elements show cannot be asked for its size or its pixels: an element of this
 * script's own is, that shows the same address. The browser has the picture already; nothing is asked for that the page
 * could not ask for in the same way, and what it may not read stays closed to this element, too.
 */

import { wasAsked } from "./asked";
import { Holder, type Pixels, type Source } from "./holder";
import type { Size } from "./place";
import { isPlaceholder } from "./sources";

export abstract class AddressHolder extends Holder {
  readonly #listeners = new Set<() => void>();
  #twin: HTMLImageElement | null = null;
  #url = "";

  override source(uses: (url: string) => number): Source | null {
    const url = this.address;
    if (!url || isPlaceholder(url, uses(url))) return null;
    const twin = this.#twinOf(url);
    if (!twin || (twin.complete && twin.naturalWidth === 0)) return null; // none, or not a picture
    return { url, loaded: twin.complete };
  }

  override shows(url: string): boolean {
    return this.address === url && this.pixels !== null;
  }

  override get pixels(): Pixels | null {
    return this.pixelsOf(this.address);
  }

  /** The picture at an address that the element names, once it is there. */
  pixelsOf(url: string): Pixels | null {
    const twin = url ? this.#twinOf(url) : null;
    return twin?.complete && twin.naturalWidth > 0 ? twin : null;
  }

  override get natural(): Size {
    return this.naturalOf(this.address);
  }

  /** The size of the picture at an address that the element names; 0 by 0 while it is not known. */
  naturalOf(url: string): Size {
    if (!url) return { width: 0, height: 0 };
    const { naturalWidth: width = 0, naturalHeight: height = 0 } = this.#twinOf(url) ?? {};
    return { width, height };
  }

  override watch(changed: () => void, signal: AbortSignal): void {
    this.#listeners.add(changed);
    signal.addEventListener("abort", () => this.#listeners.delete(changed), { once: true });
  }

  /** `null` for as long as the page has not asked for it. */
  #twinOf(url: string): HTMLImageElement | null {
    if (this.#twin && this.#url === url) return this.#twin;
    if (!wasAsked(url, () => this.#listeners.forEach((changed) => changed()))) return null;
    const twin = new Image();
    for (const event of ["load", "error"])
      twin.addEventListener(event, () => this.#twin === twin && this.#listeners.forEach((changed) => changed()));
    twin.referrerPolicy = this.referrerPolicy;
    twin.src = url;
    this.#twin = twin;
    this.#url = url;
    return twin;
  }
}

/** `url` as the document of `element` understands it; empty for none. */
export function addressFrom(url: string | null | undefined, element: Element): string {
  if (!url) return "";
  try {
    return new URL(url, element.baseURI).href;
  } catch {
    return "";
  }
}
