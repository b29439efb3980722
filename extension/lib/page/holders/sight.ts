/** What a picture looks like, in a few hundred numbers: whether bytes are the picture that an element shows. */

import { i18n } from "#i18n";
import type { Holder, Pixels } from "./holder";

const CELLS = 16; // a side, each a few pixels as they are: browsers scale elements and bitmaps in different ways
const CELL_PX = 4;
const SAME = 6; // levels, of the row of cells that differs most: equal bytes decode alike

/** RGBA of pixels all over a picture. */
export type Sight = Uint8ClampedArray;

export function sightOf(picture: ImageBitmap): Sight {
  return sampled(picture, picture.width, picture.height);
}

/** What a holder shows; `null` where this script may not read it. */
export function sightOfHolder({ pixels, natural }: Holder): Sight | null {
  try {
    return pixels && sampled(pixels, natural.width, natural.height);
  } catch {
    return null;
  }
}

/** Whether both are of one picture; a part that is missing or painted over counts in full. */
export function looksAlike(a: Sight, b: Sight): boolean {
  if (a.length !== b.length) return false;
  const cells = 4 * CELLS * CELL_PX * CELL_PX;
  for (let start = 0; start < a.length; start += cells) {
    let apart = 0;
    for (let at = start; at < start + cells; at++) apart += Math.abs((a[at] ?? 0) - (b[at] ?? 0));
    if (apart / ((3 / 4) * cells) > SAME) return false;
  }
  return true;
}

function sampled(picture: Pixels, width: number, height: number): Sight {
  const side = CELLS * CELL_PX;
  const context = new OffscreenCanvas(side, side).getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error(i18n.t("page.noMemory"));
  const place = (cell: number, length: number) => Math.round((cell * (length - CELL_PX)) / (CELLS - 1));
  for (let row = 0; row < CELLS; row++) {
    for (let column = 0; column < CELLS; column++) {
      const [from, to] = [
        [place(column, width), place(row, height)],
        [CELL_PX * column, CELL_PX * row],
      ] as const;
      context.drawImage(picture, ...from, CELL_PX, CELL_PX, ...to, CELL_PX, CELL_PX);
    }
  }
  return context.getImageData(0, 0, side, side).data;
}
