/**
 * Shows a coloured picture over an element of the site, which itself is never touched. The picture is drawn inside a
 * closed shadow root of this script's own world, so that no script of the page can read it: what the page may not see
 * of another site, it does not see through us.
 */

import { bandsOf, BAND_ROWS, Drawing } from "./drawing";
import type { Coloured } from "../holders/coloured";
import type { Laid } from "./overlay-box";
import { Place } from "./overlay-place";
import { type Box, fitted } from "../holders/place";
import { style } from "./ring";
import { knownUrls, lazyUrl, sourceOf } from "../holders/sources";

const NEAR = 1.5; // windows above and below that are drawn before they are reached
const SAME_SHAPE = 0.02;

export class Overlay {
  readonly img: HTMLImageElement;
  readonly #place: Place;
  readonly #content = document.createElement("div");
  readonly #drawing: Drawing;
  readonly #urls: Set<string>;
  readonly #observer: MutationObserver;
  /** Called once the site puts another page into the element. */
  ended: () => void = () => undefined;

  /** `url` is the page's address in `img`. It shows once `follow` is called. */
  constructor(img: HTMLImageElement, url: string, coloured: Coloured) {
    this.img = img;
    this.#urls = knownUrls(img).add(url);
    this.#drawing = new Drawing(coloured);
    style(this.#content, { position: "absolute", overflow: "hidden" });
    this.#content.append(this.#drawing.element);
    this.#place = new Place(img, this.#content);
    this.#observer = new MutationObserver(() => this.#declares() || this.#end());
    this.#observer.observe(img, { attributeFilter: ["src", "srcset"] });
    const picture = img.parentElement?.localName === "picture" ? img.parentElement.children : [];
    for (const source of picture) this.#observer.observe(source, { attributeFilter: ["srcset"] });
  }

  get coloured(): Coloured {
    return this.#drawing.source;
  }

  /** Show another picture of the same page as soon as it is drawn; the old one stays until then. */
  replace(coloured: Coloured): void {
    this.#drawing.replace(coloured);
    this.follow();
  }

  /** Take it away. */
  remove(): void {
    this.#observer.disconnect();
    this.#drawing.release();
    this.#place.remove();
  }

  /** No script of the page may take the host elsewhere: pixels are given up at once. */
  guard(): void {
    if (this.#place.isMoved) this.#drawing.release();
  }

  /** Bring it to where the element is now, and draw what is near the window. */
  follow(): void {
    const { img } = this;
    if (img.isConnected && !this.#holds()) return this.#end();
    const box = img.getBoundingClientRect();
    if (!img.isConnected || box.width < 1 || box.height < 1 || !isNear(box)) {
      this.#place.hide();
      return this.#drawing.release();
    }
    if (this.#place.isMoved) this.#drawing.release();
    const laid = this.#place.follow(box);
    if (!laid) return this.#drawing.release();
    this.#lay(laid, box);
  }

  #end(): void {
    this.remove();
    this.ended();
  }

  /** Whether the attributes still name this page; what the element shows follows them later. */
  #declares(): boolean {
    const { img } = this;
    const src = img.getAttribute("src") ?? "";
    if (src && this.#urls.has(absolute(src, img))) return true;
    const lazy = lazyUrl(img);
    if (lazy !== null && this.#urls.has(lazy)) return !src || !isLikeAPage(src);
    return !src && [...knownUrls(img)].some((url) => this.#urls.has(url));
  }

  #holds(): boolean {
    const { img } = this;
    const source = sourceOf(img, () => 1);
    if (source === null) return img.complete ? this.#declares() : true;
    if (!this.#urls.has(source.url)) return !img.complete && this.#declares();
    if (!source.loaded || !img.naturalHeight) return true;
    const { width, height } = this.#drawing.source;
    return Math.abs((width * img.naturalHeight) / (height * img.naturalWidth) - 1) <= SAME_SHAPE;
  }

  /** `box` is the element in the window. */
  #lay({ content, radius, width: wide, height: high }: Laid, box: DOMRect): void {
    const { width, height } = this.#drawing.source;
    const computed = getComputedStyle(this.img);
    const isShown = this.img.complete && this.img.naturalWidth > 1;
    const natural = isShown ? { width: this.img.naturalWidth, height: this.img.naturalHeight } : { width, height };
    const fit = isShown ? computed.objectFit : "contain";
    const inner = { left: 0, top: 0, width: content.width, height: content.height };
    const at = fitted(inner, natural, fit, computed.objectPosition);
    style(this.#content, { ...pixels(content), "border-radius": radius });
    style(this.#drawing.element, pixels(at));
    const zoom = Math.sqrt((box.width * box.height) / (wide * high || 1)) || 1;
    const dense = zoom * devicePixelRatio;
    const rows = Math.max(1, Math.min(height, Math.round(at.height * dense)));
    const columns = Math.max(1, Math.min(width, Math.round(at.width * dense)));
    this.#drawing.want({
      width: columns,
      height: rows,
      ...bandsNear(rows, box.top + (content.top + at.top) * zoom, at.height * zoom),
    });
  }
}

/** The bands between one and a half windows above and below. */
function bandsNear(rows: number, top: number, height: number): { first: number; last: number } {
  const row = (y: number) => ((y - top) / height) * rows;
  const most = bandsOf(rows) - 1;
  const index = (y: number) => Math.min(most, Math.max(0, Math.floor(row(y) / BAND_ROWS)));
  return { first: index(-NEAR * innerHeight), last: index((1 + NEAR) * innerHeight) };
}

function isNear({ top, bottom, left, right }: DOMRect): boolean {
  const [across, down] = [NEAR * innerWidth, NEAR * innerHeight];
  return bottom > -down && top < innerHeight + down && right > -across && left < innerWidth + across;
}

/** Whether `src` is a picture of its own, not what a lazy loader put there for the time being. */
function isLikeAPage(src: string): boolean {
  return !/^data:/.test(src) && !/(?:loading|placeholder|blank|spacer|1x1)[^/]*$|\.svg(?:[?#]|$)/i.test(src);
}

function absolute(url: string, img: HTMLImageElement): string {
  try {
    return new URL(url, img.baseURI).href;
  } catch {
    return url;
  }
}

function pixels({ left, top, width, height }: Box): Record<string, string> {
  return { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` };
}
