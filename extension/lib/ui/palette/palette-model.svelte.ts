/** What the side panel shows and does: the palette of the series in the tab in front, or of another one that is kept. */

import { i18n } from "#i18n";
import { browser } from "wxt/browser";
import { storage } from "wxt/utils/storage";
import { isOpen, pagesInOrder, type RunState } from "../../chapter/state";
import { download } from "../../download";
import { askWorker } from "../../messages";
import type { PaletteSheet, Part } from "../../palette";
import { rgbOf } from "../../palette";
import { learnFrom, pack, probe } from "../../payload";
import type { ElementSet, PaletteSet } from "../../protocol/messages";
import { chosenReferences, loadChoices, loadRun, runKey } from "../../state";
import { Attempts } from "../attempts.svelte";

type Change = Omit<PaletteSet, "series">;

const AGAIN_MS = 2000;
const AGAIN_TIMES = 30;

export class PaletteModel extends Attempts {
  /** The series that is shown; empty where none is known. */
  series = $state("");
  /** All that can be chosen. */
  known = $state<string[]>([]);
  sheet = $state.raw<PaletteSheet | null>(null);
  /** The pages of the chapter in the tab, in reading order: SHA-256 of their bytes. */
  pages = $state.raw<string[]>([]);
  working = $state(false);
  /** How many pages came anew for the last change; null before the first. */
  touched = $state<number | null>(null);
  readonly #asked: number | null;
  #own = ""; // the series of the tab
  #stopWatching: () => void = () => undefined;
  #wasOpen = false;
  #changes = 0;
  #again: ReturnType<typeof setTimeout> | undefined;

  constructor(tabId: number | null) {
    super();
    this.#asked = tabId;
  }

