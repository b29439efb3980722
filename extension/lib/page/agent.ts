/** The page's side of the extension: answers the worker in one frame, and goes quietly when the extension goes. */

import { i18n } from "#i18n";
import { browser } from "wxt/browser";
import {
  answerCalls,
  type AskedAnswer,
  askWorker,
  type ChapterFound,
  type PageAct,
  type PageCalls,
  type PointPurpose,
  type WorkerCalls,
} from "../messages";
import { download } from "../download";
import { learnFrom, pack, type Payload, probe } from "../payload";
import { reasonOf } from "../reason";
import { siteOf } from "../sites";
import { loadCallSign } from "../state";
import { Arrival } from "./arrival";
import { AskCard } from "./ask-card";
import { capture } from "./capture/capture";
import { notInColour } from "./correct/corrector";
import { Marks } from "./swap/marks";
import { Pointer, seenPictures } from "./correct/pointer";
import { followRules, patternFor, ruledBy } from "./find/page-rules";
import { pagesAmong, picturesOf } from "./find/find";
import { ChapterReader } from "./reader";
import type { Holder } from "./holders/holder";
import { holdersIn } from "./holders/registry";
import { isSmallFrame, survey } from "./find/survey";
import { followNaming, toldNames } from "./find/told";
import { copy, fileName } from "./take-along";
import { under } from "./swap/peek";

const HEARTBEAT_MS = 5_000;
const HERE_AGAIN_MS = [500, 2_000, 8_000]; // a browser that has just begun may have no worker yet that hears
const ACTS: ReadonlySet<string> = new Set<PageAct>(["compare", "original", "leaveOut", "takeIn", "save", "copy"]);

export class Agent {
  readonly #stop = new AbortController();
  #reader: ChapterReader | null = null;
  #pointer: Pointer | null = null;
  readonly #notices = new Marks(this.#stop.signal);
  readonly #ruled: Promise<void>; // what the reader said of this site's pictures and names is known
  #waiting = new AbortController(); // for a chapter that turns to colour by itself
  #card: AskCard | null = null;
  #pointed = { x: 0, y: 0 }; // where the reader last opened a context menu: its clicks do not tell

