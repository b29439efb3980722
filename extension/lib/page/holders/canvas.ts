/**
 * `<canvas>`: a picture without an address, known by what it shows. Sites draw it piece by piece and draw it again at each
 * turn, so it stands for a picture only once it has come to rest, and it is looked at as long as it is watched. One that
 * took on another site's pixels is closed to scripts: it stands for another picture whenever it may have been redrawn.
 */

import { Holder, type HolderKind, keep, type Source } from "./holder";
import { CLOSED, DRAWN, keyOf } from "./pixels";
import type { Size } from "./place";
import { lookSoon, turnsSoFar, watchRedraws } from "./redraws";

const SMALLEST_PX = { width: 240, height: 60 }; // a slice of a strip
const SAMPLE_PX = 192;
const LOOKS = 3; // at the end of a frame, before a canvas counts as empty
const RESTS_MS = 110;
const RESTS_WITH_HOLES_MS = 1000; // tiles may yet come there
const CLOSED_RESTS_MS = 700; // nobody sees when it is done
const HOLES = 0.02; // of the samples
const UNFINISHED = 0.12; // of the samples are what it was filled with first: a page's own paper may be more, and only waits
const FRAME_MS = 12;
const FAR_EVERY_MS = 600;

export const canvas: HolderKind = {
  attributes: ["width", "height"],
  of: (element) => (element.localName === "canvas" ? [keep(element, "canvas", () => new CanvasHolder(element))] : []),
};

let pen: OffscreenCanvasRenderingContext2D | null = null;

export class CanvasHolder extends Holder {
  #key = "";
  #since = 0;
  #hasHoles = false;
  #blank: number | null = null; // what it was filled with before there was anything
  #looks = 0; // at the end of a frame
  #lookedAt = 0;
  readonly #name = crypto.getRandomValues(new Uint32Array(1))[0]?.toString(36) ?? "";
  #copy: OffscreenCanvas | null = null; // of what the browser does not keep

