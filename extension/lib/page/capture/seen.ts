/**
 * Whether a fetched picture is what an element shows whose pixels no script may read: told by what the window shows,
 * where the browser lets the worker look. Other pictures of the same size are never taken for the page. What has no other
 * way out is taken from the window itself.
 */

import { i18n } from "#i18n";
import { askWorker } from "../../messages";
import { unpack } from "../../payload";
import { withoutOurs } from "../holders/closed-root";
import type { Holder } from "../holders/holder";
import type { Box } from "../holders/place";
import { ancestors, isOurs } from "../holders/roots";
import { inWindow } from "../point";
import { gather, gatheredOf, mayGather, type Shown } from "./seen-parts";

const CELLS = 16; // a side
const CELL_PX = 4;
const SIDE_PX = CELLS * CELL_PX;
const ROW_PX = 8; // of the window, of which one in the middle tells
const LEAST_CELLS = 48; // that are in the window with nothing over them
const DRAWN = 6; // the spread of luma between the cells of a picture that shows something
const ALIKE = 0.7; // pages correlate by 0.9 and more with themselves on the screen, by 0.5 at most with others

/** Whether `holder` shows the picture in `blob`; `null` where that cannot be told. */
export async function isSeenIn(holder: Holder, blob: Blob): Promise<boolean | null> {
  if (window !== window.top || !holder.isConnected || isWarped(holder)) return null;
  const box = boxOf(holder);
  const cells = freeCells(holder, box);
  if (cells.length < LEAST_CELLS) return null;
  const shot = await askWorker("agent.look", {});
  if (!shot || !isSame(boxOf(holder), box)) return null; // it moved while we looked
  const [shown, fetched] = await Promise.all([createImageBitmap(unpack(shot)), createImageBitmap(blob)]);
  const scale = shown.width / innerWidth;
  const seen = lumasOf(shown, [box.left * scale, box.top * scale, box.width * scale, box.height * scale]);
  const expected = lumasOf(fetched, [0, 0, fetched.width, fetched.height]);
  shown.close();
  fetched.close();
  return areAlike(
    cells.map((cell) => seen[cell] ?? 0),
    cells.map((cell) => expected[cell] ?? 0),
  );
}

/** Whether a picture shows anything but one tone. */
export async function isDrawn(blob: Blob): Promise<boolean> {
  const picture = await createImageBitmap(blob);
  const lumas = lumasOf(picture, [0, 0, picture.width, picture.height]);
  picture.close();
  return areAlike(lumas, lumas) !== null;
}

/** The page is not all in the window, or something lies over it: it may be, later. */
export class Unseen extends Error {
  override name = "Unseen";
}

/**
 * What the window shows of `holder`, in the screen's own pixels: at once where all of it is in view, bit by bit where it is
 * larger than the window. Rejects with what the reader can do.
 */
export async function seenOf(holder: Holder, url = ""): Promise<Blob> {
  if (window !== window.top || !holder.isConnected || isWarped(holder)) throw new Error(i18n.t("found.canvas"));
  const box = boxOf(holder);
  if (box.width > innerWidth + 1 || box.height > innerHeight + 1) return seenBitByBit(holder, url, box);
  const isWhole = box.left > -1 && box.top > -1 && box.left + box.width < innerWidth + 1;
  const isFree = freeCells(holder, box, isOurs).length >= CELLS * CELLS;
  if (!isWhole || box.top + box.height > innerHeight + 1 || !isFree) throw new Unseen(i18n.t("capture.bringIntoView"));
  const shown = await shownNow(holder, box);
  const scale = shown.width / innerWidth;
  const [left, top, right, bottom] = [box.left, box.top, box.left + box.width, box.top + box.height].map((px) =>
    Math.round(px * scale),
  ) as [number, number, number, number];
  const canvas = new OffscreenCanvas(right - left, bottom - top);
  canvas.getContext("2d")?.drawImage(shown, -left, -top);
  shown.close();
  return canvas.convertToBlob({ type: "image/png" });
}

async function seenBitByBit(holder: Holder, url: string, box: Box): Promise<Blob> {
  const part = freePart(holder, box);
  if (!part) throw new Unseen(i18n.t("capture.scrollOver", ["0"]));
  const shown = await shownNow(holder, box);
  try {
    const scaled = (px: number) => (px * shown.width) / innerWidth;
    const own = { left: scaled(box.left), top: scaled(box.top), width: scaled(box.width), height: scaled(box.height) };
    if (!mayGather(own.width, own.height)) throw new Unseen(i18n.t("capture.tooTall"));
    const [left, top, right, bottom] = [part.left, part.top, part.right, part.bottom].map(scaled);
    const share = gather(holder, url, shown, own, { left, top, right, bottom } as Shown);
    const seen = await gatheredOf(holder);
    if (!seen) throw new Unseen(i18n.t("capture.scrollOver", [`${Math.floor(100 * share)}`]));
    return seen;
  } finally {
    shown.close();
  }
}

