/** A look at one document before anything is started: how many pages, whose pictures, and why there are none. */

import type { Survey, WhyNone } from "../../messages";
import { namesOf } from "./chapter";
import type { Holder } from "../holders/holder";
import { type Candidate, pagesAmong, picturesOf } from "./find";

const SMALLEST_FRAME_PX = 400; // a smaller frame shows no chapter
const DRAWS_MS = 1200; // longer than a canvas with holes is waited for
const LOOK_EVERY_MS = 60;
const PAGE_PX = { width: 240, height: 320 };
const LOOKED_AT = 4000; // elements; style sheets are slow to ask
const MAY_CARRY = "div, section, article, main, figure, li, span, a, p, td, button";
const EMBEDDED = "svg image, object[data], embed, video[poster], input[type=image]";

/** Whether a frame of this size is too small to show a chapter. */
export function isSmallFrame(): boolean {
  return window !== window.top && Math.min(innerWidth, innerHeight) < SMALLEST_FRAME_PX;
}

/** Waits a little for pictures that are being drawn, or of which nobody knows yet whether they are. */
export async function survey(): Promise<Survey> {
  const names = namesOf(document.title, location.href);
  if (isSmallFrame()) return { pages: 0, origins: [], why: null, ...names };
  const pictures = await drawnPictures();
  const pages = pagesAmong(pictures);
  const frames = pages.length === 0 ? frameOrigins() : [];
  const origins = new Set([location.origin, ...pages.map(({ url }) => new URL(url).origin), ...frames]);
  return {
    pages: pages.length,
    origins: [...origins].filter((origin) => /^https?:/.test(origin)),
    why: pages.length > 0 ? null : whyNone(pictures, frames.length > 0),
    ...names,
  };
}

async function drawnPictures(): Promise<Candidate[]> {
  for (const end = performance.now() + DRAWS_MS; ; await new Promise((look) => setTimeout(look, LOOK_EVERY_MS))) {
    const holders: Holder[] = [];
    const pictures = picturesOf(undefined, (holder) => holders.push(holder));
    if (!holders.some(({ isBeingDrawn }) => isBeingDrawn) || performance.now() > end) return pictures;
  }
}

/** The other origins whose frames are large enough for a chapter. */
function frameOrigins(): string[] {
  return [...document.querySelectorAll("iframe")].flatMap((frame) => {
    const { width, height } = frame.getBoundingClientRect();
    if (Math.min(width, height) < SMALLEST_FRAME_PX || !URL.canParse(frame.src)) return [];
    const { origin } = new URL(frame.src);
    return origin === location.origin ? [] : [origin];
  });
}

function whyNone(pictures: readonly Candidate[], hasFrames: boolean): WhyNone {
  if (document.contentType === "application/pdf") return "pdf";
  if (hasFrames) return "frame";
  if ([...document.querySelectorAll("canvas")].some(isLikeAPage)) return "canvas";
  if ([...document.querySelectorAll(EMBEDDED)].some(isLikeAPage)) return "embedded";
  if ([...document.querySelectorAll(MAY_CARRY)].slice(0, LOOKED_AT).some(hasPictureBehind)) return "background";
  const isLate = document.readyState !== "complete" || pictures.some(({ loaded }) => !loaded);
  return isLate ? "unloaded" : "none";
}

function isLikeAPage(element: Element): boolean {
  const { width, height } = element.getBoundingClientRect();
  return width >= PAGE_PX.width && height >= PAGE_PX.height;
}

function hasPictureBehind(element: Element): boolean {
  return isLikeAPage(element) && /url\(/.test(getComputedStyle(element).backgroundImage);
}
