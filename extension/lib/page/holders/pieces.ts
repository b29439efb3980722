/**
 * Pages that a site puts together from pieces side by side: files cut into columns or tiles, or one mixed picture of which
 * each element shows another part. Pieces one below another alone are slices of a strip, which are bound elsewhere.
 */

import { BackgroundHolder } from "./background";
import { CanvasHolder } from "./canvas";
import { keep, type Pixels } from "./holder";
import { laidOut } from "./laid-out";
import { isPageSized, WIDEST } from "./page-size";
import { type Box, fitted, intersection, type Size } from "./place";

const FEWEST = 3;
const MOST = 600;
const SAME_PX = 2; // places of one row or column
const GAPS = 0.03; // of the area, for edges at fractions of a pixel
const LARGEST = 0.6; // of the whole, of one piece

/** One piece: its picture, where all of that would be painted in the window, and the part that is seen. */
export interface Piece {
  /** The address of its picture, or a key of what is drawn. */
  name: string;
  /** `null` while it is on its way. */
  pixels: Pixels | null;
  natural: Size;
  picture: Box;
  seen: Box;
}

/** Where pieces begin, from the left and from above, and all of them together. */
export interface Grid {
  lefts: number[];
  tops: number[];
  whole: Box;
}

/** The elements in `container` that each show a piece; none where it is no page in pieces by its layout. */
export function slotsOf(container: Element): Element[] {
  const { children } = container;
  if (children.length < FEWEST || children.length > MOST || !hasOnePicture(innermost(children[0] as Element)))
    return [];
  if (!isLikePage(container.getBoundingClientRect())) return [];
  const slots = [...children].flatMap((child) => (hasOnePicture(child) ? [child] : [...child.children]));
  if (slots.length > MOST || !slots.every(hasOnePicture)) return [];
  return gridOf(slots.map((slot) => slot.getBoundingClientRect())) ? slots : [];
}

/** How boxes lie together, if they fill one page side by side; else `null`. */
export function gridOf(boxes: readonly Box[]): Grid | null {
  const shown = boxes.filter(({ width, height }) => width > 0 && height > 0);
  if (shown.length < FEWEST) return null;
  const [lefts, tops] = [places(shown.map(({ left }) => left)), places(shown.map(({ top }) => top))];
  if (lefts.length < 2 || (lefts.length < FEWEST && tops.length < 2)) return null;
  const left = Math.min(...shown.map((box) => box.left));
  const top = Math.min(...shown.map((box) => box.top));
  const width = Math.max(...shown.map((box) => box.left + box.width)) - left;
  const height = Math.max(...shown.map((box) => box.top + box.height)) - top;
  const shares = shown.map((box) => (box.width * box.height) / (width * height));
  const filled = shares.reduce((sum, share) => sum + share, 0);
  const isWhole = Math.abs(filled - 1) <= GAPS && Math.max(...shares) <= LARGEST;
  return isWhole && isLikePage({ width, height }) ? { lefts, tops, whole: { left, top, width, height } } : null;
}

/** A strip is none: its slices are bound elsewhere. */
function isLikePage({ width, height }: Size): boolean {
  return isPageSized(width, height) && height <= WIDEST * width;
}

/** The piece in `slot`, or `null` if it shows nothing of the kind. */
export function pieceIn(slot: Element): Piece | null {
  const shown = pictureIn(slot);
  if (shown === null) return null;
  const piece = shown.localName === "img" ? ofImage(shown as HTMLImageElement) : ofOther(shown);
  return piece && { ...piece, seen: intersection(piece.seen, slot.getBoundingClientRect()) };
}

function ofImage(img: HTMLImageElement): Piece {
  const isLoaded = img.complete && img.naturalWidth > 0;
  const natural = { width: img.naturalWidth, height: img.naturalHeight };
  return { name: img.currentSrc || img.src, pixels: isLoaded ? img : null, natural, ...lying(img, natural) };
}

function ofOther(element: Element): Piece | null {
  if (element.localName === "canvas") {
    const holder = keep(element, "canvas", () => new CanvasHolder(element));
    const { width, height } = element as HTMLCanvasElement;
    const isDrawn = holder.source() !== null;
    return { name: holder.address, pixels: isDrawn ? holder.pixels : null, natural: { width, height }, ...lying(element, { width, height }) }; // prettier-ignore
  }
  const holder = keep(element, "background0", () => new BackgroundHolder(element, "", 0));
  const { named } = holder;
  if (!named) return null;
  const style = getComputedStyle(element);
  const laid = holder.laid(style);
  const natural = holder.naturalOf(named);
  const within = holder.lies(laid, style, natural);
  const box = element.getBoundingClientRect();
  const [x, y] = [box.width / laid.width || 1, box.height / laid.height || 1];
  const seen = scaled(laid.content, box, x, y);
  return { name: named, pixels: holder.pixelsOf(named), natural, seen, picture: scaled(within, seen, x, y) };
}

/** Where a replaced element paints its picture, and how much room it has for that. */
function lying(element: Element, natural: Size): Pick<Piece, "picture" | "seen"> {
  const style = getComputedStyle(element);
  const laid = laidOut(element, style);
  const box = element.getBoundingClientRect();
  const seen = scaled(laid.content, box, box.width / laid.width || 1, box.height / laid.height || 1);
  return { seen, picture: fitted(seen, natural, style.objectFit, style.objectPosition) };
}

function scaled(box: Box, { left, top }: { left: number; top: number }, x: number, y: number): Box {
  return { left: left + box.left * x, top: top + box.top * y, width: box.width * x, height: box.height * y };
}

/** The first element of a line, or the element itself. */
function innermost(element: Element): Element {
  return element.childElementCount > 1 ? (element.firstElementChild as Element) : element;
}

function hasOnePicture(element: Element): boolean {
  return pictureIn(element) !== null;
}

/** What shows the one picture of an element without words: itself, or what alone stands in it. */
function pictureIn(element: Element): Element | null {
  for (let at: Element | null = element; at; at = at.childElementCount === 1 ? at.firstElementChild : null) {
    if (at.localName === "img" || at.localName === "canvas") return at;
    if (at.childElementCount > 1 || at.textContent?.trim()) return null;
    if (at.childElementCount === 0) return getComputedStyle(at).backgroundImage.includes("url(") ? at : null;
  }
  return null;
}

function places(values: readonly number[]): number[] {
  const found: number[] = [];
  for (const value of [...values].sort((a, b) => a - b))
    if (value - (found.at(-1) ?? -Infinity) > SAME_PX) found.push(value);
  return found;
}
