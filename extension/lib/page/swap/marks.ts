/** Keeps one small sign per page in its top right corner. The signs live in a closed shadow root beside the body. */

import { closedRoot, raise } from "../holders/closed-root";
import { followLayout } from "./follow";
import type { Holder } from "../holders/holder";
import { Ring, type Sign } from "./ring";

const INSET_PX = 10;

export class Marks {
  readonly #host = document.createElement("div");
  readonly #root = closedRoot(this.#host);
  readonly #rings = new Map<Holder, Ring>();
  readonly #calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  readonly #signal: AbortSignal;
  #following: { stop: AbortController; follow: () => void } | null = null; // while there are signs
  #above: Element | null = null;

  /** The signs follow their pages until `signal` aborts. */
  constructor(signal: AbortSignal) {
    this.#host.setAttribute("aria-hidden", "true");
    const position =
      "all:initial;position:absolute;top:0;left:0;width:0;height:0;z-index:2147483647;pointer-events:none";
    this.#host.style.cssText = position;
    this.#signal = signal;
    signal.addEventListener("abort", () => this.clear(), { once: true });
  }

  /** Show `sign` on the page in `holder`. */
  set(holder: Holder, sign: Sign): void {
    if (!this.#host.isConnected) document.documentElement.append(this.#host);
    const old = this.#rings.get(holder);
    const ring = sign.kind === "progress" && old ? old : new Ring(this.#calm);
    if (ring !== old) {
      old?.element.remove();
      this.#rings.set(holder, ring);
      this.#root.append(ring.element);
    }
    ring.show(sign, () => this.#rings.get(holder) === ring && this.drop(holder));
    this.#follow();
  }

  drop(holder: Holder): void {
    this.#rings.get(holder)?.element.remove();
    this.#rings.delete(holder);
    if (this.#rings.size === 0) this.#rest();
  }

  /** Take the signs out of what the window shows for as long as it is looked at. */
  hide(isHidden: boolean): void {
    this.#host.style.setProperty("visibility", isHidden ? "hidden" : "visible");
  }

  clear(): void {
    this.#rings.clear();
    this.#root.replaceChildren();
    this.#rest();
  }

  #follow(): void {
    if (!this.#following) {
      const stop = new AbortController();
      const signal = AbortSignal.any([stop.signal, this.#signal]);
      this.#following = { stop, follow: followLayout(() => this.#place(), signal) };
    }
    this.#following.follow();
  }

  /** Nothing is watched where no sign stands. */
  #rest(): void {
    this.#following?.stop.abort();
    this.#following = null;
    this.#host.remove();
    this.#above = null;
    this.#host.removeAttribute("popover");
  }

  #place(): void {
    if (this.#rings.size === 0) return;
    this.#above = raise(this.#host, this.#above);
    const origin = this.#host.getBoundingClientRect();
    for (const [holder, { element: sign }] of this.#rings) {
      const box = holder.box();
      const hidden = !holder.isConnected || box.width === 0 || box.height === 0;
      sign.style.setProperty("visibility", hidden ? "hidden" : "visible");
      if (hidden) continue;
      const x = box.right - origin.left - sign.offsetWidth - INSET_PX;
      const y = box.top - origin.top + INSET_PX;
      sign.style.setProperty("transform", `translate(${Math.round(x)}px, ${Math.round(y)}px)`);
    }
  }
}
