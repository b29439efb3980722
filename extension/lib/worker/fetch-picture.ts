/** Fetches a page's picture on behalf of its script: what the script's own fetch may not read across origins. */

import { browser } from "wxt/browser";
import { pictureType } from "../picture";
import { FRAME_BYTES } from "../protocol/messages";
import { withReferer } from "./referer-rule";

const TIMEOUT_MS = 30_000;

/** The encoded picture at `url`; rejects with a reason for a reader. Only pictures ever leave this function. */
export async function fetchPicture(url: string, referer: string | null): Promise<Blob> {
  const { protocol, hostname } = new URL(url);
  if (protocol !== "http:" && protocol !== "https:") throw new Error("The picture's address is not one of the web.");
  const allowed = await browser.permissions.contains({ origins: [`${protocol}//${hostname}/*`] });
  if (!allowed) throw new Error(`Irodori may not read pictures from ${hostname}. Allow it in the popup.`);
  const response = await withReferer(url, referer, () => answerOf(url, hostname));
  if (!response.ok) throw new Error(`${hostname} refused the picture (HTTP ${response.status}).`);
  if (Number(response.headers.get("content-length") ?? 0) > FRAME_BYTES) throw new Error("The picture is too large.");
  const blob = await response.blob();
  if (blob.size > FRAME_BYTES) throw new Error("The picture is too large.");
  if ((await pictureType(blob)) === null) throw new Error(`${hostname} sent something that is no picture.`);
  return blob;
}

async function answerOf(url: string, hostname: string): Promise<Response> {
  try {
    return await fetch(url, { credentials: "include", signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch {
    throw new Error(`${hostname} could not be reached.`);
  }
}
