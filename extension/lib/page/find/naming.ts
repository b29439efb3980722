/**
 * What a document calls its series and its chapter. One table, asked from the top: the first rule that tells the series
 * names it, and the first that tells the chapter. A rule for one more reader is one more line. What the reader chose for
 * the site goes before the table.
 */

import { isSelector, type Naming, OWN } from "../../habits";

export interface Names {
  series: string;
  chapter: string;
}

type Told = Partial<Names>;

interface Rule {
  /** Whose markup it is, or which standard. */
  of: string;
  tells: (page: Document, address: URL) => Told;
}

const CHAPTER_WORD =
  "chapter|chap|ch|episode|ep|issue|part|capítulo|capitulo|cap|chapitre|kapitel|kap|capitolo|bölüm|глава|розділ|bab|chương";
const VOLUME = "(?:(?:volume|vol|band|tome|season|том)\\.?\\s*\\d+\\s*[,:–—-]?\\s*)?";
const CHAPTER = new RegExp(
  `(?<![\\p{L}\\d])${VOLUME}(?:${CHAPTER_WORD})\\.?\\s*[-#:]?\\s*\\d+(?:[.,]\\d+)?` +
    "|第\\s*\\d+(?:\\.\\d+)?\\s*[話话章回]|제?\\s*\\d+\\s*화|(?<![\\p{L}\\d])(?:volume|vol|tome|band)\\.?\\s*#?\\d+|#\\d+(?:\\.\\d+)?",
  "iu",
);
const SEPARATOR = /\s+[-–—|·•:»/]\s+|\s*[|»]\s*/;
const ADVERTISING =
  /^\s*(?:read|reading|leer|lire|ler|baca)\s+|\s+(?:(?:manga|manhwa|manhua|comic|webtoon)s?\s+)?(?:(?:read|online|free|for|in|english|raw|hd|high quality)\s*)+$|\s*\((?:page|p\.?)\s*\d+[^)]*\)\s*$/giu;
const PAGE_COUNT = /^(?:page|p\.?|pg\.?)?\s*\d+\s*(?:(?:of|\/)\s*\d+)?$/i;
const SERIES_FOLDER =
  /^(?:manga|mangas|manhwa|manhua|webtoon|webtoons|comic|comics|series|title|titles|read|reader|book)$/;
const CHAPTER_SLUG = /^(?:(?:chapter|chap|ch|episode|ep|c|issue)[-_]?)(\d+(?:[-_.]\d+)?)(?=$|[-_.])/i;
const MIXED_SLUG = /^(.+?)[-_](?:chapter|chap|ch|episode|ep)[-_]?(\d+(?:[-_.]\d+)?)(?=$|[-_.])/i;
const LONGEST = 200;
const DATA_CHARACTERS = 200_000;

/** Readers that many sites are built with, by what stands in their markup. */
const READERS: readonly { of: string; series: string; chapter: string }[] = [
  { of: "Madara", series: ".breadcrumb li:has(+ li.active) a", chapter: ".breadcrumb li.active, #chapter-heading" },
  { of: "MangaStream", series: ".headpost .allc a, .ts-breadcrumb li:nth-last-child(2) span", chapter: ".headpost h1" },
  { of: "MangaDex", series: "a.reader-header-title, .reader--header-manga", chapter: ".reader--header-title" },
  { of: "Webtoons", series: ".subj_info a.subj", chapter: ".subj_info .subj_episode" },
  { of: "FoOlSlide", series: ".topbar_left h1 a:first-of-type, .tbtitle .text a[href*='/series/']", chapter: ".tbtitle .text a[href*='/read/']" },
  { of: "Genkan", series: ".heading h5 a", chapter: ".heading h6" },
  { of: "GigaViewer", series: ".series-header-title, .series-title", chapter: ".episode-header-title, .episode-title" },
  { of: "Tapas", series: ".viewer__header .title--series, a.series-title", chapter: ".viewer__header .title--episode" },
  { of: "microformats", series: "[itemprop=isPartOf] [itemprop=name], [itemprop=partOfSeries] [itemprop=name]", chapter: "[itemtype$='/Chapter'] > [itemprop=name], [itemprop=headline]" },
  { of: "data attributes", series: "[data-series-title], [data-manga-title], [data-comic-title]", chapter: "[data-chapter-title], [data-chapter-name]" },
]; // prettier-ignore

