/**
 * Pictures that can be had from the window alone and are larger than it: put together from what the window shows of them
 * while the reader scrolls over them. Other pixels than those that were seen never come into one.
 */

import type { Holder } from "../holders/holder";
import type { Box } from "../holders/place";

const SIDE_MOST = 32_000;
const PIXELS_MOST = 60_000_000;

/** The rows from `top` to before `bottom` of a window's picture that show nothing but the holder's. */
export interface Rows {
  top: number;
  bottom: number;
}

interface Gathered {
  url: string;
  canvas: OffscreenCanvas;
  seen: Uint8Array; // by row
}

const gathered = new WeakMap<Holder, Gathered>();

/** Whether a picture of this size, in the screen's pixels, can be put together. */
export function mayGather(width: number, height: number): boolean {
  return Math.max(width, height) <= SIDE_MOST && width * height <= PIXELS_MOST;
}

/**
 * Take what `shown`, the window's picture, has of the picture of `holder`, which lies at `box` in its pixels. The share
 * of its rows that have been seen by now.
 */
export function gather(holder: Holder, url: string, shown: ImageBitmap, box: Box, { top, bottom }: Rows): number {
  const parts = partsOf(holder, url, Math.round(box.width), Math.round(box.height));
  const context = parts.canvas.getContext("2d");
  const from = top - box.top < 1 ? 0 : Math.ceil(top - box.top); // a row that is cut is seen another time
  const to = box.top + box.height - bottom < 1 ? parts.seen.length : Math.floor(bottom - box.top);
  if (to > from) {
    const { width } = parts.canvas;
    context?.drawImage(shown, Math.round(box.left), Math.round(box.top) + from, width, to - from, 0, from, width, to - from); // prettier-ignore
    parts.seen.fill(1, from, to);
  }
  return parts.seen.reduce((sum, row) => sum + row, 0) / parts.seen.length;
}

/** The picture, once all of it has been seen; it is held no longer then. */
export async function gatheredOf(holder: Holder): Promise<Blob | null> {
  const parts = gathered.get(holder);
  if (!parts?.seen.every(Boolean)) return null;
  gathered.delete(holder);
  return parts.canvas.convertToBlob({ type: "image/png" });
}

function partsOf(holder: Holder, url: string, width: number, height: number): Gathered {
  const known = gathered.get(holder);
  if (known?.url === url && known.canvas.width === width && known.canvas.height === height) return known;
  const parts = { url, canvas: new OffscreenCanvas(width, height), seen: new Uint8Array(height) };
  gathered.set(holder, parts);
  return parts;
}
