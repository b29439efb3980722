/** How long to wait before the next try to connect: doubling, with a cap and an end. */

const FIRST_MS = 250;
const CAP_MS = 15_000;
const TRIES = 8;

/** Milliseconds before try number `attempt` (from 0), or `null` once it is time to give up. */
export function backoffMs(attempt: number): number | null {
  return attempt < TRIES ? Math.min(CAP_MS, FIRST_MS * 2 ** attempt) : null;
}
