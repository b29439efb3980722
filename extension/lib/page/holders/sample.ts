/** The colour at a point of a picture, and whether anything is coloured there. */

import type { Point } from "./place";

export type Rgb = [red: number, green: number, blue: number];

/** `rgb` is the median around the point, so that a line in the way does not count. */
export interface Sample {
  rgb: Rgb;
  isGrey: boolean;
}

const SIDE_PX = 9; // on coloured pages, a patch of this size without any colour is always protected
const GREY_SPREAD = 2; // of the channels
const SAME = 2; // levels; also a lossy picture counts as the same

/** Look at `picture` around `point`. */
export async function sampleAt(picture: Blob, [x, y]: Point): Promise<Sample> {
  const whole = await createImageBitmap(picture);
  const from = (share: number, size: number) =>
    Math.max(0, Math.min(size - SIDE_PX, Math.floor(share * size) - (SIDE_PX >> 1)));
  const context = new OffscreenCanvas(SIDE_PX, SIDE_PX).getContext("2d") as OffscreenCanvasRenderingContext2D;
  context.drawImage(whole, -from(x, whole.width), -from(y, whole.height));
  whole.close();
  return sampleOf(context.getImageData(0, 0, SIDE_PX, SIDE_PX).data);
}

/** The sample of these RGBA pixels. */
export function sampleOf(pixels: Uint8ClampedArray): Sample {
  const channel = (at: number) => Array.from(pixels).filter((_, index) => index % 4 === at);
  const [red, green, blue] = [channel(0), channel(1), channel(2)];
  const rgb: Rgb = [median(red), median(green), median(blue)];
  const isGrey = red.every((level, at) => spread([level, green[at] as number, blue[at] as number]) <= GREY_SPREAD);
  return { rgb, isGrey };
}

/** How far a colour is from grey, 0..255. */
export function spread(rgb: Rgb): number {
  return Math.max(...rgb) - Math.min(...rgb);
}

export function isSameColour(a: Rgb, b: Rgb): boolean {
  return a.every((level, at) => Math.abs(level - (b[at] as number)) <= SAME);
}

/** As `<input type="color">` has it. */
export function toHex(rgb: Rgb): string {
  return `#${rgb.map((level) => level.toString(16).padStart(2, "0")).join("")}`;
}

export function fromHex(hex: string): Rgb {
  return [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)) as Rgb;
}

function median(levels: number[]): number {
  return levels.sort((a, b) => a - b)[levels.length >> 1] ?? 0;
}
