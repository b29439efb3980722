/**
 * Lays a host exactly over an element: beside it in the same parent, so that it scrolls, clips and stacks with it; where
 * that would move the site's layout or cannot agree, beside the body. The layout of the page never moves.
 */

import type { Box } from "./place";

const AGREES_PX = 0.75;
const TRIES = 4;
const STUBBORN_SITE = 30; // removals that are answered before the host leaves the site's own parent
const FIXED = {
  all: "initial",
  position: "absolute",
  "pointer-events": "none",
  "user-select": "none",
  overflow: "hidden",
};
const MIRRORED = [
  "z-index",
  "opacity",
  "filter",
  "clip-path",
  "mix-blend-mode",
  "visibility",
  "border-top-left-radius",
  "border-top-right-radius",
  "border-bottom-left-radius",
  "border-bottom-right-radius",
];
const TRANSFORMS = ["transform", "transform-origin", "translate", "rotate", "scale"];

export class Place {
  readonly #img: HTMLImageElement;
  readonly #host = document.createElement("div");
  readonly #written = new Map<string, string>();
  #parent: Node | null = null; // where we put it
  #isBeside = true;
  #moves = 0;
  #box: Box = { left: 0, top: 0, width: 0, height: 0 };
  #zoom = 1;

  constructor(img: HTMLImageElement, content: Element) {
    this.#img = img;
    this.#host.attachShadow({ mode: "closed" }).append(content);
    this.#host.setAttribute("aria-hidden", "true");
  }

  /** Somebody took the host from where it was put. */
  get isMoved(): boolean {
    return this.#parent !== null && this.#host.parentNode !== this.#parent;
  }

