/** Recognises pictures that a site's script makes anew at each turn: by what they show, not by their address. */

import type { Holder } from "./holder";

const SAMPLES = 512; // a side: all pixels of a page would keep the reader's thread for too long
const PRIMES = [0x9e3779b1, 0x85ebca77] as const;

/** How the address begins that stands for what a canvas shows. */
export const DRAWN = "canvas:";

/** How it begins for a canvas that no script may read: only the window shows what is on it. */
export const CLOSED = `${DRAWN}closed-`;

/** How it begins for one of these that reads empty, of which nobody knows whether there is a page on it. */
export const UNREAD = `${CLOSED}unread-`;

/** Whether `url` is new each time its picture is made. */
export function isMadeByScript(url: string): boolean {
  return url.startsWith("blob:");
}

/** A key of what a holder shows, by samples all over it: equal for equal pixels. Not for keeping beyond the document. */
export function pixelsOf({ natural: { width, height }, pixels }: Pick<Holder, "natural" | "pixels">): string {
  const [across, down] = [Math.min(width, SAMPLES), Math.min(height, SAMPLES)];
  const context = new OffscreenCanvas(across, down).getContext("2d", { willReadFrequently: true });
  if (!context || !pixels) return `${width}x${height}:${crypto.randomUUID()}`;
  context.imageSmoothingEnabled = false; // as they are: a mean of many hides a change
  context.drawImage(pixels, 0, 0, across, down);
  return `${width}x${height}:${keyOf(new Uint32Array(context.getImageData(0, 0, across, down).data.buffer))}`;
}

/** 64 bits over the words. Plain http has no `crypto.subtle`, and whoever makes two alike only confuses their own page. */
export function keyOf(words: Uint32Array): string {
  let [a, b] = [0, 1];
  for (const word of words) {
    a = Math.imul(a ^ word, PRIMES[0]);
    a ^= a >>> 15;
    b = Math.imul(b + word, PRIMES[1]);
    b = (b << 13) | (b >>> 19);
  }
  return `${(a >>> 0).toString(16)}-${(b >>> 0).toString(16)}`;
}
