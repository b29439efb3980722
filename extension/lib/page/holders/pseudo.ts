/** Where `::before` and `::after` lie in their element: no script can ask for their boxes, only for their styles. */

import { type Edge, type Laid, laidOut } from "./laid-out";

export type Pseudo = "::before" | "::after";

/** How `element` is laid out, with a box of its `part` as the content. */
export function pseudoLaid(element: HTMLElement, style: CSSStyleDeclaration, part: Pseudo, edge: Edge): Laid {
  const own = getComputedStyle(element, part);
  const value = (name: string) => Number.parseFloat(own.getPropertyValue(name)) || 0;
  const { width, height, content: inner, radius } = laidOut(NOWHERE, own, edge);
  const whole = laidOut(element, style);
  const corner = isPlaced(own)
    ? cornerOf(element, style, { left: value("left"), top: value("top") })
    : { left: whole.content.left, top: part === "::before" ? whole.content.top : endOf(element, whole) };
  return {
    width: whole.width,
    height: whole.height,
    content: {
      left: corner.left + value("margin-left") + inner.left,
      top: corner.top + value("margin-top") + inner.top,
      width: inner.width || Math.max(0, width),
      height: inner.height || Math.max(0, height),
    },
    radius,
  };
}

const NOWHERE = {} as Element; // the styles of what is laid out say all

function isPlaced({ position }: CSSStyleDeclaration): boolean {
  return position === "absolute" || position === "fixed";
}

/** Where what flows in the element ends. */
function endOf(element: HTMLElement, { content, height }: Laid): number {
  const last = [...element.children].reverse().find((child) => !isPlaced(getComputedStyle(child)));
  if (!last) return content.top;
  const [own, child] = [element.getBoundingClientRect(), last.getBoundingClientRect()];
  return ((child.bottom - own.top) * height) / (own.height || 1);
}

/** From the padding box that a placed part is placed in to the element's border box. */
function cornerOf(
  element: HTMLElement,
  style: CSSStyleDeclaration,
  { left, top }: { left: number; top: number },
): { left: number; top: number } {
  const isOwn = style.position !== "static" || style.transform !== "none";
  const holder = isOwn ? element : element.offsetParent;
  if (!(holder instanceof HTMLElement)) return { left, top };
  const [own, outer] = [element.getBoundingClientRect(), holder.getBoundingClientRect()];
  return {
    left: outer.left - own.left + holder.clientLeft + left,
    top: outer.top - own.top + holder.clientTop + top,
  };
}
