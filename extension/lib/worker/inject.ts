/** Brings the page's script into a tab: on demand, once per frame, and never where it already runs. */

import { browser } from "wxt/browser";
import { askPage } from "../messages";
import { learnFrom, probe } from "../payload";

/** Make sure that the tab has a living script; rejects with a reason for a reader where the browser forbids it. */
export async function ensureAgent(tabId: number): Promise<void> {
  await browser.scripting.executeScript({ target: { tabId, allFrames: true }, files: ["/agent.js"] }).catch(() => {
    throw new Error(
      "Irodori may not read this tab. Open it from the toolbar button on the page that you want in colour.",
    );
  });
  const hello = await askPage(tabId, 0, "page.hello", { probe: probe() });
  learnFrom(hello.probe);
}
