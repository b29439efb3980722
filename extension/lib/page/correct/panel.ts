/**
 * The small panel in which a reader corrects a colour, and the dot at its place on the page. It lives in a closed shadow
 * root as the signs do, keeps its keys from the site, and gives the focus back.
 */

import { i18n } from "#i18n";
import { closedRoot, raise } from "../holders/closed-root";
import { followLayout } from "../swap/follow";
import type { Holder } from "../holders/holder";
import type { Point } from "../holders/place";
import { Outline } from "./outline";
import { inWindow, pointIn } from "../point";
import { style } from "../swap/ring";
import type { WornPart } from "../../palette";

const labels = () => ({
  panel: i18n.t("correct.panel"),
  colour: i18n.t("correct.colour"),
  use: i18n.t("correct.use"),
  undo: i18n.t("correct.undo"),
  clear: i18n.t("correct.clear"),
  close: i18n.t("correct.close"),
  place: i18n.t("correct.place"),
  where: i18n.t("correct.where"),
});

const places = (): Record<Where, string> => ({
  here: i18n.t("correct.here"),
  hair: i18n.t("correct.everywhere.hair"),
  skin: i18n.t("correct.everywhere.skin"),
  clothes: i18n.t("correct.everywhere.clothes"),
});

const DOT_PX = 16;
const GAP_PX = 16;
const EDGE_PX = 8;
const STEP_PX = 10;
const FINE_STEP_PX = 2; // with Shift
const ARROWS: Record<string, readonly [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** Where a colour goes: to the place alone, or to a part of the figure there, on all pages of the series. */
export type Where = "here" | WornPart;

/** What the panel asks of who opened it; `holds` tells whether the picture is still the page's. */
export interface PanelActs {
  use(): void;
  undo(): void;
  clear(): void;
  moved(): void;
  /** The colour is to go elsewhere now. */
  turned(): void;
  closed(): void;
  holds(): boolean;
}

/** What the panel shows: which of its buttons work, and its one line of text. */
export interface PanelView {
  canUse: boolean;
  canUndo: boolean;
  text: string;
}

export class Panel {
  point: Point;
  readonly #holder: Holder;
  readonly #acts: PanelActs;
  readonly #host = document.createElement("div");
  readonly #card = document.createElement("div");
  readonly #picker = document.createElement("input");
  readonly #status = document.createElement("p");
  readonly #labels = labels();
  readonly #where = document.createElement("select");
  readonly #use = button(this.#labels.use, "#6e6ade");
  readonly #undo = button(this.#labels.undo);
  readonly #clear = button(this.#labels.clear);
  readonly #close = button("×", "transparent", this.#labels.close);
  readonly #outline = new Outline();
  readonly #dot = button("", "transparent", this.#labels.place);
  readonly #stop = new AbortController();
  readonly #focused = document.activeElement;
  readonly #follow: () => void;
  #above: Element | null = null;

  /** Open at `point` of the picture in `holder`, until it is closed or `signal` aborts. */
  constructor(holder: Holder, point: Point, acts: PanelActs, signal: AbortSignal) {
    this.#holder = holder;
    this.point = point;
    this.#acts = acts;
    this.#build();
    this.#listen(AbortSignal.any([signal, this.#stop.signal]));
    this.#follow = followLayout(() => this.#place(), this.#stop.signal);
    for (const one of [this.#use, this.#undo, this.#clear]) enable(one, false); // until what is there has been seen
    document.documentElement.append(this.#host);
    this.#place();
    this.#picker.focus({ preventScroll: true });
  }

  /** The chosen colour, as `#rrggbb`. */
  get colour(): string {
    return this.#picker.value;
  }

  set colour(hex: string) {
    this.#picker.value = hex;
    style(this.#dot, { background: hex });
    this.#outline.fill(hex);
  }

  get where(): Where {
    return this.#where.value as Where;
  }

  show({ canUse, canUndo, text }: PanelView): void {
    enable(this.#use, canUse);
    enable(this.#undo, canUndo);
    enable(this.#clear, canUndo);
    if (this.#status.textContent !== text) this.#status.textContent = text;
    this.#follow();
  }

  /** Draw what a correction will take, as outlines in shares of the picture; none for nothing. */
  outline(outlines: readonly (readonly Point[])[]): void {
    this.#outline.draw(outlines);
    this.#follow();
  }

  close(): void {
    if (this.#stop.signal.aborted) return;
    const hadFocus = document.activeElement === this.#host;
    this.#stop.abort();
    this.#host.remove();
    if (hadFocus && this.#focused instanceof HTMLElement) this.#focused.focus({ preventScroll: true });
    this.#acts.closed();
  }

  #build(): void {
    const anchor = "all:initial;position:absolute;top:0;left:0;width:0;height:0;z-index:2147483647;color-scheme:dark";
    this.#host.style.cssText = anchor;
    for (const [name, value] of Object.entries({ role: "dialog", "aria-label": this.#labels.panel })) {
      this.#card.setAttribute(name, value);
    }
    style(this.#card, CARD);
    style(this.#dot, DOT);
    style(this.#status, { margin: "0", "min-height": "1.3em" });
    this.#status.setAttribute("role", "status");
    this.#picker.type = "color";
    style(this.#picker, { width: "46px", height: "30px", padding: "0", border: "0", background: "none" });
    const label = document.createElement("label");
    style(label, { display: "flex", gap: "8px", "align-items": "center" });
    label.append(this.#labels.colour, this.#picker);
    style(this.#close, { "margin-left": "auto", padding: "0 8px", font: "400 20px/1 system-ui, sans-serif" });
    this.#where.setAttribute("aria-label", this.#labels.where);
    style(this.#where, WHERE);
    for (const [value, text] of Object.entries(places())) this.#where.add(new Option(text, value));
    this.#card.append(row(label, this.#use, this.#close), this.#where, row(this.#undo, this.#clear), this.#status);
    closedRoot(this.#host).append(this.#outline.element, this.#card, this.#dot);
  }

  #listen(signal: AbortSignal): void {
    const { use, undo, clear, turned } = this.#acts;
    for (const [element, act] of [
      [this.#use, use],
      [this.#undo, undo],
      [this.#clear, clear],
    ] as const) {
      element.addEventListener("click", () => isEnabled(element) && act(), { signal });
    }
    this.#where.addEventListener("change", turned, { signal });
    this.#close.addEventListener("click", () => this.close(), { signal });
    this.#picker.addEventListener("input", () => (this.colour = this.#picker.value), { signal });
    for (const kind of ["keydown", "keypress", "keyup"] as const) {
      this.#host.addEventListener(kind, (event) => event.stopPropagation(), { signal }); // sites turn pages by keys
    }
    this.#host.addEventListener("keydown", ({ key }) => key === "Escape" && this.close(), { signal });
    this.#dot.addEventListener("keydown", (event) => this.#move(event), { signal });
    const outside = ({ target }: Event) => target !== this.#host && this.close();
    addEventListener("pointerdown", outside, { capture: true, signal });
    signal.addEventListener("abort", () => this.close(), { once: true });
  }

  #move(event: KeyboardEvent): void {
    const arrow = ARROWS[event.key];
    if (!arrow) return;
    event.preventDefault();
    const step = event.shiftKey ? FINE_STEP_PX : STEP_PX;
    const [x, y] = inWindow(this.#holder, this.point);
    this.point = pointIn(this.#holder, x + arrow[0] * step, y + arrow[1] * step);
    this.#place();
    this.#acts.moved();
  }

  /** The card stands below the dot, or above where there is no room, and never beyond the window's sides. */
  #place(): void {
    if (!this.#holder.isConnected || !this.#acts.holds()) return this.close();
    this.#above = raise(this.#host, this.#above);
    const origin = this.#host.getBoundingClientRect();
    const [x, y] = inWindow(this.#holder, this.point);
    const { offsetWidth: width, offsetHeight: height } = this.#card;
    const right = document.documentElement.clientWidth - width - EDGE_PX;
    const left = Math.max(EDGE_PX, Math.min(right, x - width / 2));
    const below = y + GAP_PX + height + EDGE_PX <= innerHeight || y - GAP_PX - height < EDGE_PX;
    move(this.#card, left - origin.left, (below ? y + GAP_PX : y - GAP_PX - height) - origin.top);
    this.#outline.place(this.#holder, origin);
    move(this.#dot, x - origin.left - DOT_PX / 2, y - origin.top - DOT_PX / 2);
  }
}

const CARD = {
  position: "absolute",
  left: "0",
  top: "0",
  width: "312px",
  "box-sizing": "border-box",
  display: "grid",
  gap: "8px",
  padding: "12px",
  "border-radius": "12px",
  background: "rgb(24 24 30)",
  color: "white",
  font: "400 13px/1.3 system-ui, sans-serif",
  "box-shadow": "0 0 0 1px rgb(255 255 255 / 0.16), 0 6px 24px rgb(0 0 0 / 0.45)",
};

const WHERE = {
  "box-sizing": "border-box",
  width: "100%",
  padding: "6px 8px",
  border: "0",
  "border-radius": "8px",
  background: "rgb(58 58 68)",
  color: "inherit",
  font: "400 13px/1.3 system-ui, sans-serif",
};

const DOT = {
  position: "absolute",
  left: "0",
  top: "0",
  width: `${DOT_PX}px`,
  height: `${DOT_PX}px`,
  padding: "0",
  "border-radius": "50%",
  border: "2px solid white",
  "box-shadow": "0 0 0 1.5px rgb(0 0 0 / 0.75)",
};

function button(text: string, background = "rgb(255 255 255 / 0.12)", label?: string): HTMLButtonElement {
  const element = document.createElement("button");
  element.type = "button";
  element.textContent = text;
  if (label) element.setAttribute("aria-label", label);
  style(element, {
    "box-sizing": "border-box",
    padding: "7px 12px",
    border: "0",
    "border-radius": "8px",
    background,
    color: "inherit",
    font: "600 13px/1.2 system-ui, sans-serif",
    "white-space": "nowrap",
    cursor: "pointer",
  });
  return element;
}

/** A button that does nothing now keeps the focus: it is marked, not disabled. */
function enable(element: HTMLButtonElement, isEnabled: boolean): void {
  element.setAttribute("aria-disabled", String(!isEnabled));
  style(element, { opacity: isEnabled ? "1" : "0.45", cursor: isEnabled ? "pointer" : "default" });
}

function isEnabled(element: HTMLButtonElement): boolean {
  return element.getAttribute("aria-disabled") !== "true";
}

function row(...parts: HTMLElement[]): HTMLDivElement {
  const element = document.createElement("div");
  style(element, { display: "flex", gap: "8px", "align-items": "center" });
  element.append(...parts);
  return element;
}

function move(element: HTMLElement, x: number, y: number): void {
  style(element, { transform: `translate(${Math.round(x)}px, ${Math.round(y)}px)` });
}
