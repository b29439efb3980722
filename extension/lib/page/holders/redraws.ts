/**
 * Looks at what is drawn anew without a change of the markup. Sites turn pages after something that the reader did:
 * then every frame is looked at for a while, else now and then. Always at the end of a frame, when all has been drawn
 * and nothing has been handed to the screen yet: what is drawn without being kept is there for that moment alone.
 */

import { closedRoot } from "./closed-root";

const ACTS = ["keydown", "keyup", "pointerdown", "pointerup", "click", "wheel", "touchend", "popstate", "hashchange"];
const AT_ONCE_MS = 700;
const SOON_MS = 4000;
const SOON_EVERY_MS = 120;
const CALM_EVERY_MS = 500;
const FAR_MS = 4; // of a frame, for what is not near the window
const UNSEEN = "all:initial;position:fixed;width:0;height:0;overflow:hidden;visibility:hidden;pointer-events:none";

/** Looks at one thing; far from the window only as often as there is time for it. */
interface Look {
  look: () => void;
  isNear: () => boolean;
}

const TURNS = new Set(["keydown", "click", "touchend", "popstate", "hashchange"]);
const SCROLLS = new Set(["ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End", "Space"]);
let turned = 0;
let scrolled = 0;

/**
 * How often the reader did something after which a site may show another page, as long as redraws are watched. Keys by
 * which one scrolls count as well, unless the page goes on beyond the window.
 */
export function turnsSoFar(goesOn = false): number {
  return goesOn ? turned - scrolled : turned;
}

const looks = new Set<Look>();
let turning: Turning | null = null;

/** Call `look` whenever something may have been drawn that `isNear`, now and then else, until `signal` aborts. */
export function watchRedraws(look: () => void, isNear: () => boolean, signal: AbortSignal): void {
  const one = { look, isNear };
  looks.add(one);
  turning ??= new Turning();
  signal.addEventListener("abort", () => (looks.delete(one), looks.size === 0 && end()), { once: true });
}

/** Expect something to be drawn soon. */
export function lookSoon(): void {
  turning?.soon();
}

function end(): void {
  turning?.stop();
  turning = null;
}

class Turning {
  readonly #stop = new AbortController();
  readonly #host = document.createElement("div");
  readonly #probe = document.createElement("div"); // its size is seen to have changed at the end of the frame
  readonly #sizes = new ResizeObserver(() => this.#turn());
  #acted = performance.now();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #frame = 0;

  constructor() {
    const options = { capture: true, passive: true, signal: this.#stop.signal };
    for (const act of ACTS) addEventListener(act, (event) => this.#heard(event), options);
    this.#host.style.cssText = UNSEEN;
    closedRoot(this.#host).append(this.#probe);
    document.documentElement.append(this.#host);
    this.#sizes.observe(this.#probe);
    this.#next();
  }

  #heard(event: Event): void {
    this.#acted = performance.now();
    if (TURNS.has(event.type)) turned += 1;
    if (event.type === "keydown" && SCROLLS.has((event as KeyboardEvent).code)) scrolled += 1;
    this.#next();
  }

  soon(): void {
    this.#acted = Math.max(this.#acted, performance.now() - AT_ONCE_MS);
  }

  stop(): void {
    this.#stop.abort();
    this.#sizes.disconnect();
    this.#host.remove();
    clearTimeout(this.#timer);
    cancelAnimationFrame(this.#frame);
  }

  #next(): void {
    clearTimeout(this.#timer);
    cancelAnimationFrame(this.#frame);
    const since = performance.now() - this.#acted;
    const wait = since < AT_ONCE_MS ? 0 : since < SOON_MS ? SOON_EVERY_MS : CALM_EVERY_MS;
    if (document.hidden) this.#timer = setTimeout(() => this.#turn(), CALM_EVERY_MS);
    else if (wait === 0) this.#frame = requestAnimationFrame(() => this.#stir());
    else this.#timer = setTimeout(() => (this.#frame = requestAnimationFrame(() => this.#stir())), wait);
  }

  #stir(): void {
    this.#probe.style.height = this.#probe.style.height === "1px" ? "2px" : "1px";
    if (this.#host.isConnected) return;
    document.documentElement.append(this.#host); // the site threw it away
    this.#next();
  }

  #turn(): void {
    const far: Look[] = [];
    for (const one of [...looks]) {
      if (one.isNear()) one.look();
      else far.push(one);
    }
    const until = performance.now() + FAR_MS;
    for (const one of far) {
      if (performance.now() > until) break;
      one.look();
      looks.delete(one);
      looks.add(one); // its next turn is after the others'
    }
    if (!this.#stop.signal.aborted) this.#next();
  }
}
