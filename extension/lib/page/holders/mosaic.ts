/** A page in pieces, as one picture: put together again at the pieces' own size, in the order in which they are seen. */

import { CanvasHolder } from "./canvas";
import { goesOn, isFlat, lumaOf } from "./edges";
import { Holder, type HolderKind, keep, type Source } from "./holder";
import { type Laid, laidOut } from "./laid-out";
import { mayShowPage } from "./page-size";
import { type Grid, gridOf, type Piece, pieceIn, slotsOf } from "./pieces";
import { CLOSED, DRAWN, keyOf, pixelsOf } from "./pixels";
import type { Box, Size } from "./place";

const FRESH_MS = 90; // asked in every frame that scrolls
const LINE_PX = 2; // to either side of a cut
const PIXELS_MOST = 60_000_000;
const SEEN_OF_ONE = 0.6; // of its own picture, that a piece of a mixed picture shows at most
const MANY = 9; // pieces: nothing but a page is cut into so many

export const mosaic: HolderKind = {
  attributes: ["style", "class"],
  of: (element) =>
    mayShowPage(element) && slotsOf(element).length > 0
      ? [keep(element, "mosaic", () => new MosaicHolder(element))]
      : [],
};

class MosaicHolder extends Holder {
  override readonly covers = true;
  #pieces: Piece[] = [];
  #lies: Box = { left: 0, top: 0, width: 1, height: 1 }; // in shares of the frame
  #shown = ""; // which pieces, and where
  #lookedAt = 0;
  #key = "";
  #size: Size = { width: 0, height: 0 };

  override source(): Source | null {
    this.#look();
    return this.#key ? { url: this.#key, loaded: true } : null;
  }

  override get isBeingDrawn(): boolean {
    return this.#pieces.some(({ pixels }) => pixels === null);
  }

  override get address(): string {
    return this.#key;
  }

