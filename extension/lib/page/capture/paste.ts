/** The pixels of sheets: slices joined into one picture, and what comes back cut into slices whose colours meet. */

import { type Coloured, decodedFrom, Kept } from "../holders/coloured";
import type { Size } from "../holders/place";
import { rest } from "../slices";
import type { Entry, Part, Sheet } from "./entry";

/** Where in a picture another one's colours take over. */
export type Edge = "top" | "bottom";

type Source = Pick<Part, "from" | "rows" | "top"> & { picture: Blob };

/** One picture of the rows of several, without loss. */
export async function joined(sources: readonly Source[], width: number, height: number): Promise<Blob> {
  const [canvas, context] = canvasOf(width, height);
  for (const { picture, from, rows, top } of sources) {
    const bitmap = await createImageBitmap(picture);
    context.drawImage(bitmap, 0, from, width, rows, 0, top, width, rows);
    bitmap.close();
  }
  return canvas.convertToBlob({ type: "image/png" });
}

/** Whether a sheet is one page that takes no colours of its neighbours. */
export function isAlone({ isOnePage, entries }: Sheet): boolean {
  return isOnePage && entries[0].fades.size === 0;
}

/**
 * What each slice shows now that a sheet came back: the sheet's own slices, and those whose rows it took along, which
 * fade into it. A page that is alone is as it came, `size` large: whoever draws it decodes it, at the size that is seen.
 * Rejects if the browser cannot show the picture of others.
 */
export async function dealt(sheet: Sheet, picture: Kept, size: Size): Promise<[Entry, Coloured][]> {
  if (isAlone(sheet)) {
    sheet.entries[0].base = picture;
    return [[sheet.entries[0], { picture, ...size, decoded: null }]];
  }
  const whole = await decodedFrom(picture);
  if (sheet.isOnePage) return [[sheet.entries[0], await own(sheet.entries[0], whole)]];
  const shown: [Entry, Coloured][] = [];
  for (const part of sheet.parts) {
    const { entry, isContext } = part;
    const piece = await cut(whole, part, sheet.height, recut(picture, part, sheet.height));
    if (!isContext) shown.push([entry, await own(entry, piece)]);
    else {
      piece.decoded?.close();
      entry.fades.set(part.top === 0 ? "bottom" : "top", piece.picture);
      if (entry.base) shown.push([entry, await met(await decodedFrom(entry.base), entry.fades)]);
    }
  }
  whole.decoded?.close();
  return shown;
}

/** What each of its slices shows of a sheet of which something can be seen already. Rejects as `dealt`. */
export async function glimpsed(sheet: Sheet, picture: Kept): Promise<[Entry, Coloured][]> {
  const whole = await decodedFrom(picture);
  if (sheet.isOnePage) return [[sheet.entries[0], whole]];
  const shown: [Entry, Coloured][] = [];
  for (const part of sheet.parts.filter(({ isContext }) => !isContext))
    shown.push([part.entry, await cut(whole, part, sheet.height, recut(picture, part, sheet.height))]);
  whole.decoded?.close();
  return shown;
}

/** An entry's own colours, which fade into those that its neighbours have for its edges. */
function own(entry: Entry, coloured: Coloured): Promise<Coloured> {
  entry.base = coloured.picture;
  return met(coloured, entry.fades);
}

type Again = (() => Promise<Blob>) | null;

/** Cuts a part out of a sheet's picture once more. */
function recut(picture: Kept, part: Part, height: number): () => Promise<Blob> {
  return async () => bytesOf(await cut(await decodedFrom(picture), part, height, null));
}

async function cut({ decoded, height }: Coloured, { top, rows }: Part, of: number, again: Again): Promise<Coloured> {
  const bitmap = decoded as ImageBitmap;
  const scale = height / of; // the host gives a page its own size
  const [canvas, context] = canvasOf(bitmap.width, Math.round(rows * scale));
  context.drawImage(bitmap, 0, -Math.round(top * scale));
  if (!again) bitmap.close();
  return taken(canvas, again);
}

async function met(own: Coloured, fades: ReadonlyMap<Edge, Kept>): Promise<Coloured> {
  if (fades.size === 0) return own;
  const base = own.picture;
  const again = async () => bytesOf(await faded(await decodedFrom(base), fades, null));
  return faded(own, fades, again);
}

async function faded(own: Coloured, fades: ReadonlyMap<Edge, Kept>, again: Again): Promise<Coloured> {
  const [canvas, context] = canvasOf(own.width, own.height);
  context.drawImage(own.decoded as ImageBitmap, 0, 0);
  own.decoded?.close();
  for (const [edge, fade] of fades) {
    const bitmap = await createImageBitmap(await fade.get());
    const { width, height: rows } = bitmap;
    const [, side] = canvasOf(width, rows);
    side.drawImage(bitmap, 0, 0);
    bitmap.close();
    const top = edge === "top" ? 0 : canvas.height - rows;
    const pixels = context.getImageData(0, top, width, rows);
    fadeInto(pixels.data, side.getImageData(0, 0, width, rows).data, rows, edge);
    context.putImageData(pixels, 0, top);
    await rest();
  }
  return taken(canvas, again);
}

function bytesOf({ picture, decoded }: Coloured): Promise<Blob> {
  decoded?.close();
  return picture.get();
}

async function taken(canvas: OffscreenCanvas, again: Again): Promise<Coloured> {
  const { width, height } = canvas;
  const picture = new Kept(await canvas.convertToBlob({ type: "image/png" }), again);
  return { picture, width, height, decoded: canvas.transferToImageBitmap() };
}

/** Let RGBA `pixels` become `other` towards an edge, row by row; where both are equal, nothing changes. */
export function fadeInto(pixels: Uint8ClampedArray, other: Uint8ClampedArray, rows: number, edge: Edge): void {
  const stride = pixels.length / rows;
  for (let at = 0; at < pixels.length; at++) {
    const row = Math.floor(at / stride);
    const share = (edge === "bottom" ? row + 1 : rows - row) / (rows + 1);
    const [from, to] = [pixels[at] ?? 0, other[at] ?? 0];
    pixels[at] = from + (to - from) * share; // a clamped array rounds
  }
}

function canvasOf(width: number, height: number): [OffscreenCanvas, OffscreenCanvasRenderingContext2D] {
  const canvas = new OffscreenCanvas(width, height);
  return [canvas, canvas.getContext("2d", { willReadFrequently: true }) as OffscreenCanvasRenderingContext2D];
}
