/** Lets the reader choose one picture of a document: by mouse through whatever lies over it, or with the keyboard. */

import { i18n } from "#i18n";
import { closedRoot, raise } from "../holders/closed-root";
import type { Holder } from "../holders/holder";
import { holdersIn } from "../holders/registry";
import { under } from "../swap/peek";

const SMALLEST_PX = 60;
const COVER = "all:initial;position:fixed;inset:0;z-index:2147483647;cursor:crosshair";
const FILLS = "position:absolute;inset:0;outline:none";
const FRAME =
  "position:absolute;box-sizing:border-box;border:3px solid #8b6cf6;background:rgb(139 108 246 / .16);border-radius:4px";
const WORDS =
  "position:absolute;top:14px;left:50%;transform:translateX(-50%);margin:0;padding:9px 16px;border-radius:12px;" +
  "font:600 14px/1.4 system-ui,sans-serif;background:#17171c;color:#f1eff4;box-shadow:0 4px 24px rgb(0 0 0 / .4)";

/** Where in the window the reader pointed, on which picture. */
export interface Pointed {
  holder: Holder;
  x: number;
  y: number;
}

export class Pointer {
  readonly #host = document.createElement("div");
  readonly #dialog = document.createElement("div");
  readonly #frame = document.createElement("i");
  readonly #stop = new AbortController();
  readonly #chosen: (pointed: Pointed | null) => void;
  #at: Holder | null = null;

  /** Wait until a picture is `chosen`, or `null` for none; it ends with `signal`, too. */
  constructor(chosen: (pointed: Pointed | null) => void, signal: AbortSignal) {
    this.#chosen = chosen;
    const root = closedRoot(this.#host);
    this.#host.style.cssText = COVER; // by script: no content policy forbids that
    this.#frame.style.cssText = FRAME;
    const words = document.createElement("p");
    words.style.cssText = WORDS;
    words.textContent = i18n.t("pointer.says");
    this.#dialog.style.cssText = FILLS;
    this.#dialog.tabIndex = -1;
    this.#dialog.role = "dialog"; // within the closed root: the page learns nothing of it
    this.#dialog.ariaLabel = i18n.t("pointer.says");
    this.#dialog.append(this.#frame, words);
    root.append(this.#dialog);
    document.documentElement.append(this.#host);
    raise(this.#host, null);
    this.#dialog.focus({ preventScroll: true });
    this.#listen();
    signal.addEventListener("abort", () => this.close(), { once: true, signal: this.#stop.signal });
    this.#highlight(this.#pictures().find(isInWindow) ?? null);
  }

  close(): void {
    this.#stop.abort();
    this.#host.remove();
  }

  #listen(): void {
    const { signal } = this.#stop;
    const options = { capture: true, signal };
    addEventListener("keydown", (event) => this.#pressed(event), options);
    for (const kind of ["pointerdown", "mousedown", "pointerup", "mouseup", "contextmenu"])
      addEventListener(kind, (event) => event.isTrusted && swallow(event), options);
    addEventListener("pointermove", ({ clientX, clientY }) => this.#highlight(this.#under(clientX, clientY)), options);
    addEventListener("click", (event) => event.isTrusted && this.#clicked(event), options);
    for (const kind of ["scroll", "resize"]) addEventListener(kind, () => this.#highlight(this.#at), options);
  }

  #clicked(event: MouseEvent): void {
    swallow(event);
    const { clientX: x, clientY: y } = event;
    const holder = this.#under(x, y);
    if (holder) this.#end({ holder, x, y });
  }

  #pressed(event: KeyboardEvent): void {
    if (!event.isTrusted || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Tab: event.shiftKey ? -1 : 1 }[event.key];
    if (step !== undefined) this.#move(step);
    else if (event.key === "Escape") this.#end(null);
    else if (event.key === "Enter" || event.key === " ") this.#take();
    else return;
    swallow(event);
  }

  #move(step: number): void {
    const all = this.#pictures();
    const at = this.#at ? all.indexOf(this.#at) : step > 0 ? -1 : all.length;
    const next = all[Math.max(0, Math.min(all.length - 1, at + step))] ?? null;
    next?.node.scrollIntoView({ block: "center", inline: "center" });
    this.#highlight(next);
  }

  #take(): void {
    if (!this.#at) return;
    const { left, top, right, bottom } = this.#at.box();
    const middle = (from: number, to: number, room: number) => (Math.max(0, from) + Math.min(room, to)) / 2;
    this.#end({ holder: this.#at, x: middle(left, right, innerWidth), y: middle(top, bottom, innerHeight) });
  }

  #end(pointed: Pointed | null): void {
    this.close();
    this.#chosen(pointed);
  }

  #highlight(holder: Holder | null): void {
    this.#at = holder;
    this.#frame.style.display = holder ? "block" : "none";
    if (!holder) return;
    const { left, top, width, height } = holder.box();
    Object.assign(this.#frame.style, {
      left: `${left}px`,
      top: `${top}px`,
      width: `${width}px`,
      height: `${height}px`,
    });
  }

  /** One that lies on another is the smaller one. */
  #under(x: number, y: number): Holder | null {
    return under(this.#pictures(), x, y);
  }

  #pictures(): Holder[] {
    return seenPictures();
  }
}

/** The pictures that the document shows, in its order. */
export function seenPictures(): Holder[] {
  return [...holdersIn(document)].filter((holder) => {
    const { width, height } = holder.box();
    return Math.min(width, height) >= SMALLEST_PX && holder.node.checkVisibility({ visibilityProperty: true });
  });
}

function isInWindow(holder: Holder): boolean {
  const { top, bottom, left, right } = holder.box();
  return bottom > 0 && right > 0 && top < innerHeight && left < innerWidth;
}

function swallow(event: Event): void {
  event.preventDefault();
  event.stopImmediatePropagation();
}
