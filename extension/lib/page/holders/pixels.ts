/** Recognises pictures that a site's script makes anew at each turn: by what they show, not by their address. */

import type { Holder } from "./holder";

const PRIMES = [0x9e3779b1, 0x85ebca77] as const;

/** How the address begins that stands for what a canvas shows. */
export const DRAWN = "canvas:";

/** Whether `url` is new each time its picture is made. */
export function isMadeByScript(url: string): boolean {
  return url.startsWith("blob:");
}

/** A key of what a holder shows: equal for equal pixels. Not for keeping beyond the document. */
export function pixelsOf({ natural: { width, height }, pixels }: Holder): string {
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  if (!context || !pixels) return `${width}x${height}:${crypto.randomUUID()}`;
  context.drawImage(pixels, 0, 0, width, height);
  return `${width}x${height}:${keyOf(new Uint32Array(context.getImageData(0, 0, width, height).data.buffer))}`;
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
