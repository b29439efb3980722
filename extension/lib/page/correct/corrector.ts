/** Corrects colours by hand: the reader chooses one for the place they pointed at, and the page comes anew. */

import { reasonOf } from "../../reason";
import { i18n } from "#i18n";
import { inTurn } from "../../in-turn";
import { type HintChange, isSamePlace } from "../../chapter/hints";
import { askWorker } from "../../messages";
import type { ColourHint } from "../../protocol/messages";
import type { WornPart } from "../../palette";
import type { Entry, Sheet } from "../capture/entry";
import type { Holder } from "../holders/holder";
import { Panel } from "./panel";
import type { Point } from "../holders/place";
import { fromHex, isSameColour, type Rgb, type Sample, sampleAt, spread, toHex } from "../holders/sample";
import type { PagePresenter } from "../swap/page-presenter";

export const notInColour = () => i18n.t("correct.notInColour");
const SAYS = {
  nothingHere: () => i18n.t("correct.nothingHere"),
  nothingChanged: () => i18n.t("correct.nothingChanged"),
  busy: () => i18n.t("correct.busy"),
  corrected: () => i18n.t("correct.done"),
  dressed: (pages: number) => i18n.t("correct.dressed", pages),
  maybe: (figures: number) => i18n.t("correct.maybe", figures),
  takenBack: () => i18n.t("correct.takenBack"),
  outlined: (share: number) => i18n.t("correct.outlined", [PERCENT.format(share)]),
  count: (hints: number) => i18n.t("correct.count", hints),
} as const;
const PERCENT = new Intl.NumberFormat(undefined, { style: "percent", maximumSignificantDigits: 2 });
const GREY_HINT = 24; // levels: a place that the reader made grey themselves can be corrected again

/** What a page is coloured anew for, and what to say then; `before` is what was at the place of a hint that must show. */
interface Awaited {
  change: HintChange;
  text: string;
  isTrouble: boolean;
  before: { point: Point; rgb: Rgb } | null;
}

/** What a correction takes, in shares of the entry's picture, and how much of the page that is. */
interface Region {
  outlines: Point[][];
  share: number;
}

export class Corrector {
  readonly #runId: string;
  readonly #presenter: PagePresenter;
  readonly #signal: AbortSignal;
  readonly #awaited = new Map<Entry, Awaited>();
  readonly #inTurn = inTurn();
  #open: { entry: Entry; panel: Panel; sample: Sample | null; region: Region | null } | null = null;

  constructor(runId: string, presenter: PagePresenter, signal: AbortSignal) {
    this.#runId = runId;
    this.#presenter = presenter;
    this.#signal = signal;
  }

