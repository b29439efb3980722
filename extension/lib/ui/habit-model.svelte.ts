/** What the reader wants to happen by itself in the popup's tab. */

import {
  habitOf,
  loadHabit,
  type Mode,
  modeOf,
  type Naming,
  NO_HABIT,
  type SeriesHabit,
  type SiteHabit,
  watchHabit,
} from "../habits";
import { askWorker, type Survey } from "../messages";

export class HabitModel {
  site = $state("");
  told = $state("");
  habit = $state<SiteHabit>(NO_HABIT);
  #wished: Mode | null = null; // chosen, though not stored yet

  get own(): SeriesHabit {
    return habitOf(this.habit, this.told);
  }

  get mode(): Mode {
    return this.#wished ?? modeOf(this.habit, this.told);
  }

  get isWished(): boolean {
    return this.mode !== "never";
  }

  /** How the site's names are told, where the reader chose that. */
  get naming(): Naming {
    return this.habit.naming ?? {};
  }

  /** Have a site's names told by other rules. */
  async chooseNaming(change: Naming): Promise<void> {
    await askWorker("habit.naming", { site: this.site, naming: { ...this.naming, ...change } });
    this.habit = await loadHabit(this.site);
  }

  /** The choice as the list has it: of the series where it has one of its own, else of the site. */
  get wish(): string {
    if (this.own.mode !== null) return `series:${this.own.mode}`;
    return this.habit.mode === "never" ? "series:never" : `site:${this.habit.mode}`;
  }

  async open({ site, series }: Survey, signal: AbortSignal): Promise<void> {
    if (this.site === site && this.told === series) return;
    [this.site, this.told] = [site, series];
    this.habit = await loadHabit(site);
    watchHabit(site, (habit) => site === this.site && (this.habit = habit), signal);
  }

  /** `tabId` has a chapter that may begin at once. */
  async choose(wish: string, tabId: number | null): Promise<void> {
    const [scope, mode] = wish.split(":") as ["series" | "site", Mode];
    const { site, told } = this;
    this.#wished = mode;
    const own = scope === "series" ? mode : null;
    const now = tabId === null ? {} : { tabId };
    const hadOwn = this.own.mode !== null;
    if (scope === "site") await askWorker("habit.change", { site, told: null, change: { mode }, ...now });
    if (own !== null || hadOwn) await askWorker("habit.change", { site, told, change: { mode: own }, ...now });
    this.habit = await loadHabit(site);
    this.#wished = null;
  }
}
