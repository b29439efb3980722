/**
 * Gets a picture's original bytes with as few requests as can be: what the browser holds, then what the element shows,
 * then a fetch of this script's own, and the worker's with the reader's permission. Nothing is asked for that the page
 * itself has not asked for: the worker's fetch can read what the page cannot.
 */

import { i18n } from "#i18n";
import { askWorker } from "../../messages";
import { unpack } from "../../payload";
import { digestOf, typeOf } from "../../picture";
import { patiently } from "../../polite";
import { type Edges, edgesOf } from "../holders/edges";
import type { Holder } from "../holders/holder";
import { CLOSED, DRAWN, UNREAD } from "../holders/pixels";
import { looksAlike, type Sight, sightOf, sightOfHolder } from "../holders/sight";
import { isDrawn, isSeenIn, seenOf } from "./seen";
import { isInView } from "./watch";

/** A picture's encoded bytes, its size in pixels, and what it shows along its edges. */
export interface Captured {
  blob: Blob;
  width: number;
  height: number;
  edges: Edges;
  /** Of the bytes, where this script can make it. */
  sha256?: string;
  /** What it looks like; `null` where that was not looked at. */
  sight: Sight | null;
  /** The browser had it; whether it is what the element shows is yet to be seen, by `isProven`. */
  isUnproven?: boolean;
}

type Way = (url: string, holder: Holder | null) => Promise<Blob>;

const SAME_SHAPE = 0.02;
const openOrigins = new Set<string>(); // they open their pictures to every page, as the worker saw
const mistaken = new Set<string>(); // addresses at which the browser holds another picture than the element shows
const replacing = new Set<string>(); // they send other pictures than the page shows
const inWindow = new Map<Holder, Promise<unknown>>(); // what others of their site, out of it, go by
const replaced = () => i18n.t("capture.replaced");

/** The bytes end too early, or are none of a picture. */
class Damaged extends Error {
  override name = "Damaged";
}

/** The canvas is as empty as it reads. */
export class Nothing extends Error {
  override name = "Nothing";
}

/** Whether `url` may be read now: a picture of another site only once an element of the page shows it. */
export function isReadable(url: string, holder: Holder | null): boolean {
  return isOwn(url) || (holder?.shows(url) ?? false);
}

/** Capture what stands at `url`; `holder` shows it, where there is one. Rejects with a reason for a reader. */
export async function capture(url: string, holder: Holder | null): Promise<Captured> {
  if (!isReadable(url, holder)) throw new Error(i18n.t("capture.notShown"));
  const captured = inTurn(url, holder);
  if (holder && !isOwn(url) && isInView(holder) && !inWindow.has(holder)) {
    inWindow.set(holder, captured);
    const over = () => inWindow.delete(holder);
    void captured.then(over, over);
  }
  return captured;
}

/** One way after the other. */
async function inTurn(url: string, holder: Holder | null): Promise<Captured> {
  let reason: Error = new Error(i18n.t("capture.noLongerShown"));
  for (const way of waysTo(url)) {
    try {
      return await asShown(way, url, holder);
    } catch (error) {
      if (!(error instanceof NotNow)) reason = error instanceof Error ? error : new Error(String(error));
    }
  }
  throw reason;
}

function waysTo(url: string): readonly Way[] {
  if (url.startsWith(CLOSED)) return [fromWindow];
  if (url.startsWith(DRAWN)) return [readBack];
  return isOwn(url) ? [heldFetch, readBack, ownFetch] : [readBack, heldByPage, openFetch, workerFetch];
}

/** This way is not open for this picture; another one's reason tells more. */
class NotNow extends Error {
  override name = "NotNow";
}

/** What the browser promises; its own reason tells nothing. Firefox reports what a `catch` on a promise of the page's throws. */
async function orNotNow<Kept>(promised: Promise<Kept>): Promise<Kept> {
  try {
    return await promised;
  } catch {
    throw new NotNow();
  }
}

/** One way's picture, if it is what the element shows. What comes cut or garbled is asked for once more. */
async function asShown(way: Way, url: string, holder: Holder | null): Promise<Captured> {
  const isHeld = way === heldFetch;
  const once = async () => measured(await way(url, holder), !isHeld);
  const captured = await once().catch((error: unknown) => {
    if (error instanceof Damaged && way === workerFetch) return once();
    throw error;
  });
  if (way !== readBack && way !== fromWindow && !isTheSame(captured, url, holder)) throw new Error(replaced());
  if (holder && [openFetch, workerFetch].includes(way)) await assertSeen(captured.blob, url, holder);
  return isHeld && /^https?:/.test(url) ? { ...captured, isUnproven: true } : captured;
}

/**
 * Whether what the browser held at `url` is what `holder` shows. Where it is not, the address is not asked that way again.
 * For later: the element's pixels are decoded once more for that, in the page's own thread.
 */
export async function isProven(blob: Blob, url: string, holder: Holder): Promise<boolean> {
  if (!holder.isConnected || !holder.shows(url)) return true; // nobody can tell any more
  if (isTheSame(await measured(blob), url, holder)) return true;
  mistaken.add(url);
  return false;
}

/** Where no script may read what the element shows, the window may tell; what is out of it goes by the site's others. */
async function assertSeen(blob: Blob, url: string, holder: Holder): Promise<void> {
  const { origin } = new URL(url);
  const isSeen = sightOfHolder(holder) === null ? await isSeenIn(holder, blob) : true;
  if (isSeen === false) replacing.add(origin);
  if (isSeen === null && !inWindow.has(holder)) await Promise.allSettled(inWindow.values());
  if (isSeen === true || !replacing.has(origin)) return;
  throw new Error([replaced(), await askWorker("agent.replaced", {})].join(" ").trim());
}

