/** The first and the last rows of a picture, by which slices of one strip are told from pages that only touch. */

/** Luma 0..255 along a picture's upper and lower edge, a little blurred. */
export interface Edges {
  top: Float32Array;
  bottom: Float32Array;
}

const ROWS = 2; // averaged: a lossy picture's last row is not quite the next one's first
const BLUR = 2; // to either side: a slanted line moves on by a pixel
const DRAWN = 8; // the spread of a row that shows something, in levels
const ALIKE = 0.8; // rows next to each other correlate by 0.87 and more, others by less but for one in two hundred
const SAME_TONE = 6;
const PAPER = 247;
const INK = 8;

/** The edges of a decoded picture. */
export function edgesOf(picture: ImageBitmap): Edges {
  const { width, height } = picture;
  const rows = Math.min(ROWS, height);
  const context = new OffscreenCanvas(width, rows).getContext("2d", { willReadFrequently: true });
  const read = (top: number) => {
    context?.clearRect(0, 0, width, rows);
    context?.drawImage(picture, 0, -top);
    return lumaOf(context?.getImageData(0, 0, width, rows).data ?? new Uint8ClampedArray(4 * width * rows), width);
  };
  return { top: read(0), bottom: read(height - rows) };
}

/** Whether a picture that ends in `above` goes on in one that begins with `below`, so that a seam would show there. */
export function goesOn(above: Float32Array, below: Float32Array): boolean {
  if (above.length !== below.length) return false;
  const [a, b] = [statistics(above), statistics(below)];
  if (Math.max(a.spread, b.spread) < DRAWN) {
    const isTone = a.mean > INK && a.mean < PAPER; // paper and ink stay as they are: no seam there
    return isTone && Math.abs(a.mean - b.mean) <= SAME_TONE;
  }
  const together = above.reduce((sum, level, at) => sum + (level - a.mean) * ((below[at] ?? 0) - b.mean), 0);
  return together / above.length >= ALIKE * a.spread * b.spread && Math.min(a.spread, b.spread) > 0;
}

/** Whether nothing is drawn along an edge: paper, ink, or one tone. */
export function isFlat(edge: Float32Array): boolean {
  return statistics(edge).spread < DRAWN;
}

/** The mean luma of each column of RGBA rows, blurred along the row. */
export function lumaOf(rgba: Uint8ClampedArray, width: number): Float32Array {
  const sums = new Float32Array(width);
  for (let at = 0; at < rgba.length; at += 4) {
    const luma = 0.299 * (rgba[at] ?? 0) + 0.587 * (rgba[at + 1] ?? 0) + 0.114 * (rgba[at + 2] ?? 0);
    sums[(at / 4) % width] = (sums[(at / 4) % width] ?? 0) + (luma * 4 * width) / rgba.length;
  }
  return sums.map((_, at) => {
    const near = sums.subarray(Math.max(0, at - BLUR), at + BLUR + 1);
    return near.reduce((sum, level) => sum + level, 0) / near.length;
  });
}

function statistics(row: Float32Array): { mean: number; spread: number } {
  const mean = row.reduce((sum, level) => sum + level, 0) / row.length;
  const square = row.reduce((sum, level) => sum + (level - mean) ** 2, 0) / row.length;
  return { mean, spread: Math.sqrt(square) };
}
