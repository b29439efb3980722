/** What cuts an element off that does not cut off a host which is laid over it. */

import { flatParent } from "../holders/laid-out";

/** The elements that cut `frame` off, from the inside out, up to `end`, which cuts the host off as well. */
export function clippersOf(frame: Element, end: Element | null): Element[] {
  const found: Element[] = [];
  for (let at = clipperAround(frame); at && at !== end && !isRoot(at); at = clipperAround(at))
    if (clips(at)) found.push(at);
  return found;
}

/** The part of `frame` that its `clippers` leave, as a `clip-path` in the element's own pixels. */
export function clipPath(frame: Element, clippers: readonly Element[]): string {
  const own = frame.getBoundingClientRect();
  const cut = { top: 0, right: 0, bottom: 0, left: 0 };
  for (const clipper of clippers) {
    const box = paddingBox(clipper);
    cut.top = Math.max(cut.top, box.top - own.top);
    cut.left = Math.max(cut.left, box.left - own.left);
    cut.right = Math.max(cut.right, own.right - box.right);
    cut.bottom = Math.max(cut.bottom, own.bottom - box.bottom);
  }
  const share = (px: number, whole: number) => `${(100 * px) / (whole || 1)}%`;
  const { width, height } = own;
  const sides = [share(cut.top, height), share(cut.right, width), share(cut.bottom, height), share(cut.left, width)];
  return `inset(${sides.join(" ")})`;
}

/** Whether `clippers` leave nothing of `frame`. */
export function isCutAway(frame: Element, clippers: readonly Element[]): boolean {
  const { left, top, right, bottom } = frame.getBoundingClientRect();
  return clippers.map(paddingBox).some((box) => box.left >= right || box.right <= left || box.top >= bottom || box.bottom <= top); // prettier-ignore
}

function isRoot(element: Element): boolean {
  return element === document.body || element === document.documentElement;
}

/** The element whose overflow may cut this one off: not those between an absolute one and what it is placed in. */
function clipperAround(element: Element): Element | null {
  const { position } = getComputedStyle(element);
  const isPlaced = position === "absolute" || position === "fixed";
  return isPlaced && element instanceof HTMLElement ? element.offsetParent : flatParent(element);
}

function clips(element: Element): boolean {
  const { overflowX, overflowY, display } = getComputedStyle(element);
  return display !== "contents" && !(overflowX === "visible" && overflowY === "visible");
}

function paddingBox(element: Element): { top: number; right: number; bottom: number; left: number } {
  const { left, top, right, bottom, width, height } = element.getBoundingClientRect();
  if (!(element instanceof HTMLElement)) return { left, top, right, bottom };
  const [x, y] = [width / (element.offsetWidth || width || 1), height / (element.offsetHeight || height || 1)];
  const { clientLeft, clientTop, clientWidth, clientHeight } = element;
  const at = { left: left + clientLeft * x, top: top + clientTop * y };
  return { ...at, right: at.left + clientWidth * x, bottom: at.top + clientHeight * y };
}
