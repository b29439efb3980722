/** What was coloured, as the options page shows it; the host remembers it. */

import { askWorker } from "../../messages";
import type { HistorySeries } from "../../protocol/messages";

export class HistoryModel {
  rows = $state.raw<HistorySeries[]>([]);
  trouble = $state("");

  async open(): Promise<void> {
    await this.#attempt(async () => {
      this.rows = await askWorker("history.list", {});
    });
  }

  /** Forget a series with its coloured pages, or with null all of them. */
  async forget(series: string | null): Promise<void> {
    await this.#attempt(async () => {
      await askWorker("history.forget", { series });
      this.rows = await askWorker("history.list", {});
    });
  }

  async #attempt(act: () => Promise<void>): Promise<void> {
    try {
      await act();
      this.trouble = "";
    } catch (error) {
      this.trouble = error instanceof Error ? error.message : String(error);
    }
  }
}
