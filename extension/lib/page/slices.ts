/** Long work in the page's own thread, in slices: the page's clicks and frames come in between. */

const SLICE_MS = 8; // half a frame

interface Yielding {
  scheduler?: { yield?: () => Promise<void> };
}

/** Let the page have its turn. */
export function rest(): Promise<void> {
  const { scheduler } = globalThis as Yielding;
  return scheduler?.yield?.() ?? new Promise((resolve) => setTimeout(resolve));
}

/** Take all steps, and rest whenever a slice's time is over; what they return in the end. */
export async function inSlices<Result>(steps: Generator<unknown, Result>): Promise<Result> {
  for (let began = performance.now(); ;) {
    const step = steps.next();
    if (step.done) return step.value;
    if (performance.now() - began < SLICE_MS) continue;
    await rest();
    began = performance.now();
  }
}

/** Take all steps at once; what they return in the end. */
export function atOnce<Result>(steps: Generator<unknown, Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}
