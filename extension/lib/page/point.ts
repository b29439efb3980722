/** Between the window and the picture that a holder shows, however the site turns and mirrors it. */

import type { Holder } from "./holders/holder";
import { type Laid, warpOf } from "./holders/laid-out";
import { type Box, type Point, pointAt } from "./holders/place";

/** The point of the picture in `holder` that is nearest to a point of the window. */
export function pointIn(holder: Holder, x: number, y: number): Point {
  const { box, origin, half, within } = pictured(holder);
  const local = within({ x: x - origin.x, y: y - origin.y });
  return pointAt(box, local.x + half.x, local.y + half.y);
}

/** Where in the window a point of the picture in `holder` lies. */
export function inWindow(holder: Holder, [x, y]: Point): [number, number] {
  const { box, origin, half, without } = pictured(holder);
  const at = without({ x: box.left + x * box.width - half.x, y: box.top + y * box.height - half.y });
  return [origin.x + at.x, origin.y + at.y];
}

interface Place {
  x: number;
  y: number;
}

interface Pictured {
  /** The picture in the frame's own pixels. */
  box: Box;
  /** The middle of the frame in the window, and in its own pixels. */
  origin: Place;
  half: Place;
  /** From the middle in the window to the middle in the frame's own pixels, and back. */
  within: (place: Place) => Place;
  without: (place: Place) => Place;
}

function pictured(holder: Holder): Pictured {
  const style = getComputedStyle(holder.frame);
  const laid = holder.laid(style);
  const { left, top, width, height } = holder.lies(laid, style, holder.natural);
  const at = holder.frame.getBoundingClientRect();
  return {
    box: { left: laid.content.left + left, top: laid.content.top + top, width, height },
    origin: { x: (at.left + at.right) / 2, y: (at.top + at.bottom) / 2 },
    half: { x: laid.width / 2, y: laid.height / 2 },
    ...warped(holder, laid, at),
  };
}

/** What stretched an upright frame can be measured; one that is turned is asked for its transforms. */
function warped({ frame }: Holder, laid: Laid, at: DOMRect): Pick<Pictured, "within" | "without"> {
  const { matrix: warp, zoom } = warpOf(frame, null);
  const matrix = warp === "none" ? null : new DOMMatrix(warp).scale(zoom);
  if (matrix && !(matrix.b === 0 && matrix.c === 0 && matrix.a > 0 && matrix.d > 0)) {
    const inverse = matrix.inverse();
    return { within: (place) => inverse.transformPoint(place), without: (place) => matrix.transformPoint(place) };
  }
  const [across, down] = [at.width / laid.width || 1, at.height / laid.height || 1];
  return {
    within: ({ x, y }) => ({ x: x / across, y: y / down }),
    without: ({ x, y }) => ({ x: x * across, y: y * down }),
  };
}
