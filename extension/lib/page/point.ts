/** Between the window and the picture that an element shows, however the site turns and mirrors it. */

import { laidOut, warpOf } from "./swap/overlay-box";
import { type Box, fitted, pictureBox, type Point, pointAt } from "./holders/place";

/** The point of the picture in `img` that is nearest to a point of the window. */
export function pointIn(img: HTMLImageElement, x: number, y: number): Point {
  const turned = turnedPicture(img);
  if (!turned) return pointAt(pictureBox(img), x, y);
  const { box, origin, matrix, half } = turned;
  const local = matrix.inverse().transformPoint({ x: x - origin.x, y: y - origin.y });
  return pointAt(box, local.x + half.x, local.y + half.y);
}

/** Where in the window a point of the picture in `img` lies. */
export function inWindow(img: HTMLImageElement, [x, y]: Point): [number, number] {
  const { box, origin, matrix, half } = turnedPicture(img) ?? { ...UNTURNED, box: pictureBox(img) };
  const [left, top] = [box.left + x * box.width, box.top + y * box.height];
  if (!matrix) return [left, top];
  const at = matrix.transformPoint({ x: left - half.x, y: top - half.y });
  return [origin.x + at.x, origin.y + at.y];
}

const UNTURNED = { origin: { x: 0, y: 0 }, matrix: null, half: { x: 0, y: 0 } };

interface Turned {
  /** The picture in the element's own pixels. */
  box: Box;
  /** The middle of the element in the window, and in its own pixels. */
  origin: { x: number; y: number };
  half: { x: number; y: number };
  matrix: DOMMatrix;
}

/** `null` for an element that is as upright as it was laid out. */
function turnedPicture(img: HTMLImageElement): Turned | null {
  const { matrix: warp, zoom } = warpOf(img, null);
  if (warp === "none") return null;
  const matrix = new DOMMatrix(warp).scale(zoom);
  const { a, b, c, d } = matrix;
  if (b === 0 && c === 0 && a > 0 && d > 0) return null;
  const style = getComputedStyle(img);
  const { width, height, content } = laidOut(img, style);
  const natural = { width: img.naturalWidth, height: img.naturalHeight };
  const { left, top, right, bottom } = img.getBoundingClientRect();
  return {
    box: fitted(content, natural, style.objectFit, style.objectPosition),
    origin: { x: (left + right) / 2, y: (top + bottom) / 2 },
    half: { x: width / 2, y: height / 2 },
    matrix,
  };
}
