/** Brings the page's script into a tab: on demand, once per frame, and never where it already runs. */

import { i18n } from "#i18n";
import { browser } from "wxt/browser";
import { askPage } from "../messages";
import { learnFrom, probe } from "../payload";
import { CLOSED_FILE } from "../sites";
import { makeCallSign } from "../state";

const BROWSERS_OWN = /^(?:chrome|edge|brave|vivaldi|opera|about|devtools|view-source|chrome-extension|moz-extension):/i;
const SAYS_BROWSERS_OWN = /chrome:\/\/|chrome-extension:|about:|extensions gallery|error page/i;
const SAYS_FIREFOX_OWN = /^Missing host permission/; // the click gives it everywhere else: Mozilla's sites, `about:`

let callSign: Promise<void> | undefined;

/** Make sure that this installation's scripts have their call sign before they enter a page. */
export function makeCallSignOnce(): Promise<void> {
  return (callSign ??= makeCallSign());
}

/**
 * Make sure that the tab has a living script in each frame that may be entered; returns their ids, the document's
 * first. Rejects with a reason for a reader where the browser forbids it.
 */
export async function ensureAgent(tabId: number): Promise<number[]> {
  await makeCallSignOnce();
  const entered = await browser.scripting
    .executeScript({ target: { tabId, allFrames: true }, files: ["/agent.js"] })
    .catch(async (error: Error) => {
      const tab = await browser.tabs.get(tabId).catch(() => null);
      const allowsFiles = await browser.extension.isAllowedFileSchemeAccess();
      throw new Error(sayNoEntry(tab?.url ?? "", error.message, allowsFiles));
    });
  const frames = entered.filter((frame) => (frame as unknown) !== undefined); // of Firefox's own documents nothing is told
  if (frames.length === 0) throw new Error(i18n.t("tab.browsersOwn"));
  const hello = await askPage(tabId, 0, "page.hello", { probe: probe() });
  learnFrom(hello.probe);
  return [...new Set([0, ...frames.map(({ frameId }) => frameId)])];
}

/** Why a tab at this address cannot be read, and what to do. */
export function sayNoEntry(url: string, error: string, allowsFiles: boolean): string {
  if ([SAYS_BROWSERS_OWN, SAYS_FIREFOX_OWN].some((own) => own.test(error))) return i18n.t("tab.browsersOwn");
  if (BROWSERS_OWN.test(url)) return i18n.t("tab.browsersOwn");
  if ((url.startsWith("file:") || error.includes("file://")) && !allowsFiles) return i18n.t(`found.${CLOSED_FILE}`);
  return i18n.t("tab.clickFirst");
}
