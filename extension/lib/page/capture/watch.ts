/** Tells when the document may show other pictures, and which elements the reader looks at. */

import type { Holder } from "../holders/holder";
import { WATCHED_ATTRIBUTES } from "../holders/registry";

const SETTLE_MS = 120;
const FIRST_MS = 16; // a frame
const ADDRESS_EVERY_MS = 500; // single-page sites change it without an event that this world sees
const CALM = 1; // times as long as the last look took: on a site that never rests half of the time is its own
const PICTURES = new Set(["img", "image", "css", "video", "input", "object", "embed"]);

/** Calls `changed` soon after the document, one of its shadow roots or its address changed, until `signal` aborts. */
export class DocumentWatch {
  readonly #changed: () => void | Promise<void>;
  readonly #observer: MutationObserver;
  readonly #signal: AbortSignal;
  readonly #seen = new WeakSet<Node>();
  readonly #attended = new WeakSet<Holder>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isLooking = false;
  #isNews = false; // something changed while it looked
  #rests = 0; // until then

  constructor(changed: () => void | Promise<void>, signal: AbortSignal) {
    this.#changed = changed;
    this.#signal = signal;
    this.#observer = new MutationObserver(() => this.soon());
    document.addEventListener("load", () => this.soon(), { capture: true, signal });
    addEventListener("popstate", () => this.soon(), { signal });
    if (typeof PerformanceObserver !== "undefined") this.#hearOfPictures();
    let address = location.href;
    const timer = setInterval(() => {
      if (address !== location.href) this.soon();
      address = location.href;
    }, ADDRESS_EVERY_MS);
    signal.addEventListener("abort", () => (clearInterval(timer), this.#stop()), { once: true });
  }

  /** Watch one more root; a root is watched once. */
  include(root: Document | ShadowRoot): void {
    if (this.#seen.has(root)) return;
    this.#seen.add(root);
    this.#observer.observe(root, {
      childList: true,
      subtree: true,
      attributes: true,
      attributeFilter: WATCHED_ATTRIBUTES,
    });
  }

  /** Hear of pictures that come without a change of the markup. */
  attend(holder: Holder): void {
    if (this.#attended.has(holder)) return;
    this.#attended.add(holder);
    holder.watch(() => this.soon(), this.#signal);
  }

  /** After a calm time at once, else when things have settled. */
  soon(): void {
    if (this.#signal.aborted) return;
    if (this.#isLooking) this.#isNews = true;
    else this.#timer ??= setTimeout(() => this.now(), Math.max(FIRST_MS, this.#rests - performance.now()));
  }

  /** At once, unless it is being looked already. */
  now(): void {
    if (this.#isLooking) return this.soon();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const began = performance.now();
    this.#isLooking = true;
    this.#isNews = false;
    const looks = this.#changed();
    if (looks instanceof Promise) void looks.finally(() => this.#looked(began));
    else this.#looked(began);
  }

  #looked(began: number): void {
    const now = performance.now();
    this.#rests = Math.max(began + SETTLE_MS, now + CALM * (now - began));
    this.#isLooking = false;
    if (this.#isNews) this.soon();
  }

  /** Pictures that come where nothing is observed: in shadow roots that were made later, by style sheets that changed. */
  #hearOfPictures(): void {
    const observer = new PerformanceObserver((list) => {
      const isPicture = (entry: PerformanceEntry) => PICTURES.has((entry as PerformanceResourceTiming).initiatorType);
      if (list.getEntries().some(isPicture)) this.soon();
    });
    observer.observe({ type: "resource" });
    this.#signal.addEventListener("abort", () => observer.disconnect(), { once: true });
  }

  #stop(): void {
    this.#observer.disconnect();
    clearTimeout(this.#timer);
  }
}

const LOOK_MS = 250;
const FIRST_LOOK_MS = 32; // two frames: what comes into view together is told together
const WHOLE = 0.99;

/**
 * Calls `looksAt` with the elements in view, top first, after they changed: after a calm time at once, else some times a
 * second, until `signal` aborts.
 */
export class ViewWatch {
  readonly #inView = new Set<Element>();
  readonly #observer: IntersectionObserver;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(looksAt: (elements: Element[]) => void, signal: AbortSignal) {
    this.#observer = new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries) {
          if (isIntersecting) this.#inView.add(target);
          else this.#inView.delete(target);
        }
        const wait = Math.max(FIRST_LOOK_MS, this.#lookedAt + LOOK_MS - performance.now());
        this.#timer ??= setTimeout(() => {
          this.#timer = undefined;
          this.#lookedAt = performance.now();
          looksAt([...this.#inView].filter((element) => element.isConnected).sort(byTop));
        }, wait);
      },
      { threshold: [0, WHOLE] },
    );
    signal.addEventListener("abort", () => (this.#observer.disconnect(), clearTimeout(this.#timer)), { once: true });
  }

  include(element: Element): void {
    this.#observer.observe(element);
  }
}

/** Whether the reader sees a part of the picture now. */
export function isInView(holder: Holder): boolean {
  const { top, bottom, left, right, width, height } = holder.box();
  return width > 0 && height > 0 && bottom > 0 && top < innerHeight && right > 0 && left < innerWidth;
}

function byTop(a: Element, b: Element): number {
  return a.getBoundingClientRect().top - b.getBoundingClientRect().top;
}
