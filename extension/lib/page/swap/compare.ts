/**
 * A slider over one page: to its left the original, to its right the colours. It stands in a closed shadow root as
 * everything of ours does, works by mouse, touch and keys, and ends with Escape or when the page goes.
 */

import { i18n } from "#i18n";
import { closedRoot, raise } from "../holders/closed-root";
import type { Holder } from "../holders/holder";
import { inWindow, pointIn } from "../point";
import { followLayout } from "./follow";
import { style } from "./ring";

const STEP = 0.02;
const LARGE_STEP = 0.1;
const HANDLE_PX = 44;
const LINE_PX = 3;
const EDGE_PX = 12;
const COVER = "all:initial;position:fixed;inset:0;z-index:2147483647;pointer-events:none;overflow:hidden";

/** What the slider asks of who opened it; `holds` tells whether the page still stands there in colour. */
export interface CompareActs {
  cut(share: number | null): void;
  holds(): boolean;
  closed(): void;
}

export class Compare {
  readonly holder: Holder;
  readonly #acts: CompareActs;
  readonly #host = document.createElement("div");
  readonly #line = document.createElement("div");
  readonly #handle = document.createElement("div");
  readonly #labels = [label(i18n.t("compare.original")), label(i18n.t("compare.colour"))] as const;
  readonly #close = document.createElement("button");
  readonly #stop = new AbortController();
  readonly #focused = document.activeElement;
  #share = 0.5;
  #above: Element | null = null;

