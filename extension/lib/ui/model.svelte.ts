/** What the popup shows and does. All truth is the worker's; this mirrors it and passes the reader's wishes on. */

import { reasonOf } from "../reason";
import { browser } from "wxt/browser";
import type { Naming } from "../habits";
import { isOpen, type PageRecord, pagesInOrder, type RunState, type Tally, tallyOf } from "../chapter/state";
import {
  askWorker,
  type ChapterChoice,
  type ChapterIntent,
  type PointPurpose,
  type ReferenceCard,
  type SaveFormat,
  type Survey,
} from "../messages";
import { choiceOfPreset, isSameName, presetOf } from "../presets";
import type { Estimate, ModelInfo, Preset } from "../protocol/messages";
import { learnFrom, pack, probe } from "../payload";
import { FILES, patternOf } from "../sites";
import {
  type Choices,
  choiceOf,
  chosenReferences,
  type ConnectionView,
  loadChoices,
  loadConnection,
  loadRun,
  NO_CHOICES,
  NO_CONNECTION,
  saveChoices,
  watchState,
} from "../state";
import { HabitModel } from "./habit-model.svelte";
import { missingOrigins, wishOf } from "./origins";

/** What browsers call their side panels. */
interface Panels {
  sidePanel?: { open(where: { tabId: number }): Promise<void> };
  sidebarAction?: { open(): Promise<void> };
}

export class PopupModel {
  readonly tabId: number;
  connection = $state<ConnectionView>(NO_CONNECTION);
  choices = $state<Choices>(NO_CHOICES);
  run = $state<RunState | null>(null);
  survey = $state<Survey | null>(null);
  references = $state<ReferenceCard[]>([]);
  dropped = $state<ModelInfo[]>([]);
  presets = $state.raw<Preset[]>([]);
  /** What colouring the chapter anew by the present choice would cost; null where it is the one that it has. */
  cost = $state.raw<Estimate | null>(null);
  series = $state("");
  chapter = $state("");
  readonly habits = new HabitModel();
  trouble = $state("");
  working = $state(false);
  /** Match patterns of the sites that the reader has not allowed, though pictures come from there. */
  missing = $state<string[]>([]);
  #missingForCover: string[] = [];
  readonly #stop = new AbortController();
  #weighing = 0;
  #mixing: number | null = null; // the last strength that the worker has yet to hear of
  #port: ReturnType<typeof browser.runtime.connect> | null = null;

  constructor(tabId: number) {
    this.tabId = tabId;
  }

  get pages(): PageRecord[] {
    return this.run ? pagesInOrder(this.run) : [];
  }

  get tally(): Tally | null {
    return this.run ? tallyOf(this.run) : null;
  }

  get isRunning(): boolean {
    if (this.run?.name === "paused") return true;
    return this.run?.name === "running" && (this.pages.length === 0 || this.pages.some(isOpen));
  }

  get hasColour(): boolean {
    return (this.tally?.done ?? 0) > 0;
  }

  get engine(): string {
    const { engines, defaultEngine } = this.connection;
    const chosen = engines.find(({ id, ready }) => id === this.choices.engine && ready);
    return chosen?.id ?? defaultEngine;
  }

