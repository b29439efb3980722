/** The small sign in a page's corner: a ring that fills, a tick, or a dot that says why a page was left as it is. */

import { i18n } from "#i18n";

const SVG = "http://www.w3.org/2000/svg";
export const SIGN_PX = 28;
const RADIUS = 9;
const LENGTH = 2 * Math.PI * RADIUS;
const FADE_MS = 450;
const TICK_MS = 1100;
const LOOKS = {
  "box-sizing": "border-box",
  background: "rgb(18 18 24 / 0.62)",
  "box-shadow": "0 0 0 1px rgb(255 255 255 / 0.14), 0 1px 4px rgb(0 0 0 / 0.3)",
  display: "flex",
  "align-items": "center",
  "justify-content": "center",
  color: "white",
  font: "500 12px/1 system-ui, sans-serif",
  "user-select": "none",
};
const LABEL_LOOKS = { padding: "0 10px 0 4px", "white-space": "nowrap" };
const DRAWING_LOOKS = { width: "24px", height: "24px", display: "block" };
const CIRCLE_LOOKS = { fill: "none", "stroke-width": "2.6", "stroke-linecap": "round" };
const PATH_LOOKS = { fill: "none", "stroke-width": "2.4", "stroke-linecap": "round", "stroke-linejoin": "round" };

export type Sign =
  | { kind: "progress"; fraction: number; isPreview?: boolean }
  | { kind: "done" }
  | { kind: "left"; note: string; failed: boolean }
  | { kind: "notice"; text: string };

/** One sign. All styling is by script, so no page's content policy or style sheet reaches it. */
export class Ring {
  readonly element = document.createElement("div");
  readonly #calm: boolean;
  readonly #label = document.createElement("span");
  #arc: SVGCircleElement | null = null;
  #isPreview = false;

  constructor(calm: boolean) {
    this.#calm = calm;
    this.#label.textContent = i18n.t("page.preview");
    style(this.#label, LABEL_LOOKS);
    style(this.element, {
      ...LOOKS,
      position: "absolute",
      left: "0",
      top: "0",
      height: `${SIGN_PX}px`,
      "min-width": `${SIGN_PX}px`,
      "border-radius": `${SIGN_PX / 2}px`,
      "pointer-events": "none",
      transition: calm ? "none" : `opacity ${FADE_MS}ms ease`,
    });
  }

  /** Show `sign`; `over` is called once a sign that goes away by itself has gone. */
  show(sign: Sign, over: () => void): void {
    switch (sign.kind) {
      case "progress":
        return this.#progress(sign.fraction, sign.isPreview ?? false);
      case "done":
        this.#draw(path("M6 12.5l4 4 8-8.5", "rgb(134 239 172)"));
        return this.#fade(TICK_MS, over);
      case "left":
        this.#draw(
          sign.failed ? path("M12 6.5v7M12 17.4v.2", "rgb(253 164 175)") : path("M7 12h10", "rgb(203 213 225)"),
        );
        this.element.title = sign.note;
        style(this.element, { "pointer-events": "auto", opacity: sign.failed ? "1" : "0.7", cursor: "help" });
        return;
      case "notice":
        this.element.replaceChildren(sign.text);
        style(this.element, { padding: "0 12px", "white-space": "nowrap" });
        return this.#fade(TICK_MS * 3, over);
    }
  }

  /** What is seen below is a preview, where the sign says so beside the ring. */
  #progress(fraction: number, isPreview: boolean): void {
    if (isPreview !== this.#isPreview) this.#arc = null;
    this.#isPreview = isPreview;
    if (!this.#arc) this.#draw(circle("rgb(255 255 255 / 0.22)"), (this.#arc = circle("white")));
    if (isPreview && !this.#label.isConnected) this.element.append(this.#label);
    style(this.element, { "padding-left": isPreview ? "2px" : "0" });
    const arc = this.#arc as SVGCircleElement;
    style(arc, {
      stroke: `hsl(${Math.round(210 + 140 * fraction)} 95% 75%)`, // it takes colour as the page does
      "stroke-dasharray": `${LENGTH}`,
      "stroke-dashoffset": `${LENGTH * (1 - Math.max(0.04, fraction))}`,
      transform: "rotate(-90deg)",
      "transform-origin": "center",
      transition: this.#calm ? "none" : "stroke-dashoffset 300ms ease, stroke 300ms ease",
    });
  }

  #draw(...shapes: SVGElement[]): void {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    style(svg, DRAWING_LOOKS);
    svg.replaceChildren(...shapes);
    this.element.replaceChildren(svg);
  }

  #fade(afterMs: number, over: () => void): void {
    setTimeout(() => style(this.element, { opacity: "0" }), afterMs);
    setTimeout(over, afterMs + FADE_MS);
  }
}

function circle(stroke: string): SVGCircleElement {
  const shape = document.createElementNS(SVG, "circle");
  for (const [name, value] of Object.entries({ cx: "12", cy: "12", r: `${RADIUS}` })) shape.setAttribute(name, value);
  style(shape, { ...CIRCLE_LOOKS, stroke });
  return shape;
}

function path(d: string, stroke: string): SVGPathElement {
  const shape = document.createElementNS(SVG, "path");
  shape.setAttribute("d", d);
  style(shape, { ...PATH_LOOKS, stroke });
  return shape;
}

/** Style by script: no page's content policy stops it. */
export function style(element: HTMLElement | SVGElement, properties: Record<string, string>): void {
  for (const [name, value] of Object.entries(properties)) element.style.setProperty(name, value);
}