  hide(): void {
    if (this.#parent) this.#write({ display: "none" });
  }

  remove(): void {
    this.#parent = null;
    this.#host.remove();
  }

  /** Lay the host over the element, which is at `target` in the window: its content box within the host; `null` if hidden. */
  follow(target: DOMRect): Box | null {
    const style = getComputedStyle(this.#img);
    if (this.#isBeside && (style.position === "sticky" || !this.#standsBeside())) this.#leave();
    if (!this.#isBeside && this.#host.parentNode !== document.documentElement)
      this.#append(document.documentElement, null);
    this.#mirror(style);
    if (!this.#fit(target, style)) {
      if (this.#isBeside) this.#leave();
      if (this.#host.parentNode !== document.documentElement) this.#append(document.documentElement, null);
      this.#mirror(style);
      this.#fit(target, style);
    }
    return this.#contentBox(style);
  }

  /** Whether the host stands in the element's parent, where it may. */
  #standsBeside(): boolean {
    const { parentNode } = this.#img;
    if (!parentNode || this.#img.closest("canvas")) return false; // what is below a canvas can be drawn by the page
    if (this.#host.parentNode === parentNode) return true;
    if (this.isMoved && ++this.#moves > STUBBORN_SITE) return false;
    const around = [this.#img, this.#img.parentElement, this.#img.nextElementSibling];
    const before = around.map(boxOf);
    this.#append(parentNode, lastAlike(this.#img).nextSibling);
    return around.every((element, at) => agrees(boxOf(element), before[at] ?? null));
  }

  #leave(): void {
    this.#isBeside = false;
    this.#zoom = 1;
    this.#host.remove();
  }

  #append(parent: Node, before: Node | null): void {
    this.#written.clear();
    this.#host.style.cssText = "";
    this.#write({ ...FIXED, left: "0", top: "0", width: "0", height: "0" });
    this.#box = { left: 0, top: 0, width: 0, height: 0 };
    this.#parent = parent;
    parent.insertBefore(this.#host, before);
  }

  #mirror(style: CSSStyleDeclaration): void {
    const names = this.#isBeside ? [...MIRRORED, ...TRANSFORMS] : MIRRORED;
    const values = Object.fromEntries(names.map((name) => [name, style.getPropertyValue(name)]));
    const clip = this.#isBeside ? {} : { "clip-path": clipOf(this.#img) };
    const position = style.position === "fixed" && this.#isBeside ? "fixed" : "absolute";
    this.#write({ display: "block", position, ...values, ...clip });
  }

  /** Move and stretch the host until it agrees with `target`. */
  #fit(target: DOMRect, style: CSSStyleDeclaration): boolean {
    const isTurned =
      this.#isBeside &&
      TRANSFORMS.some((name) => !NEUTRAL.has(style.getPropertyValue(name)) && name !== "transform-origin");
    const [width, height] = isTurned
      ? [this.#img.offsetWidth, this.#img.offsetHeight]
      : [target.width / this.#zoom, target.height / this.#zoom];
    this.#box = { ...this.#box, width, height };
    this.#writeBox();
    for (let tries = 0; tries < TRIES; tries++) {
      const at = this.#host.getBoundingClientRect();
      if (agrees(at, target, tries === 0 ? 0.05 : AGREES_PX)) return true;
      if (!isTurned && at.width > 0) this.#zoom = at.width / this.#box.width;
      this.#step(at, target, isTurned);
    }
    return agrees(this.#host.getBoundingClientRect(), target);
  }

  #step(at: DOMRect, target: DOMRect, isTurned: boolean): void {
    const [right, down] = [(target.left - at.left) / this.#zoom, (target.top - at.top) / this.#zoom];
    const { left, top, width, height } = this.#box;
    this.#box = {
      left: left + right,
      top: top + down,
      width: isTurned ? width : target.width / this.#zoom,
      height: isTurned ? height : target.height / this.#zoom,
    };
    this.#writeBox();
    const moved = this.#host.getBoundingClientRect();
    if (isTurned && Math.abs(down) > 4) this.#zoom *= (moved.top - at.top) / (target.top - at.top) || 1;
  }

  #writeBox(): void {
    const { left, top, width, height } = this.#box;
    this.#write({ left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` });
  }

  /** The site's style sheets must not reach the host. */
  #write(properties: Record<string, string>): void {
    for (const [name, value] of Object.entries(properties)) {
      if (this.#written.get(name) === value) continue;
      this.#written.set(name, value);
      this.#host.style.setProperty(name, value, "important");
    }
  }

  #contentBox(style: CSSStyleDeclaration): Box {
    const { clientLeft: left, clientTop: top, offsetWidth, offsetHeight } = this.#img;
    const { width, height } = this.#box;
    const value = (name: string) => Number.parseFloat(style.getPropertyValue(name)) || 0;
    const share = { x: width / (offsetWidth || width || 1), y: height / (offsetHeight || height || 1) };
    const around = (side: string) => value(`padding-${side}`) + value(`border-${side}-width`);
    void [left, top];
    return {
      left: around("left") * share.x,
      top: around("top") * share.y,
      width: width - (around("left") + around("right")) * share.x,
      height: height - (around("top") + around("bottom")) * share.y,
    };
  }
}

const NEUTRAL = new Set(["none", "", "auto"]);

/** Pages are counted by their place among their like: the host stands behind the last of them. */
function lastAlike(img: HTMLImageElement): Element {
  const alike = [...(img.parentNode?.children ?? [])].filter(({ localName }) => localName === "img");
  return alike.at(-1) ?? img;
}

function boxOf(element: Element | null): DOMRect | null {
  return element?.getBoundingClientRect() ?? null;
}

function agrees(a: DOMRect | null, b: DOMRect | null, within = AGREES_PX): boolean {
  if (!a || !b) return a === b;
  return (["left", "top", "width", "height"] as const).every((side) => Math.abs(a[side] - b[side]) <= within);
}

/** What the element's ancestors cut off, for a host that does not stand among them. */
function clipOf(img: HTMLImageElement): string {
  const own = img.getBoundingClientRect();
  const cut = { top: 0, right: 0, bottom: 0, left: 0 };
  for (
    let at = img.parentElement;
    at && at !== document.body && at !== document.documentElement;
    at = at.parentElement
  ) {
    if (
      getComputedStyle(at)
        .overflow.split(" ")
        .every((value) => value === "visible")
    )
      continue;
    const box = at.getBoundingClientRect();
    cut.top = Math.max(cut.top, box.top - own.top);
    cut.left = Math.max(cut.left, box.left - own.left);
    cut.right = Math.max(cut.right, own.right - box.right);
    cut.bottom = Math.max(cut.bottom, own.bottom - box.bottom);
  }
  return `inset(${cut.top}px ${cut.right}px ${cut.bottom}px ${cut.left}px)`;
}