/** What the window shows, in which the picture is still at `box` then. */
async function shownNow(holder: Holder, box: Box): Promise<ImageBitmap> {
  const shot = await withoutOurs(() => askWorker("agent.look", {}));
  if (!shot) throw new Error(i18n.t("capture.pressButton"));
  if (!isSame(boxOf(holder), box)) throw new Unseen(i18n.t("capture.bringIntoView"));
  return createImageBitmap(unpack(shot));
}

/** The longest run of the window's rows in which nothing lies over the picture, at `box`; `null` where there is none. */
function freePart(holder: Holder, box: Box): Shown | null {
  const [left, right] = [Math.max(0, box.left), Math.min(innerWidth, box.left + box.width)];
  const [from, to] = [Math.max(0, box.top), Math.min(innerHeight, box.top + box.height)];
  if (right <= left) return null;
  let [best, top]: [Shown | null, number] = [null, from];
  for (let y = from; y < to; y += ROW_PX) {
    const bottom = Math.min(to, y + ROW_PX);
    if (!isFreeAcross(holder, left, right, (y + bottom) / 2)) top = bottom;
    else if (bottom - top > (best ? best.bottom - best.top : 0)) best = { left, top, right, bottom };
  }
  return best;
}

function isFreeAcross({ node, frame, covers }: Holder, left: number, right: number, y: number): boolean {
  const root = node.getRootNode() as Document | ShadowRoot;
  return Array.from({ length: CELLS }, (_, at) => left + (at + 0.5) * ((right - left) / CELLS)).every((x) => {
    const uppermost = root.elementsFromPoint(x, y).find((element) => !isOurs(element));
    return uppermost === node || uppermost === frame || (covers && node.contains(uppermost ?? null));
  });
}

/** Whether two pictures' lumas go together, also where the site dims or inverts one; `null` where nothing is drawn. */
export function areAlike(a: readonly number[], b: readonly number[]): boolean | null {
  const [first, second] = [centred(a), centred(b)];
  const product = (one: number[], other: number[]) => one.reduce((sum, value, at) => sum + value * (other[at] ?? 0), 0);
  const spread = Math.sqrt(product(first, first) * product(second, second));
  if (spread < DRAWN * DRAWN * a.length) return null;
  return Math.abs(product(first, second)) >= ALIKE * spread;
}

function centred(values: readonly number[]): number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / (values.length || 1);
  return values.map((value) => value - mean);
}

/** The cells of the picture that are in the window with nothing over them but what does not count. */
function freeCells(
  { node, frame, covers }: Holder,
  { left, top, width, height }: Box,
  isNothing: ((element: Element) => boolean) | null = null,
): number[] {
  const root = node.getRootNode() as Document | ShadowRoot;
  return Array.from({ length: CELLS * CELLS }, (_, at) => at).filter((at) => {
    const x = left + ((at % CELLS) + 0.5) * (width / CELLS);
    const y = top + (Math.floor(at / CELLS) + 0.5) * (height / CELLS);
    const uppermost = isNothing
      ? root.elementsFromPoint(x, y).find((element) => !isNothing(element))
      : root.elementFromPoint(x, y);
    return uppermost === node || uppermost === frame || (covers && node.contains(uppermost ?? null));
  });
}

/** The mean luma of each cell of a part of a picture. */
function lumasOf(picture: ImageBitmap, part: [number, number, number, number]): number[] {
  const context = new OffscreenCanvas(SIDE_PX, SIDE_PX).getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error(i18n.t("page.noMemory"));
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, ...part, 0, 0, SIDE_PX, SIDE_PX);
  const { data } = context.getImageData(0, 0, SIDE_PX, SIDE_PX);
  const sums = new Array<number>(CELLS * CELLS).fill(0);
  for (let at = 0; at < SIDE_PX * SIDE_PX; at++) {
    const cell = CELLS * Math.floor(at / SIDE_PX / CELL_PX) + Math.floor((at % SIDE_PX) / CELL_PX);
    const luma = 0.299 * (data[4 * at] ?? 0) + 0.587 * (data[4 * at + 1] ?? 0) + 0.114 * (data[4 * at + 2] ?? 0);
    sums[cell] = (sums[cell] ?? 0) + luma / CELL_PX ** 2;
  }
  return sums;
}

/** Turned or mirrored, it is seen in another way than it is stored. */
function isWarped({ node }: Holder): boolean {
  for (const element of ancestors(node)) {
    const { transform, rotate, scale } = getComputedStyle(element);
    if ([transform, rotate, scale].some((value) => value && value !== "none")) return true;
  }
  return false;
}

function boxOf(holder: Holder): Box {
  const [[left, top], [right, bottom]] = [inWindow(holder, [0, 0]), inWindow(holder, [1, 1])];
  return { left, top, width: right - left, height: bottom - top };
}

function isSame(a: Box, b: Box): boolean {
  return (["left", "top", "width", "height"] as const).every((side) => Math.abs(a[side] - b[side]) < 1);
}
