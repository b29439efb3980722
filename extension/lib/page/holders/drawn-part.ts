/** The part of a canvas that is drawn on: readers centre a page on one that is larger, and leave the rest clear. */

import type { Box } from "./place";

const LEAST = 0.01; // of a side: less is no margin

/** The box, in the canvas's pixels, of all that is not clear; `null` for all of it, or none. */
export function drawnPart(canvas: HTMLCanvasElement | OffscreenCanvas): Box | null {
  const { width, height } = canvas;
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  context?.drawImage(canvas, 0, 0);
  const part = context
    ? opaquePart(new Uint32Array(context.getImageData(0, 0, width, height).data.buffer), width)
    : null;
  if (!part || part.width * part.height === 0) return null;
  const isAll = width - part.width < LEAST * width && height - part.height < LEAST * height;
  return isAll ? null : part;
}

/** The box of the words of RGBA whose alpha is not 0, in rows of `width`. */
export function opaquePart(words: Uint32Array, width: number): Box {
  let [left, right, top, bottom] = [width, 0, -1, 0];
  for (let at = 0; at < words.length; at += width) {
    let [from, to] = [at, at + width];
    while (from < to && (words[from] as number) >>> 24 === 0) from++;
    if (from === to) continue;
    while ((words[to - 1] as number) >>> 24 === 0) to--;
    const row = at / width;
    [left, right] = [Math.min(left, from - at), Math.max(right, to - at)];
    [top, bottom] = [top < 0 ? row : top, row + 1];
  }
  return top < 0 ? { left: 0, top: 0, width: 0, height: 0 } : { left, top, width: right - left, height: bottom - top };
}
