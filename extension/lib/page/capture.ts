/**
 * Gets a picture's original bytes, by the first way that works: this script's own fetch (same origin, CORS, blob: and
 * data: addresses), the worker's fetch with the reader's permission, and at last the pixels that the element shows.
 */

import { askWorker } from "../messages";
import { unpack } from "../payload";
import { pictureType } from "../picture";

/** A picture's encoded bytes and its size in pixels. */
export interface Captured {
  blob: Blob;
  width: number;
  height: number;
}

const SAME_SHAPE = 0.02;
const closedOrigins = new Set<string>(); // origins whose pictures this script's fetch may not read

/** Capture what stands at `url`; `img` is an element that shows it, where there is one. Rejects with a reason for a reader. */
export async function capture(url: string, img: HTMLImageElement | null): Promise<Captured> {
  let reason = "";
  for (const way of [ownFetch, workerFetch]) {
    try {
      const captured = await measured(await way(url, img));
      if (isTheSame(captured, url, img)) return captured;
      reason = "The site sent another picture than the one on the page.";
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error);
    }
  }
  return readBack(img, url).catch(() => Promise.reject(new Error(reason)));
}

async function ownFetch(url: string): Promise<Blob> {
  const { origin, protocol } = new URL(url);
  if (closedOrigins.has(origin)) throw new Error(`${origin} keeps its pictures from scripts.`);
  const isOwn = origin === location.origin || protocol === "blob:" || protocol === "data:";
  const response = await fetch(
    url,
    isOwn ? { cache: "force-cache" } : { mode: "cors", credentials: "same-origin" },
  ).catch(() => {
    if (!isOwn) closedOrigins.add(origin);
    throw new Error(`${origin} keeps its pictures from scripts.`);
  });
  if (!response.ok) throw new Error(`The site refused the picture (HTTP ${response.status}).`);
  return response.blob();
}

async function workerFetch(url: string, img: HTMLImageElement | null): Promise<Blob> {
  if (!/^https?:/.test(url)) throw new Error("The picture is gone from the page's memory.");
  return unpack(await askWorker("agent.fetch", { url, referer: refererFor(img) }));
}

/** The Referer that the page's own request carried: by policy of the element or the page, else the page's origin. */
export function refererFor(img: HTMLImageElement | null): string | null {
  const meta = document.querySelector<HTMLMetaElement>("meta[name=referrer]")?.content ?? "";
  const policy = img?.referrerPolicy || meta.toLowerCase();
  if (policy === "no-referrer" || policy === "never" || policy === "same-origin") return null;
  const full = policy === "unsafe-url" || policy === "no-referrer-when-downgrade" || policy === "always";
  return full ? location.href.split("#", 1)[0]! : `${location.origin}/`;
}

async function measured(blob: Blob): Promise<Captured> {
  const mime = await pictureType(blob);
  if (mime === null) throw new Error("The site sent something that is no picture.");
  const bitmap = await createImageBitmap(blob).catch(() => Promise.reject(new Error("The picture is damaged.")));
  const { width, height } = bitmap;
  bitmap.close();
  return { blob: blob.type === mime ? blob : new Blob([blob], { type: mime }), width, height };
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

async function readBack(img: HTMLImageElement | null, url: string): Promise<Captured> {
  if (!img || !shows(img, url)) throw new Error("not on the page");
  const { naturalWidth: width, naturalHeight: height } = img;
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext("2d")?.drawImage(img, 0, 0, width, height);
  return { blob: await canvas.convertToBlob({ type: "image/png" }), width, height };
}
