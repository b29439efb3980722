/**
 * Lays a host exactly over an element: beside it in the same parent, so that it scrolls, clips, turns and stacks with it;
 * where that would move the site's layout or cannot agree, beside the body. The layout of the page never moves.
 */

import { closedRoot, raise } from "../holders/closed-root";
import type { Holder } from "../holders/holder";
import { type Laid, laidOut, warpOf } from "../holders/laid-out";
import { clippersOf, clipPath, isCutAway } from "./overlay-clip";

const AGREES_PX = 0.75;
const HOPELESS_PX = 6; // a place that is further off shows a wrong picture
const TRIES = 4;
const PROBE_PX = 64;
const LOOKED_AT = 4; // children: what moves one of them moves the first ones
const STUBBORN_SITE = 30; // removals that are answered before the host leaves the site's own parent
const FIXED = {
  all: "initial",
  position: "absolute",
  "pointer-events": "none",
  "user-select": "none",
  overflow: "hidden",
};
const CORNERS = ["top-left", "top-right", "bottom-left", "bottom-right"].map((corner) => `border-${corner}-radius`);
const MIRRORED = ["z-index", "opacity", "filter", "clip-path", "mask", "visibility", ...CORNERS];
const OFFSETS = ["path", "distance", "rotate", "anchor", "position"].map((name) => `offset-${name}`);
const TURNED = ["transform", "transform-origin", "transform-box", "translate", "rotate", "scale", "zoom", ...OFFSETS];

/**
 * `beside` the element, out of the flow; `among` its siblings, in the flow but without room, where a scroller cuts off
 * only what flows in it; `within` the element, before all that stands in it, over a picture that it paints behind that;
 * at the `root` beside the body.
 */
type Way = "beside" | "among" | "within" | "root";
type Corner = { left: number; top: number };

/** How far the host moves in the window for one of its own pixels to the right and one down. */
type Moves = readonly [right: readonly [number, number], down: readonly [number, number]];

export class Place {
  readonly #holder: Holder;
  readonly #frame: Element;
  readonly #host = document.createElement("div");
  readonly #written = new Map<string, string>();
  #parent: Node | null = null; // where we put it
  #way: Way = "beside";
  #taken = 0; // how often the site took it away
  #at: Corner = { left: 0, top: 0 };
  #moves: Moves | null = null;
  #top: Element | null = null;

