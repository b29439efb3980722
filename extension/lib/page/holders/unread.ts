/**
 * Canvases that read empty though a page may stand on them: what WebGL draws once, and does not keep, is on the screen
 * and nowhere else. No script can tell such a canvas from one that nobody drew on, but the window shows it; asking the
 * canvas for its context would make one, and break it for the site.
 */

import type { Holder } from "./holder";
import { isOurs } from "./roots";

const LEAST_PX = { width: 240, height: 320 };
const PICTURED = new Set(["img", "canvas", "video", "svg", "image", "object", "embed", "iframe", "frame", "input"]);
const POINTS = [0.5, 0.25, 0.75]; // of its box, along the diagonal

/** Whether the window may show a page on a canvas that reads empty: nothing over it, and no picture under it. */
export function mayShowPage(holder: Holder): boolean {
  const { left, top, width, height } = holder.node.getBoundingClientRect(); // it has no picture yet that lies somewhere
  if (width < LEAST_PX.width || height < LEAST_PX.height || isLetThrough(holder.node)) return false;
  const root = holder.node.getRootNode() as Document | ShadowRoot;
  const points = POINTS.map((share): [number, number] => [left + share * width, top + share * height]);
  const inWindow = points.filter(([x, y]) => x >= 0 && y >= 0 && x < innerWidth && y < innerHeight);
  return inWindow.length > 0 && inWindow.every(([x, y]) => isAlone(holder.node, root.elementsFromPoint(x, y)));
}

/** What lies over a page for looks alone, or against saving it. */
function isLetThrough(canvas: Element): boolean {
  const { pointerEvents, opacity } = getComputedStyle(canvas);
  return pointerEvents === "none" || Number(opacity) < 0.5;
}

function isAlone(canvas: Element, stack: readonly Element[]): boolean {
  const [uppermost, ...below] = stack.filter((element) => !isOurs(element));
  return uppermost === canvas && !below.some(isPictured);
}

function isPictured(element: Element): boolean {
  return PICTURED.has(element.localName) || getComputedStyle(element).backgroundImage !== "none";
}
