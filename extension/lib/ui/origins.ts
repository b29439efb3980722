/** Which sites the reader has yet to allow before a chapter's pictures can be read. */

import { browser } from "wxt/browser";
import { patternOf } from "../sites";

/** The match patterns of those origins that the extension may not read. */
export async function missingOrigins(origins: readonly string[]): Promise<string[]> {
  const patterns = new Set(origins.map(patternOf));
  const missing = await Promise.all(
    [...patterns].map(async (pattern) =>
      (await browser.permissions.contains({ origins: [pattern] })) ? [] : [pattern],
    ),
  );
  return missing.flat();
}

/** What the browser is to ask the reader for: sites, and a look at what the page holds; `null` for nothing. */
export function wishOf(
  missing: readonly string[],
  capture: boolean,
): { origins?: string[]; permissions?: "pageCapture"[] } | null {
  if (missing.length === 0 && !capture) return null;
  return { ...(missing.length ? { origins: [...missing] } : {}), ...(capture ? { permissions: ["pageCapture"] } : {}) };
}
