/** Which picture an `<img>` stands for: what it shows, or what its site's lazy loader will show. */

import type { Source } from "./holder";
import { isPageSized } from "./page-size";

const LAZY_ATTRIBUTES = [
  "data-src",
  "data-lazy-src",
  "data-cfsrc",
  "data-original",
  "data-manga-src",
  "data-sec-src",
  "data-pagespeed-lazy-src",
  "data-url",
  "data-lazy",
  "data-full",
  "data-image",
  "data-echo",
];
const LAZY_SRCSETS = ["data-srcset", "data-lazy-srcset"];
const NEVER_A_PICTURE = /^(?:alt|class|style|id|title|src|srcset|sizes|href|aria-.*)$/;
const PICTURE_ADDRESS = /^(?:(?:https?:)?\/\/\S+|\S*\/?\S+\.(?:jpe?g|png|webp|avif|gif)(?:[?#]\S*)?)$/i;
const PLACEHOLDER = /^data:image\/svg|\.svg(?:[?#]|$)|(?:loading|placeholder|blank|spacer|broken_image|1x1)[^/]*$/i;
const SHORT_DATA_URL = 2000; // a page is never that small, a blurred preview or a dot is
const REPEATED = 3; // the same address in this many places is a placeholder

/** The attributes that lazy loaders change, for observers. */
export const WATCHED_ATTRIBUTES = ["src", "srcset", ...LAZY_ATTRIBUTES, ...LAZY_SRCSETS];

/** The address that `img` stands for, or `null`. `uses` tells how often an address occurs on the page. */
export function sourceOf(img: HTMLImageElement, uses: (url: string) => number): Source | null {
  const now = img.currentSrc || img.src;
  const lazy = lazyUrl(img);
  const isLoaded = img.complete && img.naturalWidth > 0;
  const standsIn =
    lazy !== null &&
    lazy !== now &&
    (isPlaceholder(now, uses(now)) || !isPageSized(img.naturalWidth, img.naturalHeight));
  if (isLoaded && !standsIn) return { url: now, loaded: true };
  if (lazy) return { url: lazy, loaded: false };
  return now && !isPlaceholder(now, uses(now)) ? { url: now, loaded: isLoaded } : null;
}

/** Every address under which the site may bring up the same picture in `img`. */
export function knownUrls(img: HTMLImageElement): Set<string> {
  const urls = [img.currentSrc, img.src, lazyUrl(img) ?? "", ...candidatesOf(img.srcset, img)];
  const sources = img.parentElement?.localName === "picture" ? img.parentElement.querySelectorAll("source") : [];
  for (const source of sources) urls.push(...candidatesOf(source.srcset, img));
  return new Set(urls.filter((url) => url && !isPlaceholder(url, 1)));
}

/** The address that a lazy loader will use, from the attributes that such loaders read. */
export function lazyUrl(img: HTMLImageElement): string | null {
  for (const name of LAZY_ATTRIBUTES) {
    const value = img.getAttribute(name)?.trim();
    if (value && PICTURE_ADDRESS.test(value)) return absolute(value, img);
  }
  for (const name of LAZY_SRCSETS) {
    const largest = largestOf(img.getAttribute(name) ?? "");
    if (largest) return absolute(largest, img);
  }
  const other = [...img.attributes].find(
    ({ name, value }) =>
      name.startsWith("data-") &&
      !NEVER_A_PICTURE.test(name) &&
      /\.(?:jpe?g|png|webp|avif)(?:[?#]|$)/i.test(value) &&
      PICTURE_ADDRESS.test(value.trim()),
  );
  return other ? absolute(other.value.trim(), img) : null;
}

/** The candidate of a srcset with the largest descriptor. */
export function largestOf(srcset: string): string | null {
  const best = splitSrcset(srcset).sort((a, b) => b.size - a.size)[0];
  return best?.url ?? null;
}

function splitSrcset(srcset: string): { url: string; size: number }[] {
  return srcset
    .split(/,\s+|,$/)
    .map((candidate) => candidate.trim().split(/\s+/))
    .flatMap(([url, descriptor]) => (url ? [{ url, size: Number.parseFloat(descriptor ?? "1") || 1 }] : []));
}

function candidatesOf(srcset: string, img: HTMLImageElement): string[] {
  return splitSrcset(srcset).flatMap(({ url }) => absolute(url, img) ?? []);
}

/** Whether `url` is no page, but what stands there until one comes. */
export function isPlaceholder(url: string, uses: number): boolean {
  return PLACEHOLDER.test(url) || uses >= REPEATED || (url.startsWith("data:") && url.length < SHORT_DATA_URL);
}

function absolute(url: string, img: HTMLImageElement): string | null {
  try {
    return new URL(url, img.baseURI).href;
  } catch {
    return null;
  }
}
