/**
 * What a site is: scheme and host, for ports do not count for permissions; which hosts belong to it, and which are
 * nobody's business on the open web.
 */

const PRIVATE_V4 =
  /^(?:0|10|127|169\.254|192\.168|172\.(?:1[6-9]|2\d|3[01])|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\./;
const PRIVATE_V6 = /^\[(?:::1?|f[cd][0-9a-f]{2}:.*|fe[89ab][0-9a-f]:.*|::ffff:.*)\]$/;
const PRIVATE_NAME = /(?:^|\.)(?:localhost|local|internal|home\.arpa|lan)\.?$|^[^.:[\]]+$/;

/** All files of the computer are one site. */
export const FILES = "file://";

/** What a reader is told of a file: Chromium has a switch that opens them to extensions, Firefox opens them to none. */
export const CLOSED_FILE = import.meta.env.FIREFOX ? "fileNever" : "file";

/** The site of an address, or of the document that made it; empty for what is of none. */
export function siteOf(address: string): string {
  if (!URL.canParse(address)) return "";
  const { protocol, hostname, origin } = new URL(address);
  if (protocol === "blob:") return siteOf(origin);
  if (protocol === "file:") return import.meta.env.FIREFOX ? "" : FILES;
  return /^https?:$/.test(protocol) ? `${protocol}//${hostname}` : "";
}

/** What the browser knows the site of an address by when it is asked for it; rejects what is no address. */
export function patternOf(address: string): string {
  const { protocol, hostname } = new URL(address);
  return `${protocol}//${hostname}/*`;
}

/**
 * Whether a picture's address is of the same site as a document: its host or one below, by the same scheme. Narrower
 * than the browser's "same site", which needs the list of public suffixes: brothers do not count.
 */
export function isOfSite(url: string, document: string): boolean {
  const [picture, page] = [new URL(url), new URL(document)];
  if (picture.protocol !== page.protocol) return false;
  const site = page.hostname.replace(/^www\./, "");
  return picture.hostname === page.hostname || picture.hostname === site || isBelow(picture.hostname, site);
}

/** Whether this host is of the reader's own machine or network. */
export function isPrivate(hostname: string): boolean {
  return PRIVATE_V4.test(hostname) || PRIVATE_V6.test(hostname) || PRIVATE_NAME.test(hostname);
}

function isBelow(hostname: string, site: string): boolean {
  return site.includes(".") && /[a-z]/i.test(site) && hostname.endsWith(`.${site}`);
}
