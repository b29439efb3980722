/**
 * The original for as long as a key is held, or a page is pressed: of all pages by the key, of the pressed one by the
 * press. What is held for that does not reach the site, which may turn pages by keys and clicks.
 */

import { storage } from "wxt/utils/storage";
import { CHOICES, type Choices, NO_CHOICES } from "../../state";
import type { Holder } from "../holders/holder";
import { isOurs } from "../holders/roots";

const HOLD_MS = 350; // longer than a click, as touch screens count
const STILL_PX = 8;

/** What is peeked at. */
export interface Peeked {
  readonly isAnything: boolean;
  readonly covered: Holder[];
  peek(at: "all" | Holder | null): void;
}

export class Peek {
  readonly #pages: Peeked;
  readonly #signal: AbortSignal;
  readonly #isReaders: (event: Event) => boolean;
  #choices = NO_CHOICES;
  #key = ""; // that is held
  #pressed: { x: number; y: number; timer: ReturnType<typeof setTimeout> } | null = null;
  #isPeeking = false; // by a press
  #swallows = false; // the click that ends it

  /** Let the reader peek at `pages` until `signal` aborts; events that are not the reader's do not count. */
  constructor(pages: Peeked, signal: AbortSignal, isReaders = ({ isTrusted }: Event) => isTrusted) {
    this.#pages = pages;
    this.#signal = signal;
    this.#isReaders = isReaders;
    const choose = (choices: Choices | null) => (this.#choices = { ...NO_CHOICES, ...choices });
    const stop = storage.watch<Choices>(CHOICES, choose);
    void storage.getItem<Choices>(CHOICES).then(choose);
    signal.addEventListener("abort", () => (stop(), this.#end()), { once: true });
    this.#listen();
  }

  #listen(): void {
    const on = <Kind extends keyof WindowEventMap>(kind: Kind, act: (event: WindowEventMap[Kind]) => void) =>
      addEventListener(kind, (event) => this.#isReaders(event) && act(event), { capture: true, signal: this.#signal });
    on("keydown", (event) => this.#down(event));
    on("keypress", (event) => event.code === this.#key && swallow(event));
    on("keyup", (event) => event.code === this.#key && (swallow(event), this.#end()));
    on("blur", ({ target }) => !(target instanceof Node) && this.#end());
    document.addEventListener("visibilitychange", () => this.#end(), { signal: this.#signal });
    on("pointerdown", (event) => this.#press(event));
    on("pointermove", (event) => this.#isFar(event) && this.#release());
    on("pointerup", () => this.#release());
    on("pointercancel", () => this.#release());
    for (const kind of ["click", "auxclick", "dragstart", "contextmenu"] as const)
      on(kind, (event) => (this.#isPeeking || this.#swallows) && swallow(event));
  }

  #down(event: KeyboardEvent): void {
    const { code, ctrlKey, metaKey, altKey, repeat } = event;
    if (code !== "" && code === this.#key) return swallow(event);
    if (code !== this.#choices.peekKey || repeat || ctrlKey || metaKey || altKey || isWriting(event)) return;
    if (code === "" || !this.#pages.isAnything) return;
    this.#key = code;
    swallow(event);
    this.#pages.peek("all");
  }

  #press({ button, isPrimary, clientX: x, clientY: y, target }: PointerEvent): void {
    this.#release();
    this.#swallows = false;
    if (button !== 0 || !isPrimary || !this.#choices.peeksByPress) return;
    if (target instanceof Element && (isOurs(target) || target.closest(CONTROLS))) return;
    const holder = under(this.#pages.covered, x, y);
    if (!holder) return;
    const timer = setTimeout(() => {
      this.#isPeeking = true;
      this.#pages.peek(holder);
    }, HOLD_MS);
    this.#pressed = { x, y, timer };
  }

  /** A page that is dragged is not peeked at. */
  #isFar({ clientX, clientY }: PointerEvent): boolean {
    if (!this.#pressed || this.#isPeeking) return false;
    return Math.hypot(clientX - this.#pressed.x, clientY - this.#pressed.y) > STILL_PX;
  }

  #release(): void {
    clearTimeout(this.#pressed?.timer);
    this.#pressed = null;
    if (!this.#isPeeking) return;
    this.#swallows = true;
    setTimeout(() => (this.#swallows = false)); // the click comes with the release
    this.#end();
  }

  #end(): void {
    clearTimeout(this.#pressed?.timer);
    this.#pressed = null;
    this.#key = "";
    this.#isPeeking = false;
    this.#pages.peek(null);
  }
}

const CONTROLS = "input, textarea, select, button, video, audio, [contenteditable], [role=slider]";

/** The smallest of the pictures at a place of the window. */
export function under<Shown extends Pick<Holder, "box">>(
  holders: readonly Shown[],
  x: number,
  y: number,
): Shown | null {
  const boxes = holders.map((holder) => [holder, holder.box()] as const);
  const hit = boxes.filter(([, { left, right, top, bottom }]) => x >= left && x < right && y >= top && y < bottom);
  return hit.sort(([, a], [, b]) => a.width * a.height - b.width * b.height)[0]?.[0] ?? null;
}

function isWriting(event: Event): boolean {
  const [target] = event.composedPath();
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"));
}

function swallow(event: Event): void {
  event.preventDefault();
  event.stopImmediatePropagation();
}
