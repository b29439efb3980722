/** Looks at all frames of a tab that the extension may enter, and adds up what they show. */

import { i18n } from "#i18n";
import { browser } from "wxt/browser";
import { askPage, type Survey } from "../messages";
import { CLOSED_FILE } from "../sites";
import { ensureAgent } from "./inject";

/** The survey of a tab: names from its document, pages and origins from every frame. Rejects where nothing may be read. */
export async function surveyTab(tabId: number): Promise<Survey> {
  await refusePrivate(tabId);
  const frameIds = await ensureAgent(tabId);
  const looks = frameIds.map((frameId) => askPage(tabId, frameId, "page.survey", {}).catch(() => null));
  const [top, ...frames] = await Promise.all(looks);
  if (!top) throw new Error(i18n.t("tab.loading"));
  const total = sumOf(
    top,
    frames.filter((frame) => frame !== null),
  );
  return (await isClosedFile(tabId)) ? { ...total, why: CLOSED_FILE } : total;
}

/** What is coloured is kept on this computer, which a private window must not do: nothing is coloured there. */
export async function refusePrivate(tabId: number): Promise<void> {
  if ((await browser.tabs.get(tabId))?.incognito) throw new Error(i18n.t("tab.private"));
}

/** What frames add to their document's survey. */
export function sumOf(top: Survey, frames: readonly Survey[]): Survey {
  const all = [top, ...frames];
  const pages = all.reduce((sum, survey) => sum + survey.pages, 0);
  const telling = all.map(({ why }) => why).find((why) => why !== null && why !== "none" && why !== "unloaded");
  return {
    ...top,
    pages,
    origins: [...new Set(all.flatMap(({ origins }) => origins))],
    why: pages > 0 ? null : (telling ?? top.why),
    ...(all.some(({ isFromWindow }) => isFromWindow) ? { isFromWindow: true } : {}),
  };
}

/** A script gets into a file's document by the click alone, but the file's pictures are read only with the switch. */
async function isClosedFile(tabId: number): Promise<boolean> {
  const { url } = await browser.tabs.get(tabId);
  if (!url?.startsWith("file:")) return false;
  return !(await browser.extension.isAllowedFileSchemeAccess());
}
