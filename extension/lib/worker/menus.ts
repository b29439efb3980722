/** The context menu on images. */

import { i18n } from "#i18n";
import { browser } from "wxt/browser";
import type { HostConnection } from "../host/connection";
import { askPage, type PageAct } from "../messages";
import { titleOf } from "../page/find/chapter";
import type { Payload } from "../payload";
import { reasonOf } from "../reason";
import { loadChoices } from "../state";
import { flashBadge } from "./badge";
import { fetchPicture } from "./fetch-picture";
import { ensureAgent } from "./inject";
import { refusePrivate } from "./survey";
import { addReference } from "./references";
import { type Runs, startOf } from "./runs";

export const SET_REFERENCE = "set-style-reference";
export const COLORIZE_PAGE = "colorize-page";
export const CORRECT_COLOUR = "correct-colour";
export const SAVE_CHAPTER = "save-chapter";

/** What is done to the page under the mouse, whatever shows it: browsers tell a picture by `<img>` alone. */
export const ACTS: readonly (readonly [id: string, act: PageAct])[] = [
  ["compare-page", "compare"],
  ["show-original", "original"],
  ["leave-out", "leaveOut"],
  ["take-in", "takeIn"],
  ["save-page", "save"],
  ["copy-page", "copy"],
];

/** Make the menu; browsers keep it, so this is for installs and updates. */
export async function createMenus(): Promise<void> {
  await browser.contextMenus.removeAll();
  browser.contextMenus.create({ id: SET_REFERENCE, title: i18n.t("menu.setReference"), contexts: ["image"] });
  browser.contextMenus.create({ id: COLORIZE_PAGE, title: i18n.t("menu.colorizePage"), contexts: ["image"] });
  browser.contextMenus.create({ id: CORRECT_COLOUR, title: i18n.t("menu.correctColour"), contexts: ["image"] });
  for (const [id, act] of ACTS)
    browser.contextMenus.create({ id, title: i18n.t(`menu.${act}`), contexts: ["page", "image", "link", "video"] });
  browser.contextMenus.create({
    id: SAVE_CHAPTER,
    title: i18n.t("menu.saveChapter"),
    contexts: ["page", "image", "action"],
  });
}

/** Act on clicks; what comes of them is told by the badge and on the page. */
export function answerMenus(host: () => Promise<HostConnection>, runs: Runs): void {
  browser.contextMenus.onClicked.addListener(async ({ menuItemId, srcUrl, frameId }, tab) => {
    const tabId = tab?.id ?? (await activeTabId());
    if (tabId === undefined) return;
    if (menuItemId === SAVE_CHAPTER) return saveChapter(host, runs, tabId);
    const act = ACTS.find(([id]) => id === menuItemId)?.[1];
    if (act) return actOn(tabId, frameId ?? 0, act, srcUrl ?? "");
    if (!srcUrl) return;
    try {
      if (menuItemId === SET_REFERENCE) await setReference(await host(), tabId, frameId ?? 0, srcUrl);
      if (menuItemId === COLORIZE_PAGE) await colorizePage(runs, tabId, srcUrl);
      if (menuItemId === CORRECT_COLOUR) await correctColour(tabId, frameId ?? 0, srcUrl);
    } catch (error) {
      await sayTrouble(tabId, frameId ?? 0, srcUrl, error);
    }
  });
}

/** Say on the badge and at the picture what went wrong. */
export async function sayTrouble(tabId: number, frameId: number, url: string, error: unknown): Promise<void> {
  await flashBadge(tabId, "!", "bad");
  await askPage(tabId, frameId, "page.notice", { url, text: reasonOf(error) }).catch(() => undefined);
}

/** Keep a picture of the tab as the style reference. */
export async function setReference(host: HostConnection, tabId: number, frameId: number, url: string): Promise<void> {
  await refusePrivate(tabId);
  await flashBadge(tabId, "…", "busy");
  const picture = await captured(tabId, frameId, url);
  const survey = await askPage(tabId, 0, "page.survey", {}).catch(() => null);
  await addReference(host, picture, {
    name: survey ? titleOf(survey.series, survey.chapter) : "",
    series: survey?.series ?? "",
    source_url: url.startsWith("http") ? url.slice(0, 4096) : "",
  });
  await flashBadge(tabId, "✓", "good");
  await askPage(tabId, frameId, "page.notice", { url, text: i18n.t("menu.referenceSet") }).catch(() => undefined);
}

async function captured(tabId: number, frameId: number, url: string): Promise<Payload> {
  try {
    await ensureAgent(tabId);
  } catch (error) {
    const { picture } = await fetchPicture(url, null, [url]).catch(() => Promise.reject(error));
    return picture; // of a tab that shows nothing else
  }
  return askPage(tabId, frameId, "page.capture", { url });
}

/** Colour the one picture at that address. */
export async function colorizePage(runs: Runs, tabId: number, url: string): Promise<void> {
  const { engine } = await loadChoices();
  const run = runs.of(tabId);
  if (run && run.state.name !== "cancelled" && run.state.name !== "failed") {
    await askPage(tabId, null, "page.start", startOf(run.state, url));
  } else {
    await runs.start(tabId, { series: "", engine }, { only: url });
  }
}

/** Save the tab's chapter; the badge tells that it is done, the popup where it is. */
async function saveChapter(host: () => Promise<HostConnection>, runs: Runs, tabId: number): Promise<void> {
  try {
    await host();
    await flashBadge(tabId, "…", "busy");
    if (await runs.save(tabId, (await loadChoices()).saveAs)) await flashBadge(tabId, "✓", "good");
  } catch {
    await flashBadge(tabId, "!", "bad"); // the popup says why
  }
}

/** The page's script knows where the reader clicked. */
async function correctColour(tabId: number, frameId: number, url: string): Promise<void> {
  await ensureAgent(tabId);
  await askPage(tabId, frameId, "page.correct", { url });
}

async function actOn(tabId: number, frameId: number, act: PageAct, url: string): Promise<void> {
  try {
    await ensureAgent(tabId);
    await askPage(tabId, frameId, "page.act", { act, url });
  } catch (error) {
    await sayTrouble(tabId, frameId, url, error);
  }
}

async function activeTabId(): Promise<number | undefined> {
  const [tab] = await browser.tabs.query({ active: true, lastFocusedWindow: true });
  return tab?.id;
}
