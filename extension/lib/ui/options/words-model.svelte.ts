/** What models do with the reader's words, and which there are for it. */

import { askWorker, type WordSettings } from "../../messages";
import type { WordModel } from "../../protocol/messages";
import { Attempts } from "../attempts.svelte";

export class WordsModel extends Attempts {
  settings = $state.raw<WordSettings | null>(null);
  models = $state.raw<WordModel[]>([]);
  /** Why Ollama's models are not among them. */
  ollamaTrouble = $state("");

  async open(): Promise<void> {
    this.settings = await this.attempt(askWorker("words.settings", {}));
    await this.#look();
  }

  async change(change: Partial<WordSettings>): Promise<void> {
    this.settings = (await this.attempt(askWorker("words.change", change))) ?? this.settings;
    if ("enhance" in change) await this.#look();
  }

  /** The models of a step, those that are here first. */
  of(step: string, provider: "local" | "ollama" = "local"): WordModel[] {
    const found = this.models.filter((one) => one.step === step && one.provider === provider);
    return [...found.filter(({ ready }) => ready), ...found.filter(({ ready }) => !ready)];
  }

  /** The languages whose translators are here, by their codes. */
  get languages(): string[] {
    return this.of("translate").flatMap(({ ready, language }) => (ready && language ? [language] : []));
  }

  async #look(): Promise<void> {
    if (this.settings === null) return;
    const found = await this.attempt(askWorker("words.models", { ollama: this.settings.enhance === "ollama" }));
    this.models = found?.models ?? this.models;
    this.ollamaTrouble = found?.trouble ?? "";
  }
}
