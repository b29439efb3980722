/** The one door between worker, page and popup: every message with its type, and the two functions that use it. */

import { i18n } from "#i18n";
import { browser } from "wxt/browser";
import type { HintChange } from "./chapter/hints";
import type { HabitChange, Naming, PageRule } from "./habits";
import type { Payload } from "./payload";
import type { PaletteSheet, WornPart } from "./palette";
import { reasonOf } from "./reason";
import type { StudioMade, StudioNetwork, StudioOrder } from "./studio";
import type {
  CacheStats,
  ColourHint,
  DoctorCheck,
  Estimate,
  EXPORT_FORMATS,
  FilterStep,
  PageRegion,
  HistoryReport,
  HistorySeries,
  ModelInfo,
  PaletteSet,
  Preset,
  WordModels,
} from "./protocol/messages";

/** A page image as the page's script found it; `pageId` is unique over all tabs. */
export interface FoundPage {
  pageId: string;
  index: number;
  sha256: string;
  visible: boolean;
  width: number;
  height: number;
  url: string;
  /** The rows of the slices of one strip that it was joined from, each to before its end; without it one page. */
  slices?: [from: number, to: number][];
}

/** Why there is nothing to colour: nothing like a page, pages that are no pictures, or pictures that cannot be read. */
export type WhyNone = "none" | "canvas" | "unloaded" | "frame" | "file" | "fileNever" | "pdf";

/** What a look at a page tells before anything is started; `why` is set where nothing can be coloured. */
export interface Survey {
  pages: number;
  why: WhyNone | null;
  origins: string[];
  /** Scheme and host of the document; empty for what is not of the web. */
  site: string;
  series: string;
  chapter: string;
  /** What each rule of the table tells of its names, by the rule's name and in their order. */
  naming?: { of: string; series: string; chapter: string }[];
  /** Some pages can be had from what the window shows alone. */
  isFromWindow?: boolean;
  /** The address of the picture that the document calls its series' cover. */
  cover?: string | null;
}

/** A chapter that a document came to show; `pages` is 0 where it may be in a frame. */
export interface ChapterFound {
  pages: number;
  series: string;
  chapter: string;
}

/** What the reader answers on a page that asks whether to colour its chapter. */
export type AskedAnswer = "once" | "always" | "never" | "later";

/** What is done to a page of the document alone: its script needs no host for that. */
export type PageAct = "compare" | "original" | "leaveOut" | "takeIn" | "save" | "copy";

/** What models do with the reader's words, as the host's settings name it. */
export interface WordSettings {
  translate: boolean;
  caption: boolean;
  enhance: "off" | "local" | "ollama";
  caption_model: string;
  enhance_model: string;
  ollama_model: string;
}

/** What a picture is pointed at for, from the popup: sites that block the right click do not block this. */
export type PointPurpose = "reference" | "page" | "correct" | "studio" | PageAct;

/** A style reference as the popup shows it. */
export interface ReferenceCard {
  referenceId: string;
  name: string;
  series: string;
  character: string;
  /** An address that an image shows; empty where it is asked for as it comes into view. */
  thumbnail: string;
  palette: string[];
}

/** What a chapter can be saved as. */
export type SaveFormat = (typeof EXPORT_FORMATS)[number];

/** What the reader chose in the popup. */
export interface ChapterChoice {
  series: string;
  engine: string | null;
  /** As the page calls it, where this is missing or empty. */
  chapter?: string;
}

/**
 * What the popup says on its port before the browser asks the reader: the question may close the popup, and only a port
 * brings its last message before its end.
 */
export interface ChapterIntent {
  tabId: number;
  choice: ChapterChoice;
}

interface Call<Params, Result = void> {
  params: Params;
  result: Result;
}

