/** What the options page shows and does: the sites that Irodori may read, and what it does there by itself. */

import { browser } from "wxt/browser";
import { loadHabits, type Mode, NO_HABIT, type PageRule, type SiteHabit } from "../../habits";
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

/** A keyboard command and its keys, as the browser has them. */
export interface Command {
  name: string;
  description: string;
  shortcut: string;
}

const SHORTCUTS = "chrome://extensions/shortcuts";

export class OptionsModel {
  sites = $state<SiteRow[]>([]);
  mayCapture = $state(false);
  permissions = $state<string[]>([]);
  choices = $state<Choices>(NO_CHOICES);
  commands = $state<Command[]>([]);

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

  async setRules(site: string, rules: PageRule[]): Promise<void> {
    await askWorker("habit.rules", { site, rules: $state.snapshot(rules) });
  }

  /** Browsers change keyboard commands in a document of their own. */
  async changeCommands(): Promise<void> {
    const { openShortcutSettings } = browser.commands as { openShortcutSettings?: () => Promise<void> };
    if (openShortcutSettings) await openShortcutSettings();
    else await browser.tabs.create({ url: SHORTCUTS });
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
    const commands = (await browser.commands?.getAll()) ?? [];
    this.commands = commands.map(({ name = "", description = "", shortcut = "" }) => ({ name, description, shortcut }));
    this.commands = this.commands.filter(({ description }) => description);
    this.permissions = [...permissions].sort((a, b) => a.localeCompare(b));
    this.mayCapture = permissions.includes("pageCapture") && (optional as string[]).includes("pageCapture");
  }
}
