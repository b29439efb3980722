/** What was coloured, as the options page shows it; the host remembers it. */

import { browser } from "wxt/browser";
import { fileUrl } from "../../file-url";
import { askWorker } from "../../messages";
import type { HistorySeries } from "../../protocol/messages";
import { Attempts } from "../attempts.svelte";

export class HistoryModel extends Attempts {
  rows = $state.raw<HistorySeries[]>([]);
  /** The series whose report is being written. */
  working = $state<string | null>(null);
  /** Where the last report is. */
  written = $state("");

  async open(): Promise<void> {
    this.rows = (await this.attempt(askWorker("history.list", {}))) ?? this.rows;
  }

  /** Open the host's report of a series; where the browser does not, tell where it is. */
  async report(series: string): Promise<void> {
    this.working = series;
    const written = await this.attempt(askWorker("history.report", { series }));
    this.working = null;
    if (!written) return;
    this.written = written.path;
    await browser.tabs.create({ url: fileUrl(written.path) }).catch(() => undefined); // Firefox opens none
  }

  /** Forget a series with its coloured pages, or with null all of them. */
  async forget(series: string | null): Promise<void> {
    const forgotten = askWorker("history.forget", { series });
    this.rows = (await this.attempt(forgotten.then(() => askWorker("history.list", {})))) ?? this.rows;
  }
}