  /** Open over the page in `holder` until it is closed or `signal` aborts. */
  constructor(holder: Holder, acts: CompareActs, signal: AbortSignal) {
    this.holder = holder;
    this.#acts = acts;
    this.#build();
    document.documentElement.append(this.#host);
    this.#listen(AbortSignal.any([signal, this.#stop.signal]));
    followLayout(() => this.#place(), this.#stop.signal);
    this.#move(this.#share);
    this.#handle.focus({ preventScroll: true });
  }

  close(): void {
    if (this.#stop.signal.aborted) return;
    const hadFocus = document.activeElement === this.#host;
    this.#stop.abort();
    this.#host.remove();
    if (hadFocus && this.#focused instanceof HTMLElement) this.#focused.focus({ preventScroll: true });
    this.#acts.cut(null);
    this.#acts.closed();
  }

  #build(): void {
    this.#host.style.cssText = COVER; // by script: no content policy forbids that
    style(this.#line, LINE);
    style(this.#handle, HANDLE);
    this.#handle.textContent = "↔";
    this.#handle.tabIndex = 0;
    const facts = {
      role: "slider",
      "aria-label": i18n.t("compare.label"),
      "aria-valuemin": "0",
      "aria-valuemax": "100",
    };
    for (const [name, value] of Object.entries(facts)) this.#handle.setAttribute(name, value);
    this.#close.type = "button";
    this.#close.textContent = "×";
    this.#close.setAttribute("aria-label", i18n.t("compare.close"));
    style(this.#close, CLOSE);
    closedRoot(this.#host).append(this.#line, ...this.#labels, this.#handle, this.#close);
  }

  #listen(signal: AbortSignal): void {
    this.#handle.addEventListener("pointerdown", (event) => this.#handle.setPointerCapture(event.pointerId), {
      signal,
    });
    this.#handle.addEventListener("pointermove", (event) => this.#drag(event), { signal });
    this.#handle.addEventListener("keydown", (event) => this.#step(event), { signal });
    this.#close.addEventListener("click", () => this.close(), { signal });
    for (const kind of ["keydown", "keypress", "keyup", "click", "pointerdown", "mousedown"] as const)
      this.#host.addEventListener(kind, (event) => event.stopPropagation(), { signal }); // sites turn pages by them
    addEventListener("keydown", ({ key, isTrusted }) => isTrusted && key === "Escape" && this.close(), {
      capture: true,
      signal,
    });
    signal.addEventListener("abort", () => this.close(), { once: true });
  }

  #drag({ pointerId, clientX, clientY }: PointerEvent): void {
    if (this.#handle.hasPointerCapture(pointerId)) this.#move(pointIn(this.holder, clientX, clientY)[0]);
  }

  #step(event: KeyboardEvent): void {
    const by = event.shiftKey ? LARGE_STEP : STEP;
    const to = {
      ArrowLeft: this.#share - by,
      ArrowDown: this.#share - by,
      ArrowRight: this.#share + by,
      ArrowUp: this.#share + by,
      Home: 0,
      End: 1,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.#move(to);
  }

  #move(share: number): void {
    this.#share = Math.min(1, Math.max(0, share));
    this.#handle.setAttribute("aria-valuenow", `${Math.round(100 * this.#share)}`);
    this.#acts.cut(this.#share);
    this.#place();
  }

  /** The line goes from the picture's upper edge to its lower one; the handle stands where the window shows it. */
  #place(): void {
    if (!this.holder.isConnected || !this.#acts.holds()) return this.close();
    this.#above = raise(this.#host, this.#above);
    const { left, top } = this.#host.getBoundingClientRect();
    const at = (y: number) => inWindow(this.holder, [this.#share, y]);
    const [[x0, y0], [x1, y1]] = [at(0), at(1)];
    const [across, down] = [x1 - x0, y1 - y0];
    const length = Math.hypot(across, down);
    const turn = Math.atan2(-across, down);
    style(this.#line, {
      height: `${length}px`,
      transform: `translate(${x0 - left - LINE_PX / 2}px, ${y0 - top}px) rotate(${turn}rad)`,
    });
    const [from, to] = [seenFrom(y0, y1), seenFrom(y1, y0)];
    const along = down === 0 ? 0.5 : ((from + to) / 2 - y0) / down;
    const [x, y] = [x0 + along * across - left, y0 + along * down - top];
    put(this.#handle, x - HANDLE_PX / 2, y - HANDLE_PX / 2);
    const above = Math.min(from, to) - top + EDGE_PX;
    const [original, colour] = this.#labels;
    put(original, x - EDGE_PX - original.offsetWidth, above);
    put(colour, x + EDGE_PX, above);
    put(this.#close, x - HANDLE_PX / 2 + 8, Math.max(from, to) - top - EDGE_PX - 28);
  }
}

/** An end of the line as far as the window shows it. */
function seenFrom(end: number, other: number): number {
  return end < other ? Math.max(0, end) : Math.min(innerHeight, end);
}

function put(element: HTMLElement, x: number, y: number): void {
  style(element, { transform: `translate(${Math.round(x)}px, ${Math.round(y)}px)` });
}

const PLACED = { position: "absolute", left: "0", top: "0", "box-sizing": "border-box", margin: "0" };
const DARK = {
  background: "rgb(18 18 24 / 0.78)",
  color: "white",
  "box-shadow": "0 0 0 1px rgb(255 255 255 / 0.22), 0 1px 6px rgb(0 0 0 / 0.45)",
};
const LINE = {
  ...PLACED,
  width: `${LINE_PX}px`,
  background: "white",
  "box-shadow": "0 0 0 1px rgb(0 0 0 / 0.5)",
  "transform-origin": "50% 0",
};
const HANDLE = {
  ...PLACED,
  ...DARK,
  width: `${HANDLE_PX}px`,
  height: `${HANDLE_PX}px`,
  "border-radius": "50%",
  border: "2px solid white",
  display: "grid",
  "place-items": "center",
  font: "600 18px/1 system-ui, sans-serif",
  cursor: "ew-resize",
  "touch-action": "none",
  "user-select": "none",
  "pointer-events": "auto",
};
const CLOSE = {
  ...PLACED,
  ...DARK,
  width: "28px",
  height: "28px",
  padding: "0",
  border: "0",
  "border-radius": "50%",
  font: "400 18px/1 system-ui, sans-serif",
  cursor: "pointer",
  "pointer-events": "auto",
};

function label(text: string): HTMLElement {
  const element = document.createElement("span");
  element.textContent = text;
  style(element, {
    ...PLACED,
    ...DARK,
    padding: "4px 10px",
    "border-radius": "12px",
    font: "600 12px/1.3 system-ui, sans-serif",
    "white-space": "nowrap",
  });
  return element;
}
