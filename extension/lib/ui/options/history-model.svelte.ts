/** What was coloured, as the options page shows it; the host remembers it. */

import { askWorker } from "../../messages";
import type { HistorySeries } from "../../protocol/messages";
import { Attempts } from "../attempts.svelte";

export class HistoryModel extends Attempts {
  rows = $state.raw<HistorySeries[]>([]);

  async open(): Promise<void> {
    this.rows = (await this.attempt(askWorker("history.list", {}))) ?? this.rows;
  }

  /** Forget a series with its coloured pages, or with null all of them. */
  async forget(series: string | null): Promise<void> {
    const forgotten = askWorker("history.forget", { series });
    this.rows = (await this.attempt(forgotten.then(() => askWorker("history.list", {})))) ?? this.rows;
  }
}
