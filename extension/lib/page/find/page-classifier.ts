/** Which pictures of a document are the chapter's pages: by shape, by how they are shown, and by the company they keep. */

import { isPageSized, WIDEST } from "../holders/page-size";

export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** What is known of one picture. A natural size of 0 is not known yet; a box of 0 is hidden. CSS pixels. */
export interface Facts {
  width: number;
  height: number;
  /** Where it is shown in the document; for one that has not loaded, the room that it will take. */
  box: Box;
  /** The path of elements that it stands in: pages of a chapter share it. */
  group: string;
  /** It stands in a header, a sidebar, an advertisement, among comments or related series. */
  isFurniture: boolean;
  /** It leads to another document that is not this reader's next page. */
  leadsAway: boolean;
  /** In how many places the document shows this very picture. */
  uses: number;
}

/** What is known of the document: the window's size, and whether it is about a book: it lists its chapters, or sells it. */
export interface Surroundings {
  width: number;
  height: number;
  isAbout: boolean;
  /** It is nothing but a picture that was opened by itself. */
  isPicture: boolean;
}

const SLICE_SIDE_PX = 60;
const USUAL_HEIGHT = 1.42; // of a page whose shape is not known, in widths
const LARGE_WEIGHS = 1.5; // the power of an area
const NARROWEST_PX = 240;
const NARROWEST_SHARE = 0.5; // of a narrow window
const SAME_WIDTH = 0.05;
const NARROWER_KIN = 0.5; // of the usual width, where the markup is the same
const NARROWER_STRANGER = 0.88; // where it is not
const WIDER_STRANGER = 2.1; // a double page
const LEAF = 0.08; // of its height, that leaves of one spread differ by
const REPEATED = 3;
const GRID_COLUMNS = 3;
const LONE = { height: 0.6, width: 0.5 }; // of the window: a lone picture that is smaller illustrates something
const LONE_COVER = { height: 0.9, width: 0.8 }; // where it may be a cover

/** For each picture whether it is a page of the chapter. */
export function classifyPages(pictures: readonly Facts[], around: Surroundings): boolean[] {
  const company = mainFamily(
    pictures.filter((facts) => isPlausible(facts, around)),
    around,
  );
  const pages = pictures.map((facts) => belongs(facts, company, around));
  const taken = pictures.filter((_, at) => pages[at]);
  const isTooLittle = taken.length === 1 && !standsAlone(taken[0] as Facts, around);
  return isTooLittle ? pages.map(() => false) : pages;
}

/** A page for all that is known of it alone. */
function isPlausible(facts: Facts, around: Surroundings): boolean {
  const { width, height, box } = facts;
  if (isExcluded(facts)) return false;
  if (width > 0 ? !isPageSized(width, height) : box.width > WIDEST * box.height && box.height > 0) return false;
  return box.width === 0 || box.width >= Math.min(NARROWEST_PX, NARROWEST_SHARE * around.width);
}

function isExcluded({ isFurniture, leadsAway, uses }: Facts): boolean {
  return isFurniture || leadsAway || uses >= REPEATED;
}

/** The family of pictures that weighs most in the document; a grid of small ones is an overview, no chapter. */
function mainFamily(pictures: readonly Facts[], around: Surroundings): Facts[] {
  const families = groupBy(pictures, ({ group }) => group);
  const [main] = [...families.values()]
    .filter((family) => !isGrid(family, around))
    .sort((a, b) => weightOf(boxesOf(b)) - weightOf(boxesOf(a)) || b.length - a.length);
  return main ?? [];
}

/** What pictures weigh together: few large ones more than many small ones of the same area. */
export function weightOf(boxes: readonly Box[]): number {
  return boxes.reduce((sum, { width, height }) => sum + (width * (height || width * USUAL_HEIGHT)) ** LARGE_WEIGHS, 0);
}

function boxesOf(pictures: readonly Facts[]): Box[] {
  return pictures.map(({ box }) => box);
}

function isGrid(family: readonly Facts[], around: Surroundings): boolean {
  const shown = family.filter(({ box, width }) => box.width > 0 && width > 0);
  const isSmall = median(shown.map(({ box }) => box.height)) < LONE.height * around.height;
  const rows = groupBy(shown, ({ box }) => Math.round(box.top));
  const places = groupBy(shown, ({ box }) => Math.round(box.left)); // all at one place: hidden behind each other
  return isSmall && places.size >= GRID_COLUMNS && shown.length >= GRID_COLUMNS * rows.size - 1 && rows.size > 0;
}

function belongs(facts: Facts, company: readonly Facts[], around: Surroundings): boolean {
  const first = company[0];
  if (!first || isExcluded(facts)) return false;
  const isKin = facts.group === first.group;
  if (isPlausible(facts, around)) return isKin ? isKinsWidth(facts, company) : fits(facts, company);
  return isKin && isKinsWidth(facts, company) && isSlice(facts, company);
}

function isKinsWidth({ box }: Facts, company: readonly Facts[]): boolean {
  return box.width === 0 || box.width >= NARROWER_KIN * usualWidth(company);
}

/** Other markup, but as wide as the pages and in their column, or the other leaf of a spread. */
function fits({ box, width }: Facts, company: readonly Facts[]): boolean {
  if (box.width === 0 || width === 0) return false;
  if (isOtherLeaf(box, company)) return true;
  const usual = usualWidth(company);
  const narrower = company.some((each) => each.width > 0) ? NARROWER_STRANGER : NARROWER_KIN; // else its width is a guess
  if (usual === 0 || box.width < narrower * usual || box.width > WIDER_STRANGER * usual) return false;
  const shown = company.filter((each) => each.box.width > 0);
  const left = Math.min(...shown.map((each) => each.box.left));
  const right = Math.max(...shown.map((each) => each.box.left + each.box.width));
  return Math.min(right, box.left + box.width) - Math.max(left, box.left) >= usual / 2;
}

/** Beside pages that all stand in one row, as high as they are. */
function isOtherLeaf(box: Box, company: readonly Facts[]): boolean {
  const row = [box, ...company.flatMap((each) => (each.box.width > 0 ? [each.box] : []))].sort(
    (a, b) => a.left - b.left,
  );
  const isAlike = ({ top, height }: Box) =>
    Math.abs(top - box.top) <= LEAF * box.height && Math.abs(height - box.height) <= LEAF * box.height;
  return row.length > 1 && row.every((each, at) => isAlike(each) && each.left >= endOf(row[at - 1]) - 1);
}

function endOf(box: Box | undefined): number {
  return box ? box.left + box.width : -Infinity;
}

/** The last piece of a long strip is as wide as the others, however short. */
function isSlice({ width, height }: Facts, company: readonly Facts[]): boolean {
  const usual = median(company.filter((each) => each.width > 0).map((each) => each.width));
  return height >= SLICE_SIDE_PX && Math.abs(width - usual) <= SAME_WIDTH * usual && height > width / 12;
}

function standsAlone({ box }: Facts, { width, height, isAbout, isPicture }: Surroundings): boolean {
  if (isPicture) return true;
  const least = isAbout ? LONE_COVER : LONE;
  return box.width === 0 || box.height >= least.height * height || box.width >= least.width * width;
}

function usualWidth(company: readonly Facts[]): number {
  return median(company.flatMap(({ box }) => (box.width > 0 ? [box.width] : [])));
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

export function groupBy<Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
