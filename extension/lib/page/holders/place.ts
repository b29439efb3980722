/** Where in its element a picture stands, and where in the picture a point of the window lies. */

export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

export interface Size {
  width: number;
  height: number;
}

/** Shares of a picture's width and height, 0..1. */
export type Point = [x: number, y: number];

/** Where a picture of size `natural` comes to lie in `box`; `position` as computed, such as `50% 0px`. */
export function fitted(box: Box, natural: Size, fit: string, position: string): Box {
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

/** The part of a picture that an element shows of it, in the picture's pixels, as `object-view-box` says; `null` for all. */
export function viewOf(value: string, { width, height }: Size): Box | null {
  const [, kind, parts = ""] = /^(inset|xywh|rect)\(([^)]*)\)$/.exec(value ?? "") ?? [];
  if (!kind || !(width > 0 && height > 0)) return null;
  const [first = "0px", second = first, third = first, fourth = second] = parts
    .split(/ round /)[0]!
    .trim()
    .split(/\s+/);
  const across = (text: string) => offset(text, width);
  const down = (text: string) => offset(text, height);
  if (kind === "xywh") return { left: across(first), top: down(second), width: across(third), height: down(fourth) };
  const [left, top] = [across(fourth), down(first)];
  if (kind === "rect") return { left, top, width: across(second) - left, height: down(third) - top };
  return { left, top, width: width - left - across(second), height: height - top - down(third) };
}

/** What two boxes share; without width or height where they do not meet. */
export function intersection(a: Box, b: Box): Box {
  const [left, top] = [Math.max(a.left, b.left), Math.max(a.top, b.top)];
  const right = Math.max(left, Math.min(a.left + a.width, b.left + b.width));
  return { left, top, width: right - left, height: Math.max(top, Math.min(a.top + a.height, b.top + b.height)) - top };
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

/** What `value` comes to in pixels: a length, a share of the `room`, or a sum of both. */
export function offset(value: string, room: number): number {
  const terms = [...value.matchAll(/([-+]?)\s*(-?[\d.]+(?:e-?\d+)?)(px|%)/g)];
  return terms.reduce((sum, [, sign, number, unit]) => {
    const term = Number(number) * (unit === "%" ? room / 100 : 1);
    return sign === "-" ? sum - term : sum + term;
  }, 0);
}
