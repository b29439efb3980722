/** The box of an element as its own style lays it out: in its own pixels, before any transform or zoom. */

import type { Box } from "./place";

type Side = "left" | "top" | "right" | "bottom";

/** Size of the border box, and the content box within it. */
export interface Laid {
  width: number;
  height: number;
  content: Box;
  /** The corners of the content box, as `border-radius` takes them. */
  radius: string;
}

/** Which of an element's boxes something is painted in. */
export type Edge = "border" | "padding" | "content";

/** How `element` is laid out, with the box within `edge` as its content; `style` is its computed one. */
export function laidOut(element: Element, style: CSSStyleDeclaration, edge: Edge = "content"): Laid {
  const { offsetWidth, offsetHeight } = element as HTMLElement; // an SVG element has none, and its style says all
  const value = (name: string) => Number.parseFloat(style.getPropertyValue(name)) || 0;
  const [padding, border] = [(side: Side) => value(`padding-${side}`), (side: Side) => value(`border-${side}-width`)];
  const around = (side: Side) => (edge === "border" ? 0 : border(side)) + (edge === "content" ? padding(side) : 0);
  const edges = (one: Side, other: Side) => padding(one) + padding(other) + border(one) + border(other);
  const isBorderBox = style.boxSizing === "border-box";
  const length = (own: string, rounded: number, around: number) =>
    own.endsWith("px") ? Number.parseFloat(own) + (isBorderBox ? 0 : around) : rounded;
  const width = length(style.width, offsetWidth ?? 0, edges("left", "right"));
  const height = length(style.height, offsetHeight ?? 0, edges("top", "bottom"));
  const content = {
    left: around("left"),
    top: around("top"),
    width: width - around("left") - around("right"),
    height: height - around("top") - around("bottom"),
  };
  const corners: [Side, Side][] = [
    ["top", "left"],
    ["top", "right"],
    ["bottom", "right"],
    ["bottom", "left"],
  ];
  const radii = corners.map(([edge, side]) => {
    const [x = "0", y = x] = style.getPropertyValue(`border-${edge}-${side}-radius`).split(" ");
    return [inner(x, width, around(side)), inner(y, height, around(edge))] as const;
  });
  const radius = `${radii.map(([x]) => `${x}px`).join(" ")} / ${radii.map(([, y]) => `${y}px`).join(" ")}`;
  return { width, height, content, radius };
}

/** A corner's radius at the content box: less what lies around it. */
function inner(radius: string, whole: number, around: number): number {
  const outer = (Number.parseFloat(radius) || 0) * (radius.endsWith("%") ? whole / 100 : 1);
  return Math.max(0, outer - around);
}

/** What stands between an element and the window: turned and stretched as by `matrix`, and zoomed. */
export interface Warp {
  matrix: string;
  zoom: number;
}

/** How `element` and what it stands in, up to `end`, turn, stretch and zoom it; the places of all this do not count. */
export function warpOf(element: Element, end: Element | null): Warp {
  let product: DOMMatrix | null = null;
  let zoom = 1;
  for (let at: Element | null = element; at && at !== end; at = flatParent(at)) {
    const style = getComputedStyle(at);
    zoom *= Number.parseFloat(style.getPropertyValue("zoom")) || 1;
    for (const part of [style.transform, called("scale", style.scale), called("rotate", style.rotate)])
      if (part && part !== "none") product = linear(part).multiply(product ?? undefined);
  }
  if (!product || product.isIdentity) return { matrix: "none", zoom };
  const { a, b, c, d } = product;
  return { matrix: `matrix(${a}, ${b}, ${c}, ${d}, 0, 0)`, zoom };
}

/** What an element is laid out in, through shadow roots and slots. */
export function flatParent(element: Element): Element | null {
  const { assignedSlot, parentElement } = element;
  const root = element.getRootNode();
  return assignedSlot ?? parentElement ?? (root instanceof ShadowRoot ? root.host : null);
}

function called(name: string, value: string): string {
  return !value || value === "none" ? "none" : `${name}(${value.replaceAll(" ", ",")})`;
}

function linear(transform: string): DOMMatrix {
  try {
    const { a, b, c, d } = new DOMMatrix(transform);
    return new DOMMatrix([a, b, c, d, 0, 0]);
  } catch {
    return new DOMMatrix(); // turned in space
  }
}
