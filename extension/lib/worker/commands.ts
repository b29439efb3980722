/** Keyboard commands, which readers change where their browser keeps them. */

import { browser } from "wxt/browser";
import type { HostConnection } from "../host/connection";
import { askPage } from "../messages";
import { loadChoices } from "../state";
import { flashBadge } from "./badge";
import { ensureAgent } from "./inject";
import type { Runs } from "./runs";

export const COLORIZE_CHAPTER = "colorize-chapter";
export const TOGGLE_ORIGINAL = "toggle-original";
export const COMPARE = "compare";

/** Act on the commands of `wxt.config.ts`; each waits until the worker has `woken`. */
export function answerCommands(woken: Promise<HostConnection>, runs: Runs): void {
  browser.commands?.onCommand.addListener(async (command, tab) => {
    const tabId = tab?.id;
    if (tabId === undefined) return;
    try {
      await woken;
      if (command === COLORIZE_CHAPTER) await runs.start(tabId, { series: "", engine: (await loadChoices()).engine });
      if (command === TOGGLE_ORIGINAL) await runs.toggleOriginal(tabId);
      if (command === COMPARE) {
        await ensureAgent(tabId);
        await askPage(tabId, null, "page.act", { act: "compare", url: null });
      }
    } catch {
      await flashBadge(tabId, "!", "bad"); // the popup says why
    }
  });
}
