/**
 * What the reader said of a site's pictures by hand: these are pages, those are none. A rule's pattern is of addresses
 * where it has a scheme (`*` for anything), else a CSS selector of the element that shows the picture.
 */

import { isSelector, loadHabit, type PageRule, PATTERN_CHARACTERS, watchHabit } from "../../habits";
import type { Holder } from "../holders/holder";
import { DRAWN } from "../holders/pixels";

const LEVELS = 3; // of elements: what stands further out changes with the site's themes
const NAME = /^[a-z][\w-]*$/i;
const STATE = /active|current|load|visible|hidden|show|lazy|error|\d/i; // names that come and go, or count

type Picture = Pick<Holder, "node" | "address">;

let rules: readonly PageRule[] = [];

/** Take the rules of `site` to heart now and whenever they change, until `signal` aborts; then `changed` is called. */
export async function followRules(site: string, changed: () => void, signal: AbortSignal): Promise<void> {
  if (!site) return;
  watchHabit(site, ({ pages = [] }) => {
    if (JSON.stringify(pages) === JSON.stringify(rules)) return;
    rules = pages;
    changed();
  }, signal); // prettier-ignore
  rules = (await loadHabit(site)).pages ?? [];
}

/** Whether the reader said that this is a page, or that it is none; `null` where nothing was said. The last word counts. */
export function ruledBy(picture: Picture, by: readonly PageRule[] = rules): boolean | null {
  return by.findLast(({ pattern }) => matches(pattern, picture))?.isPage ?? null;
}

/** Whether a picture is one of those that a pattern means. */
export function matches(pattern: string, { node, address }: Picture): boolean {
  if (isOfAddresses(pattern)) return glob(pattern).test(bare(address)) || glob(pattern).test(address.split("#", 1)[0]!);
  try {
    return node.matches(pattern);
  } catch {
    return false; // the reader is still writing it
  }
}

/** Whether something can be meant by a pattern. */
export function isPattern(pattern: string): boolean {
  return isOfAddresses(pattern) ? pattern.length <= PATTERN_CHARACTERS : isSelector(pattern);
}

/** The widest pattern that means this picture and its like in other chapters, and none of `others`. */
export function patternFor(picture: Picture, others: readonly Picture[]): string {
  const { node, address } = picture;
  const isKept = /^(?:https?|file):/.test(address) && !address.startsWith(DRAWN);
  const patterns = [
    ...(isKept ? [anyNumber(bare(address))] : []),
    placeOf(node),
    ...(isKept ? [bare(address)] : []),
    `${placeOf(node)}:nth-child(${[...(node.parentNode?.children ?? [])].indexOf(node) + 1})`,
  ].filter((pattern) => pattern.length <= PATTERN_CHARACTERS && matches(pattern, picture));
  const isAlone = (pattern: string) => !others.some((other) => matches(pattern, other));
  return patterns.find(isAlone) ?? patterns.at(-1) ?? node.localName;
}

function isOfAddresses(pattern: string): boolean {
  return pattern.includes("://");
}

/** Without what changes from visit to visit. */
function bare(address: string): string {
  return address.split(/[?#]/, 1)[0] as string;
}

/** Its like in other chapters, of the same host. */
function anyNumber(address: string): string {
  const [, site = "", path = ""] = /^([^/]*\/\/[^/]*)(.*)$/.exec(address) ?? [];
  return `${site}${path.replace(/\d+/g, "*")}`;
}

function glob(pattern: string): RegExp {
  const parts = pattern.split(/\*+/).map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "i");
}

/** The element and what it stands in, by names that stay. */
function placeOf(node: Element): string {
  const names: string[] = [];
  for (let at: Element | null = node; at && names.length < LEVELS && at.localName !== "body"; at = at.parentElement) {
    const classes = [...at.classList].filter((name) => NAME.test(name) && !STATE.test(name)).slice(0, 2);
    const id = NAME.test(at.id) && !STATE.test(at.id) ? `#${at.id}` : "";
    names.unshift(`${at.localName}${id}${classes.map((name) => `.${name}`).join("")}`);
  }
  return names.join(" > ");
}
