/** The chapters under way, one a tab: started, restored after the worker's death, paused and resumed with the host. */

import { i18n } from "#i18n";
import { browser } from "wxt/browser";
import { ChapterRun } from "../chapter/run";
import { pagesInOrder, type RunState, tallyOf } from "../chapter/state";
import type { ConnectionState, HostConnection } from "../host/connection";
import type { HostNotification } from "../host/methods";
import { changeHabit, habitOf, loadHabit } from "../habits";
import { askPage, type ChapterChoice, type PageCalls, type SaveFormat, type Survey } from "../messages";
import { titleOf } from "../page/find/chapter";
import { forgetRun, forgetUnderWay, loadRuns, saveHints, saveRun, saveUnderWay, takeUnderWay } from "../state";
import { showBadge } from "./badge";
import { ensureAgent } from "./inject";
import { newRun } from "./new-run";
import { surveyTab } from "./survey";

const SAVE_EVERY_MS = 150;
const FIRST_PAGES_MS = 4000; // by then a document that has pages has shown one
const MIXED_MS = 300; // a slider that rests so long stays where it is

/** How a chapter starts: `only` the picture at an address; with `known` about its document, by itself. */
export interface Start {
  only?: string | null;
  known?: Survey;
}

export class Runs {
  readonly #host: () => HostConnection;
  readonly #byTab = new Map<number, ChapterRun>();
  readonly #starting = new Map<number, Promise<ChapterRun>>();
  readonly #saving = new Map<number, ReturnType<typeof setTimeout>>();
  #mixing: ReturnType<typeof setTimeout> | undefined;

  constructor(host: () => HostConnection) {
    this.#host = host;
  }

