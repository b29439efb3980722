/** Tells when the document may show other pictures, and which elements the reader looks at. */

import type { Holder } from "../holders/holder";
import { WATCHED_ATTRIBUTES } from "../holders/registry";

const SETTLE_MS = 120;
const FIRST_MS = 16; // a frame
const ADDRESS_EVERY_MS = 500; // single-page sites change it without an event that this world sees

/** Calls `changed` soon after the document, one of its shadow roots or its address changed, until `signal` aborts. */
export class DocumentWatch {
  readonly #changed: () => void;
  readonly #observer: MutationObserver;
  readonly #signal: AbortSignal;
  readonly #seen = new WeakSet<Node>();
  readonly #attended = new WeakSet<Holder>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #last = 0;

  constructor(changed: () => void, signal: AbortSignal) {
    this.#changed = changed;
    this.#signal = signal;
    this.#observer = new MutationObserver(() => this.soon());
    document.addEventListener("load", () => this.soon(), { capture: true, signal });
    addEventListener("popstate", () => this.soon(), { signal });
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
    const rest = this.#last + SETTLE_MS - performance.now();
    this.#timer ??= setTimeout(
      () => {
        this.#timer = undefined;
        this.#last = performance.now();
        this.#changed();
      },
      Math.max(FIRST_MS, rest),
    );
  }

  #stop(): void {
    this.#observer.disconnect();
    clearTimeout(this.#timer);
  }
}

const LOOK_MS = 250;

/** Calls `looksAt` with the elements in view, top first, some time after they changed, until `signal` aborts. */
export class ViewWatch {
  readonly #inView = new Set<Element>();
  readonly #observer: IntersectionObserver;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(looksAt: (elements: Element[]) => void, signal: AbortSignal) {
    this.#observer = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        if (isIntersecting) this.#inView.add(target);
        else this.#inView.delete(target);
      }
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        looksAt([...this.#inView].filter((element) => element.isConnected).sort(byTop));
      }, LOOK_MS);
    });
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
