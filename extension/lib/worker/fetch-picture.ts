/**
 * Fetches a page's picture on behalf of its script: what the script's own fetch may not read across origins. It carries
 * no more than the element's own request did: cookies only within the site that the reader reads, never over a redirect.
 */

import { i18n } from "#i18n";
import { browser } from "wxt/browser";
import { pictureType } from "../picture";
import { patiently } from "../polite";
import { FRAME_BYTES } from "../protocol/messages";
import { withReferer } from "./referer-rule";
import { isOfSite, isPrivate, patternOf } from "../sites";

const TIMEOUT_MS = 30_000;

/** The reader has not allowed this site. */
export class NotAllowed extends Error {
  override name = "NotAllowed";
}

/** The site answered with an error. */
export class Refused extends Error {
  override name = "Refused";

  constructor(
    readonly hostname: string,
    readonly status: number,
  ) {
    super(i18n.t("picture.refused", [hostname, `${status}`]));
  }
}

/** An encoded picture, and whether its site opens it to every page. */
export interface Fetched {
  picture: Blob;
  isOpen: boolean;
}

/** The picture at `url`, for a document at each of `documents`; rejects with a reason for a reader. */
export async function fetchPicture(url: string, referer: string | null, documents: string[]): Promise<Fetched> {
  const { protocol, hostname } = new URL(url);
  if (protocol !== "http:" && protocol !== "https:") throw new Error(i18n.t("picture.notOfTheWeb"));
  const hosts = documents.map((document) => new URL(document).hostname);
  if (isPrivate(hostname) && !hosts.every(isPrivate)) {
    throw new Error(i18n.t("picture.privateNetwork"));
  }
  const allowed = await browser.permissions.contains({ origins: [patternOf(url)] });
  if (!allowed) throw new NotAllowed(i18n.t("picture.notAllowed", [hostname]));
  const isKnown = hosts.length > 0 && documents.every((document) => isOfSite(url, document));
  const response = await withReferer(url, referer, () => patiently(() => answerOf(url, hostname, isKnown), url));
  if (!response.ok) throw new Refused(hostname, response.status);
  if (Number(response.headers.get("content-length") ?? 0) > FRAME_BYTES) throw new Error(i18n.t("picture.tooLarge"));
  const blob = await response.blob().catch(() => {
    throw new Error(i18n.t("picture.cut", [hostname]));
  });
  if (blob.size > FRAME_BYTES) throw new Error(i18n.t("picture.tooLarge"));
  if ((await pictureType(blob)) === null) throw new Error(i18n.t("picture.noPicture", [hostname]));
  return { picture: blob, isOpen: response.headers.get("access-control-allow-origin") === "*" };
}

async function answerOf(url: string, hostname: string, withCookies: boolean): Promise<Response> {
  const ask = (init: RequestInit) => fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
  try {
    if (!withCookies) return await ask({ credentials: "omit" });
    const response = await ask({ credentials: "include", redirect: "manual" });
    return response.type === "opaqueredirect" ? await ask({ credentials: "omit" }) : response;
  } catch {
    throw new Error(i18n.t("picture.unreachable", [hostname]));
  }
}
