/**
 * Which pages a reader will turn to where a site shows one at a time: those that it has preloaded, that its markup asks
 * the browser to preload, or that it lists. Told by their likeness to the address of the page that is shown.
 */

const PRELOADS = "link[rel~=preload][as=image], link[rel~=prefetch][as=image], link[rel~=prefetch]:not([as])";
const LISTED =
  /(["'])((?:https?:|file:)?\\?\/[^"'\s<>]{4,500}|[^"'\s<>:]{1,300}\.(?:jpe?g|png|webp|avif|gif)(?:\?[^"'\s<>]*)?)\1/gi;
const SCRIPT_CHARACTERS = 300_000;
const PICTURE = /\.(?:jpe?g|png|webp|avif|gif)$/i;

/** An address ahead; `wasAsked`: the page itself has asked for it already. */
export interface Ahead {
  url: string;
  wasAsked: boolean;
}

/** What comes after the page at `shown`, nearest first. `asked` are the addresses that the document has asked for. */
export function pagesAhead(document: Document, shown: string, asked: readonly string[], most: number): Ahead[] {
  if (!/^(?:https?|file|blob):/.test(shown) || most <= 0) return [];
  const isKin = kinOf(shown);
  const preloaded = [...document.querySelectorAll<HTMLLinkElement>(PRELOADS)].map(({ href }) => href);
  const wasAsked = new Set(asked.filter(isKin));
  const listed = after(shown, listsIn(document, shown, isKin));
  const urls =
    listed.length > 0
      ? listed
      : after(shown, [...new Set([shown, ...wasAsked, ...preloaded.filter(isKin)])].sort(byNumber));
  return urls.slice(0, most).map((url) => ({ url, wasAsked: wasAsked.has(url) }));
}

/** Tells addresses that differ from the page's in numbers alone, or in the name of a picture in the same folder. */
function kinOf(shown: string): (url: string) => boolean {
  const own = new URL(shown);
  const [form, folder] = [formOf(own), folderOf(own)];
  const isPicture = PICTURE.test(own.pathname);
  return (url) => {
    if (!URL.canParse(url)) return false;
    const other = new URL(url);
    if (other.origin !== own.origin || other.protocol !== own.protocol) return false;
    if (own.protocol === "blob:") return true; // its address says nothing
    return formOf(other) === form || (isPicture && PICTURE.test(other.pathname) && folderOf(other) === folder);
  };
}

/** Only the last number may be another: the one before is the chapter's. */
function formOf({ pathname, search }: URL): string {
  const place = `${pathname}${search.replace(/([?&])(?:t|ts|token|sig|expires?|v)=[^&]*/gi, "$1")}`;
  return place.replace(/\d+(?=\D*$)/, "#");
}

function folderOf({ pathname }: URL): string {
  return pathname.slice(0, pathname.lastIndexOf("/"));
}

/** The longest list of like addresses that stands in the markup's own data. */
function listsIn(document: Document, shown: string, isKin: (url: string) => boolean): string[] {
  const lists = [...document.querySelectorAll("script:not([src])")].map(({ textContent }) =>
    addressesIn(textContent ?? "", document.baseURI).filter(isKin),
  );
  lists.push([...document.querySelectorAll("option[value], [data-src], [data-url], [data-image]")].flatMap((element) => {
      const named = ["value", "data-src", "data-url", "data-image"].flatMap((name) => element.getAttribute(name) ?? []);
      return named.flatMap((address) => absolute(address, document.baseURI)).filter(isKin);
    })); // prettier-ignore
  const named = lists.filter((list) => list.includes(shown));
  return [...new Set(named.sort((a, b) => b.length - a.length)[0] ?? [])];
}

function addressesIn(text: string, base: string): string[] {
  if (text.length > SCRIPT_CHARACTERS) return [];
  return [...text.matchAll(LISTED)].flatMap(([, , address = ""]) => absolute(address.replaceAll("\\/", "/"), base));
}

function absolute(address: string, base: string): string[] {
  return URL.canParse(address, base) ? [new URL(address, base).href] : [];
}

function after(shown: string, urls: readonly string[]): string[] {
  const at = urls.indexOf(shown);
  return at < 0 ? [] : urls.slice(at + 1);
}

function byNumber(a: string, b: string): number {
  const numbers = (url: string) => (new URL(url).pathname.match(/\d+/g) ?? []).map(Number);
  const [one, other] = [numbers(a), numbers(b)];
  for (let at = 0; at < Math.min(one.length, other.length); at++) {
    const apart = (one[at] ?? 0) - (other[at] ?? 0);
    if (apart !== 0) return apart;
  }
  return one.length - other.length;
}
