/** What a document says about its chapter: the names, and whether another address is another chapter. */

const CHAPTER =
  /\b(?:chapter|chap|ch|episode|ep|vol|volume|capítulo|capitulo|chapitre|kapitel)\.?\s*#?\d+|第\s*\d+\s*[話章回]|#\d+/i;
const SEPARATOR = /\s+[-–—|·•:»]\s+|\s*[|»]\s*/;
const PAGE_KEYS = ["page", "p", "pg"];

/** The series and the chapter, as far as title and address tell. */
export function namesOf(title: string, address: string): { series: string; chapter: string } {
  const { hostname, pathname, search } = new URL(address);
  const parts = title
    .split(SEPARATOR)
    .map((part) => part.trim())
    .filter(Boolean);
  const chapter = parts.find((part) => CHAPTER.test(part)) ?? "";
  const named = parts.find((part) => !CHAPTER.test(part)) ?? chapter.replace(CHAPTER, "").trim();
  return { series: named || hostname, chapter: chapter || `${pathname}${search}` };
}

/** The part of an address that stays the same while one turns the pages of a chapter. */
export function chapterKey(address: string): string {
  const url = new URL(address);
  for (const key of PAGE_KEYS) url.searchParams.delete(key);
  return `${url.origin}${url.pathname.replace(/\/\d+\/?$/, "")}?${url.searchParams}`;
}
