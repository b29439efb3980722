/** What the options page shows and does: the sites that Irodori may read, and what it does there by itself. */

import { browser } from "wxt/browser";
import { loadHabits, type Mode, NO_HABIT, type SiteHabit } from "../../habits";
import { askWorker } from "../../messages";
import { patternOf } from "../../sites";
import { type Choices, loadChoices, NO_CHOICES, saveChoices } from "../../state";

/** A site that is allowed, or of which something is wished; `isKept` where this build has it for good. */
export interface SiteRow {
  site: string;
  habit: SiteHabit;
  isAllowed: boolean;
  isKept: boolean;
}

export class OptionsModel {
  sites = $state<SiteRow[]>([]);
  mayCapture = $state(false);
  choices = $state<Choices>(NO_CHOICES);

  async open(): Promise<void> {
    const again = () => void this.#look();
    browser.permissions.onAdded.addListener(again);
    browser.permissions.onRemoved.addListener(again);
    browser.storage.local.onChanged.addListener(again);
    await this.#look();
  }

  async setMode(site: string, mode: Mode): Promise<void> {
    await askWorker("habit.change", { site, told: null, change: { mode } });
  }

  async setSeriesMode(site: string, told: string, mode: Mode | null): Promise<void> {
    await askWorker("habit.change", { site, told, change: { mode } });
  }

  async change(change: Partial<Choices>): Promise<void> {
    await saveChoices(change);
  }

  /** Call it straight from the click: the browser asks only then. */
  async allow(site: string): Promise<void> {
    await browser.permissions.request({ origins: [patternOf(site)] }).catch(() => false);
  }

  /** Read this site no more, and forget what was wished of it. */
  async takeBack({ site, isKept }: SiteRow): Promise<void> {
    if (!isKept) await browser.permissions.remove({ origins: [patternOf(site)] }).catch(() => false);
    await askWorker("habit.forget", { site });
  }

  async forgetSeries(site: string, told: string): Promise<void> {
    await askWorker("habit.forget", { site, told });
  }

  async takeBackCapture(): Promise<void> {
    await browser.permissions.remove({ permissions: ["pageCapture"] }).catch(() => false);
  }

  async #look(): Promise<void> {
    const [{ origins = [], permissions = [] }, habits] = await Promise.all([
      browser.permissions.getAll(),
      loadHabits(),
    ]);
    const { host_permissions: given = [], optional_permissions: optional = [] } = browser.runtime.getManifest();
    const allowed = origins.map((pattern) => pattern.replace(/\/\*$/, ""));
    const wished = habits.map(([site]) => site);
    const names = [...allowed, ...wished.filter((site) => !allowed.includes(site))].sort((a, b) => a.localeCompare(b));
    this.sites = names.map((site) => ({
      site,
      habit: habits.find(([name]) => name === site)?.[1] ?? NO_HABIT,
      isAllowed: allowed.includes(site),
      isKept: (given as string[]).includes(patternOf(site)),
    }));
    this.choices = await loadChoices();
    this.mayCapture = permissions.includes("pageCapture") && (optional as string[]).includes("pageCapture");
  }
}
