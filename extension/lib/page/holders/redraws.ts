/**
 * Looks at what is drawn anew without a change of the markup. Sites turn pages after something that the reader did:
 * then every frame is looked at for a while, else now and then.
 */

const ACTS = ["keydown", "keyup", "pointerdown", "pointerup", "click", "wheel", "touchend", "popstate", "hashchange"];
const AT_ONCE_MS = 700;
const SOON_MS = 4000;
const SOON_EVERY_MS = 120;
const CALM_EVERY_MS = 500;

const looks = new Set<() => void>();
let acted = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
let frame = 0;
let stop: AbortController | null = null;

/** Call `look` whenever something may have been drawn, until `signal` aborts. */
export function watchRedraws(look: () => void, signal: AbortSignal): void {
  looks.add(look);
  signal.addEventListener("abort", () => (looks.delete(look), looks.size === 0 && end()), { once: true });
  if (stop) return;
  stop = new AbortController();
  const options = { capture: true, passive: true, signal: stop.signal };
  for (const act of ACTS) addEventListener(act, () => ((acted = performance.now()), next()), options);
  acted = performance.now();
  next();
}

/** Expect something to be drawn soon. */
export function lookSoon(): void {
  acted = Math.max(acted, performance.now() - AT_ONCE_MS);
  if (stop) next();
}

function next(): void {
  clearTimeout(timer);
  cancelAnimationFrame(frame);
  const since = performance.now() - acted;
  if (since < AT_ONCE_MS && !document.hidden) frame = requestAnimationFrame(turn);
  else timer = setTimeout(turn, since < SOON_MS ? SOON_EVERY_MS : CALM_EVERY_MS);
}

function turn(): void {
  for (const look of [...looks]) look();
  if (stop) next();
}

function end(): void {
  stop?.abort();
  stop = null;
  clearTimeout(timer);
  cancelAnimationFrame(frame);
}
