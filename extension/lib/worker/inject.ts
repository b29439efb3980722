/** Brings the page's script into a tab: on demand, once per frame, and never where it already runs. */

import { i18n } from "#i18n";
import { browser } from "wxt/browser";
import { askPage } from "../messages";
import { learnFrom, probe } from "../payload";
import { makeCallSign } from "../state";

const BROWSERS_OWN = /^(?:chrome|edge|brave|vivaldi|opera|about|devtools|view-source|chrome-extension|moz-extension):/i;
const SAYS_BROWSERS_OWN = /chrome:\/\/|chrome-extension:|about:|extensions gallery|error page/i;

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
  const hello = await askPage(tabId, 0, "page.hello", { probe: probe() });
  learnFrom(hello.probe);
  return [...new Set([0, ...entered.map(({ frameId }) => frameId)])];
}

/** Why a tab at this address cannot be read, and what to do. */
export function sayNoEntry(url: string, error: string, allowsFiles: boolean): string {
  if (BROWSERS_OWN.test(url) || SAYS_BROWSERS_OWN.test(error)) return i18n.t("tab.browsersOwn");
  if ((url.startsWith("file:") || error.includes("file://")) && !allowsFiles) return i18n.t("found.file");
  return i18n.t("tab.clickFirst");
}