  async open(): Promise<void> {
    browser.runtime.connect({ name: "palette" }); // while the port stands, the host stays warm
    const answer = await this.attempt(askWorker("host.connect", { probe: probe() }));
    learnFrom(answer?.probe);
    if (this.#asked !== null) return this.#follow(this.#asked);
    browser.tabs.onActivated.addListener(({ tabId }) => void this.#follow(tabId));
    const [tab] = await browser.tabs.query({ active: true, currentWindow: true });
    await this.#follow(tab?.id ?? browser.tabs.TAB_ID_NONE);
  }

  async choose(series: string): Promise<void> {
    this.series = series;
    this.touched = null;
    await this.look();
    if (this.#isBare()) this.#lookAgain(AGAIN_TIMES);
  }

  /** Ask the host anew. */
  async look(): Promise<void> {
    const { series } = this;
    const changes = this.#changes;
    const [known, sheet] = await Promise.all([
      this.attempt(askWorker("palette.list", {})),
      series ? this.attempt(askWorker("palette.get", { series })) : null,
    ]);
    if (series !== this.series) return;
    if (changes !== this.#changes) return this.working ? undefined : this.look(); // what was told is of before
    const all = [this.#own, ...(known ?? []), series].filter(Boolean);
    this.known = all.filter((one, at) => all.indexOf(one) === at);
    this.sheet = sheet;
  }

  async set(change: Change): Promise<void> {
    await this.#change(askWorker("palette.set", { series: this.series, ...change }));
  }

  async colour(characterId: string, part: Part, hex: string): Promise<void> {
    await this.set({ character_id: characterId, [part]: rgbOf(hex) });
  }

  /** Change a place, or without `placeId` make one. */
  async place(placeId: string | null, change: { name?: string; mood?: string; remove?: boolean }): Promise<void> {
    await this.set({ place: { ...(placeId === null ? {} : { place_id: placeId }), ...change } });
  }

  /** Change an element, or without `elementId` make one. */
  async element(elementId: string | null, change: Omit<ElementSet, "element_id">): Promise<void> {
    await this.set({ element: { ...(elementId === null ? {} : { element_id: elementId }), ...change } });
  }

  /** The references that are chosen in the popup show the element from now on. */
  async showElement(elementId: string): Promise<void> {
    const pictures = chosenReferences(await loadChoices());
    if (pictures.length === 0) return void (this.trouble = i18n.t("elements.chooseFirst"));
    await this.element(elementId, { pictures });
  }

  /** These pages of the chapter show the place, counted from 1, and no others of it. */
  async showPlace(placeId: string, numbers: readonly number[]): Promise<void> {
    const shows = this.pages.filter((_, at) => numbers.includes(at + 1));
    const shows_not = this.pages.filter((page) => !shows.includes(page));
    await this.set({ place: { place_id: placeId, shows, shows_not } });
  }

  async merge(kept: string, gone: string): Promise<void> {
    await this.#change(askWorker("palette.merge", { series: this.series, kept, gone }));
  }

  async undo(): Promise<void> {
    await this.#change(askWorker("palette.undo", { series: this.series }));
  }

  /** Give the palette's file to the browser's downloads. */
  async save(): Promise<void> {
    const json = await this.attempt(askWorker("palette.export", { series: this.series }));
    if (json === null) return;
    const name = this.series.replace(/[^\p{L}\p{N} _-]/gu, "_").slice(0, 80);
    download(new Blob([json], { type: "application/json" }), `${name}.palette.json`);
  }

  async takeIn(file: File): Promise<void> {
    await this.#change(file.text().then((json) => askWorker("palette.import", { series: this.series, json })));
  }

  /** Make a written list of elements the series', with the pictures that it names: one file is the list. */
  async takeInElements(files: readonly File[]): Promise<void> {
    if (files.length === 0) return;
    const isPicture = ({ type }: File) => type.startsWith("image/");
    const [list, another] = files.filter((file) => !isPicture(file));
    if (!list || another) return void (this.trouble = i18n.t("elements.oneList"));
    const named = files.filter(isPicture).map(async (file) => ({ name: file.name, picture: await pack(file) }));
    const asked = Promise.all([list.text(), Promise.all(named)]).then(([json, pictures]) =>
      askWorker("palette.elements", { series: this.series, json, pictures }),
    );
    await this.#change(asked);
  }

  async #change(asked: Promise<PaletteSheet>): Promise<void> {
    this.working = true;
    this.#changes += 1;
    const sheet = await this.attempt(asked);
    this.#changes += 1;
    this.working = false;
    if (!sheet) return;
    this.sheet = sheet;
    this.touched = sheet.touched;
  }

  /** Show the palette of what the tab reads, and look again when its pages are done. */
  async #follow(tabId: number): Promise<void> {
    this.#stopWatching();
    this.#wasOpen = false;
    this.#stopWatching = storage.watch<RunState>(runKey(tabId), (run) => this.#seen(run));
    const run = await loadRun(tabId);
    this.#own = run?.series ?? "";
    this.#turned(run);
    if (this.#own || !this.series) await this.choose(this.#own || (await this.#first()));
  }

  #turned(run: RunState | null): void {
    const pages = run ? pagesInOrder(run).flatMap(({ sha256 }) => (sha256 ? [sha256] : [])) : [];
    if (pages.join() !== this.pages.join()) this.pages = pages;
  }

  async #first(): Promise<string> {
    return (await this.attempt(askWorker("palette.list", {})))?.[0] ?? "";
  }

  #seen(run: RunState | null): void {
    const isAtWork = run !== null && Object.values(run.pages).some(isOpen);
    const isNews = (run?.series ?? "") !== this.#own || (this.#wasOpen && !isAtWork);
    this.#wasOpen = isAtWork;
    this.#turned(run);
    if (!isNews || !run) return;
    if (run.series === this.#own) {
      void this.look();
      this.#lookAgain(this.#isBare() ? AGAIN_TIMES : 1);
    } else {
      this.#own = run.series;
      void this.choose(run.series);
    }
  }

  #isBare(): boolean {
    return this.sheet !== null && this.sheet.characters.length === 0 && this.sheet.others.length === 0;
  }

  /** The host tells a page before it keeps who is on it. */
  #lookAgain(times: number): void {
    clearTimeout(this.#again);
    this.#again = setTimeout(() => {
      if (this.working) return;
      void this.look().then(() => {
        if (times > 1 && this.#isBare()) this.#lookAgain(times - 1);
      });
    }, AGAIN_MS);
  }
}
