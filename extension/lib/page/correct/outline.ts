/** The outline of what a correction will take, drawn over the page: as a path in shares of the picture, laid by a matrix. */

import type { Holder } from "../holders/holder";
import type { Point } from "../holders/place";
import { inWindow } from "../point";
import { style } from "../swap/ring";

const SVG = "http://www.w3.org/2000/svg";
const LINES = [
  { stroke: "white", "stroke-width": "3.5" },
  { stroke: "rgb(24 24 30)", "stroke-width": "1.5", "stroke-dasharray": "6 4" }, // on white and on black alike
];

export class Outline {
  readonly element = document.createElementNS(SVG, "svg");
  readonly #paths = LINES.map((looks) => {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("vector-effect", "non-scaling-stroke");
    style(path, { fill: "none", "fill-rule": "evenodd", "stroke-linejoin": "round", ...looks });
    return path;
  });

  constructor() {
    this.element.setAttribute("aria-hidden", "true"); // the panel's text says it
    const lies = { position: "absolute", left: "0", top: "0", width: "1px", height: "1px", overflow: "visible" };
    style(this.element, { ...lies, "pointer-events": "none", display: "none" });
    this.element.append(...this.#paths);
  }

  get isShown(): boolean {
    return this.element.style.display !== "none";
  }

  /** Draw outlines, in shares of the picture, one within another being a hole; none: nothing is shown. */
  draw(outlines: readonly (readonly Point[])[]): void {
    const d = outlines.map((one) => `M${one.map(([x, y]) => `${x.toFixed(5)},${y.toFixed(5)}`).join(" ")}Z`).join("");
    for (const path of this.#paths) path.setAttribute("d", d);
    style(this.element, { display: outlines.length ? "block" : "none" });
  }

  fill(colour: string): void {
    const [under] = this.#paths;
    if (under) style(under, { fill: colour, "fill-opacity": "0.4" });
  }

  /** Lay the path where `holder` shows its picture; `left` and `top` are where the element itself stands. */
  place(holder: Holder, { left, top }: { left: number; top: number }): void {
    if (!this.isShown) return;
    const [x, y] = inWindow(holder, [0, 0]);
    const [across, down] = [inWindow(holder, [1, 0]), inWindow(holder, [0, 1])];
    const matrix = [across[0] - x, across[1] - y, down[0] - x, down[1] - y, x - left, y - top];
    for (const path of this.#paths) path.setAttribute("transform", `matrix(${matrix.join(" ")})`);
  }
}