  /** Put together anew each time: a chapter in pieces would be held twice. */
  override get pixels(): OffscreenCanvas | null {
    if (this.#key.startsWith(CLOSED)) return null;
    this.#look();
    const grid = this.#key ? gridOf(this.#pieces.map(({ seen }) => seen)) : null;
    return grid && joined(this.#pieces, grid.whole, this.#size);
  }

  override get natural(): Size {
    return this.#key ? this.#size : { width: 0, height: 0 };
  }

  override shows(url: string): boolean {
    this.#look();
    return this.#key !== "" && this.#key === url;
  }

  override declares(urls: ReadonlySet<string>): boolean {
    if (performance.now() - this.#lookedAt > FRESH_MS) this.#look();
    return urls.has(this.#key);
  }

  override box(): DOMRect {
    const outer = this.frame.getBoundingClientRect();
    const { left, top, width, height } = this.#within(outer);
    return new DOMRect(outer.left + left, outer.top + top, width, height);
  }

  override laid(style: CSSStyleDeclaration): Laid {
    const laid = laidOut(this.frame, style);
    return { ...laid, content: this.#within(laid) };
  }

  override lies({ content: { width, height } }: Laid): Box {
    return { left: 0, top: 0, width, height };
  }

  override watch(changed: () => void, signal: AbortSignal): void {
    for (const canvas of this.node.querySelectorAll("canvas"))
      keep(canvas, "canvas", () => new CanvasHolder(canvas)).watch(changed, signal);
  }

  /** The pieces' own room in a frame of this size. */
  #within({ width, height }: Size): Box {
    const { left, top, ...size } = this.#lies;
    return { left: left * width, top: top * height, width: size.width * width, height: size.height * height };
  }

  #look(): void {
    this.#lookedAt = performance.now();
    const slots = slotsOf(this.node);
    this.#pieces = slots.flatMap((slot) => pieceIn(slot) ?? []);
    const grid = gridOf(this.#pieces.map(({ seen }) => seen));
    if (!grid || this.#pieces.length !== slots.length || this.isBeingDrawn) {
      this.#shown = this.#key = "";
      return;
    }
    const outer = this.frame.getBoundingClientRect();
    const { left, top, width, height } = grid.whole;
    const [across, down] = [(left - outer.left) / outer.width, (top - outer.top) / outer.height];
    this.#lies = { left: across, top: down, width: width / outer.width, height: height / outer.height };
    const shown = describe(this.#pieces, grid.whole);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#key = this.#keyOf(this.#pieces, grid);
  }

  /** Names the page by what it shows, or by its pieces where no script may read them; empty where it is no page. */
  #keyOf(pieces: readonly Piece[], grid: Grid): string {
    const isMixed = new Set(pieces.map(({ name }) => name)).size === 1;
    if (isMixed ? pieces.some(showsMost) : pieces.some(({ seen }) => isLargeEnough(seen))) return "";
    const across = Math.max(...pieces.map(({ natural, picture }) => natural.width / picture.width));
    const down = Math.max(...pieces.map(({ natural, picture }) => natural.height / picture.height));
    const [width, height] = [Math.round(grid.whole.width * across), Math.round(grid.whole.height * down)];
    if (!(width * height <= PIXELS_MOST)) return "";
    this.#size = { width, height };
    const pixels = joined(pieces, grid.whole, this.#size);
    try {
      const isPage = isMixed || isOnePicture(pixels, grid);
      return isPage ? `${DRAWN}${pixelsOf({ natural: this.#size, pixels })}` : "";
    } catch {
      return isMixed || pieces.length >= MANY ? `${CLOSED}${keyOf(wordsOf(this.#shown))}` : ""; // another site's
    }
  }
}

function showsMost({ seen, picture }: Piece): boolean {
  return seen.width * seen.height > SEEN_OF_ONE * picture.width * picture.height;
}

/** Large enough to be read by itself: pages that stand side by side are no pieces. */
function isLargeEnough({ width, height }: Box): boolean {
  return width >= 240 && height >= 300;
}

function describe(pieces: readonly Piece[], { left, top, width }: Box): string {
  const share = (px: number) => Math.round((1000 * px) / width);
  const all = pieces.map(({ name, seen, picture }) =>
    [name, share(seen.left - left), share(seen.top - top), share(picture.left - left), share(picture.top - top)].join(),
  );
  return all.join(" ");
}

function wordsOf(text: string): Uint32Array {
  return Uint32Array.from(text, (character) => character.charCodeAt(0));
}

/** The pieces' pixels where they are seen. */
function joined(pieces: readonly Piece[], whole: Box, { width, height }: Size): OffscreenCanvas {
  const [by, down] = [width / whole.width, height / whole.height];
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  for (const { pixels, natural, picture, seen } of pieces) {
    if (!pixels || !context) continue;
    const [x, y] = [natural.width / picture.width, natural.height / picture.height];
    const [left, top] = [Math.round((seen.left - whole.left) * by), Math.round((seen.top - whole.top) * down)];
    const right = Math.round((seen.left + seen.width - whole.left) * by);
    const bottom = Math.round((seen.top + seen.height - whole.top) * down);
    const [from, above] = [Math.round((seen.left - picture.left) * x), Math.round((seen.top - picture.top) * y)];
    const [across, rows] = [Math.round(seen.width * x), Math.round(seen.height * y)];
    context.drawImage(pixels, from, above, across, rows, left, top, right - left, bottom - top);
  }
  return canvas;
}

/** Whether what is drawn goes on over the cuts: pictures that only stand side by side are no page. */
function isOnePicture(canvas: OffscreenCanvas, { lefts, tops, whole }: Grid): boolean {
  const context = canvas.getContext("2d", { willReadFrequently: true }) as OffscreenCanvasRenderingContext2D;
  const [over, under] = [2 * LINE_PX, LINE_PX];
  const columns = lefts.slice(1).map((left) => {
    const at = Math.round(((left - whole.left) * canvas.width) / whole.width);
    return [0, under].map((by) => linesOf(context.getImageData(at - under + by, 0, over / 2, canvas.height), true));
  });
  const rows = tops.slice(1).map((top) => {
    const at = Math.round(((top - whole.top) * canvas.height) / whole.height);
    return [0, under].map((by) => linesOf(context.getImageData(0, at - under + by, canvas.width, over / 2), false));
  });
  const cuts = ([...columns, ...rows] as [Float32Array, Float32Array][]).filter(
    ([before, after]) => !isFlat(before) || !isFlat(after),
  );
  return cuts.length > 0 && cuts.filter(([before, after]) => goesOn(before, after)).length > cuts.length / 2;
}

/** Luma along a cut: of columns that run down, or of rows. */
function linesOf({ data, width, height }: ImageData, isDown: boolean): Float32Array {
  if (!isDown) return lumaOf(data, width);
  const turned = new Uint8ClampedArray(data.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let part = 0; part < 4; part++) turned[4 * (x * height + y) + part] = data[4 * (y * width + x) + part] ?? 0;
  return lumaOf(turned, height);
}
