/** Whether another address is another chapter. */

const PAGE_KEYS = ["page", "p", "pg"];

/** The part of an address that stays the same while one turns the pages of a chapter. */
export function chapterKey(address: string): string {
  const url = new URL(address);
  for (const key of PAGE_KEYS) url.searchParams.delete(key);
  return `${url.origin}${url.pathname.replace(/\/\d+\/?$/, "")}?${url.searchParams}`;
}
