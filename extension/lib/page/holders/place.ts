/** Where in its element a picture stands, and where in the picture a point of the window lies. */

export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** Shares of a picture's width and height, 0..1. */
export type Point = [x: number, y: number];

/** The place of `img`'s picture in the window, in CSS pixels: without border and padding, as `object-fit` lays it. */
export function pictureBox(img: HTMLImageElement): Box {
  const outer = img.getBoundingClientRect();
  const style = getComputedStyle(img);
  const padding = (side: string) => Number.parseFloat(style.getPropertyValue(`padding-${side}`)) || 0;
  const scale = outer.width / (img.offsetWidth || outer.width || 1); // a zoom by transform
  const content: Box = {
    left: outer.left + (img.clientLeft + padding("left")) * scale,
    top: outer.top + (img.clientTop + padding("top")) * scale,
    width: (img.clientWidth - padding("left") - padding("right")) * scale,
    height: (img.clientHeight - padding("top") - padding("bottom")) * scale,
  };
  const natural = { width: img.naturalWidth * scale, height: img.naturalHeight * scale };
  return fitted(content, natural, style.objectFit, style.objectPosition);
}

/** Where a picture of size `natural` comes to lie in `box`; `position` as computed, such as `50% 0px`. */
export function fitted(box: Box, natural: { width: number; height: number }, fit: string, position: string): Box {
  const scale = scaleOf(fit, box.width / natural.width, box.height / natural.height);
  if (scale === null || !Number.isFinite(scale)) return box;
  const width = natural.width * scale;
  const height = natural.height * scale;
  const [x = "50%", y = "50%"] = position.match(/calc\([^)]*\)|\S+/g) ?? [];
  return {
    left: box.left + offset(x, box.width - width),
    top: box.top + offset(y, box.height - height),
    width,
    height,
  };
}

/** The point of the picture in `box` that is nearest to a point of the window. */
export function pointAt(box: Box, x: number, y: number): Point {
  const share = (value: number) => Math.min(1, Math.max(0, value || 0));
  return [share((x - box.left) / box.width), share((y - box.top) / box.height)];
}

function scaleOf(fit: string, byWidth: number, byHeight: number): number | null {
  switch (fit) {
    case "contain":
      return Math.min(byWidth, byHeight);
    case "cover":
      return Math.max(byWidth, byHeight);
    case "none":
      return 1;
    case "scale-down":
      return Math.min(1, byWidth, byHeight);
    default:
      return null; // filled, whatever the shape
  }
}

/** `value` is a length, a share of the room that is left, or a sum of both. */
function offset(value: string, room: number): number {
  const terms = [...value.matchAll(/([-+]?)\s*(-?[\d.]+(?:e-?\d+)?)(px|%)/g)];
  return terms.reduce((sum, [, sign, number, unit]) => {
    const term = Number(number) * (unit === "%" ? room / 100 : 1);
    return sign === "-" ? sum - term : sum + term;
  }, 0);
}
