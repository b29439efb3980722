/**
 * A picture drawn at the size at which it is shown, in bands one below another: a strip may be taller than any canvas,
 * and only the bands near the window take memory. What is drawn stays until the next drawing is ready.
 */

import { bitmapOf, type Coloured, NotShown } from "../holders/coloured";
import { rest } from "../slices";
import { style } from "./ring";

/** What is to be drawn: the whole picture's size in pixels of the canvases, and the bands near the window. */
export interface Wanted {
  width: number;
  height: number;
  first: number;
  last: number;
}

export const BAND_ROWS = 2048;
const OVERLAP_ROWS = 1; // no hairline between bands that end at a fraction of a screen's pixel

interface Drawn {
  source: Coloured;
  width: number;
  height: number;
  bands: Map<number, HTMLCanvasElement>;
}

export class Drawing {
  readonly element = document.createElement("div");
  #source: Coloured;
  #wanted: Wanted | null = null;
  #drawn: Drawn | null = null;
  #isBusy = false;
  #lost: Coloured | null = null;

  constructor(source: Coloured) {
    this.#source = source;
    style(this.element, { position: "absolute", overflow: "hidden" });
  }

  get source(): Coloured {
    return this.#source;
  }

  /** Show another picture as soon as it is drawn. */
  replace(source: Coloured): void {
    this.#source = source;
    void this.#draw();
  }

  want(wanted: Wanted): void {
    this.#wanted = wanted;
    void this.#draw();
  }

  /** Keep no pixels; `want` brings them back. */
  release(): void {
    this.#wanted = null;
    this.#free([...(this.#drawn?.bands.values() ?? [])]);
    this.#drawn = null;
    this.element.replaceChildren();
  }

  /** Browsers wait with an element's pixels for their next clearing up. */
  #free(bands: readonly HTMLCanvasElement[]): void {
    for (const canvas of bands) canvas.width = 0;
  }

  async #draw(): Promise<void> {
    if (this.#isBusy || this.#lost === this.#source) return;
    this.#isBusy = true;
    try {
      while (this.#wanted && !this.#has(this.#wanted)) await this.#pass(this.#source, this.#wanted);
    } catch (error) {
      this.#lost = this.#source; // its bytes are gone and nobody has them: the site's own picture is seen
      if (error instanceof NotShown) this.#source.lost?.();
    } finally {
      this.#isBusy = false;
    }
  }

  #has(wanted: Wanted): boolean {
    const bands = this.#drawnOf(this.#source, wanted);
    if (!bands) return false;
    for (let at = wanted.first; at <= wanted.last; at++) if (!bands.has(at)) return false;
    return true;
  }

  /** The bands that are drawn of this picture at this size. */
  #drawnOf(source: Coloured, { width, height }: Wanted): Map<number, HTMLCanvasElement> | null {
    const drawn = this.#drawn;
    return drawn?.source === source && drawn.width === width && drawn.height === height ? drawn.bands : null;
  }

  async #pass(source: Coloured, wanted: Wanted): Promise<void> {
    const { width, height, first, last } = wanted;
    const bitmap = await scaled(source, width, height);
    const former = this.#drawnOf(source, wanted);
    const bands = new Map<number, HTMLCanvasElement>();
    for (let at = first; at <= last; at++) {
      if (at > first && !former?.has(at)) await rest(); // a strip has many
      bands.set(at, former?.get(at) ?? band(bitmap, at));
    }
    bitmap.close();
    const now = [...bands.values()];
    if (this.#wanted === null) return this.#free(now); // released meanwhile
    const before = [...(this.#drawn?.bands.values() ?? [])];
    this.#drawn = { source, width, height, bands };
    this.element.replaceChildren(...now);
    this.#free(before.filter((canvas) => !now.includes(canvas)));
  }
}

/** How many bands a picture of this height takes. */
export function bandsOf(height: number): number {
  return Math.max(1, Math.ceil(height / BAND_ROWS));
}

/** Scaled with care: a screentone aliases where pixels are only dropped. */
async function scaled(source: Coloured, toWidth: number, toHeight: number): Promise<ImageBitmap> {
  const { picture, width, height, decoded } = source;
  source.decoded = null;
  const isAsIs = toWidth === width && toHeight === height;
  if (isAsIs && decoded) return decoded;
  const size = { resizeWidth: toWidth, resizeHeight: toHeight, resizeQuality: "high" } as const;
  const bitmap = await (decoded ? createImageBitmap(decoded, size) : bitmapOf(picture, isAsIs ? undefined : size));
  decoded?.close();
  return bitmap;
}

function band(bitmap: ImageBitmap, at: number): HTMLCanvasElement {
  const { width, height } = bitmap;
  const top = at * BAND_ROWS;
  const rows = Math.min(BAND_ROWS + OVERLAP_ROWS, height - top);
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height: rows });
  if (rows === height)
    canvas.getContext("bitmaprenderer")?.transferFromImageBitmap(bitmap); // no second copy of it
  else canvas.getContext("2d")?.drawImage(bitmap, 0, -top);
  style(canvas, {
    position: "absolute",
    left: "0",
    top: `${(100 * top) / height}%`,
    width: "100%",
    height: `${(100 * rows) / height}%`,
  });
  return canvas;
}
