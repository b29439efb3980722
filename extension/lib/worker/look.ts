/** Looks at what a tab's window shows: with the reader's click on the button the browser allows it for that tab. */

import { browser } from "wxt/browser";

const EVERY_MS = 550; // browsers allow two looks a second

let turn: Promise<unknown> = Promise.resolve();

/** What the window of a tab in front shows; `null` where the browser does not let us look, or another tab is in front. */
export function windowOf(tabId: number): Promise<Blob | null> {
  const look = turn.then(() => lookAt(tabId)).catch(() => null);
  turn = look.then(() => new Promise((resolve) => setTimeout(resolve, EVERY_MS)));
  return look;
}

async function lookAt(tabId: number): Promise<Blob | null> {
  const { active, windowId } = await browser.tabs.get(tabId);
  if (!active) return null;
  const address = await browser.tabs.captureVisibleTab(windowId, { format: "png" });
  const isStill = (await browser.tabs.get(tabId)).active;
  return isStill ? (await fetch(address)).blob() : null;
}