/** What the browser's cache or memory holds: no request. */
const heldFetch: Way = async (url) => {
  if (mistaken.has(url)) throw new NotNow();
  const isMemory = /^(?:blob|data):/.test(url);
  const response = await fetch(url, isMemory ? {} : { cache: "only-if-cached", mode: "same-origin" });
  return answered(response);
};

/** The page's own origin may be asked as the page itself could. */
const ownFetch: Way = async (url) => {
  if (!/^https?:/.test(url)) throw new Error(i18n.t("capture.thrownAway"));
  return answered(await patiently(() => fetch(url, { mode: "same-origin", cache: "force-cache" }), url));
};

/** The very bytes that the page holds, where the reader lets us look: no request. */
const heldByPage: Way = async (url, holder) => {
  if (!holder?.shows(url)) throw new NotNow();
  const held = await askWorker("agent.held", { urls: [url, holder.declared] });
  if (!held) throw new NotNow();
  return unpack(held);
};

/** From the cache that the page fills, where the site is known to open its pictures. */
const openFetch: Way = (url, holder) =>
  openOrigins.has(new URL(url).origin) ? corsFetch(url, holder) : Promise.reject(new NotNow());

/** Pictures that their site opens to every page. */
const corsFetch: Way = async (url) => {
  if (!/^https?:/.test(url)) throw new NotNow();
  const init = { mode: "cors", credentials: "omit", cache: "force-cache" } as const;
  return answered(await patiently(() => orNotNow(fetch(url, init)), url));
};

/** The worker may ask sites that the reader allowed; of others this script has what every page has. */
const workerFetch: Way = async (url, holder) => {
  if (!holder?.shows(url)) throw new Error(i18n.t("capture.noLongerShown"));
  const fetched = await askWorker("agent.fetch", { url, referer: refererFor(holder) });
  if (fetched?.isOpen) openOrigins.add(new URL(url).origin);
  if (fetched) return unpack(fetched.picture);
  return corsFetch(url, holder).catch(() => {
    throw new Error(i18n.t("picture.notAllowed", [new URL(url).hostname]));
  });
};

/** The pixels that the element shows, where this script may read them. */
const readBack: Way = async (url, holder) => {
  if (!holder?.shows(url)) throw new NotNow();
  const { natural, pixels } = holder;
  const canvas = new OffscreenCanvas(natural.width, natural.height);
  if (pixels) canvas.getContext("2d")?.drawImage(pixels, 0, 0, natural.width, natural.height);
  return orNotNow(canvas.convertToBlob({ type: "image/png" })); // another site's
};

/** What no script may read, but the reader sees. */
const fromWindow: Way = async (url, holder) => {
  if (!holder?.shows(url)) throw new Error(i18n.t("capture.noLongerShown"));
  const seen = await seenOf(holder, url);
  if (url.startsWith(UNREAD) && !(await isDrawn(seen))) throw new Nothing();
  if (!holder.shows(url)) throw new Error(i18n.t("capture.noLongerShown"));
  return seen;
};

/** The Referer that the page's own request carried: by policy of the element or the page, else the page's origin. */
export function refererFor(holder: Holder | null): string | null {
  const meta = document.querySelector<HTMLMetaElement>("meta[name=referrer]")?.content ?? "";
  const policy = holder?.referrerPolicy || meta.toLowerCase();
  if (policy === "no-referrer" || policy === "never" || policy === "same-origin") return null;
  const full = policy === "unsafe-url" || policy === "no-referrer-when-downgrade" || policy === "always";
  return full ? location.href.split("#", 1)[0]! : `${location.origin}/`;
}

/** The picture in `blob` with its size, and with what it looks like where that `isSeen`; rejects for what is none. */
export async function measured(blob: Blob, isSeen = true): Promise<Captured> {
  const bytes = await blob.arrayBuffer();
  const mime = typeOf(bytes);
  if (mime === null) throw new Damaged(i18n.t("picture.noPicture", [i18n.t("capture.theSite")]));
  const [bitmap, sha256] = await Promise.all([
    createImageBitmap(blob).catch(() => Promise.reject(new Damaged(i18n.t("capture.damaged")))),
    isSecureContext ? digestOf(bytes) : undefined,
  ]);
  const { width, height } = bitmap;
  const [edges, sight] = [edgesOf(bitmap), isSeen ? sightOf(bitmap) : null];
  bitmap.close();
  const typed = blob.type === mime ? blob : new Blob([bytes], { type: mime });
  return { blob: typed, width, height, edges, sight, ...(sha256 ? { sha256 } : {}) };
}

function isOwn(url: string): boolean {
  if (/^(?:blob|data):/.test(url)) return true;
  if (location.protocol === "file:") return url.startsWith("file:"); // they have no origin; asked for as one's own they come
  return new URL(url).origin === self.origin; // a sandboxed frame has none
}

async function answered(response: Response): Promise<Blob> {
  if (!response.ok) throw new Error(i18n.t("picture.refused", [i18n.t("capture.theSite"), `${response.status}`]));
  return response.blob();
}

/** Hotlink guards answer 200 with another picture: compare with what the element shows, if it shows this one. */
function isTheSame({ width, height, sight }: Captured, url: string, holder: Holder | null): boolean {
  if (!holder?.shows(url)) return true;
  const { natural } = holder;
  const shape = (width * natural.height) / (height * natural.width);
  if (Math.abs(shape - 1) > SAME_SHAPE || width < natural.width * (1 - SAME_SHAPE)) return false;
  const shown = sight && width === natural.width ? sightOfHolder(holder) : null; // else it counts in another density
  return sight === null || shown === null || looksAlike(sight, shown);
}
