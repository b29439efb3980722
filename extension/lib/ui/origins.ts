/** Which sites the reader has yet to allow before a chapter's pictures can be read. */

import { browser } from "wxt/browser";

/** The match patterns of those origins that the extension may not read; ports do not count for permissions. */
export async function missingOrigins(origins: readonly string[]): Promise<string[]> {
  const patterns = new Set(origins.map((origin) => `${new URL(origin).protocol}//${new URL(origin).hostname}/*`));
  const missing = await Promise.all(
    [...patterns].map(async (pattern) =>
      (await browser.permissions.contains({ origins: [pattern] })) ? [] : [pattern],
    ),
  );
  return missing.flat();
}