  constructor() {
    const { signal } = this.#stop;
    answerCalls<PageCalls>("page", this.#handlers(), signal);
    const timer = setInterval(() => void this.#beat(), HEARTBEAT_MS);
    signal.addEventListener("abort", () => clearInterval(timer), { once: true });
    const pointed = ({ clientX: x, clientY: y }: MouseEvent) => void (this.#pointed = { x, y });
    addEventListener("contextmenu", pointed, { capture: true, signal });
    addEventListener("pagehide", () => void this.#leave(), { signal });
    addEventListener("pageshow", ({ persisted }) => persisted && void this.#await(), { signal });
    document.addEventListener("prerenderingchange", () => void this.#await(), { signal });
    const site = siteOf(location.href);
    const followed = [followRules(site, () => this.#reader?.look(), signal), followNaming(site, signal)];
    this.#ruled = Promise.all(followed).then(
      () => undefined,
      () => undefined,
    );
    void loadCallSign().then((name) => this.#succeed(name));
    void this.#await();
  }

  /** Whether the extension that this script belongs to still runs. */
  get isAlive(): boolean {
    return !this.#stop.signal.aborted && browser.runtime?.id !== undefined;
  }

  /** The extension is gone or replaced: stop watching, leave the pictures as they are until its successor comes. */
  retire(): void {
    this.#reader?.stop(false);
    this.#stop.abort();
  }

  /** Scripts of the extension's former lives share only the document: they clear what they left when they hear `name`. */
  #succeed(name: string): void {
    document.dispatchEvent(new Event(name));
    document.addEventListener(name, () => this.isAlive || this.#reader?.stop(true));
  }

  #handlers(): Parameters<typeof answerCalls<PageCalls>>[1] {
    return {
      "page.hello": ({ probe: arrived }) => (learnFrom(arrived), { probe: probe() }),
      "page.survey": () => this.#ruled.then(survey),
      "page.start": (start) => this.#start(start),
      "page.cancel": () => this.#reader?.cancel(),
      "page.show": ({ original }) => this.#reader?.show(original),
      "page.mix": ({ strength }) => this.#reader?.mix(strength),
      "page.retry": () => this.#reader?.retry(),
      "page.bytes": ({ pageId }) => this.#need().bytes(pageId),
      "page.settled": ({ pageId }) => this.#need().settled(pageId),
      "page.progress": ({ pageId, fraction }) => this.#need().progress(pageId, fraction),
      "page.preview": ({ pageId, picture }) => this.#need().preview(pageId, picture),
      "page.done": (done) => this.#need().done(done),
      "page.again": ({ pageIds }) => this.#reader?.comeAgain(pageIds) ?? [],
      "page.left": ({ pageId, note, failed }) => this.#need().leave(pageId, note, failed),
      "page.point": ({ purpose }) => this.#point(purpose),
      "page.act": ({ act, url }) => this.#actAt(act, url),
      "page.correct": ({ url }) => this.#correct(url),
      "page.capture": ({ url }) => this.#seen(url),
      "page.notice": ({ url, text }) => this.#notice(url, text),
    };
  }

  async #start({ runId, only, strength, original }: PageCalls["page.start"]["params"]): Promise<void> {
    await this.#ruled;
    if (isSmallFrame()) return;
    if (this.#reader?.runId === runId) return only === null ? undefined : this.#reader.include(only);
    this.#waiting.abort();
    const look = { strength, original };
    this.#reader = new ChapterReader(runId, only, () => void this.#turn(), this.#reader, look);
  }

  /** The document goes, or shows another chapter. */
  async #leave(): Promise<void> {
    this.#waiting.abort();
    const reader = this.#reader;
    if (!reader) return;
    this.#reader = null;
    reader.stop(true);
    await askWorker("agent.left", { runId: reader.runId }).catch(() => undefined);
  }

  async #turn(): Promise<void> {
    await this.#leave();
    await this.#await();
  }

  /** Wait for a chapter, where the reader wants those of this site to turn to colour by themselves. */
  async #await(): Promise<void> {
    const isPrerendered = (document as { prerendering?: boolean }).prerendering === true;
    if (window !== window.top || isPrerendered || this.#reader) return;
    this.#waiting.abort();
    const { signal } = (this.#waiting = new AbortController());
    const here = await this.#tellHere(signal);
    await this.#ruled;
    if (here) learnFrom(here.probe);
    if (!here?.isAwaited || signal.aborted || !this.isAlive) return;
    new Arrival((found) => void this.#arrived(found, signal), AbortSignal.any([signal, this.#stop.signal]));
  }

  async #tellHere(signal: AbortSignal): Promise<WorkerCalls["agent.here"]["result"] | null> {
    for (const wait of [...HERE_AGAIN_MS, 0]) {
      const here = await askWorker("agent.here", { probe: probe() }).catch(() => null);
      if (here || signal.aborted || !this.isAlive) return here;
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
    return null;
  }

  async #arrived(found: ChapterFound, signal: AbortSignal): Promise<void> {
    const told = await askWorker("agent.arrived", found).catch(() => null);
    this.#card?.close();
    if (!told?.asks || signal.aborted) return;
    const answered = (answer: AskedAnswer) =>
      void askWorker("agent.answered", { found, answer }).catch(() => undefined);
    this.#card = new AskCard(found.series, answered, AbortSignal.any([signal, this.#stop.signal]));
  }

  /** Wakes a worker that died with pages under way; without one the script retires. */
  async #beat(): Promise<void> {
    if (!this.isAlive) return this.retire();
    if (!this.#reader?.isBusy) return;
    const { runId } = this.#reader;
    const answer = await askWorker("agent.alive", { runId, probe: probe() }).catch(() => null);
    if (answer) learnFrom(answer.probe);
    if (answer?.known === false && this.#reader?.runId === runId) this.#reader.cancel();
  }

  async #correct(url: string): Promise<void> {
    if (!this.#reader) throw new Error(notInColour());
    await this.#reader.correct(url, this.#pointed);
  }

  /** The picture that the reader sees where they pointed: the coloured page, else the site's picture. */
  async #seen(url: string): Promise<Payload> {
    const coloured = await this.#reader?.colouredAt(url, this.#pointed);
    return pack(coloured ?? (await capture(url, holderOf(url))).blob);
  }

  /** Wait for a picture to be pointed at; with `null` wait no more. */
  #point(purpose: PointPurpose | null): void {
    this.#pointer?.close();
    this.#pointer = null;
    if (purpose === null || document.body === null || isSmallFrame()) return;
    this.#pointer = new Pointer((pointed) => {
      if (pointed) this.#pointed = { x: pointed.x, y: pointed.y };
      const isAct = ACTS.has(purpose);
      const url = isAct ? null : pointed && pointed.holder.address;
      void askWorker("agent.pointed", { purpose, url }).catch(() => undefined);
      if (pointed && isAct) void this.#act(purpose as PageAct, pointed.holder);
    }, this.#stop.signal);
  }

  /** From a menu: what lies where the reader pointed, or the picture at `url`; with `null` from a key. */
  #actAt(act: PageAct, url: string | null): Promise<void> | void {
    if (url === null) return this.#reader?.compare(null);
    const { x, y } = this.#pointed;
    const holder = under(seenPictures(), x, y) ?? (url === "" ? null : holderOf(url));
    if (!holder) throw new Error(i18n.t("page.noPicture"));
    return this.#act(act, holder);
  }

  async #act(act: PageAct, holder: Holder): Promise<void> {
    try {
      if (act === "leaveOut" || act === "takeIn") await this.#rule(holder, act === "takeIn");
      else if (!this.#reader) throw new Error(notInColour());
      else if (act === "compare") this.#reader.compare(holder);
      else if (act === "original") this.#reader.toggle(holder);
      else {
        const text = await this.#takeAlong(act, await this.#reader.pageIn(holder));
        this.#notices.set(holder, { kind: "notice", text });
      }
    } catch (error) {
      this.#notices.set(holder, { kind: "notice", text: reasonOf(error) });
    }
  }

  /** Returns what is told of it. */
  async #takeAlong(act: "save" | "copy", { picture, number }: { picture: Blob; number: number }): Promise<string> {
    if (act === "copy")
      return copy(picture).then(
        () => i18n.t("page.copied"),
        () => i18n.t("page.notCopied"),
      );
    const { series, chapter } = toldNames();
    const name = fileName(series, chapter, number, picture.type);
    download(picture, name);
    return i18n.t("page.saved", [name]);
  }

  /** The reader says that a picture is a page, or that it is none: here and in the site's other chapters. */
  async #rule(holder: Holder, isPage: boolean): Promise<void> {
    const pictures = picturesOf();
    const pages = new Set(pagesAmong(pictures).map((page) => page.holder));
    const unlike = pictures.filter((each) => each.holder !== holder && pages.has(each.holder) !== isPage);
    const pattern = patternFor(holder, unlike.map((each) => each.holder)); // prettier-ignore
    if (ruledBy(holder) !== isPage) await askWorker("agent.rule", { isPage, pattern });
    const text = isPage ? i18n.t("page.takenIn") : i18n.t("page.leftOut");
    this.#notices.set(holder, { kind: "notice", text });
    if (isPage && !this.#reader?.takesChapter)
      await askWorker("agent.pointed", { purpose: "page", url: holder.address });
  }

  #notice(url: string, text: string): void {
    const holder = holderOf(url);
    if (holder) this.#notices.set(holder, { kind: "notice", text });
  }

  #need(): ChapterReader {
    if (!this.#reader) throw new Error(i18n.t("page.over"));
    return this.#reader;
  }
}

function holderOf(url: string): Holder | null {
  for (const holder of holdersIn(document)) if (holder.knownUrls().has(url)) return holder;
  return null;
}
