/** What a document shows of its pictures, as the classifier wants it. */

import type { Holder, Source } from "../holders/holder";
import { type Box, type Facts, groupBy, type Surroundings, weightOf } from "./page-classifier";
import { isPageSized } from "../holders/page-size";
import { intersection } from "../holders/place";
import { ancestors, pathOf } from "../holders/roots";
import { type Headings, isFurniture, leadsAway, listsChapters, listsPages, sells } from "./surroundings";

/** A holder and the picture that it stands for; a size of 0 is not known yet. */
export interface Candidate extends Source {
  holder: Holder;
  width: number;
  height: number;
}

const MOST = 0.8; // of the weight of all that could be pages
const MARK_PX = 60; // the sign of a picture that is not there is lower than any page
const SAME_PX = 2;
const HEADING = "h1, h2, h3";
const BLURRED_PX = 3;
const FAINT = 0.4;
const LAID_ON = 0.2; // of the area of what lies behind

/** The facts of each picture, one a step. */
export function* factsOf(pictures: readonly Candidate[]): Generator<undefined, Facts[]> {
  const boxes = new Map<Candidate, Box>();
  for (const picture of pictures) {
    boxes.set(picture, boxOf(picture));
    yield;
  }
  const uses = groupBy(pictures, ({ url }) => url);
  const holdsMost = majority(pictures, boxes);
  const headings: Headings = new Map();
  const facts: Facts[] = [];
  for (const picture of pictures) {
    const { holder, url, width, height } = picture;
    facts.push({
      width,
      height,
      box: boxes.get(picture) as Box,
      group: pathOf(holder.node),
      isFurniture:
        isFurniture(holder.node, holdsMost, headings) ||
        isBackdrop(picture, pictures, boxes) ||
        isFaint(picture, pictures, boxes) ||
        isFilm(picture, pictures, boxes),
      leadsAway: leadsAway(holder.node),
      uses: uses.get(url)?.length ?? 1,
    });
    yield;
  }
  return facts;
}

export function surroundings(): Surroundings {
  const isPicture = document.contentType.startsWith("image/");
  const isAbout = listsChapters(document) || listsPages(document) || sells(document);
  return { width: innerWidth, height: innerHeight, isAbout, isPicture };
}

/** Tells whether an element holds most of what could be pages by size and place. */
function majority(pictures: readonly Candidate[], boxes: Map<Candidate, Box>): (element: Element) => boolean {
  const large = pictures.filter(
    ({ holder, width, height }) => (width === 0 || isPageSized(width, height)) && !leadsAway(holder.node),
  );
  const weighed = (held: readonly Candidate[]) =>
    weightOf(held.map((picture) => boxes.get(picture) as Box)) + held.length; // what is hidden counts a little
  const total = weighed(large);
  const isWithin = ({ node }: Holder, element: Element) => [...ancestors(node)].includes(element);
  return (element) =>
    large.length > 0 && weighed(large.filter(({ holder }) => isWithin(holder, element))) > MOST * total;
}

/** Whether other pictures of some size, or a heading, stand in the element that paints this one: it is what they lie on. */
function isBackdrop({ holder }: Candidate, pictures: readonly Candidate[], boxes: Map<Candidate, Box>): boolean {
  if (!holder.isBehind) return false;
  if ([...holder.node.querySelectorAll(HEADING)].some((heading) => heading.getBoundingClientRect().width > 0))
    return true;
  const { width, height } = holder.box();
  return pictures.some((other) => {
    const box = boxes.get(other) as Box;
    const isLarge = box.width * box.height >= LAID_ON * width * height;
    return isLarge && other.holder.node !== holder.node && holder.node.contains(other.holder.node);
  });
}

/** Whether it is shown so that nobody can read it, where another picture lies: a blurred copy, one that is there to be dragged. */
function isFaint(picture: Candidate, pictures: readonly Candidate[], boxes: Map<Candidate, Box>): boolean {
  const own = boxes.get(picture) as Box;
  if (own.width === 0 || !picture.loaded) return false;
  const { opacity, filter } = getComputedStyle(picture.holder.node);
  const isBlurred = Number(/\bblur\(([\d.]+)px/.exec(filter)?.[1] ?? 0) >= BLURRED_PX;
  if (!isBlurred && Number(opacity || 1) >= FAINT) return false;
  return pictures.some((other) => {
    const { width, height } = intersection(own, boxes.get(other) as Box);
    const isOther = other !== picture && (isBlurred || other.url === picture.url);
    return isOther && width * height >= LAID_ON * own.width * own.height;
  });
}

/** Whether it is clear for the most part and lies on another picture: words, marks, what is drawn by hand. */
function isFilm(picture: Candidate, pictures: readonly Candidate[], boxes: Map<Candidate, Box>): boolean {
  if (!picture.holder.isClear) return false;
  const own = boxes.get(picture) as Box;
  return pictures.some((other) => {
    const { width, height } = intersection(own, boxes.get(other) as Box);
    return other !== picture && !other.holder.isClear && width * height >= LAID_ON * own.width * own.height;
  });
}

/** Where the picture is shown in the document; one that has not loaded takes the room that its markup keeps for it. */
function boxOf({ holder, loaded }: Candidate): Box {
  const { node } = holder;
  const { left, top, width, height } = holder.box();
  const at = { left: left + scrollX, top: top + scrollY };
  if (loaded || isFixed(holder, width, height)) return { ...at, width, height };
  const room = roomFor(node);
  if (room === 0) return { ...at, width: 0, height: 0 };
  const declared = Number(node.getAttribute("width")) || 0;
  const shape = (Number(node.getAttribute("height")) || 0) / (declared || 1);
  const wide = declared ? Math.min(declared, room) : room;
  return { ...at, width: wide, height: declared ? wide * shape : 0 };
}

/** Whether style sheet or markup give it its size, not the placeholder that it shows. */
function isFixed({ natural }: Holder, width: number, height: number): boolean {
  if (width < SAME_PX || height < SAME_PX) return false;
  if (natural.width === 0) return height >= MARK_PX || Math.abs(width - height) < SAME_PX;
  return Math.abs(width - natural.width) >= SAME_PX;
}

/** The width of the nearest element around it that has one. */
function roomFor(node: Element): number {
  let element: Element | null = node.parentElement;
  while (element && element.clientWidth === 0) {
    if (getComputedStyle(element).display === "none") return 0;
    element = element.parentElement;
  }
  return element?.clientWidth ?? innerWidth;
}
