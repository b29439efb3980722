/** Whether another address is another chapter, and what a chapter is called. */

const PAGE_KEYS = ["page", "p", "pg"];

/** The part of an address that stays the same while one turns the pages of a chapter. */
export function chapterKey(address: string): string {
  const url = new URL(address);
  for (const key of PAGE_KEYS) url.searchParams.delete(key);
  return `${url.origin}${url.pathname.replace(/\/\d+\/?$/, "")}?${url.searchParams}`;
}

/** Series and chapter in one; a chapter that is told by its address alone has no name. */
export function titleOf(series: string, chapter: string): string {
  return chapter === "" || chapter.startsWith("/") ? series : `${series}, ${chapter}`;
}
