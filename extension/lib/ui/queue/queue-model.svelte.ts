/** The chapters of all tabs and the studio's tasks: on their way, or ended since the list was cleared. */

import { browser } from "wxt/browser";
import { storage } from "wxt/utils/storage";
import { isUnderWay, type RunState } from "../../chapter/state";
import { askWorker } from "../../messages";
import { loadRuns, watchRuns } from "../../state";
import { isTaskOpen, loadTasks, type TaskRow, watchTasks } from "../../studio";
import { Attempts } from "../attempts.svelte";

const ORDER: readonly TaskRow["state"][] = ["running", "waiting", "failed", "cancelled", "done"];
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

  /** The studio's tasks: the one under way, those that wait in their order, then those that ended. */
  tasks = $state.raw<readonly TaskRow[]>([]);
  /** How far the task under way is, 0 to 1. */
  fraction = $state(0);
  readonly hasEnded = $derived(this.underWay < this.runs.length || this.tasks.some((task) => !isTaskOpen(task)));

  async open(): Promise<void> {
    watchTasks(
      (rows) => this.#list(rows),
      ({ fraction }) => (this.fraction = fraction),
    );
    this.#list(await loadTasks());
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

  async firstTask({ taskId }: TaskRow): Promise<void> {
    await this.attempt(askWorker("studio.first", { taskId }));
  }

  async cancelTask({ taskId }: TaskRow): Promise<void> {
    await this.attempt(askWorker("studio.cancel", { taskId }));
  }

  #list(rows: readonly TaskRow[]): void {
    const place = ({ state }: TaskRow) => ORDER.indexOf(state);
    this.tasks = rows.toSorted((a, b) => place(a) - place(b));
  }

  /** Take what has ended from the list; the colours stay where they are. */
  async clear(): Promise<void> {
    if (this.tasks.some((task) => !isTaskOpen(task))) await this.attempt(askWorker("studio.clear", {}));
    this.#cleared = this.#runs.filter((run) => !isUnderWay(run)).map(({ runId }) => runId);
    await storage.setItem(CLEARED, [...this.#cleared]);
  }
}