  get anyActive(): boolean {
    return [...this.#byTab.values()].some((run) => run.isActive);
  }

  of(tabId: number): ChapterRun | undefined {
    return this.#byTab.get(tabId);
  }

  /** The run of this id, if it is still the one of the tab. */
  find(tabId: number | undefined, runId: string): ChapterRun | undefined {
    const run = tabId === undefined ? undefined : this.#byTab.get(tabId);
    return run?.state.runId === runId ? run : undefined;
  }

  /** Colour a chapter, or one picture of it. An earlier run of the tab ends. */
  async start(tabId: number, choice: ChapterChoice, how: Start = {}): Promise<void> {
    const earlier = this.#starting.get(tabId) ?? Promise.resolve(); // a second click comes while the first one looks
    const begun = earlier.catch(() => undefined).then(() => this.#begin(tabId, choice, how));
    this.#starting.set(tabId, begun);
    const run = await begun.finally(() => this.#starting.get(tabId) === begun && this.#starting.delete(tabId));
    setTimeout(() => run.settle(), FIRST_PAGES_MS);
    await this.#host()
      .ready()
      .catch((error: Error) => run.fail(error.message));
  }

  async #begin(tabId: number, choice: ChapterChoice, { only = null, known }: Start): Promise<ChapterRun> {
    const survey = known ?? (await surveyTab(tabId));
    await this.forget(tabId);
    const run = this.#adopt(await newRun(tabId, choice, survey, { isPointed: only !== null, isByItself: !!known }));
    if (only === null) await saveUnderWay(tabId, { choice, series: survey.series, chapter: survey.chapter });
    this.#changed(run);
    await askPage(tabId, null, "page.start", startOf(run.state, only));
    return run;
  }

  /** The extension is new, by an update or a reload: go on with the chapters that its former life was colouring. */
  async carryOn(): Promise<void> {
    for (const [tabId, { choice, series, chapter }] of await takeUnderWay()) {
      const survey = await surveyTab(tabId).catch(() => null); // the tab is gone, or may be read only after a click
      if (survey?.series === series && survey.chapter === chapter)
        await this.start(tabId, choice).catch(() => undefined);
    }
  }

  async cancel(tabId: number): Promise<void> {
    await forgetUnderWay(tabId);
    await this.#byTab.get(tabId)?.cancel();
    await askPage(tabId, null, "page.cancel", {}).catch(() => undefined); // the page may be gone
  }

  /** Put the tab's chapter before those of other tabs. */
  async first(tabId: number): Promise<void> {
    await this.#byTab.get(tabId)?.first();
  }

  async show(tabId: number, original: boolean): Promise<void> {
    const run = this.#byTab.get(tabId);
    if (!run) return;
    run.state.original = original;
    this.#changed(run);
    await askPage(tabId, null, "page.show", { original });
  }

  /** Show the tab's originals, or its colours again: then those of the whole series, where its originals were wished. */
  async toggleOriginal(tabId: number): Promise<void> {
    const { state } = this.#byTab.get(tabId) ?? {};
    if (!state) return;
    const shown = this.show(tabId, !state.original); // at once: who presses twice means both
    const { site = "", told = "", original } = state;
    if (!original && site && habitOf(await loadHabit(site), told).original)
      await changeHabit({ site, told, change: { original } });
    await shown;
  }

  /** The same for all chapters of the tab's series, from now on. */
  async showSeries(tabId: number, original: boolean): Promise<void> {
    const { site = "", told = "" } = this.#byTab.get(tabId)?.state ?? {};
    if (site) await changeHabit({ site, told, change: { original } });
    await this.show(tabId, original);
  }

  /** Mix the tab's pages with their originals, and remember that for the series. */
  async mix(tabId: number, strength: number): Promise<void> {
    const run = this.#byTab.get(tabId);
    if (!run) return;
    run.state.strength = strength;
    this.#changed(run);
    clearTimeout(this.#mixing);
    const { site = "", told = "" } = run.state;
    if (site) this.#mixing = setTimeout(() => void changeHabit({ site, told, change: { strength } }), MIXED_MS);
    await askPage(tabId, null, "page.mix", { strength });
  }

  /** The series' palette changed for pages with these bytes: they come anew wherever they are shown. */
  redress(series: string, sha256s: readonly string[]): void {
    for (const run of this.#byTab.values()) if (run.state.series === series) void run.redress(sha256s);
  }

  /** Save the tab's chapter as a file; whether it is there. Rejects where there is none, or it cannot be written. */
  async save(tabId: number, format: SaveFormat): Promise<boolean> {
    const run = this.#byTab.get(tabId);
    if (!run || tallyOf(run.state).done === 0) throw new Error(i18n.t("save.nothingYet"));
    await this.#host().ready();
    return run.saver.save(format);
  }

  /** Stop saving the tab's chapter. */
  async cancelSave(tabId: number): Promise<void> {
    await this.#byTab.get(tabId)?.saver.cancel();
  }

  /** Bring the originals of the pages of a series that tabs show, as far as they can be had. */
  async lend(series: string): Promise<void> {
    for (const run of this.#byTab.values()) if (run.state.series === series) await run.saver.lend();
  }

  /** Bring the originals of a tab's coloured pages; how its chapter is called, and their SHA-256 in reading order. */
  async lendChapter(tabId: number): Promise<{ title: string; series: string; pages: string[] }> {
    const run = this.#byTab.get(tabId);
    if (!run || tallyOf(run.state).done === 0) throw new Error(i18n.t("save.nothingYet"));
    await run.saver.lend();
    const done = pagesInOrder(run.state).filter(({ state, sha256 }) => state === "done" && sha256);
    const { series, chapter } = run.state;
    return { title: titleOf(series, chapter), series, pages: done.map(({ sha256 }) => sha256) };
  }

  /** The tab shows something else now: end its run and remember nothing of it. */
  async forget(tabId: number): Promise<void> {
    const run = this.#byTab.get(tabId);
    this.#byTab.delete(tabId);
    clearTimeout(this.#saving.get(tabId));
    this.#saving.delete(tabId);
    await run?.cancel();
    await forgetRun(tabId);
    await forgetUnderWay(tabId);
    await showBadge(tabId, null);
  }

  /** End the run of a tab whose document is gone without a word: none comes from Firefox where its own documents follow. */
  async forgetLeft(tabId: number): Promise<void> {
    if (this.#byTab.has(tabId) && !(await isThere(tabId))) await this.forget(tabId);
  }

  /** The tab's chapter has pictures that can only be taken from what the page holds: the popup asks for that. */
  wishCapture(tabId: number | undefined): void {
    const run = tabId === undefined ? undefined : this.#byTab.get(tabId);
    if (!run || run.state.wishesCapture) return;
    run.state.wishesCapture = true;
    this.#changed(run);
  }

  /** Hand a notification to the run that it is about. */
  hear(notification: HostNotification): void {
    const { page_id } = notification.params as { page_id?: string };
    for (const run of this.#byTab.values()) if (page_id === undefined || run.has(page_id)) run.hear(notification);
  }

  /** Follow the host: pause when it goes, resume when it is back, give up when it does not come back. */
  follow(state: ConnectionState): void {
    for (const run of this.#byTab.values()) {
      if (state.name === "ready") void run.resume();
      else if (state.name === "failed") run.fail(state.problem.cause);
      else if (state.name === "disconnected") run.pause();
    }
  }

  /** The reader tried again and the host is there: take up what was given up for its sake. */
  revive(): void {
    for (const run of this.#byTab.values()) void run.revive();
  }

  /** The reader allowed more sites: let the pages try again what they could not read. */
  async retryUnreadable(): Promise<void> {
    for (const { state } of this.#byTab.values()) {
      const { tabId, name } = state;
      await ensureAgent(tabId).catch(() => undefined);
      if (name !== "cancelled" && name !== "failed" && !state.isPointed)
        await askPage(tabId, null, "page.start", startOf(state, null)).catch(() => undefined); // frames that are new
      await askPage(tabId, null, "page.retry", {}).catch(() => undefined);
    }
  }

  /** Take up what an earlier life of the worker left. */
  async restore(): Promise<void> {
    for (const state of await loadRuns()) {
      if (!(await isThere(state.tabId))) await forgetRun(state.tabId);
      else this.#adopt(state).pause();
    }
    if (this.anyActive)
      await this.#host()
        .ready()
        .catch(() => undefined); // its failure ends the runs
  }

  #adopt(state: RunState): ChapterRun {
    const { tabId } = state;
    const run: ChapterRun = new ChapterRun(state, {
      ask: (method, params) => this.#host().request(method, params),
      tell: (frameId, kind, params) => askPage(tabId, frameId, kind, params),
      remember: (sha256, hints) => void saveHints(sha256, hints),
      changed: (changed) => this.#changed(changed),
      tabGone: (gone) => void (this.#byTab.get(tabId) === gone && this.forget(tabId)),
    });
    this.#byTab.set(tabId, run);
    return run;
  }

  /** Store soon, at most some times a second: progress comes often. */
  #changed(run: ChapterRun): void {
    const { tabId } = run.state;
    if (this.#byTab.get(tabId) !== run || this.#saving.has(tabId)) return;
    const save = () => {
      this.#saving.delete(tabId);
      void saveRun(run.state);
      void showBadge(tabId, run.state);
    };
    this.#saving.set(tabId, setTimeout(save, SAVE_EVERY_MS));
  }
}

/** Whether the tab's document has a living script. */
async function isThere(tabId: number): Promise<boolean> {
  return !!(await askPage(tabId, 0, "page.hello", { probe: null }).catch(() => null));
}

/** What a page's script is told to start a run, or to take in one more picture of it. */
export function startOf(
  { runId, strength = 1, original }: RunState,
  only: string | null,
): PageCalls["page.start"]["params"] {
  return { runId, only, strength, original };
}

/** End the runs of closed tabs. */
export function watchTabs(runs: Runs): void {
  browser.tabs.onRemoved.addListener((tabId) => void runs.forget(tabId));
}