/** Asked of the service worker: by the popup, then by a page's script. */
export interface WorkerCalls {
  "host.connect": Call<{ probe: unknown }, { probe: unknown }>;
  "page.survey": Call<{ tabId: number }, Survey>;
  "reference.list": Call<object, ReferenceCard[]>;
  "reference.thumbnails": Call<{ referenceIds: string[] }, Record<string, string>>;
  "reference.add": Call<{ picture: Payload; name: string; series: string }, ReferenceCard>;
  "reference.addCover": Call<{ tabId: number; series: string }, ReferenceCard>;
  "reference.change": Call<
    { referenceId: string; change: { name?: string; series?: string; character?: string } },
    ReferenceCard
  >;
  "reference.remove": Call<{ referenceId: string }>;
  "preset.list": Call<object, Preset[]>;
  "preset.save": Call<Preset, Preset[]>;
  "preset.remove": Call<{ name: string }, Preset[]>;
  "model.dropped": Call<object, ModelInfo[]>;
  "model.catalogue": Call<object, ModelInfo[]>;
  "model.pull": Call<{ modelId: string; licenceAccepted: boolean }>;
  "model.remove": Call<{ modelId: string }>;
  "host.doctor": Call<object, DoctorCheck[]>;
  "words.settings": Call<object, WordSettings>;
  "words.change": Call<Partial<WordSettings>, WordSettings>;
  "words.models": Call<{ ollama: boolean }, WordModels>;
  "sample.colour": Call<{ picture: Payload }, Payload>;
  "history.list": Call<object, HistorySeries[]>;
  "history.report": Call<{ series: string }, HistoryReport>;
  "history.forget": Call<{ series: string | null }>;
  "cache.stats": Call<object, CacheStats>;
  "cache.clear": Call<object>;
  "palette.list": Call<object, string[]>;
  "palette.get": Call<{ series: string }, PaletteSheet>;
  "palette.set": Call<PaletteSet, PaletteSheet>;
  "palette.merge": Call<{ series: string; kept: string; gone: string }, PaletteSheet>;
  "palette.undo": Call<{ series: string }, PaletteSheet>;
  "palette.export": Call<{ series: string }, string>;
  "palette.import": Call<{ series: string; json: string }, PaletteSheet>;
  "palette.elements": Call<
    { series: string; json: string; pictures: { name: string; picture: Payload }[] },
    PaletteSheet
  >;
  "page.point": Call<{ tabId: number; purpose: PointPurpose }>;
  "page.capture": Call<{ tabId: number; frameId: number; url: string }, Payload>;
  "studio.run": Call<{ order: StudioOrder; picture: Payload; mask: Payload | null }, StudioMade | null>;
  "studio.chapter": Call<{ tabId: number; taskId: string }, StudioMade | null>;
  "studio.look": Call<{ picture: Payload; filters: FilterStep[]; scale: number }, Payload>;
  "studio.cancel": Call<{ taskId: string }>;
  "studio.networks": Call<Record<string, never>, StudioNetwork[]>;
  "studio.first": Call<{ taskId: string }>;
  "studio.clear": Call<Record<string, never>>;
  "chapter.start": Call<{ tabId: number; choice: ChapterChoice }>;
  "chapter.cost": Call<{ tabId: number; choice: ChapterChoice }, Estimate | null>;
  "chapter.cancel": Call<{ tabId: number }>;
  "chapter.first": Call<{ tabId: number }>;
  "chapter.toggleOriginal": Call<{ tabId: number }>;
  "series.show": Call<{ tabId: number; original: boolean }>;
  "chapter.mix": Call<{ tabId: number; strength: number }>;
  "chapter.save": Call<{ tabId: number; format: SaveFormat }>;
  "chapter.cancelSave": Call<{ tabId: number }>;
  "habit.change": Call<HabitChange & { tabId?: number }>;
  "habit.forget": Call<{ site: string; told?: string }>;
  "habit.rules": Call<{ site: string; rules: PageRule[] }>;
  "habit.naming": Call<{ site: string; naming: Naming }>;

  "agent.here": Call<{ probe: unknown }, { isAwaited: boolean; probe: unknown }>;
  "agent.arrived": Call<ChapterFound, { asks: boolean }>;
  "agent.answered": Call<{ found: ChapterFound; answer: AskedAnswer }>;
  "agent.pages": Call<{ runId: string; pages: FoundPage[] }>;
  "agent.unreadable": Call<{ runId: string; page: Omit<FoundPage, "sha256">; reason: string }>;
  "agent.correct": Call<{ runId: string; pageId: string; change: HintChange }>;
  "agent.region": Call<{ runId: string; pageId: string; point: [number, number] }, PageRegion>;
  "agent.dress": Call<
    { runId: string; pageId: string; point: [number, number]; part: WornPart; rgb: [number, number, number] },
    { pages: number; maybe: number }
  >;
  "agent.visible": Call<{ runId: string; pageIds: string[] }>;
  "agent.rest": Call<{ runId: string; isResting: boolean }>;
  "agent.alive": Call<{ runId: string; probe: unknown }, { known: boolean; probe: unknown }>;
  "agent.rule": Call<PageRule>;
  "agent.dropped": Call<{ runId: string; pageIds: string[] }>;
  "agent.again": Call<{ runId: string; pageId: string }, Payload>;
  "agent.pointed": Call<{ purpose: PointPurpose; url: string | null }>;
  "agent.left": Call<{ runId: string }>;
  "agent.hash": Call<{ picture: Payload }, string>;
  "agent.held": Call<{ urls: string[] }, Payload | null>;
  "agent.look": Call<object, Payload | null>;
  "agent.replaced": Call<object, string>;
  "agent.fetch": Call<{ url: string; referer: string | null }, { picture: Payload; isOpen: boolean } | null>;
}

