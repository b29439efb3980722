/**
 * `<canvas>`: a picture without an address, known by what it shows. Sites draw it piece by piece and draw it again at each
 * turn, so it stands for a picture only once it has come to rest, and it is looked at as long as it is watched.
 */

import { Holder, type HolderKind, keep, type Source } from "./holder";
import { DRAWN, keyOf } from "./pixels";
import type { Size } from "./place";
import { lookSoon, watchRedraws } from "./redraws";

const SMALLEST_PX = { width: 240, height: 60 }; // a slice of a strip
const SAMPLE_PX = 192;
const LOOKS = 3; // at the end of a frame, before a canvas counts as empty
const RESTS_MS = 110;
const RESTS_WITH_HOLES_MS = 1000; // tiles may yet come there
const HOLES = 0.02; // of the samples

export const canvas: HolderKind = {
  attributes: ["width", "height"],
  of: (element) => (element.localName === "canvas" ? [keep(element, "canvas", () => new CanvasHolder(element))] : []),
};

let pen: OffscreenCanvasRenderingContext2D | null = null;

export class CanvasHolder extends Holder {
  #key = "";
  #since = 0;
  #hasHoles = false;
  #looks = 0; // at the end of a frame
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
    return this.#key ? (this.#copy ?? this.#canvas) : null;
  }

  override get natural(): Size {
    const { width, height } = this.#canvas;
    return this.#key ? { width, height } : { width: 0, height: 0 };
  }

  override shows(url: string): boolean {
    this.#look();
    return this.#key !== "" && this.address === url;
  }

  override declares(urls: ReadonlySet<string>): boolean {
    this.#look();
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
    watchRedraws(look, signal);
  }

  get #rests(): boolean {
    return performance.now() - this.#since >= (this.#hasHoles ? RESTS_WITH_HOLES_MS : RESTS_MS);
  }

  #look(): void {
    const { key, hasHoles } = sampleOf(this.#canvas);
    if (key === this.#key || (key === "" && this.#copy)) return;
    this.#since = performance.now();
    this.#key = key;
    this.#copy = key && isFleeting(this.#canvas) ? copyOf(this.#canvas) : null;
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

/** A key of what a canvas shows; empty where it shows nothing, cannot be read, or is too small to be a page. */
function sampleOf(canvas: HTMLCanvasElement): { key: string; hasHoles: boolean } {
  const nothing = { key: "", hasHoles: false };
  if (!isLarge(canvas)) return nothing;
  const { width, height } = canvas;
  pen ??= penOf();
  if (!pen) return nothing;
  pen.clearRect(0, 0, SAMPLE_PX, SAMPLE_PX);
  try {
    pen.drawImage(canvas, 0, 0, SAMPLE_PX, SAMPLE_PX);
    const words = new Uint32Array(pen.getImageData(0, 0, SAMPLE_PX, SAMPLE_PX).data.buffer);
    const isBlank = words.every((word) => word === words[0]);
    const holes = words.reduce((count, word) => count + Number(word >>> 24 === 0), 0);
    return isBlank ? nothing : { key: `${width}x${height}:${keyOf(words)}`, hasHoles: holes > HOLES * words.length };
  } catch {
    pen = null; // it took on the other site's pixels
    return nothing;
  }
}

function penOf(): OffscreenCanvasRenderingContext2D | null {
  const context = new OffscreenCanvas(SAMPLE_PX, SAMPLE_PX).getContext("2d", { willReadFrequently: true });
  if (context) context.imageSmoothingEnabled = false; // samples as they are: a mean of many hides a change
  return context;
}
