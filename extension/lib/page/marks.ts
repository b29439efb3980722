/** Keeps one small sign per page in its top right corner. The signs live in a closed shadow root beside the body. */

import { Ring, type Sign } from "./ring";

const INSET_PX = 10;
const FOLLOW_EVERY_MS = 400; // layouts that move without a scroll or a resize

export class Marks {
  readonly #host = document.createElement("irodori-marks");
  readonly #root = this.#host.attachShadow({ mode: "closed" });
  readonly #rings = new Map<Element, Ring>();
  readonly #calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  #frame = 0;

  /** The signs follow their pages until `signal` aborts. */
  constructor(signal: AbortSignal) {
    this.#host.setAttribute("aria-hidden", "true");
    const position =
      "all:initial;position:absolute;top:0;left:0;width:0;height:0;z-index:2147483647;pointer-events:none";
    this.#host.style.cssText = position;
    const follow = () => this.#follow();
    addEventListener("scroll", follow, { capture: true, passive: true, signal });
    addEventListener("resize", follow, { passive: true, signal });
    const timer = setInterval(follow, FOLLOW_EVERY_MS);
    signal.addEventListener("abort", () => (clearInterval(timer), this.clear()), { once: true });
  }

  /** Show `sign` on the page in `element`. */
  set(element: Element, sign: Sign): void {
    if (!this.#host.isConnected) document.documentElement.append(this.#host);
    const old = this.#rings.get(element);
    const ring = sign.kind === "progress" && old ? old : new Ring(this.#calm);
    if (ring !== old) {
      old?.element.remove();
      this.#rings.set(element, ring);
      this.#root.append(ring.element);
    }
    ring.show(sign, () => this.#rings.get(element) === ring && this.drop(element));
    this.#follow();
  }

  drop(element: Element): void {
    this.#rings.get(element)?.element.remove();
    this.#rings.delete(element);
  }

  clear(): void {
    this.#rings.clear();
    this.#root.replaceChildren();
    this.#host.remove();
  }

  #follow(): void {
    if (this.#frame || this.#rings.size === 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#place();
    });
  }

  #place(): void {
    const origin = this.#host.getBoundingClientRect();
    for (const [element, { element: sign }] of this.#rings) {
      const box = element.getBoundingClientRect();
      const hidden = !element.isConnected || box.width === 0 || box.height === 0;
      sign.style.setProperty("visibility", hidden ? "hidden" : "visible");
      if (hidden) continue;
      const x = box.right - origin.left - sign.offsetWidth - INSET_PX;
      const y = box.top - origin.top + INSET_PX;
      sign.style.setProperty("transform", `translate(${Math.round(x)}px, ${Math.round(y)}px)`);
    }
  }
}
