/** How far ahead of the reader pages are coloured: a laptop's battery and a tab out of sight have their say. */

import { storage } from "wxt/utils/storage";
import { CHOICES, type Choices, NO_CHOICES } from "../../state";

/** What browsers tell of the battery; not all do. */
interface Battery extends EventTarget {
  charging: boolean;
}

export class Pace {
  readonly #changed: () => void;
  readonly #signal: AbortSignal;
  #choices = NO_CHOICES;
  #battery: Battery | null = null;
  #isKnown = false;

  /** Calls `changed` when pages may be read that could not be before, or the other way round, until `signal` aborts. */
  constructor(changed: () => void, signal: AbortSignal) {
    this.#changed = changed;
    this.#signal = signal;
    document.addEventListener("visibilitychange", changed, { signal });
    const stop = storage.watch<Choices>(CHOICES, (choices) => this.#choose(choices));
    signal.addEventListener("abort", stop, { once: true });
    const chosen = storage.getItem<Choices>(CHOICES).then((choices) => (this.#choices = { ...NO_CHOICES, ...choices }));
    void Promise.allSettled([chosen, this.#ask()]).then(() => {
      this.#isKnown = true;
      if (!signal.aborted) changed();
    });
  }

  /** The tab is out of sight, and nothing is to be done there. */
  get isResting(): boolean {
    return document.hidden && (this.#choices.restsHidden || this.#isSaving);
  }

  /** How many pages after those in view may be read; infinite for all of the chapter. */
  get ahead(): number {
    if (!this.#isKnown || this.isResting) return 0;
    return this.#isSaving ? this.#choices.pagesAhead : Number.POSITIVE_INFINITY;
  }

  /** How many pages may be read that the document has not shown yet. */
  get foreseen(): number {
    return !this.#isKnown || this.isResting ? 0 : this.#choices.pagesAhead;
  }

  get #isSaving(): boolean {
    return this.#choices.savesBattery && this.#battery?.charging === false;
  }

  #choose(choices: Choices | null): void {
    this.#choices = { ...NO_CHOICES, ...choices };
    if (!this.#signal.aborted) this.#changed();
  }

  async #ask(): Promise<void> {
    const { getBattery } = navigator as { getBattery?: () => Promise<Battery> };
    this.#battery = (await getBattery?.call(navigator)) ?? null;
    this.#battery?.addEventListener("chargingchange", this.#changed, { signal: this.#signal });
  }
}
