/** Asks a site again when it says that it is busy, as late as it wishes, and not for ever. */

const BUSY = new Set([429, 503]);
const TRIES = 4;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 20_000;

const busyUntil = new Map<string, number>(); // by origin

/**
 * The answer to `ask`, which is repeated while the site at `url` is busy; the last answer if it stays so. What else is
 * asked of the site meanwhile waits with it.
 */
export async function patiently(ask: () => Promise<Response>, url: string, wait = sleep): Promise<Response> {
  const { origin } = new URL(url);
  for (let tried = 1; ; tried++) {
    const rest = (busyUntil.get(origin) ?? 0) - Date.now();
    if (rest > 0) await wait(rest);
    const response = await ask();
    if (!BUSY.has(response.status) || tried === TRIES) return response;
    await response.body?.cancel();
    const asked = wishOf(response.headers.get("retry-after")) ?? FIRST_WAIT_MS * 2 ** (tried - 1);
    if (asked > LONGEST_WAIT_MS) return response;
    busyUntil.set(origin, Date.now() + asked);
  }
}

/** Seconds or a date, in milliseconds from now. */
export function wishOf(retryAfter: string | null): number | null {
  if (!retryAfter) return null;
  const seconds = Number(retryAfter);
  const wish = Number.isFinite(seconds) ? 1000 * seconds : Date.parse(retryAfter) - Date.now();
  return Number.isFinite(wish) ? Math.max(0, wish) : null;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
