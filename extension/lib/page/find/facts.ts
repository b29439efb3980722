/** What a document shows of its pictures, as the classifier wants it. */

import type { Source } from "../holders/sources";
import { type Box, type Facts, groupBy, type Surroundings, weightOf } from "./page-classifier";
import { isPageSized } from "../holders/page-size";
import { ancestors, pathOf } from "../holders/roots";
import { isFurniture, leadsAway, listsChapters } from "./surroundings";

/** An element and the picture that it stands for; a size of 0 is not known yet. */
export interface Candidate extends Source {
  img: HTMLImageElement;
  width: number;
  height: number;
}

const MOST = 0.5; // of the weight of all that could be pages
const MARK_PX = 60; // the sign of a picture that is not there is lower than any page
const SAME_PX = 2;

/** The facts of each picture. */
export function factsOf(pictures: readonly Candidate[]): Facts[] {
  const boxes = new Map(pictures.map((picture) => [picture, boxOf(picture)] as const));
  const uses = groupBy(pictures, ({ url }) => url);
  const holdsMost = majority(pictures, boxes);
  return pictures.map((picture) => ({
    width: picture.width,
    height: picture.height,
    box: boxes.get(picture) as Box,
    group: pathOf(picture.img),
    isFurniture: isFurniture(picture.img, holdsMost),
    leadsAway: leadsAway(picture.img),
    uses: uses.get(picture.url)?.length ?? 1,
  }));
}

export function surroundings(): Surroundings {
  return { width: innerWidth, height: innerHeight, listsChapters: listsChapters(document) };
}

/** Tells whether an element holds most of what could be pages by size and place. */
function majority(pictures: readonly Candidate[], boxes: Map<Candidate, Box>): (element: Element) => boolean {
  const large = pictures.filter(
    ({ img, width, height }) => (width === 0 || isPageSized(width, height)) && !leadsAway(img),
  );
  const weighed = (held: readonly Candidate[]) =>
    weightOf(held.map((picture) => boxes.get(picture) as Box)) + held.length; // what is hidden counts a little
  const total = weighed(large);
  const isWithin = (img: Element, element: Element) => [...ancestors(img)].includes(element);
  return (element) => large.length > 0 && weighed(large.filter(({ img }) => isWithin(img, element))) > MOST * total;
}

/** Where the picture is shown in the document; one that has not loaded takes the room that its markup keeps for it. */
function boxOf({ img, loaded }: Candidate): Box {
  const { left, top, width, height } = img.getBoundingClientRect();
  const at = { left: left + scrollX, top: top + scrollY };
  if (loaded || isFixed(img, width, height)) return { ...at, width, height };
  const room = roomFor(img);
  if (room === 0) return { ...at, width: 0, height: 0 };
  const declared = Number(img.getAttribute("width")) || 0;
  const shape = (Number(img.getAttribute("height")) || 0) / (declared || 1);
  const wide = declared ? Math.min(declared, room) : room;
  return { ...at, width: wide, height: declared ? wide * shape : 0 };
}

/** Whether style sheet or markup give it its size, not the placeholder that it shows. */
function isFixed(img: HTMLImageElement, width: number, height: number): boolean {
  if (width < SAME_PX || height < SAME_PX) return false;
  if (img.naturalWidth === 0) return height >= MARK_PX || Math.abs(width - height) < SAME_PX;
  return Math.abs(width - img.naturalWidth) >= SAME_PX;
}

/** The width of the nearest element around it that has one. */
function roomFor(img: Element): number {
  let element: Element | null = img.parentElement;
  while (element && element.clientWidth === 0) {
    if (getComputedStyle(element).display === "none") return 0;
    element = element.parentElement;
  }
  return element?.clientWidth ?? innerWidth;
}
