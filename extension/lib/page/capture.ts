/**
 * Gets a picture's original bytes with as few requests as can be: what the browser holds, then what the element shows,
 * then a fetch of this script's own, and the worker's with the reader's permission. Nothing is asked for that the page
 * itself has not asked for: the worker's fetch can read what the page cannot.
 */

import { askWorker } from "../messages";
import { unpack } from "../payload";
import { pictureType } from "../picture";
import { patiently } from "../polite";
import { type Edges, edgesOf } from "./edges";

/** A picture's encoded bytes, its size in pixels, and what it shows along its edges. */
export interface Captured {
  blob: Blob;
  width: number;
  height: number;
  edges: Edges;
}

type Way = (url: string, img: HTMLImageElement | null) => Promise<Blob>;

const SAME_SHAPE = 0.02;
const openness = new Map<string, Promise<boolean>>(); // whether an origin opens its pictures to this script

/** Whether `url` may be read now: a picture of another site only once an element of the page shows it. */
export function isReadable(url: string, img: HTMLImageElement | null): boolean {
  return isOwn(url) || (img !== null && shows(img, url));
}

/** Capture what stands at `url`; `img` is an element that shows it, where there is one. Rejects with a reason for a reader. */
export async function capture(url: string, img: HTMLImageElement | null): Promise<Captured> {
  if (!isReadable(url, img)) throw new Error("The page has not shown this picture yet.");
  let reason = "";
  for (const way of isOwn(url) ? [heldFetch, readBack, ownFetch] : [readBack, corsFetch, workerFetch]) {
    try {
      const captured = await measured(await way(url, img));
      if (isTheSame(captured, url, img)) return captured;
      reason = "The site sent another picture than the one on the page.";
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error);
    }
  }
  throw new Error(reason);
}

/** What the browser's cache or memory holds: no request. */
const heldFetch: Way = async (url) => {
  const isMemory = /^(?:blob|data):/.test(url);
  const response = await fetch(url, isMemory ? {} : { cache: "only-if-cached", mode: "same-origin" });
  return answered(response);
};

/** The page's own origin may be asked as the page itself could. */
const ownFetch: Way = async (url) => {
  if (!/^https?:/.test(url)) throw new Error("The site has thrown this picture away.");
  return answered(await patiently(() => fetch(url, { mode: "same-origin", cache: "force-cache" })));
};

/** Pictures that their site opens to every page. The first of an origin tells whether it does. */
const corsFetch: Way = async (url) => {
  const { origin } = new URL(url);
  if ((await openness.get(origin)) === false) throw closed(origin);
  const asked = fetch(url, { mode: "cors", credentials: "omit", cache: "force-cache" });
  const isOpen = asked.then(
    () => true,
    () => false,
  );
  if (!openness.has(origin)) openness.set(origin, isOpen);
  return answered(await asked.catch(() => Promise.reject(closed(origin))));
};

const workerFetch: Way = async (url, img) => {
  if (!img || !shows(img, url)) throw new Error("The page does not show this picture any more.");
  return unpack(await askWorker("agent.fetch", { url, referer: refererFor(img) }));
};

/** The pixels that the element shows, where this script may read them. */
const readBack: Way = async (url, img) => {
  if (!img || !shows(img, url)) throw new Error("The page does not show this picture any more.");
  const { naturalWidth: width, naturalHeight: height } = img;
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext("2d")?.drawImage(img, 0, 0, width, height);
  return canvas.convertToBlob({ type: "image/png" });
};

/** The Referer that the page's own request carried: by policy of the element or the page, else the page's origin. */
export function refererFor(img: HTMLImageElement | null): string | null {
  const meta = document.querySelector<HTMLMetaElement>("meta[name=referrer]")?.content ?? "";
  const policy = img?.referrerPolicy || meta.toLowerCase();
  if (policy === "no-referrer" || policy === "never" || policy === "same-origin") return null;
  const full = policy === "unsafe-url" || policy === "no-referrer-when-downgrade" || policy === "always";
  return full ? location.href.split("#", 1)[0]! : `${location.origin}/`;
}

/** The picture in `blob` with its size; rejects for what is none. */
export async function measured(blob: Blob): Promise<Captured> {
  const mime = await pictureType(blob);
  if (mime === null) throw new Error("The site sent something that is no picture.");
  const bitmap = await createImageBitmap(blob).catch(() => Promise.reject(new Error("The picture is damaged.")));
  const { width, height } = bitmap;
  const edges = edgesOf(bitmap);
  bitmap.close();
  return { blob: blob.type === mime ? blob : new Blob([blob], { type: mime }), width, height, edges };
}

function isOwn(url: string): boolean {
  return /^(?:blob|data):/.test(url) || new URL(url).origin === location.origin;
}

function closed(origin: string): Error {
  return new Error(`${origin} keeps its pictures from scripts.`);
}

async function answered(response: Response): Promise<Blob> {
  if (!response.ok) throw new Error(`The site refused the picture (HTTP ${response.status}).`);
  return response.blob();
}

/** Hotlink guards answer 200 with another picture: compare with what the element shows, if it shows this one. */
function isTheSame({ width, height }: Captured, url: string, img: HTMLImageElement | null): boolean {
  if (!img || !shows(img, url)) return true;
  const shape = (width * img.naturalHeight) / (height * img.naturalWidth);
  return Math.abs(shape - 1) <= SAME_SHAPE && width >= img.naturalWidth * (1 - SAME_SHAPE);
}

function shows(img: HTMLImageElement, url: string): boolean {
  return img.complete && img.naturalWidth > 0 && (img.currentSrc || img.src) === url;
}
