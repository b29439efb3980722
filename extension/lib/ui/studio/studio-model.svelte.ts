/** What the side panel does with one page's picture: its tools, how far one is, what it made, and the way back. */

import { i18n } from "#i18n";
import { browser } from "wxt/browser";
import { download } from "../../download";
import { askWorker } from "../../messages";
import { pack, unpack } from "../../payload";
import { pictureType } from "../../picture";
import type { EngineState, ModelInfo } from "../../protocol/messages";
import { chosenReferences, loadChoices, loadConnection, loadRun } from "../../state";
import {
  type ElementMatch,
  type Figure,
  filtersOf,
  type PageTool,
  type Sliders,
  type StudioMade,
  type StudioNetwork,
  type StudioOrder,
  type StudioPointed,
  type StudioTool,
} from "../../studio";
import { studioName, UNTOUCHED, watchStudio } from "../../studio";
import { Attempts } from "../attempts.svelte";
import { sizeOf, smaller } from "./pictures";

/** A picture that is worked on, or a file that was made of it. */
export interface Shown {
  blob: Blob;
  url: string;
  width: number;
  height: number;
}

/** What was done, and what does it again. */
export interface Step {
  tool: StudioTool;
  record: Record<string, unknown>;
}

/** What the reader set for the tool that is chosen. */
export interface Wishes {
  film: "webm" | "mp4" | "gif";
  seconds: number;
  panel: number | null;
  loop: boolean;
  by: "camera" | "network";
  words: string;
  engine: string;
  seed: number;
  /** Of a network that makes a film. */
  steps: number;
  /** The longer side of a panel in a film, pixels. */
  longest: number;
  left: number;
  right: number;
  top: number;
  bottom: number;
  scale: number;
  /** The network that makes a picture larger, by its id; "" for none. */
  network: string;
}

/** Paints on from the rim, without a network. */
export const FILL = "fill";
const LOOK_PX = 640;
/** Their result is the picture to go on with; what the others make stands beside it. */
const GO_ON: ReadonlySet<StudioTool> = new Set<StudioTool>(["filter", "inpaint", "extend", "upscale"]);