  constructor(holder: Holder, content: Element) {
    this.#holder = holder;
    this.#frame = holder.frame;
    closedRoot(this.#host).append(content);
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
    this.#top = null; // what leaves the document leaves the top layer
    this.#host.removeAttribute("popover");
    this.#host.remove();
  }

  /** Lay the host over the element, which is at `target` in the window; whether that can be. */
  follow(target: DOMRect): boolean {
    const style = getComputedStyle(this.#frame);
    const laid = laidOut(this.#frame, style);
    const isAlone = style.position === "sticky" || this.#frame.matches(":fullscreen"); // nothing beside it goes with it
    const stands = this.#holder.isBehind ? () => this.#standsWithin(style) : () => !isAlone && this.#stands(style);
    if (this.#way !== "root" && !stands()) this.#leave();
    if (this.#lies(target, style, laid)) return true;
    if (this.#way === "root") return !this.#isHopeless(target);
    this.#leave();
    return this.#lies(target, style, laid) || !this.#isHopeless(target);
  }

  #lies(target: DOMRect, style: CSSStyleDeclaration, laid: Laid): boolean {
    if (this.#way === "root") this.#standAtRoot();
    if (isCutAway(this.#frame, this.#clippers(style))) {
      this.hide(); // where it is would be room to scroll to
      return true;
    }
    this.#mirror(style, laid);
    return this.#fit(target);
  }

  #isHopeless(target: DOMRect): boolean {
    return !agrees(this.#host.getBoundingClientRect(), target, HOPELESS_PX);
  }

  /** Whether the host stands in the element's parent, where it may. */
  #stands(style: CSSStyleDeclaration): boolean {
    const { parentNode } = this.#frame;
    if (!parentNode || this.#frame.parentElement?.closest("canvas")) return false; // what is below a canvas can be drawn by the page
    if (this.#host.parentNode === parentNode) return true;
    if (this.isMoved && ++this.#taken > STUBBORN_SITE) return false;
    const around = [this.#frame, this.#frame.parentElement, this.#frame.nextElementSibling];
    const before = around.map(boxOf);
    const isCalm = () => around.every((element, at) => agrees(boxOf(element), before[at] ?? null));
    this.#append(parentNode, lastAlike(this.#frame).nextSibling);
    this.#enter("beside", style);
    if (clippersOf(this.#frame, this.#host.offsetParent).length === 0) return isCalm();
    this.#enter("among", style);
    if (isCalm()) return true;
    this.#enter("beside", style);
    return isCalm();
  }

  /** Whether the host stands in the element, where it may. */
  #standsWithin(style: CSSStyleDeclaration): boolean {
    const frame = this.#frame;
    if (this.#host.parentNode === frame) return true;
    if (this.isMoved && ++this.#taken > STUBBORN_SITE) return false;
    const around = [frame, ...[...frame.children].slice(0, LOOKED_AT)];
    const before = around.map(boxOf);
    this.#append(frame, frame.firstChild);
    this.#enter("within", style);
    return around.every((element, at) => agrees(boxOf(element), before[at] ?? null));
  }

  #enter(way: Way, style: CSSStyleDeclaration): void {
    this.#way = way;
    this.#mirror(style, laidOut(this.#frame, style));
  }

  #leave(): void {
    this.#way = "root";
    this.#host.remove();
  }

  #standAtRoot(): void {
    if (this.#host.parentNode !== document.documentElement) this.#append(document.documentElement, null);
    this.#top = raise(this.#host, this.#top);
  }

  #append(parent: Node, before: Node | null): void {
    this.#written.clear();
    this.#host.style.cssText = "";
    this.#write(FIXED);
    this.#at = { left: 0, top: 0 };
    this.#moves = null;
    this.#parent = parent;
    parent.insertBefore(this.#host, before);
  }

  #mirror(style: CSSStyleDeclaration, { width, height }: Laid): void {
    const isRoot = this.#way === "root";
    const names = { root: MIRRORED, within: CORNERS }[this.#way as string] ?? [...MIRRORED, ...TURNED];
    const values = Object.fromEntries(names.map((name) => [name, style.getPropertyValue(name)]));
    if (this.#way === "within") values["z-index"] = this.#holder.depth(style);
    const size = { width: `${width}px`, height: `${height}px` };
    const blend = isSeenThrough(style) ? "color" : "normal";
    this.#write({
      display: "block",
      ...values,
      "mix-blend-mode": blend,
      ...this.#cut(style),
      ...size,
      ...this.#placing(style, width, height),
    });
    if (isRoot) this.#write(this.#warped());
    this.#writeCorner();
  }

  /** How the host is placed: among its siblings it takes no room, for its margins take back what it needs. */
  #placing({ position }: CSSStyleDeclaration, width: number, height: number): Record<string, string> {
    if (this.#way === "among") return { position: "relative", float: "left", margin: `0 -${width}px -${height}px 0` };
    const isFixed = this.#way === "beside" && position === "fixed";
    return { position: isFixed ? "fixed" : "absolute", float: "none", margin: "0" };
  }

  /** At the root, all that turns and zooms the element is told to the host. */
  #warped(): Record<string, string> {
    const { matrix, zoom } = warpOf(this.#frame, this.#host.parentElement);
    return { transform: matrix, "transform-origin": "50% 50%", zoom: `${zoom}` };
  }

  /** What cuts the element off, and not the host. */
  #clippers({ position }: CSSStyleDeclaration): Element[] {
    if (this.#way === "among" || this.#way === "within" || (this.#way === "beside" && position === "fixed")) return [];
    return clippersOf(this.#frame, this.#way === "root" ? null : this.#host.offsetParent);
  }

  #cut(style: CSSStyleDeclaration): Record<string, string> {
    const clippers = this.#clippers(style);
    return clippers.length > 0 ? { "clip-path": clipPath(this.#frame, clippers) } : {};
  }

  /** Move the host until it agrees with `target`. */
  #fit(target: DOMRect): boolean {
    for (let tries = 0; tries < TRIES; tries++) {
      const at = this.#host.getBoundingClientRect();
      if (agrees(at, target, tries === 0 ? 0.05 : AGREES_PX)) return true;
      if (tries !== 1) this.#moves ??= this.#probe(at);
      else this.#moves = this.#probe(at); // what was known of it is not so any more
      this.#step(at, target);
    }
    return agrees(this.#host.getBoundingClientRect(), target);
  }

  /** Try how the host moves: turned, mirrored and zoomed parents turn, mirror and zoom its way. */
  #probe(from: DOMRect): Moves {
    const { left, top } = this.#at;
    const moved = (at: Corner): [number, number] => {
      this.#at = at;
      this.#writeCorner();
      const [x, y] = middleOf(this.#host.getBoundingClientRect());
      const [x0, y0] = middleOf(from);
      return [(x - x0) / PROBE_PX, (y - y0) / PROBE_PX];
    };
    const moves = [moved({ left: left + PROBE_PX, top }), moved({ left, top: top + PROBE_PX })] as const;
    this.#at = { left, top };
    return moves;
  }

  #step(at: DOMRect, target: DOMRect): void {
    const [[a, b], [c, d]] = this.#moves as Moves;
    const determinant = a * d - b * c;
    if (Math.abs(determinant) < 1e-6) return this.#writeCorner();
    const [[x, y], [x0, y0]] = [middleOf(target), middleOf(at)];
    const [right, down] = [x - x0, y - y0];
    const { left, top } = this.#at;
    this.#at = {
      left: left + (d * right - c * down) / determinant,
      top: top + (a * down - b * right) / determinant,
    };
    this.#writeCorner();
  }

  #writeCorner(): void {
    this.#write({ left: `${this.#at.left}px`, top: `${this.#at.top}px` });
  }

  /** The site's style sheets must not reach the host. */
  #write(properties: Record<string, string>): void {
    for (const [name, value] of Object.entries(properties)) {
      if (this.#written.get(name) === value) continue;
      this.#written.set(name, value);
      this.#host.style.setProperty(name, value, "important");
    }
  }
}

/** What lies under such a picture shows in it: only the hue may be laid over, or the site's own would count twice. */
function isSeenThrough({ opacity, mixBlendMode, maskImage, filter }: CSSStyleDeclaration): boolean {
  const isMasked = maskImage !== undefined && maskImage !== "none";
  return Number(opacity) < 1 || mixBlendMode !== "normal" || isMasked || filter.includes("opacity(");
}

/** Pages are counted by their place among their like: the host stands behind the last of them. */
function lastAlike(frame: Element): Element {
  const alike = [...(frame.parentNode?.children ?? [])].filter(({ localName }) => localName === frame.localName);
  return alike.at(-1) ?? frame;
}

function boxOf(element: Element | null): DOMRect | null {
  return element?.getBoundingClientRect() ?? null;
}

function middleOf({ left, top, width, height }: DOMRect): [number, number] {
  return [left + width / 2, top + height / 2];
}

function agrees(a: DOMRect | null, b: DOMRect | null, within = AGREES_PX): boolean {
  if (!a || !b) return a === b;
  return (["left", "top", "width", "height"] as const).every((side) => Math.abs(a[side] - b[side]) <= within);
}
