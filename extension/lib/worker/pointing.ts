/** Lets the reader point at a picture on the page, for sites that block the right click, and for the keyboard. */

import { browser } from "wxt/browser";
import type { HostConnection } from "../host/connection";
import { askPage, type MessageSender, type PointPurpose } from "../messages";
import { ensureAgent } from "./inject";
import { colorizePage, sayTrouble, setReference } from "./menus";
import { savePointed } from "../studio";
import type { Runs } from "./runs";

/** Every frame of the tab waits for a picture to be pointed at. */
export async function startPointing(tabId: number, purpose: PointPurpose): Promise<void> {
  await ensureAgent(tabId);
  await askPage(tabId, null, "page.point", { purpose });
}

/** A frame's picture was pointed at, or with `null` the reader wants none: the other frames stop waiting. */
export async function pointed(
  host: HostConnection,
  runs: Runs,
  { tab, frameId = 0 }: MessageSender,
  purpose: PointPurpose,
  url: string | null,
): Promise<void> {
  const tabId = tab?.id ?? browser.tabs.TAB_ID_NONE;
  await askPage(tabId, null, "page.point", { purpose: null }).catch(() => undefined);
  if (url === null) return;
  try {
    if (purpose === "reference") await setReference(host, tabId, frameId, url);
    if (purpose === "page") await colorizePage(runs, tabId, url);
    if (purpose === "studio") await savePointed({ tabId, frameId, url, at: Date.now() });
    if (purpose === "correct") await askPage(tabId, frameId, "page.correct", { url });
  } catch (error) {
    await sayTrouble(tabId, frameId, url, error);
  }
}
