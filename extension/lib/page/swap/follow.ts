/** Follows a layout that scrolls, resizes, or moves without either. */

const FOLLOW_EVERY_MS = 400;

/** Calls `place` in the frame after the layout may have moved, until `signal` aborts; what is returned asks for it too. */
export function followLayout(place: () => void, signal: AbortSignal): () => void {
  let frame = 0;
  const follow = () => {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      if (!signal.aborted) place();
    });
  };
  addEventListener("scroll", follow, { capture: true, passive: true, signal });
  addEventListener("resize", follow, { passive: true, signal });
  const timer = setInterval(follow, FOLLOW_EVERY_MS);
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
  return follow;
}
