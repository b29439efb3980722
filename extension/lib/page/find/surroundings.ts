/** What a picture stands among: furniture of the site, comments, related series, and where its link leads. */

import { ancestors } from "../holders/roots";

const FURNITURE = "footer, nav, aside, ins, [role=banner], [role=navigation], [role=complementary]";
const SITE_HEADER = "header";
const STORY = "main, article";
const PICTURE_FILE = /\.(?:jpe?g|png|webp|avif|gif)(?:[?#]|$)/i;
const WORD = (words: string) => new RegExp(`(?:^|[-_\\s])(?:${words})(?=$|[-_\\s\\d])`, "i");
const ASIDE_WORDS = WORD(
  "ads?|advert\\w*|adsbygoogle|adslot|adbox|banner|sponsor\\w*|promo\\w*|affiliate|comments?|commentlist|disqus|reply|replies|" +
    "related|recommend\\w*|recs|suggest\\w*|similar|upnext|popular|trending|sidebar|widget|infobox|thumbs?|thumbnails?|filmstrip|" +
    "signature|author|profile|userpic|breadcrumbs?|navbar|topbar|masthead",
);
const OWN_WORDS = WORD("avatar|gravatar|userpic|logo|emoji|smiley|icon|badge|spinner");
const COVER = /^(?:(?:series|manga|book|comic|title)[-_])?(?:cover|poster)(?:[-_](?:image|img|art))?$/i;
const ASIDE_HEADING =
  /\b(?:related|recommend\w*|you (?:may|might) (?:also )?(?:like|enjoy)|similar|more (?:from|like|by|series|manga|comics)|popular|trending|comments?|discussion|replies|also read|sponsored|new releases|latest updates|hot now|おすすめ|関連|コメント)/i;
const HEADING = "h1, h2, h3, h4, h5, h6, [role=heading]";
const NEXT = /^(?:next\b|›|»|→|>|次)|\bnext (?:page|comic|strip|chapter)\b/i;
const CHAPTER_LINK = /\b(?:chapter|chap|ch|episode|ep|vol|volume)\.?\s*#?\d+|第\s*\d+\s*[話章回巻]/i;
const CHAPTERS_LISTED = 4;
const SECOND = /^\/?[/?&_-](?:p|pg|page|seite|pagina|img|image)?[=/_-]?0*2$/i; // what is added to the first page's address
const PRODUCT = "meta[property='og:type'][content*=product i], [itemtype$='schema.org/Product']";
const BUTTON = "button, [role=button], input[type=submit], a[class*=cart i], a[class*=basket i]";
const INTO_CART =
  /^(?:add to (?:cart|basket|bag|trolley)|カートに(?:入れる|追加)|in den (?:warenkorb|einkaufswagen)|a[ñn]adir (?:al|a la) (?:carrito|cesta)|加入(?:购物车|購物車)|ajouter au panier)/i;
const VIEWER = 0.5; // of the window

/** What was found out of elements in one look: the heading that each stands under, or `null`. */
export type Headings = Map<Element, Element | null>;

/** Whether `img` is furniture of the site. An element that `holdsMost` of the pictures is the story itself. */
export function isFurniture(
  img: Element,
  holdsMost: (element: Element) => boolean,
  headings: Headings = new Map(),
): boolean {
  if (img.closest(FURNITURE) || img.closest(SITE_HEADER)?.closest(STORY) === null) return true;
  const dialog = img.closest("dialog");
  if (dialog && !isViewer(dialog)) return true;
  if (OWN_WORDS.test(wordsOf(img)) || [...img.classList].some((name) => COVER.test(name))) return true;
  for (const element of ancestors(img)) {
    if (element.localName === "body") return false;
    const isAside =
      ASIDE_WORDS.test(wordsOf(element)) || ASIDE_HEADING.test(headingOf(element, headings)?.textContent ?? "");
    if (isAside && !holdsMost(element)) return true;
  }
  return false;
}

/** Whether the link around `img` leads to another document: not to the picture's file, nor to the reader's next page. */
export function leadsAway(img: Element): boolean {
  const link = img.closest<HTMLAnchorElement>("a[href]");
  if (!link || !/^(?:https?|file):$/.test(link.protocol) || PICTURE_FILE.test(link.href)) return false;
  return !isSameDocument(link) && !isNextPage(link);
}

/** Whether the document lists the chapters of a series, as the page about a series does and a reader's menu does not. */
export function listsChapters(root: Document): boolean {
  const links = [...root.querySelectorAll("a[href]")].filter(
    (link) => CHAPTER_LINK.test(link.textContent ?? "") && !isNextLink(link as HTMLAnchorElement),
  );
  return links.length >= CHAPTERS_LISTED;
}

/** Whether the document shows the pages of a chapter as links to them, and is none of these itself. */
export function listsPages(root: Document): boolean {
  const here = location.pathname + location.search;
  const links = [...root.querySelectorAll<HTMLAnchorElement>("a[href]")].filter((link) => link.querySelector("img"));
  const addresses = new Set(links.filter(({ origin }) => origin === location.origin).map(addressOf));
  const second = [...addresses].find((address) => {
    const rest = [2, 3, 4, 5].map((number) => address.replace(/\d+(?=\D*$)/, `${number}`));
    return rest[0] === address && rest[1] !== address && rest.every((each) => addresses.has(each));
  });
  return second !== undefined && !isLike(here, second) && !addsSecond(here, second);
}

function addressOf({ pathname, search }: HTMLAnchorElement): string {
  return pathname + search;
}

/** Whether two addresses differ in their last number alone. */
function isLike(one: string, other: string): boolean {
  const [a, b] = [one, other].map((address) => address.replace(/\d+(?=\D*$)/, "#"));
  return a === b;
}

/** Whether the document sells what its picture shows. */
export function sells(root: Document): boolean {
  if (root.querySelector(PRODUCT)) return true;
  return [...root.querySelectorAll<HTMLElement>(BUTTON)].some((button) =>
    INTO_CART.test(button instanceof HTMLInputElement ? button.value : (button.textContent ?? "").trim()),
  );
}

function wordsOf(element: Element): string {
  return `${element.id} ${element.getAttribute("class") ?? ""}`;
}

/** Whether a dialog is where one reads: it is open and takes most of the window. */
function isViewer(dialog: HTMLDialogElement): boolean {
  const { width, height } = dialog.getBoundingClientRect();
  return dialog.open && width * Math.min(height, innerHeight) >= VIEWER * innerWidth * innerHeight;
}

/** The heading that `element` comes under; its like before it come under the same one. */
function headingOf(element: Element, known: Headings): Element | null {
  if (element.matches(STORY) || element.querySelector(STORY)) return null;
  const like = [element];
  let found: Element | null = null;
  for (let at = element.previousElementSibling; at; at = at.previousElementSibling) {
    const isAlike = at.localName === element.localName && at.className === element.className;
    if (isAlike && known.has(at)) found = known.get(at) ?? null;
    else if (at.matches(HEADING)) found = at;
    else if (isAlike) {
      like.push(at);
      continue;
    } else if (!at.querySelector("img")) continue;
    break;
  }
  for (const each of like) known.set(each, found);
  return found;
}

function isSameDocument({ origin, pathname, search }: HTMLAnchorElement): boolean {
  return origin === location.origin && pathname === location.pathname && search === location.search;
}

/** The next page's address counts on by one, is the second's, or is that of a link that says so. */
function isNextPage(link: HTMLAnchorElement): boolean {
  if (link.origin !== location.origin) return false;
  const [from, to] = [location.pathname + location.search, link.pathname + link.search];
  if (isNextLink(link) || countsOn(from, to) || addsSecond(from, to)) return true;
  const { href } = link;
  return [...document.querySelectorAll<HTMLAnchorElement>("a[href]")].some(
    (other) => other !== link && other.href === href && isNextLink(other),
  );
}

function isNextLink(link: HTMLAnchorElement): boolean {
  const words = `${link.getAttribute("aria-label") ?? ""} ${link.title} ${link.querySelector("img")?.alt ?? ""}`.trim();
  return link.rel.split(" ").includes("next") || NEXT.test((link.textContent ?? "").trim()) || NEXT.test(words);
}

/** Whether an address names the second page of what the other one is the first of, which has no number of its own. */
export function addsSecond(from: string, to: string): boolean {
  const [first, second] = [from, to].map((address) => address.replace(/\/$|\.html?$/i, "")) as [string, string];
  return second.startsWith(first) && SECOND.test(second.slice(first.length));
}

/** Whether two addresses differ in numbers alone, and the first that differs counts on by one. */
export function countsOn(from: string, to: string): boolean {
  if (from.replace(/\d+/g, "#") !== to.replace(/\d+/g, "#")) return false;
  const [before, after] = [from.match(/\d+/g) ?? [], to.match(/\d+/g) ?? []];
  const at = before.findIndex((digits, index) => Number(digits) !== Number(after[index]));
  return at >= 0 && Math.abs(Number(after[at]) - Number(before[at])) === 1;
}