  /** Open the panel at a point of a coloured page that `holder` shows. */
  async open(entry: Entry, holder: Holder, point: Point): Promise<void> {
    this.#open?.panel.close();
    const acts = {
      use: () => this.#use(),
      undo: () => this.#ask(entry, takeBack("undo")),
      clear: () => this.#ask(entry, takeBack("clear")),
      moved: () => {
        this.#showRegion(null);
        void this.#look(true).then(() => this.#outline());
      },
      turned: () => void this.#outline(),
      closed: () => (this.#open = null),
      holds: () => entry.holders.has(holder) && this.#presenter.isCovered(holder),
    };
    this.#open = { entry, panel: new Panel(holder, point, acts, this.#signal), sample: null, region: null };
    await this.#look(true);
    await this.#outline();
  }

  /** A coloured page came, perhaps one that was asked for here. */
  async done(entry: Entry): Promise<void> {
    const awaited = this.#awaited.get(entry);
    this.#awaited.delete(entry);
    if (!awaited || !entry.coloured) return;
    const { change, before, text, isTrouble } = awaited;
    if (before && isSameColour(before.rgb, (await sampleAt(await entry.coloured.picture.get(), before.point)).rgb)) {
      return this.#ask(entry, { ...takeBack("undo"), text: SAYS.nothingChanged(), isTrouble: true });
    }
    if (this.#open?.entry === entry) await this.#look(change.kind !== "set");
    this.#say(entry, text, isTrouble);
  }

  /** No new picture came: the page keeps the one that it shows; `note` says why. */
  ended(entry: Entry, note: string): void {
    this.#awaited.delete(entry);
    entry.state = "done";
    this.#presenter.present(entry);
    this.#say(entry, note, true);
  }

  #use(): void {
    if (!this.#open?.sample) return;
    const { entry, panel, sample } = this.#open;
    const { point } = panel;
    const rgb = fromHex(panel.colour);
    if (panel.where !== "here") return void this.#dress(entry, panel.where, point, rgb);
    const hint: ColourHint = { points: [point], rgb };
    const mustChange = !isSameColour(rgb, sample.rgb) && !entry.hints.some((other) => isSamePlace(other, hint));
    const before = mustChange ? { point, rgb: sample.rgb } : null; // else the reader holds a colour where it is
    this.#ask(entry, { change: { kind: "set", hint }, text: SAYS.corrected(), isTrouble: false, before });
  }

  /** A part of the figure there has this colour from now on, on all pages of the series. */
  async #dress(entry: Entry, part: WornPart, point: Point, rgb: Rgb): Promise<void> {
    const { sheet } = entry;
    if (!sheet) return this.#say(entry, notInColour(), true);
    this.#say(entry, SAYS.busy(), false);
    const call = { runId: this.#runId, pageId: sheet.pageId, point: sheet.pointOf(entry, point), part, rgb };
    try {
      const { pages, maybe } = await askWorker("agent.dress", call);
      const text = [SAYS.dressed(pages), maybe ? SAYS.maybe(maybe) : ""].filter(Boolean).join(" ");
      if (entry.isOpen) this.#awaited.set(entry, { ...takeBack("undo"), text });
      else this.#say(entry, text, false);
    } catch (error) {
      this.#say(entry, reasonOf(error), true);
    }
  }

  #ask(entry: Entry, awaited: Awaited): void {
    Object.assign(entry, { state: "sent", fraction: 0 });
    this.#awaited.set(entry, awaited);
    this.#presenter.present(entry);
    if (this.#open?.entry === entry) this.#showRegion(null); // what comes is to be seen
    this.#say(entry, SAYS.busy(), false);
    const { sheet } = entry;
    if (!sheet) return this.ended(entry, notInColour());
    const call = { runId: this.#runId, pageId: sheet.pageId, change: changeFor(sheet, entry, awaited.change) };
    askWorker("agent.correct", call).catch((error: Error) => {
      this.ended(entry, error.message);
    });
  }

  /** See what colour is at the panel's point; with `start` the choice begins there. */
  async #look(start: boolean): Promise<void> {
    const open = this.#open;
    if (!open?.entry.coloured) return;
    const { entry, panel } = open;
    const { point } = panel;
    const sample = await sampleAt(await open.entry.coloured.picture.get(), point);
    if (this.#open !== open || panel.point !== point) return; // closed or moved meanwhile
    open.sample = sample;
    if (start) panel.colour = toHex(sample.rgb);
    this.#say(entry, entry.isOpen ? SAYS.busy() : "", false);
  }

  /** Show what a correction at the panel's point would take, before it is made; nothing where nobody can tell. */
  async #outline(): Promise<void> {
    const open = this.#open;
    if (!open) return;
    this.#showRegion(null);
    const { entry, panel, sample } = open;
    const { point } = panel;
    const { sheet } = entry;
    if (!sheet || panel.where !== "here" || !takesColour(entry, sample)) return;
    const call = { runId: this.#runId, pageId: sheet.pageId, point: sheet.pointOf(entry, point) };
    const isWanted = () =>
      this.#open === open && panel.point === point && panel.where === "here" && !entry.isOpen && !open.region;
    // Of who moves the dot the last place alone is asked for: a network may take seconds for each.
    await this.#inTurn(async () => {
      const found = isWanted() ? await askWorker("agent.region", call).catch(() => null) : null;
      if (!found || !isWanted()) return;
      const outlines = found.outlines.map((one) => one.map((place) => sheet.pointIn(entry, place as Point)));
      this.#showRegion({ outlines, share: found.share });
    });
  }

  #showRegion(region: Region | null): void {
    const open = this.#open;
    if (!open || open.region === region) return;
    open.region = region;
    open.panel.outline(region?.outlines ?? []);
    this.#say(open.entry, open.entry.isOpen ? SAYS.busy() : "", false);
  }

  /** In the panel where it is open on this page; trouble else on the page itself. */
  #say(entry: Entry, text: string, isTrouble: boolean): void {
    if (this.#open?.entry !== entry) {
      if (isTrouble && text) this.#presenter.notice(entry, text);
      return;
    }
    const { panel, sample, region } = this.#open;
    const canUse = takesColour(entry, sample);
    const { length } = entry.hints;
    const about = sample && !canUse ? SAYS.nothingHere() : length ? SAYS.count(length) : "";
    const outlined = region ? SAYS.outlined(region.share) : "";
    panel.show({
      canUse: canUse && !entry.isOpen,
      canUndo: length > 0 && !entry.isOpen,
      text: entry.isOpen ? text : [text, about, text ? "" : outlined].filter(Boolean).join(" "),
    });
  }
}

function takesColour(entry: Entry, sample: Sample | null): boolean {
  return sample !== null && (!sample.isGrey || entry.hints.some(({ rgb }) => spread(rgb) < GREY_HINT));
}

/** The change as the sheet has it, which may be more than the slice that the reader pointed at. */
function changeFor(sheet: Sheet, entry: Entry, change: HintChange): HintChange {
  if (change.kind !== "set") return change;
  const points = change.hint.points.map((point) => sheet.pointOf(entry, point as Point));
  return { kind: "set", hint: { ...change.hint, points } };
}

function takeBack(kind: "undo" | "clear"): Awaited {
  return { change: { kind }, text: SAYS.takenBack(), isTrouble: false, before: null };
}
