/**
 * Pictures that can be had from the window alone and are larger than it: put together from what the window shows of them
 * while the reader scrolls over them. Other pixels than those that were seen never come into one.
 */

import type { Holder } from "../holders/holder";
import type { Box } from "../holders/place";

const SIDE_MOST = 32_000;
const PIXELS_MOST = 60_000_000;

/** A part of a window's picture that shows nothing but the holder's, each end to before its last pixel. */
export interface Shown {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

type Span = readonly [from: number, to: number];

interface Gathered {
  url: string;
  canvas: OffscreenCanvas;
  seen: Span[][]; // by row, in order and apart
}

const gathered = new WeakMap<Holder, Gathered>();

/** Whether a picture of this size, in the screen's pixels, can be put together. */
export function mayGather(width: number, height: number): boolean {
  return Math.max(width, height) <= SIDE_MOST && width * height <= PIXELS_MOST;
}

/**
 * Take what `shown`, the window's picture, has of the picture of `holder`, which lies at `box` in its pixels and is to be
 * seen in `part`. The share of it that has been seen by now.
 */
export function gather(holder: Holder, url: string, shown: ImageBitmap, box: Box, part: Shown): number {
  const parts = partsOf(holder, url, Math.round(box.width), Math.round(box.height));
  const { width, height } = parts.canvas;
  const [left, right] = within(part.left - box.left, part.right - box.left, width, box.width);
  const [top, bottom] = within(part.top - box.top, part.bottom - box.top, height, box.height);
  const [across, down] = [right - left, bottom - top];
  if (across > 0 && down > 0) {
    const [x, y] = [Math.round(box.left) + left, Math.round(box.top) + top];
    parts.canvas.getContext("2d")?.drawImage(shown, x, y, across, down, left, top, across, down);
    for (let row = top; row < bottom; row++) parts.seen[row] = covered(parts.seen[row] ?? [], [left, right]);
  }
  const pixels = parts.seen.flat().reduce((sum, [from, to]) => sum + to - from, 0);
  return pixels / (width * height);
}

/** Whole pixels of a side from `from` to `to`; one that is cut is seen another time, but for the picture's own ends. */
function within(from: number, to: number, pixels: number, length: number): Span {
  return [from < 1 ? 0 : Math.ceil(from), length - to < 1 ? pixels : Math.floor(to)];
}

/** Spans, and one more. */
function covered(spans: readonly Span[], [from, to]: Span): Span[] {
  const apart = spans.filter(([start, end]) => end < from || start > to);
  const joined = spans.filter(([start, end]) => end >= from && start <= to);
  const whole: Span = [
    Math.min(from, ...joined.map(([start]) => start)),
    Math.max(to, ...joined.map(([, end]) => end)),
  ];
  return [...apart, whole].sort(([a], [b]) => a - b);
}

/** The picture, once all of it has been seen; it is held no longer then. */
export async function gatheredOf(holder: Holder): Promise<Blob | null> {
  const parts = gathered.get(holder);
  if (!parts?.seen.every(([span]) => span?.[0] === 0 && span[1] === parts.canvas.width)) return null;
  gathered.delete(holder);
  return parts.canvas.convertToBlob({ type: "image/png" });
}

function partsOf(holder: Holder, url: string, width: number, height: number): Gathered {
  const known = gathered.get(holder);
  if (known?.url === url && known.canvas.width === width && known.canvas.height === height) return known;
  const parts = { url, canvas: new OffscreenCanvas(width, height), seen: Array.from({ length: height }, () => []) };
  gathered.set(holder, parts);
  return parts;
}