/** Asked of a page's script by the service worker. */
export interface PageCalls {
  "page.hello": Call<{ probe: unknown }, { probe: unknown }>;
  "page.survey": Call<object, Survey>;
  "page.start": Call<{ runId: string; only: string | null; strength: number; original: boolean }>;
  "page.cancel": Call<object>;
  "page.show": Call<{ original: boolean }>;
  "page.mix": Call<{ strength: number }>;
  "page.retry": Call<object>;
  "page.bytes": Call<{ pageId: string }, Payload>;
  "page.settled": Call<{ pageId: string }>;
  "page.progress": Call<{ pageId: string; fraction: number }>;
  "page.preview": Call<{ pageId: string; picture: Payload }>;
  "page.done": Call<{ pageId: string; picture: Payload; width: number; height: number; hints: ColourHint[] }>;
  "page.again": Call<{ pageIds: string[] }, string[]>;
  "page.left": Call<{ pageId: string; note: string; failed: boolean }>;
  "page.point": Call<{ purpose: PointPurpose | null }>;
  "page.correct": Call<{ url: string }>;
  "page.act": Call<{ act: PageAct; url: string | null }>;
  "page.capture": Call<{ url: string }, Payload>;
  "page.notice": Call<{ url: string; text: string }>;
}

export type Handlers<Calls, Sender> = {
  [Kind in keyof Calls]: Calls[Kind] extends Call<infer Params, infer Result>
    ? (params: Params, sender: Sender) => Result | Promise<Result>
    : never;
};

type Answer = { ok: true; value: unknown } | { ok: false; reason: string };
type Runtime = typeof browser.runtime;
export type MessageSender = Parameters<Parameters<Runtime["onMessage"]["addListener"]>[0]>[1];

/** The tab is closed, or shows a document without our script. */
export class NobodyThere extends Error {
  override name = "NobodyThere";

  constructor() {
    super(i18n.t("tab.gone"));
  }
}

/** Ask the service worker; rejects with the reason it gives. */
export async function askWorker<Kind extends keyof WorkerCalls>(
  kind: Kind,
  params: WorkerCalls[Kind]["params"],
): Promise<WorkerCalls[Kind]["result"]> {
  return read(await browser.runtime.sendMessage({ door: "worker", kind, params })) as WorkerCalls[Kind]["result"];
}

/** Ask the script in a tab's frame, or in all its frames (the first answer counts). */
export async function askPage<Kind extends keyof PageCalls>(
  tabId: number,
  frameId: number | null,
  kind: Kind,
  params: PageCalls[Kind]["params"],
): Promise<PageCalls[Kind]["result"]> {
  const options = frameId === null ? {} : { frameId };
  const answer: unknown = await browser.tabs.sendMessage(tabId, { door: "page", kind, params }, options).catch(() => {
    throw new NobodyThere();
  });
  return read(answer) as PageCalls[Kind]["result"];
}

/** Answer the calls that come through `door`, until `signal` aborts. */
export function answerCalls<Calls extends WorkerCalls | PageCalls>(
  door: Calls extends WorkerCalls ? "worker" : "page",
  handlers: Handlers<Calls, MessageSender>,
  signal?: AbortSignal,
): void {
  const listener = (message: unknown, sender: MessageSender, respond: (answer: Answer) => void): boolean => {
    const call = message as { door?: unknown; kind?: unknown; params?: unknown } | null;
    if (sender.id !== browser.runtime.id || call?.door !== door) return false;
    const kind = String(call.kind);
    const known = handlers as Record<string, (params: unknown, sender: MessageSender) => unknown>;
    const handler = Object.hasOwn(handlers, kind) ? known[kind] : undefined;
    if (!handler || !mayAsk(door, kind, sender)) return false;
    void Promise.resolve()
      .then(() => handler(call.params, sender))
      .then(
        (value) => respond({ ok: true, value: value ?? null }),
        (error: unknown) => respond({ ok: false, reason: reasonOf(error) }),
      );
    return true; // the answer comes later
  };
  browser.runtime.onMessage.addListener(listener);
  signal?.addEventListener("abort", () => browser.runtime.onMessage.removeListener(listener), { once: true });
}

/** Pages' scripts ask for what a page needs, our own documents for the rest, and the worker alone asks the pages. */
function mayAsk(door: "worker" | "page", kind: string, sender: MessageSender): boolean {
  const isOurs = sender.url === undefined || isOurDocument(sender);
  if (door === "page") return isOurs && sender.tab === undefined;
  return kind.startsWith("agent.") ? !isOurs && sender.tab !== undefined : isOurs;
}

/** Whether a document of the extension speaks, not its script in somebody's page. */
export function isOurDocument({ id, url }: MessageSender): boolean {
  return id === browser.runtime.id && (url?.startsWith(browser.runtime.getURL("/")) ?? false);
}

function read(answer: unknown): unknown {
  const { ok, value, reason } = (answer ?? { ok: false, reason: i18n.t("tab.nobodyAnswered") }) as {
    ok: boolean;
    value?: unknown;
    reason?: string;
  };
  if (!ok) throw new Error(reason);
  return value;
}
