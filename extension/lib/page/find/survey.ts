/** A look at one document before anything is started: how many pages, whose pictures, and why there are none. */

import type { Survey, WhyNone } from "../../messages";
import { siteOf } from "../../sites";
import type { Holder } from "../holders/holder";
import { CLOSED } from "../holders/pixels";
import { holdersIn } from "../holders/registry";
import { coverOf } from "./cover";
import { type Candidate, pagesAmong, picturesOf } from "./find";
import { toldByEach, toldNames } from "./told";

const SMALLEST_FRAME_PX = 400; // a smaller frame shows no chapter
const DRAWS_MS = 1200; // longer than a canvas with holes is waited for
const LOOK_EVERY_MS = 60;
const PAGE_PX = { width: 240, height: 320 };

/** Whether a frame of this size is too small to show a chapter. */
export function isSmallFrame(): boolean {
  return window !== window.top && Math.min(innerWidth, innerHeight) < SMALLEST_FRAME_PX;
}

/** Waits a little for pictures that are being drawn, or of which nobody knows yet whether they are. */
export async function survey(): Promise<Survey> {
  const told = {
    site: siteOf(location.href),
    ...toldNames(),
    naming: window === window.top ? toldByEach() : [],
    cover: coverOf(document, location.href),
  };
  if (isSmallFrame()) return { pages: 0, origins: [], why: null, ...told };
  const pictures = await drawnPictures();
  const pages = pagesAmong(pictures);
  const frames = pages.length === 0 ? frameOrigins() : [];
  const origins = new Set([location.origin, ...pages.map(({ url }) => new URL(url).origin), ...frames]);
  return {
    pages: pages.length,
    origins: [...origins].filter((origin) => /^https?:/.test(origin)),
    why: pages.length > 0 ? null : whyNone(pictures, frames.length > 0),
    ...(pages.some(({ url }) => url.startsWith(CLOSED)) ? { isFromWindow: true } : {}),
    ...told,
  };
}

async function drawnPictures(): Promise<Candidate[]> {
  const stop = new AbortController();
  const watched = new Set<Holder>();
  for (const end = performance.now() + DRAWS_MS; ; await new Promise((look) => setTimeout(look, LOOK_EVERY_MS))) {
    const holders: Holder[] = [];
    const pictures = picturesOf(undefined, (holder) => holders.push(holder));
    const drawn = holders.filter(({ isBeingDrawn }) => isBeingDrawn);
    if (drawn.length === 0 || performance.now() > end) return (stop.abort(), pictures);
    for (const holder of drawn.filter((each) => !watched.has(each))) {
      watched.add(holder);
      holder.watch(() => undefined, stop.signal);
    }
  }
}

/** The frames that are large enough for a chapter. */
export function largeFrames(): (HTMLIFrameElement | HTMLFrameElement)[] {
  return [...document.querySelectorAll<HTMLIFrameElement | HTMLFrameElement>("iframe, frame")].filter((frame) => {
    const { width, height } = frame.getBoundingClientRect();
    return Math.min(width, height) >= SMALLEST_FRAME_PX;
  });
}

/** The other origins whose frames are large enough for a chapter. */
function frameOrigins(): string[] {
  return largeFrames().flatMap((frame) => {
    if (!URL.canParse(frame.src)) return [];
    const { origin } = new URL(frame.src);
    return origin === location.origin ? [] : [origin];
  });
}

function whyNone(pictures: readonly Candidate[], hasFrames: boolean): WhyNone {
  if (document.contentType === "application/pdf") return "pdf";
  if (hasFrames) return "frame";
  if ([...holdersIn(document)].some(isClosedCanvas)) return "canvas";
  const isLate = document.readyState !== "complete" || pictures.some(({ loaded }) => !loaded);
  return isLate ? "unloaded" : "none";
}

/** As large as a page, and empty as far as this script may see. */
function isClosedCanvas(holder: Holder): boolean {
  const { width, height } = holder.box();
  const isLarge = width >= PAGE_PX.width && height >= PAGE_PX.height;
  return isLarge && holder.node.localName === "canvas" && holder.pixels === null;
}