export class StudioModel extends Attempts {
  picture = $state.raw<Shown | null>(null);
  /** A file beside the picture: a film, a drawing, a figure alone, or what is written. */
  made = $state.raw<(Shown & { tool: StudioTool; text: string; matches: ElementMatch[] }) | null>(null);
  tool = $state<PageTool>("filter");
  sliders = $state<Sliders>({ ...UNTOUCHED });
  wishes = $state<Wishes>({
    ...{ film: "webm", seconds: 4, panel: null, loop: false, by: "camera", words: "", engine: FILL, seed: 0 },
    ...{ steps: 30, longest: 960 },
    ...{ left: 0, right: 0, top: 0, bottom: 0, scale: 2, network: "" },
  });
  /** What the sliders show, before they are laid. */
  looked = $state<string | null>(null);
  /** Set while a task is under way: how far it is, from 0 to 1. */
  fraction = $state<number | null>(null);
  /** The reader is to click a picture on the page. */
  pointing = $state(false);
  engines = $state.raw<EngineState[]>([]);
  /** The networks for larger pictures that are here. */
  networks = $state.raw<ModelInfo[]>([]);
  /** The network that the tool can take, whether it is here or not. */
  readonly mover = $derived.by(() => this.#movers.find(({ tool }) => tool === this.tool) ?? null);
  /** The figures on the picture, once they were looked for. */
  figures = $state.raw<Figure[] | null>(null);
  /** Those that are to stand alone; all where none is chosen. */
  chosen = $state.raw<number[]>([]);
  copied = $state(false);
  /** A click marks all that belongs to a place, instead of a dot. */
  marksByOutline = $state(false);
  /** How thick the brush is, as a percentage of the picture's width. */
  brush = $state(4);
  readonly canUndo = $derived.by(() => this.#before.length > 0);
  readonly hasMoved = $derived.by(() => filtersOf(this.sliders).length > 0);
  #before = $state.raw<{ picture: Shown; steps: Step[] }[]>([]);
  #movers = $state.raw<StudioNetwork[]>([]);
  #steps: Step[] = [];
  #small: { picture: Blob; of: Shown; scale: number } | null = null;
  #taskId = "";
  #looking = false;
  readonly #asked: number | null;

  constructor(tabId: number | null) {
    super();
    this.#asked = tabId;
  }

  open(): void {
    watchStudio(
      (at) => void this.#pointed(at),
      ({ taskId, fraction }) => {
        if (taskId === this.#taskId && this.fraction !== null) this.fraction = fraction;
      },
    );
  }

  /** Let the reader click a picture in the tab. */
  async point(): Promise<void> {
    const tabId = await this.#tab();
    if (tabId === undefined) return;
    const asked = askWorker("page.point", { tabId, purpose: "studio" }).then(() => true);
    this.pointing = (await this.attempt(asked)) === true;
  }

  /** Work on a picture of the reader's disk. */
  async take(file: Blob): Promise<void> {
    await this.attempt(this.#begin(file));
  }

  /** Ask for what the sliders would make, as it is now; a later change is looked at when this one is. */
  async look(): Promise<void> {
    if (this.#looking || !this.picture) return;
    this.#looking = true;
    try {
      let seen: Sliders;
      do {
        seen = { ...this.sliders };
        await this.attempt(this.#look(this.picture, seen));
      } while (this.picture && !this.trouble && JSON.stringify(seen) !== JSON.stringify(this.sliders));
    } finally {
      this.#looking = false;
    }
  }

  /** Do what is chosen; `mask` is what the reader marked. */
  async start(mask: Blob | null = null): Promise<void> {
    const { picture, tool } = this;
    if (!picture || this.fraction !== null) return;
    if (tool === "inpaint" && !mask) return void (this.trouble = i18n.t("studio.markFirst"));
    const result = await this.#run(await this.#order(tool), picture, tool === "inpaint" ? mask : null);
    if (!result || this.picture !== picture) return;
    const { made, file } = result;
    const step: Step = { tool, record: made.record };
    if (GO_ON.has(tool)) {
      this.#before = [...this.#before, { picture, steps: this.#steps }];
      this.#steps = [...this.#steps, step];
      this.#show({ blob: file, url: URL.createObjectURL(file), width: made.width, height: made.height });
    } else {
      this.#beside(await besideOf(tool, made, file));
    }
  }

  /** Take the chapter of the tab apart into scenes and shots. */
  async storyboard(): Promise<void> {
    const tabId = await this.#tab();
    if (tabId === undefined || this.fraction !== null) return;
    const taskId = crypto.randomUUID();
    const result = await this.#wait(taskId, askWorker("studio.chapter", { tabId, taskId }));
    if (result) this.#beside(await besideOf("storyboard", result.made, result.file));
  }

  /** Look for the figures on the picture, to choose among them. */
  async lookForFigures(): Promise<void> {
    const { picture } = this;
    if (!picture || this.fraction !== null) return;
    const found = await this.#run({ task_id: crypto.randomUUID(), tool: "parts" }, picture, null);
    if (found && this.picture === picture) this.figures = (found.made.record.figures as Figure[] | undefined) ?? [];
  }

  /** Choose a figure, or leave it out again. */
  choose(index: number): void {
    const without = this.chosen.filter((one) => one !== index);
    this.chosen = without.length < this.chosen.length ? without : [...without, index];
  }

  /** The mask of a figure; `null` where nothing came of it. */
  async figure(index: number): Promise<Blob | null> {
    if (!this.picture || this.fraction !== null) return null;
    const order = { task_id: crypto.randomUUID(), tool: "outline" as const, figures: [index] };
    return (await this.#run(order, this.picture, null))?.file ?? null;
  }

  /** The mask of what a place of the picture belongs to; `null` where nothing came of it. */
  async outline(x: number, y: number): Promise<Blob | null> {
    if (!this.picture || this.fraction !== null) return null;
    const order = { task_id: crypto.randomUUID(), tool: "outline" as const, inside: [[x, y]] as [number, number][] };
    return (await this.#run(order, this.picture, null))?.file ?? null;
  }

  async cancel(): Promise<void> {
    if (this.fraction === null) return;
    await this.attempt(askWorker("studio.cancel", { taskId: this.#taskId }));
  }

  /** Take the last change of the picture back. */
  undo(): void {
    const last = this.#before.at(-1);
    if (!last || this.fraction !== null) return;
    const gone = this.picture;
    this.#before = this.#before.slice(0, -1);
    this.#steps = last.steps;
    this.#show(last.picture);
    if (gone) URL.revokeObjectURL(gone.url);
  }

  /** Give the picture, or what was made of it, to the browser's downloads. */
  save(): void {
    const file = this.made?.blob ?? this.picture?.blob;
    const tool = this.made?.tool ?? this.#steps.at(-1)?.tool ?? "page";
    if (file) download(file, studioName(tool, file.type));
  }

  /** Save what makes the picture again, as JSON. */
  saveSteps(): void {
    const json = JSON.stringify({ steps: this.#steps }, null, 1);
    download(new Blob([json], { type: "application/json" }), "irodori-steps.json");
  }

  async copyText(): Promise<void> {
    const text = this.made?.text ?? "";
    this.copied = (await this.attempt(navigator.clipboard.writeText(text).then(() => true))) === true;
  }

  /** Go back to the picture, without what was made beside it. */
  close(): void {
    this.#beside(null);
  }

  /** Let all go. */
  leave(): void {
    for (const { picture } of this.#before) URL.revokeObjectURL(picture.url);
    if (this.picture) URL.revokeObjectURL(this.picture.url);
    this.#before = [];
    this.#steps = [];
    this.#show(null);
  }

  async #pointed({ tabId, frameId, url }: StudioPointed): Promise<void> {
    if (!this.pointing) return;
    this.pointing = false;
    const payload = await this.attempt(askWorker("page.capture", { tabId, frameId, url }));
    if (payload) await this.take(unpack(payload));
  }

  async #begin(file: Blob): Promise<void> {
    const blob = new Blob([file], { type: (await pictureType(file)) ?? file.type });
    const size = await sizeOf(blob).catch(() => {
      throw new Error(i18n.t("studio.noPicture"));
    });
    this.leave();
    this.engines = (await loadConnection()).engines.filter(({ ready, supports }) => ready && supports.inpaint);
    this.#movers = await askWorker("studio.networks", {}).catch(() => []); // an older host has none
    this.#show({ blob, url: URL.createObjectURL(blob), ...size });
    const models = await askWorker("model.catalogue", {}).catch(() => []); // without them there is interpolation
    this.networks = models.filter(({ engine, state }) => engine === "upscale" && state === "ready");
    if (!this.networks.some((one) => one.model_id === this.wishes.network)) this.wishes.network = "";
  }

  async #order(tool: StudioTool): Promise<StudioOrder> {
    const { film, seconds, panel, loop, longest, words, engine, seed, left, right, top, bottom, scale, network } =
      this.wishes;
    const references = chosenReferences(await loadChoices());
    const series = await this.#series();
    const painted = { words, series, engine, seed, ...(engine === FILL ? {} : { references }) };
    const more: Partial<Record<StudioTool, Omit<StudioOrder, "task_id" | "tool">>> = {
      cut_out: { figures: this.chosen },
      filter: { filters: filtersOf(this.sliders) },
      animate: { film, seconds, loop, size_px: longest, panels: panel === null ? [] : [panel], ...this.#moved(series) },
      inpaint: painted,
      extend: { ...painted, left, right, top, bottom },
      upscale: network ? { model: network } : { scale },
    };
    return { task_id: crypto.randomUUID(), tool, ...more[tool] };
  }

  /** Who moves the panels, and by which words: a network that is not here any more is none. */
  #moved(series: string): Pick<StudioOrder, "by" | "words" | "series" | "seed" | "steps"> {
    const { by, words, seed, steps } = this.wishes;
    return by === "network" && this.mover?.needs === "" ? { by, words, series, seed, steps } : {};
  }

  async #run(order: StudioOrder, picture: Shown, mask: Blob | null) {
    const asked = Promise.all([pack(picture.blob), mask && pack(mask)]).then(([packed, drawn]) =>
      askWorker("studio.run", { order, picture: packed, mask: drawn }),
    );
    return this.#wait(order.task_id, asked);
  }

  /** One task at a time: wait for what comes of it; `null` where nothing does. */
  async #wait(taskId: string, asked: Promise<StudioMade | null>) {
    this.#taskId = taskId;
    this.fraction = 0;
    this.copied = false;
    try {
      const made = await this.attempt(asked);
      return made && { made, file: unpack(made.file) };
    } finally {
      this.fraction = null;
    }
  }

  /** The tab that the panel is about. */
  async #tab(): Promise<number | undefined> {
    return this.#asked ?? (await browser.tabs.query({ active: true, currentWindow: true }))[0]?.id;
  }

  /** The series of the tab, whose elements the trigger words mean. */
  async #series(): Promise<string> {
    const tabId = await this.#tab();
    return (tabId === undefined ? null : await loadRun(tabId))?.series ?? "";
  }

  async #look(picture: Shown, sliders: Sliders): Promise<void> {
    const filters = filtersOf(sliders);
    if (filters.length === 0) return this.#seen(null);
    if (this.#small?.of !== picture) this.#small = { ...(await smaller(picture.blob, LOOK_PX)), of: picture };
    const { picture: small, scale } = this.#small;
    const seen = unpack(await askWorker("studio.look", { picture: await pack(small), filters, scale }));
    if (this.picture === picture) this.#seen(URL.createObjectURL(seen));
  }

  #seen(url: string | null): void {
    if (this.looked) URL.revokeObjectURL(this.looked);
    this.looked = url;
  }

  #show(picture: Shown | null): void {
    this.picture = picture;
    this.figures = null;
    this.chosen = [];
    this.sliders = { ...UNTOUCHED };
    this.#seen(null);
    this.#beside(null);
  }

  #beside(made: StudioModel["made"]): void {
    if (this.made) URL.revokeObjectURL(this.made.url);
    this.made = made;
    this.copied = false;
  }
}

/** A file beside the picture, with the text that is to be read of it. */
async function besideOf(tool: StudioTool, { width, height, record }: StudioMade, blob: Blob) {
  const script = typeof record.script === "string" ? record.script : "";
  const text = blob.type === "text/plain" ? await blob.text() : script;
  const matches = (record.matches as ElementMatch[] | undefined) ?? [];
  return { blob, url: URL.createObjectURL(blob), width, height, tool, text, matches };
}
