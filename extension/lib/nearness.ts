/** The order in which pages are wanted from where the reader is: onwards, the nearest first, then back. */

/** Compare two pages by their place in the chapter, seen from the page at `place`; -1: the chapter's beginning. */
export function byNearness(place: number): (a: { index: number }, b: { index: number }) => number {
  const steps = ({ index }: { index: number }) => (index >= place ? index - place : Number.MAX_SAFE_INTEGER - index);
  return (a, b) => steps(a) - steps(b);
}
