/** The chapters of all tabs that are on their way, or have ended since the list was cleared. */

import { browser } from "wxt/browser";
import { storage } from "wxt/utils/storage";
import { isUnderWay, type RunState } from "../../chapter/state";
import { askWorker } from "../../messages";
import { loadRuns, watchRuns } from "../../state";
import { Attempts } from "../attempts.svelte";

const CLEARED = "session:queue-cleared"; // the ids of runs that ended and are not to be seen any more

export class QueueModel extends Attempts {
  #runs = $state.raw<readonly RunState[]>([]);
  #cleared = $state.raw<readonly string[]>([]);

  /** Those under way in the order in which they began, then those that ended. */
  readonly runs = $derived.by(() => {
    const all = this.#runs.filter((run) => isUnderWay(run) || !this.#cleared.includes(run.runId));
    return all.sort((a, b) => Number(isUnderWay(b)) - Number(isUnderWay(a)) || a.startedAt - b.startedAt);
  });
  readonly underWay = $derived(this.runs.filter(isUnderWay).length);

  async open(): Promise<void> {
    const changed: number[] = []; // since we began to ask
    watchRuns((tabId, run) => {
      changed.push(tabId);
      this.#runs = [...this.#runs.filter((one) => one.tabId !== tabId), ...(run ? [run] : [])];
    });
    this.#cleared = await storage.getItem<string[]>(CLEARED, { fallback: [] });
    const known = await loadRuns();
    this.#runs = [...known.filter(({ tabId }) => !changed.includes(tabId)), ...this.#runs];
  }

  /** Show the tab of a chapter. */
  async goTo({ tabId }: RunState): Promise<void> {
    const tab = await this.attempt(browser.tabs.update(tabId, { active: true }));
    if (tab?.windowId !== undefined) await this.attempt(browser.windows.update(tab.windowId, { focused: true }));
  }

  /** Put a chapter before the others. */
  async first({ tabId }: RunState): Promise<void> {
    await this.attempt(askWorker("chapter.first", { tabId }));
  }

  async cancel({ tabId }: RunState): Promise<void> {
    await this.attempt(askWorker("chapter.cancel", { tabId }));
  }

  /** Take what has ended from the list; the colours stay where they are. */
  async clear(): Promise<void> {
    this.#cleared = this.#runs.filter((run) => !isUnderWay(run)).map(({ runId }) => runId);
    await storage.setItem(CLEARED, [...this.#cleared]);
  }
}
