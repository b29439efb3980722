/**
 * Takes pictures out of what a tab holds, without a request: the very bytes that its elements show. Browsers ask the
 * reader for this permission; where it is not given, pictures of other sites are fetched a second time.
 */

import { browser } from "wxt/browser";
import { inTurn } from "../in-turn";
import { Mhtml } from "../mhtml";

const PERMISSION = { permissions: ["pageCapture"] } as const;
const FRESH_MS = 300; // what loaded since is not in an older copy
const KEPT_MS = 8000;
const TRIES = 4;
const RETRY_MS = 60;
const REFUSALS = new Set([401, 403, 404, 410, 429, 503]);

interface Copy {
  at: number;
  page: Promise<Mhtml>;
}

const copies = new Map<number, Copy>();
const oneByOne = inTurn();

/** The bytes that a tab's element shows for the first of `urls` that it holds; `null` where they cannot be had. */
export async function heldBy(tabId: number, urls: readonly string[]): Promise<Blob | null> {
  if (!(await mayCapture())) return null;
  const known = copies.get(tabId);
  const found = known && (await known.page.catch(() => null))?.at(urls);
  if (found) return new Blob([found]);
  const isFresh = known && performance.now() - known.at < FRESH_MS;
  const page = await (isFresh ? known.page : copyOf(tabId)).catch(() => null);
  const bytes = page?.at(urls);
  return bytes ? new Blob([bytes]) : null;
}

/** Whether a refusal of this status may be one of a site that gives each picture once, and the reader could allow it. */
export async function wouldCapture(status: number): Promise<boolean> {
  return REFUSALS.has(status) && (await couldCapture());
}

/** Whether the reader has not allowed it yet, and can be asked. */
export async function couldCapture(): Promise<boolean> {
  const { optional_permissions: optional = [] } = browser.runtime.getManifest();
  return (optional as string[]).includes("pageCapture") && !(await mayCapture());
}

async function mayCapture(): Promise<boolean> {
  return (
    browser.pageCapture !== undefined && browser.permissions.contains({ permissions: [...PERMISSION.permissions] })
  );
}

function copyOf(tabId: number): Promise<Mhtml> {
  const copy = { at: performance.now(), page: oneByOne(() => saved(tabId)) };
  copies.set(tabId, copy);
  setTimeout(() => copies.get(tabId) === copy && copies.delete(tabId), KEPT_MS);
  return copy.page;
}

/** Browsers save one page at a time, and now and then lose the file before it is read. */
async function saved(tabId: number): Promise<Mhtml> {
  for (let tried = 1; ; tried++) {
    try {
      const file = await browser.pageCapture.saveAsMHTML({ tabId });
      return new Mhtml(new Uint8Array((await file?.arrayBuffer()) ?? new ArrayBuffer(0)));
    } catch (error) {
      if (tried === TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}
