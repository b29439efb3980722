/** The coloured pages that the host keeps, as the options page shows them. */

import { askWorker } from "../../messages";
import type { CacheStats } from "../../protocol/messages";
import { Attempts } from "../attempts.svelte";

export class CacheModel extends Attempts {
  stats = $state.raw<CacheStats | null>(null);

  async open(): Promise<void> {
    this.stats = (await this.attempt(askWorker("cache.stats", {}))) ?? this.stats;
  }

  /** Let all coloured pages go; what was coloured when is remembered all the same. */
  async clear(): Promise<void> {
    const cleared = askWorker("cache.clear", {});
    this.stats = (await this.attempt(cleared.then(() => askWorker("cache.stats", {})))) ?? this.stats;
  }
}
