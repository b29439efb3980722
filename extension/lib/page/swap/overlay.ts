/**
 * Shows a coloured picture over an element of the site, which itself is never touched. The picture is drawn inside a
 * closed shadow root of this script's own world, so that no script of the page can read it: what the page may not see
 * of another site, it does not see through us.
 */

import { bandsOf, BAND_ROWS, Drawing } from "./drawing";
import type { Coloured } from "../holders/coloured";
import type { Holder } from "../holders/holder";
import type { Laid } from "../holders/laid-out";
import { Place } from "./overlay-place";
import type { Box } from "../holders/place";
import { style } from "./ring";

const NEAR = 1.5; // windows above and below that are drawn before they are reached

export class Overlay {
  readonly holder: Holder;
  readonly #place: Place;
  readonly #content = document.createElement("div");
  readonly #drawing: Drawing;
  readonly #urls: Set<string>;
  readonly #stop = new AbortController();
  #isResting = false;
  #isPeeked = false;
  #strength = 1;
  /** Called once the site puts another page into the holder. */
  ended: () => void = () => undefined;

  /** `url` is the page's address in `holder`. It shows once `follow` is called. */
  constructor(holder: Holder, url: string, coloured: Coloured) {
    this.holder = holder;
    this.#urls = holder.knownUrls().add(url);
    this.#drawing = new Drawing(coloured);
    style(this.#content, { position: "absolute", overflow: "hidden" });
    this.#content.append(this.#drawing.element);
    this.#place = new Place(holder, this.#content);
    holder.watch(() => holder.declares(this.#urls) || this.#end(), this.#stop.signal);
  }

  get coloured(): Coloured {
    return this.#drawing.source;
  }

  /** Whether the reader sees it. */
  get isShown(): boolean {
    return !this.#isResting;
  }

  /** Show another picture of the same page as soon as it is drawn; the old one stays until then. */
  replace(coloured: Coloured): void {
    this.#drawing.replace(coloured);
    this.follow();
  }

  /** Mix the site's own picture, which lies below, into the coloured one: 1 is that alone, 0 the site's alone. */
  mix(strength: number): void {
    this.#strength = strength;
    style(this.#content, { opacity: this.#isPeeked ? "0" : `${strength}` });
  }

  /** Let the site's own picture be seen for a moment: nothing is taken from the document. */
  peek(isPeeked: boolean): void {
    this.#isPeeked = isPeeked;
    this.mix(this.#strength);
  }

  /** Show the colours only beyond a share of the picture's width; `null` for all of it. */
  cut(share: number | null): void {
    style(this.#drawing.element, { "clip-path": share === null ? "none" : `inset(0 0 0 ${100 * share}%)` });
  }

  /** Leave the document as the site made it, and keep what is drawn for when the colours are wanted again. */
  rest(isResting: boolean): void {
    if (isResting === this.#isResting) return;
    this.#isResting = isResting;
    if (isResting) this.#place.remove();
    else this.follow();
  }

  /** Take it away. */
  remove(): void {
    this.#stop.abort();
    this.#drawing.release();
    this.#place.remove();
  }

  /** No script of the page may take the host elsewhere: pixels are given up at once. */
  guard(): void {
    if (this.#place.isMoved) this.#drawing.release();
  }

  /** Bring it to where the element is now, and draw what is near the window. */
  follow(): void {
    const { holder } = this;
    if (holder.isConnected && !holder.holds(this.#urls, this.#drawing.source)) return this.#end();
    if (this.#isResting) return;
    const box = holder.frame.getBoundingClientRect();
    if (!holder.isConnected || box.width < 1 || box.height < 1 || !isNear(box)) {
      this.#place.hide();
      return this.#drawing.release();
    }
    if (this.#place.isMoved) this.#drawing.release();
    if (!this.#place.follow(box)) return this.#drawing.release();
    this.#lay(holder.laid(getComputedStyle(holder.frame)), box);
  }

  #end(): void {
    this.remove();
    this.ended();
  }

  /** `box` is the frame in the window. */
  #lay(laid: Laid, box: DOMRect): void {
    const { content, radius, width: wide, height: high } = laid;
    const { width, height } = this.#drawing.source;
    const at = this.holder.lies(laid, getComputedStyle(this.holder.frame), { width, height });
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

function pixels({ left, top, width, height }: Box): Record<string, string> {
  return { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` };
}