  /** Mirror the stored state, then look at the host and at the page. */
  async open(): Promise<void> {
    this.#worker(); // while the port stands, the host stays warm
    const mirror = {
      connection: (view: ConnectionView) => this.#connectionBecame(view),
      run: (run: RunState | null) => (this.run = run),
      choices: (choices: Choices) => {
        this.choices = choices;
        void this.weigh();
      },
    };
    watchState(this.tabId, mirror, this.#stop.signal);
    [this.choices, this.run] = await Promise.all([loadChoices(), loadRun(this.tabId)]);
    await Promise.all([this.connect(), this.#look()]);
    await this.weigh();
  }

  /** The references that were chosen, in the order in which they count. */
  get chosen(): ReferenceCard[] {
    const card = (id: string) => this.references.find(({ referenceId }) => referenceId === id) ?? [];
    return chosenReferences(this.choices).flatMap(card);
  }

  /** The library, what is of this series first. */
  get library(): ReferenceCard[] {
    const own = this.habits.own.name;
    const isOwn = ({ series }: ReferenceCard) => own !== "" && series === own;
    return [...this.references.filter(isOwn), ...this.references.filter((card) => !isOwn(card))];
  }

  /** A choice holds at once: what it is for may be pressed before it is stored. */
  async #keep(chosen: Partial<Choices>): Promise<void> {
    this.choices = { ...this.choices, ...chosen };
    await saveChoices(chosen);
  }

  /** Ask what the present choice would cost the chapter that is in colour. */
  async weigh(): Promise<void> {
    const turn = (this.#weighing += 1);
    const call = { tabId: this.tabId, choice: this.#choice() };
    const cost = this.hasColour ? await askWorker("chapter.cost", call).catch(() => null) : null;
    if (turn === this.#weighing) this.cost = cost;
  }

  /** Reach for the host, again where it failed. */
  async connect(): Promise<void> {
    const answer = await this.#attempt(askWorker("host.connect", { probe: probe() }));
    learnFrom(answer?.probe);
    this.#connectionBecame(await loadConnection());
  }

  /** Start colouring. Call it straight from the click: the browser asks for sites only then. */
  async colorize(): Promise<void> {
    this.trouble = "";
    this.cost = null;
    const call: ChapterIntent = { tabId: this.tabId, choice: this.#choice() };
    const wish = wishOf(this.missing, this.run?.wishesCapture ?? false);
    this.working = true;
    if (wish) {
      this.#worker().postMessage(call); // before the question, which may close the popup
      await browser.permissions.request(wish).catch(() => false); // without it, what can be read is still coloured
    }
    await this.#attempt(askWorker("chapter.start", call));
    await this.#look();
    this.working = false;
  }

  async cancel(): Promise<void> {
    await this.#attempt(askWorker("chapter.cancel", { tabId: this.tabId }));
  }

  /** Let the reader point at a picture on the page: the popup makes way for it. */
  async point(purpose: PointPurpose): Promise<void> {
    this.trouble = "";
    const { tabId } = this;
    if (await this.#attempt(askWorker("page.point", { tabId, purpose }).then(() => true))) window.close();
  }

  /** Of the chapter; where the series shows its originals, colours are wanted for the series again. */
  async toggleOriginal(): Promise<void> {
    await this.#attempt(askWorker("chapter.toggleOriginal", { tabId: this.tabId }));
  }

  /** Show the originals of all of the series' chapters, or of this one alone. */
  async showSeries(original: boolean): Promise<void> {
    const { site, told } = this.habits;
    if (original) await this.#attempt(askWorker("series.show", { tabId: this.tabId, original }));
    else await this.#attempt(askWorker("habit.change", { site, told, change: { original } }));
  }

  /** Mix the pages with their originals, while the slider moves. */
  async mix(strength: number): Promise<void> {
    if (this.run) this.run.strength = strength;
    const isUnderWay = this.#mixing !== null;
    this.#mixing = strength;
    while (!isUnderWay && this.#mixing !== null) {
      const wanted: number = this.#mixing;
      await this.#attempt(askWorker("chapter.mix", { tabId: this.tabId, strength: wanted }));
      if (this.#mixing === wanted) this.#mixing = null;
    }
  }

  /** What is to happen by itself here. Call it straight from the choice: the browser asks for sites only then. */
  async choose(wish: string): Promise<void> {
    this.trouble = "";
    const chosen = this.#attempt(this.habits.choose(wish, this.survey?.pages ? this.tabId : null));
    const files = this.habits.site === FILES ? [patternOf(FILES)] : [];
    const asked = wishOf(this.habits.isWished ? [...this.missing, ...files] : [], false);
    if (asked) await browser.permissions.request(asked).catch(() => false);
    await chosen;
    await this.#look();
  }

  /** Have the names of this site told by other rules: what they tell stands in the fields then. */
  async chooseNaming(change: Naming): Promise<void> {
    this.trouble = "";
    await this.#attempt(this.habits.chooseNaming(change));
    await this.#look();
    if (this.survey) [this.series, this.chapter] = [this.habits.own.name, this.survey.chapter];
  }

  /** Whether the browser keeps a site from us. */
  isMissing(site: string): boolean {
    return site !== "" && this.missing.includes(patternOf(site));
  }

  async openOptions(): Promise<void> {
    await browser.runtime.openOptionsPage();
    window.close();
  }

  async openWelcome(): Promise<void> {
    await browser.tabs.create({ url: browser.runtime.getURL("/welcome.html" as "/popup.html") });
    window.close();
  }

  /** Call it straight from the click: the browser opens a side panel only then. */
  async openPalette(): Promise<void> {
    const { sidePanel, sidebarAction } = browser as unknown as Panels;
    const opened = sidebarAction ? sidebarAction.open() : sidePanel?.open({ tabId: this.tabId });
    await this.#attempt(Promise.resolve(opened));
    window.close();
  }

  async save(): Promise<void> {
    const { tabId } = this;
    await askWorker("chapter.save", { tabId, format: this.choices.saveAs }).catch((error: Error) => {
      if (this.run?.saved?.name !== "failed") this.trouble = error.message; // else it stands below the button
    });
  }

  async cancelSave(): Promise<void> {
    await this.#attempt(askWorker("chapter.cancelSave", { tabId: this.tabId }));
  }

  async saveAs(format: SaveFormat): Promise<void> {
    await this.#keep({ saveAs: format });
  }

  /** Take this reference alone, or with null none. */
  async chooseReference(referenceId: string | null): Promise<void> {
    await this.#keep(choiceOf(referenceId === null ? [] : [referenceId]));
  }

  /** Take this reference besides those that are chosen, behind them; or leave it out again. */
  async toggleReference(referenceId: string): Promise<void> {
    const chosen = chosenReferences(this.choices);
    const others = chosen.filter((one) => one !== referenceId);
    await this.#keep(choiceOf(others.length < chosen.length ? others : [...chosen, referenceId]));
  }

  /** Let this one of the chosen references count most. */
  async putFirst(referenceId: string): Promise<void> {
    await this.#keep(choiceOf([referenceId, ...chosenReferences(this.choices)]));
  }

  /** Colour by a preset from now on, or with null by none. */
  async loadPreset(name: string | null): Promise<void> {
    await this.#keep(choiceOfPreset(this.presets.find((one) => one.name === name) ?? null));
  }

  /** What is chosen now, as a preset of this name. */
  asPreset(name: string): Preset {
    return presetOf(name, $state.snapshot(this.choices), this.engine);
  }

  /** Keep what is chosen now under a name, and colour by that from now on; whether that went well. */
  async keepPreset(name: string): Promise<boolean> {
    this.trouble = "";
    const kept = await this.#attempt(askWorker("preset.save", this.asPreset(name)));
    if (!kept) return false;
    this.presets = kept;
    await this.loadPreset(kept.find((one) => isSameName(one.name, name))?.name ?? null);
    return true;
  }

  async chooseEngine(engine: string): Promise<void> {
    await this.#keep({ engine });
  }

  /** Wear a LoRA with a weight, or take it off with null. */
  async applyLora(name: string, weight: number | null): Promise<void> {
    const { [name]: _, ...others } = this.choices.loras;
    await this.#keep({ loras: weight === null ? others : { ...others, [name]: weight } });
  }

  async upload(file: File): Promise<void> {
    const name = file.name.replace(/\.\w+$/, "");
    const add = { picture: await pack(file), name, series: this.series };
    if (await this.#attempt(askWorker("reference.add", add))) await this.#list();
  }

  /**
   * Take the picture that the page calls its series' cover as the reference. Call it straight from the click: the browser
   * asks for the cover's site only then.
   */
  async takeCover(): Promise<void> {
    this.trouble = "";
    const asked = wishOf(this.#missingForCover, false);
    if (asked) await browser.permissions.request(asked).catch(() => false);
    const add = { tabId: this.tabId, series: this.series.trim() };
    if (await this.#attempt(askWorker("reference.addCover", add))) await this.#list();
    await this.#look();
  }

  async remove(referenceId: string): Promise<void> {
    await this.#attempt(askWorker("reference.remove", { referenceId }));
    await this.#list();
  }

  /** The port to the worker, made anew where the worker died meanwhile. */
  #worker(): ReturnType<typeof browser.runtime.connect> {
    if (this.#port) return this.#port;
    const port = browser.runtime.connect({ name: "popup" });
    port.onDisconnect.addListener(() => (this.#port = null));
    return (this.#port = port);
  }

  #choice(): ChapterChoice {
    const engine = this.choices.engine ? this.engine : null;
    return { series: this.series.trim(), chapter: this.chapter.trim(), engine };
  }

  #connectionBecame(view: ConnectionView): void {
    const isNews = view.name === "ready" && this.connection.name !== "ready";
    this.connection = view;
    if (isNews) void this.#list();
    if (view.name === "ready") void this.#listDropped(); // also when weights were dropped in or taken away
  }

  async #list(): Promise<void> {
    this.references = (await this.#attempt(askWorker("reference.list", {}))) ?? this.references;
  }

  async #listDropped(): Promise<void> {
    this.presets = await askWorker("preset.list", {}).catch(() => []);
    this.dropped = await askWorker("model.dropped", {}).catch(() => []);
    const there = this.dropped.map(({ model_id }) => model_id);
    const kept = Object.entries(this.choices.loras).filter(([name]) => there.includes(name));
    if (kept.length < Object.keys(this.choices.loras).length) await this.#keep({ loras: Object.fromEntries(kept) });
  }

  async #look(): Promise<void> {
    const survey = await this.#attempt(askWorker("page.survey", { tabId: this.tabId }));
    if (!survey) return;
    const missing = await missingOrigins(survey.origins);
    this.#missingForCover = await missingOrigins(survey.cover ? [survey.cover] : []);
    [this.survey, this.missing] = [survey, missing]; // together: who is told of pages and presses is asked for their sites
    await this.habits.open(survey, this.#stop.signal);
    this.series ||= this.run?.series ?? this.habits.own.name;
    this.chapter ||= this.run?.chapter ?? survey.chapter;
  }

  async #attempt<Result>(asked: Promise<Result>): Promise<Result | null> {
    try {
      return await asked;
    } catch (error) {
      this.trouble = reasonOf(error);
      return null;
    }
  }
}