/** The table. */
export const RULES: readonly Rule[] = [
  ...READERS.map(({ of, series, chapter }): Rule => ({
    of,
    tells: (page) => ({ series: textAt(page, series), chapter: textAt(page, chapter) }),
  })),
  { of: "JSON-LD", tells: (page) => linkedData(page) },
  { of: "breadcrumbs", tells: (page) => trail([...page.querySelectorAll(CRUMBS)].map(({ textContent }) => textContent)) },
  { of: "OpenGraph", tells: (page) => titled(contentOf(page, "og:title") || contentOf(page, "twitter:title"), siteOf(page)) },
  { of: "title", tells: (page, { hostname }) => titled(page.title, siteOf(page), hostname) },
  { of: "heading", tells: (page) => titled(textAt(page, "main h1, article h1, h1"), siteOf(page)) },
  { of: "address", tells: (_, address) => addressed(address) },
]; // prettier-ignore

const CRUMBS = "nav[aria-label*='readcrumb' i] li, [class*='breadcrumb' i] > li, [class*='breadcrumb' i] > ol > li";

/** What one rule of the table tells of a document; empty where it tells nothing. */
export interface ToldBy extends Names {
  of: string;
}

/** What the rules of the table tell of a document at `address`, in their order; without those that tell nothing. */
export function tableOf(page: Document, address: string): ToldBy[] {
  const url = new URL(address);
  const told = RULES.map((rule): ToldBy => {
    const { series, chapter } = rule.tells(page, url);
    return { of: rule.of, series: clean(series), chapter: clean(chapter) };
  });
  return told.filter(({ series, chapter }) => series || chapter);
}

/** What the reader's choice for the site tells: a rule's name, or after `OWN` a selector of the element that names it. */
function toldByChoice(page: Document, url: URL, choice: string | undefined, kind: keyof Names): string {
  if (!choice) return "";
  if (choice.startsWith(OWN)) {
    const selector = choice.slice(OWN.length);
    return isSelector(selector) ? textAt(page, selector) : "";
  }
  return clean(RULES.find(({ of }) => of === choice)?.tells(page, url)[kind]);
}

/** The series and the chapter of a document at `address`, by what was `chosen` where that tells them; never empty. */
export function namesOf(page: Document, address: string, chosen: Naming = {}): Names {
  const url = new URL(address);
  const told: Told = {
    series: toldByChoice(page, url, chosen.series, "series"),
    chapter: toldByChoice(page, url, chosen.chapter, "chapter"),
  };
  for (const rule of RULES) {
    if (told.series && told.chapter) break;
    const { series, chapter } = rule.tells(page, url);
    told.series ||= clean(series);
    told.chapter ||= clean(chapter);
  }
  return {
    series: told.series || clean(page.title) || url.hostname || url.pathname,
    chapter: told.chapter || `${url.pathname}${url.search}`.slice(0, LONGEST),
  };
}

/** What a title says: its parts but the site's own name, one of which names a chapter. */
export function titled(title: string, site = "", hostname = ""): Told {
  const parts = title
    .split(SEPARATOR)
    .map((part) => part.replace(ADVERTISING, "").trim())
    .filter((part) => part && !PAGE_COUNT.test(part));
  const at = parts.findIndex((part) => CHAPTER.test(part));
  const part = parts[at];
  if (part === undefined) return {};
  const match = CHAPTER.exec(part) as RegExpExecArray;
  const before = part
    .slice(0, match.index)
    .replace(ADVERTISING, "")
    .replace(/[\s,:–—-]+$/, "");
  const near = parts.flatMap((_, step) => [parts[at - 1 - step] ?? "", parts[at + 1 + step] ?? ""]);
  const others = near.filter((other) => other && !CHAPTER.test(other) && !isSites(other, site, hostname));
  return { series: /[\p{L}\p{N}]/u.test(before) ? before : (others[0] ?? ""), chapter: part.slice(match.index) };
}

/** Whether a part of a title is the site's own name. */
function isSites(part: string, site: string, hostname: string): boolean {
  const plain = (text: string) => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
  if (site && plain(part) === plain(site)) return true;
  const name = plain(hostname.replace(/^www\./, "").replace(/\.[a-z]+$/, ""));
  return name.length > 3 && plain(part) === name;
}

/** What breadcrumbs say: the chapter is the last, and the series stands before it. */
function trail(crumbs: readonly (string | null)[]): Told {
  const words = crumbs.map((crumb) => clean(crumb ?? "")).filter((crumb) => /[\p{L}\p{N}]/u.test(crumb));
  const at = words.findIndex((crumb) => CHAPTER.test(crumb));
  if (at < 1) return {};
  const [series = "", chapter = ""] = [words[at - 1], words[at]];
  const repeats = chapter.toLowerCase().startsWith(series.toLowerCase());
  return { series, chapter: repeats ? chapter.slice(series.length).replace(/^[\s,:–—-]+/, "") : chapter };
}