  get #canvas(): HTMLCanvasElement {
    return this.node as HTMLCanvasElement;
  }

  override source(): Source | null {
    this.#look();
    return this.#key && this.#rests ? { url: this.address, loaded: true } : null;
  }

  override get isBeingDrawn(): boolean {
    return this.#key === "" ? this.#looks < LOOKS && isLarge(this.#canvas) : !this.#rests;
  }

  override get address(): string {
    return this.#key && `${DRAWN}${this.#key}`;
  }

  override get pixels(): HTMLCanvasElement | OffscreenCanvas | null {
    return this.#key && !this.#isClosed ? (this.#copy ?? this.#canvas) : null;
  }

  override get natural(): Size {
    const { width, height } = this.#canvas;
    return this.#key ? { width, height } : { width: 0, height: 0 };
  }

  override shows(url: string): boolean {
    this.#look();
    return this.#key !== "" && this.address === url;
  }

  /** Asked in every frame that scrolls: what lies far off is believed to be what it was. */
  override declares(urls: ReadonlySet<string>): boolean {
    if (performance.now() - this.#lookedAt > (this.#isNear() ? FRAME_MS : FAR_EVERY_MS)) this.#look();
    return urls.has(this.address);
  }

  override watch(changed: () => void, signal: AbortSignal): void {
    let [before, rested] = [this.#key, this.#rests];
    const look = () => {
      if (!this.node.isConnected) return;
      this.#looks += 1;
      this.#look();
      const isNews = this.#key !== before || this.#rests !== rested;
      [before, rested] = [this.#key, this.#rests];
      if (!rested) lookSoon();
      if (isNews) changed();
    };
    watchRedraws(look, () => this.#isNear(), signal);
  }

  #isNear(): boolean {
    const { top, bottom, left, right } = this.box();
    return bottom > -innerHeight && top < 2 * innerHeight && right > -innerWidth && left < 2 * innerWidth;
  }

  get #isClosed(): boolean {
    return this.address.startsWith(CLOSED);
  }

  get #rests(): boolean {
    const rests = this.#isClosed ? CLOSED_RESTS_MS : this.#hasHoles ? RESTS_WITH_HOLES_MS : RESTS_MS;
    return performance.now() - this.#since >= rests;
  }

  #look(): void {
    this.#lookedAt = performance.now();
    const { key, hasHoles, blank } = sampleOf(this.#canvas, this.#blank, this.#name);
    if (blank !== null) this.#blank = blank;
    if (key === this.#key || (key === "" && this.#copy)) return;
    this.#since = performance.now();
    this.#key = key;
    const isKept = key === "" || this.#isClosed || !isFleeting(this.#canvas);
    this.#copy = isKept ? null : copyOf(this.#canvas);
    this.#hasHoles = hasHoles;
  }
}

/** Whether what is drawn is gone once it is on the screen. For a canvas that shows something: others get no context. */
function isFleeting(canvas: HTMLCanvasElement): boolean {
  try {
    if (canvas.getContext("2d")) return false;
    const context = (canvas.getContext("webgl2") ?? canvas.getContext("webgl")) as WebGLRenderingContext | null;
    return context?.getContextAttributes()?.preserveDrawingBuffer !== true;
  } catch {
    return false; // drawn by a worker, and kept
  }
}

function copyOf(canvas: HTMLCanvasElement): OffscreenCanvas {
  const copy = new OffscreenCanvas(canvas.width, canvas.height);
  copy.getContext("2d")?.drawImage(canvas, 0, 0);
  return copy;
}

function isLarge({ width, height }: HTMLCanvasElement): boolean {
  return width >= SMALLEST_PX.width && height >= SMALLEST_PX.height;
}

interface CanvasSample {
  key: string;
  hasHoles: boolean;
  /** What all of it is filled with, if it is of one tone. */
  blank: number | null;
}

/**
 * A key of what a canvas shows; empty where it shows nothing, or is too small to be a page. Where much of it still is
 * what it was filled with before, pieces may yet come there. One that cannot be read goes by its `name` and the turns.
 */
function sampleOf(canvas: HTMLCanvasElement, before: number | null, name: string): CanvasSample {
  const nothing = { key: "", hasHoles: false, blank: null };
  if (!isLarge(canvas)) return nothing;
  const { width, height } = canvas;
  pen ??= penOf();
  if (!pen) return nothing;
  pen.clearRect(0, 0, SAMPLE_PX, SAMPLE_PX);
  try {
    pen.drawImage(canvas, 0, 0, SAMPLE_PX, SAMPLE_PX);
    const words = new Uint32Array(pen.getImageData(0, 0, SAMPLE_PX, SAMPLE_PX).data.buffer);
    const isBlank = words.every((word) => word === words[0]);
    if (isBlank) return { ...nothing, blank: words[0] ?? null };
    const count = (isOne: (word: number) => boolean) => words.reduce((sum, word) => sum + Number(isOne(word)), 0);
    const holes = count((word) => word >>> 24 === 0);
    const isUnfinished = before !== null && count((word) => word === before) > UNFINISHED * words.length;
    const hasHoles = isUnfinished || holes > HOLES * words.length;
    return { key: `${width}x${height}:${keyOf(words)}`, hasHoles, blank: null };
  } catch {
    pen = null; // it took on the other site's pixels
    const closed = `${CLOSED.slice(DRAWN.length)}${name}-${width}x${height}-${turnsSoFar()}`;
    return { ...nothing, key: closed };
  }
}

function penOf(): OffscreenCanvasRenderingContext2D | null {
  const context = new OffscreenCanvas(SAMPLE_PX, SAMPLE_PX).getContext("2d", { willReadFrequently: true });
  if (context) context.imageSmoothingEnabled = false; // samples as they are: a mean of many hides a change
  return context;
}