interface Thing {
  [key: string]: unknown;
}

function linkedData(page: Document): Told {
  const told: Told = {};
  for (const { textContent } of page.querySelectorAll('script[type="application/ld+json"]')) {
    if (!textContent || textContent.length > DATA_CHARACTERS) continue;
    for (const thing of thingsIn(parsed(textContent))) {
      const { series, chapter } = aboutChapter(thing);
      told.series ||= series ?? "";
      told.chapter ||= chapter ?? "";
    }
  }
  return told;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function thingsIn(data: unknown): Thing[] {
  if (Array.isArray(data)) return data.flatMap(thingsIn);
  if (data === null || typeof data !== "object") return [];
  const thing = data as Thing;
  return [thing, ...thingsIn(thing["@graph"]), ...thingsIn(thing.mainEntity)];
}

function aboutChapter(thing: Thing): Told {
  const kinds = [thing["@type"]].flat().map(String);
  if (kinds.includes("BreadcrumbList")) {
    const items = [thing.itemListElement].flat().filter((item) => item !== null && typeof item === "object") as Thing[];
    const placed = items.sort((a, b) => Number(a.position) - Number(b.position));
    return trail(placed.map((item) => nameOf(item) || nameOf(item.item)));
  }
  if (!kinds.some((kind) => /Chapter|Comic(?:Issue|Story)|PublicationIssue|Episode|Article|CreativeWork/.test(kind)))
    return {};
  const whole = nameOf(thing.isPartOf) || nameOf(thing.partOfSeries) || nameOf(thing.partOf);
  const own = nameOf(thing) || textOf(thing.headline);
  const { series, chapter } = titled(own);
  const number = textOf(thing.issueNumber) || textOf(thing.episodeNumber);
  return { series: whole || series || "", chapter: chapter || (whole && own) || (number && `#${number}`) || "" };
}

function nameOf(thing: unknown): string {
  const one: unknown = Array.isArray(thing) ? thing[0] : thing;
  return one !== null && typeof one === "object" ? textOf((one as Thing).name) : textOf(one);
}

function textOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? `${value}` : "";
}

/** What an address says: `/manga/rain-town/chapter-3`, `/rain-town-chapter-3/`. */
function addressed({ pathname }: URL): Told {
  const folders = pathname.split("/").map(decoded).filter(Boolean);
  const at = folders.findIndex((folder) => CHAPTER_SLUG.test(folder) || MIXED_SLUG.test(folder));
  const named = folders.findIndex((folder) => SERIES_FOLDER.test(folder));
  const mixed = MIXED_SLUG.exec(folders[at] ?? "");
  const number = CHAPTER_SLUG.exec(folders[at] ?? "")?.[1] ?? mixed?.[2];
  const slug =
    mixed?.[1] ?? (named >= 0 && named + 1 !== at ? folders[named + 1] : at > 0 ? folders[at - 1] : undefined);
  return {
    series: slug && /\p{L}{2}/u.test(slug) && !SERIES_FOLDER.test(slug) ? spoken(slug) : "",
    chapter: number ? `Chapter ${number.replace(/[-_]/, ".")}` : "",
  };
}

function decoded(folder: string): string {
  try {
    return decodeURIComponent(folder);
  } catch {
    return folder;
  }
}

/** A slug as words, without the number or the code that sites put at its ends. */
function spoken(slug: string): string {
  const words = slug.split(/[-_+.\s]+/).filter(Boolean);
  while (words.length > 1 && /^(?:\d{3,}|[0-9a-f]{6,})$/i.test(words.at(-1) ?? "")) words.pop();
  while (words.length > 1 && /^\d{3,}$/.test(words[0] ?? "")) words.shift();
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(" ");
}

function contentOf(page: Document, name: string): string {
  return page.querySelector<HTMLMetaElement>(`meta[property="${name}"], meta[name="${name}"]`)?.content ?? "";
}

function siteOf(page: Document): string {
  return contentOf(page, "og:site_name") || contentOf(page, "application-name");
}

/** The text of the first of these elements that has any, or what its attribute says. */
function textAt(page: Document, selector: string): string {
  const named = [...selector.matchAll(/\[(data-[\w-]+)\]/g)].map(([, name]) => name ?? "");
  for (const element of page.querySelectorAll(selector)) {
    const said = named.map((name) => element.getAttribute(name)).find(Boolean);
    const text = clean(said || element.textContent || "");
    if (text) return text;
  }
  return "";
}

function clean(text: string | undefined | null): string {
  return (text ?? "").replace(/\s+/g, " ").trim().slice(0, LONGEST);
}
