/** One chapter in one tab: asks the host for its pages, brings the bytes it lacks, and shows what comes back. */

import { i18n } from "#i18n";
import type { HostNotification } from "../host/methods";
import { HostError, HostGone, sayError } from "../host/errors";
import { type FoundPage, NobodyThere, type PageCalls } from "../messages";
import { bytesOf, pack, type Payload } from "../payload";
import type { ColourHint, PageDone, PageFailed, PagePreview, PageSkipped, JobProgress } from "../protocol/messages";
import { PicturesAgain } from "./again";
import { changeHints, type HintChange } from "./hints";
import { ignoreEnd, Jobs } from "./jobs";
import { regionAt } from "./region";
import { ChapterSaver, type Outside } from "./save";
import { questionOf } from "./question";
import {
  endPage,
  isOpen,
  isUnderWay,
  type PageRecord,
  pagesInOrder,
  recordOf,
  type RunState,
  sayReason,
  tallyOf,
} from "./state";
import { STOPS_AT_A_PAGE, Suspects } from "./suspects";
import { Uploads } from "./uploads";

/** What a run needs besides: somewhere to put its state. */
export interface RunOutside extends Outside {
  /** The page is coloured with these corrections now. */
  remember(sha256: string, hints: ColourHint[]): void;
  changed(run: ChapterRun): void;
  tabGone(run: ChapterRun): void;
}

export class ChapterRun {
  readonly state: RunState;
  readonly saver: ChapterSaver;
  readonly #outside: RunOutside;
  readonly #jobs: Jobs;
  readonly #suspects = new Suspects();
  readonly #again: PicturesAgain;
  readonly #uploads = new Uploads(
    ({ pageId }) => this.#seen.has(pageId),
    () => this.#place,
  );
  #seen: ReadonlySet<string> = new Set(); // what the reader looked at last
  #place = -1; // the index of the last page of these
  #isResting = false;

  constructor(state: RunState, outside: RunOutside) {
    this.state = state;
    this.#outside = outside;
    this.#again = new PicturesAgain(outside);
    this.#jobs = new Jobs(outside);
    this.saver = new ChapterSaver(state, outside, () => outside.changed(this));
    if (state.saved?.name === "saving") state.saved = undefined; // an earlier life's; nobody will say how it ended
  }

  get isActive(): boolean {
    return isUnderWay(this.state);
  }

  has(pageId: string): boolean {
    return pageId in this.state.pages;
  }

  /** The frame that shows this page. */
  frameOf(pageId: string): number | undefined {
    return Object.hasOwn(this.state.pages, pageId) ? this.state.pages[pageId]?.frameId : undefined;
  }

  /** Pages that a script found and could read: colour them, with the corrections that are known of them. */
  async add(pages: (FoundPage & { hints?: ColourHint[] })[], frameId: number): Promise<void> {
    if (this.state.name === "cancelled" || this.state.name === "failed") return;
    for (const page of pages) this.state.pages[page.pageId] = recordOf(page, frameId);
    if (this.state.name === "paused") return this.#outside.changed(this); // resuming asks for them with the others
    this.state.name = "running";
    this.#outside.changed(this);
    if (this.#suspects.alone === null && !this.#isResting) await this.#submit(pages.map(({ pageId }) => pageId));
  }

  /** A page that could not be read: say so. */
  unreadable(page: Omit<FoundPage, "sha256">, frameId: number, reason: string): void {
    this.state.pages[page.pageId] = { ...recordOf({ ...page, sha256: "" }, frameId), state: "failed", note: reason };
    this.#settled();
  }

  /** The reader corrects a coloured page: colour it anew. Throws where it cannot be asked for. */
  correct(pageId: string, change: HintChange): void {
    const page = this.#page(pageId);
    if (page.state !== "done") throw new Error(i18n.t("run.beingColoured"));
    const hints = changeHints(page.hints, change);
    if (tallyOf(this.state).open === 0) this.state.startedAt = Date.now(); // what is left is told from here on
    Object.assign(page, { state: "waiting", fraction: 0, visible: true, hints, shown: page.hints });
    this.#jobs.release([pageId]);
    if (this.state.name !== "paused") this.state.name = "running"; // resuming asks for it
    this.#outside.changed(this);
    if (this.state.name === "running") void this.#submit([pageId]);
  }

  /** What a correction at `point` of a page would take. */
  regionAt(pageId: string, point: [number, number]): ReturnType<typeof regionAt> {
    return regionAt(this.#outside, this.#page(pageId), point);
  }

  /** What pages with these bytes wear has changed: those that are done come anew, in view first. */
  async redress(sha256s: readonly string[]): Promise<void> {
    if (this.state.name === "cancelled" || this.state.name === "failed") return;
    const touched = pagesInOrder(this.state).filter((page) => page.state === "done" && sha256s.includes(page.sha256));
    if (!touched.length) return;
    if (tallyOf(this.state).open === 0) this.state.startedAt = Date.now();
    for (const page of touched) Object.assign(page, { state: "waiting", fraction: 0, shown: page.hints });
    this.#jobs.release(touched.map(({ pageId }) => pageId));
    if (this.state.name !== "paused") this.state.name = "running";
    this.#outside.changed(this);
    const seen = await this.#askedAgain(touched);
    for (const page of touched) page.visible = seen.has(page.pageId);
    if (this.state.name === "running") await this.#submit(touched.map(({ pageId }) => pageId));
  }

  /** Let the pages' scripts know that these come anew; returns those in view. */
  async #askedAgain(pages: PageRecord[]): Promise<Set<string>> {
    const frames = new Set(pages.map(({ frameId }) => frameId));
    const seen = [...frames].map((frameId) => {
      const pageIds = pages.filter((page) => page.frameId === frameId).map(({ pageId }) => pageId);
      return this.#outside.tell(frameId, "page.again", { pageIds }).catch(() => []);
    });
    return new Set((await Promise.all(seen)).flatMap((ids) => ids ?? []));
  }

  /** These turned out to be no pages of the chapter. */
  drop(pageIds: string[]): void {
    const dropped = new Set(pageIds.filter((id) => this.has(id)));
    void this.#jobs.cancelPages((id) => dropped.has(id));
    for (const pageId of dropped) delete this.state.pages[pageId];
    this.#settled();
  }

  /** The picture of a page that is done, once more. */
  again(pageId: string): Promise<Payload> {
    const page = this.#page(pageId);
    return this.#again.get(page, questionOf(this.state, [{ ...page, visible: true }], this.#seen));
  }

  /** The tab is out of sight: what the host has not begun waits until it is seen again. */
  async rest(isResting: boolean): Promise<void> {
    if (isResting === this.#isResting) return;
    this.#isResting = isResting;
    if (!isResting) return this.#submit(this.#unasked());
    await this.#jobs.cancelPages((id) => this.#page(id).state === "waiting");
  }

  /** Open pages that no job has. */
  #unasked(): string[] {
    const open = pagesInOrder(this.state).filter((page) => isOpen(page) && !this.#jobs.hasPage(page.pageId));
    return this.state.name === "running" ? open.map(({ pageId }) => pageId) : [];
  }

  /** The reader looks at these pages now. */
  async prioritize(pageIds: string[]): Promise<void> {
    this.#seen = new Set(pageIds);
    const indexes = pageIds.filter((id) => this.has(id)).map((id) => this.#page(id).index);
    if (indexes.length) this.#place = Math.max(...indexes);
    this.#uploads.hurry();
    const first = (jobId: string) => pageIds.findIndex((id) => this.#jobs.has(jobId, id));
    const jobs = this.#jobs.ids.sort((a, b) => first(b) - first(a)); // the host takes the last call for the first
    const wanted = jobs.filter((jobId) => this.#wantedOf(jobId).length);
    // Where all that is seen is in colour, one job is told of the place for the others of the chapter.
    await Promise.all((wanted.length ? wanted : jobs.slice(-1)).map((jobId) => this.#hurry(jobId)));
  }

  /** The chapter goes before those of other tabs, but for what is in view there. */
  async first(): Promise<void> {
    await this.#jobs.first();
  }

  /** What the reader looks at of a job's pages and has no colour yet. */
  #wantedOf(jobId: string): string[] {
    return [...this.#seen].filter((id) => this.#jobs.has(jobId, id) && isOpen(this.#page(id)));
  }

  /** Tell the host where the reader is, and have it put first what they look at of a job's pages. */
  async #hurry(job_id: string): Promise<void> {
    const params = { job_id, page_ids: this.#wantedOf(job_id), ...(this.#place < 0 ? {} : { index: this.#place }) };
    await this.#outside.ask("job.prioritize", params).catch(ignoreEnd);
  }

  /** The reader wants no more; what is coloured stays. */
  async cancel(): Promise<void> {
    if (!this.isActive) return;
    this.state.name = "cancelled";
    for (const page of Object.values(this.state.pages)) if (isOpen(page)) endPage(page, "cancelled");
    this.#outside.changed(this);
    await this.#jobs.cancel();
  }

  /** Nothing more is expected for now; pages that come later still join. */
  settle(): void {
    this.#settled();
  }

  /** The host went away: nothing is lost but what was under way. */
  pause(): void {
    this.#jobs.clear();
    this.#again.end(new HostGone());
    if (this.state.name !== "running") return; // paused already: nothing ran since
    this.state.name = "paused";
    for (const page of this.#suspects.stopped(Object.values(this.state.pages)))
      this.#leave(page, i18n.t("run.stoppedHere", [`${STOPS_AT_A_PAGE}`]), "failed");
    for (const page of Object.values(this.state.pages)) if (isOpen(page)) page.state = "waiting";
    this.#outside.changed(this);
  }

  /** The host is back: ask again for the pages that lack a result. */
  async resume(): Promise<void> {
    if (this.state.name !== "paused") return;
    const { total, open } = tallyOf(this.state);
    if (this.#suspects.keepsStopping(total - open)) return this.fail(i18n.t("run.keepsStopping"));
    this.state.name = "running";
    this.#outside.changed(this);
    await this.#submitOpen();
  }

  /** The host is back after the run was given up: what that left without colour is asked for again. */
  async revive(): Promise<void> {
    if (this.state.name !== "failed") return;
    const left = Object.values(this.state.pages).filter(
      ({ state, note, sha256 }) => state === "failed" && note === this.state.problem && sha256 !== "",
    );
    for (const page of left) Object.assign(page, { state: "waiting", fraction: 0, note: "" });
    for (const { pageId } of left) this.#tell(this.#page(pageId), "page.progress", { pageId, fraction: 0 });
    this.#suspects.forget();
    Object.assign(this.state, { name: "paused", problem: "" });
    await this.resume();
    if (left.length === 0) this.#settled();
  }

  /** The run cannot go on. */
  fail(reason: string): void {
    if (!this.isActive) return;
    this.state.name = "failed";
    this.state.problem = reason;
    const open = Object.values(this.state.pages).filter(isOpen);
    for (const page of open) endPage(page, "failed", reason);
    for (const page of open) this.#tell(page, "page.left", { pageId: page.pageId, note: reason, failed: true });
    this.#outside.changed(this);
  }

  /** A notification about one of this run's pages or jobs. */
  hear(notification: HostNotification): void {
    switch (notification.method) {
      case "job.progress":
        return this.#progress(notification.params);
      case "page.preview":
        return void this.#preview(notification.params);
      case "page.done":
        return void this.#done(notification.params);
      case "page.skipped":
        return this.#skipped(notification.params);
      case "page.failed":
        return this.#failed(notification.params);
      case "job.done":
        return this.#jobDone(notification.params.job_id);
      case "export.progress":
        return this.saver.hear(notification.params);
    }
  }

  async #submit(pageIds: string[]): Promise<void> {
    const pages = pageIds.map((id) => this.#page(id)).filter(isOpen);
    if (!pages.length) return this.#settled();
    try {
      const seen = this.#seen;
      const { job_id, need } = await this.#outside.ask("pipeline.run_chapter", questionOf(this.state, pages, seen));
      if (!this.isActive) return void this.#outside.ask("job.cancel", { job_id }).catch(ignoreEnd);
      this.#jobs.begin(job_id, pageIds);
      if (this.#seen !== seen) void this.#hurry(job_id); // the reader looked elsewhere meanwhile
      await this.#deliver(job_id, need);
    } catch (error) {
      if (error instanceof HostGone) return;
      if (pages.every(({ shown }) => shown)) pages.forEach((page) => this.#leave(page, sayError(error), "failed"));
      else this.fail(sayError(error));
    }
  }

  async #deliver(jobId: string, need: string[]): Promise<void> {
    const needed = new Set(need);
    for (const id of this.#jobs.pagesOf(jobId)) if (!needed.has(id)) this.#forgetBytes(id);
    const pages = need.map((id) => this.#page(id));
    await this.#uploads.add(pages, (page) => this.#upload(jobId, page));
  }

  async #upload(jobId: string, page: PageRecord): Promise<void> {
    const { pageId, frameId } = page;
    if (!this.#jobs.has(jobId, pageId) || !isOpen(page)) return;
    try {
      const image = await bytesOf(await this.#outside.tell(frameId, "page.bytes", { pageId }));
      await this.#outside.ask("page.put", { job_id: jobId, page_id: pageId, image });
      this.#forgetBytes(pageId);
    } catch (error) {
      if (error instanceof HostGone || !isOpen(page)) return;
      this.#leave(page, sayError(error), "failed");
      this.#outside.ask("job.cancel", { job_id: jobId, page_ids: [pageId] }).catch(ignoreEnd);
    }
  }

  #progress({ job_id, page_id, fraction }: JobProgress): void {
    const page = this.#page(page_id);
    const isLeft = this.#jobs.isKnown(job_id) && !this.#jobs.has(job_id, page_id); // told before the host heard of it
    if (!isOpen(page) || isLeft) return;
    page.state = fraction > 0 ? "running" : page.state;
    page.fraction = Math.max(page.fraction, fraction);
    this.#tell(page, "page.progress", { pageId: page_id, fraction: page.fraction });
    this.#outside.changed(this);
  }

  async #preview({ page_id, image, mime }: PagePreview): Promise<void> {
    const picture = await pack(pictureOf(image, mime));
    const page = this.#page(page_id);
    if (isOpen(page)) this.#tell(page, "page.preview", { pageId: page_id, picture });
  }

  async #done({ page_id, image, mime, width, height, cached, result_key }: PageDone): Promise<void> {
    const page = this.#page(page_id);
    if (!isOpen(page)) return this.#again.came(page_id, pack(pictureOf(image, mime)));
    if (page.shown) this.#outside.remember(page.sha256, page.hints);
    Object.assign(page, { state: "done", fraction: 1, cached, shown: null, resultKey: result_key });
    const picture = await pack(pictureOf(image, mime));
    this.#tell(page, "page.done", { pageId: page_id, picture, width, height, hints: page.hints });
    this.#settled();
  }

  #skipped({ page_id, reason, result_key }: PageSkipped): void {
    const page = this.#page(page_id);
    if (!isOpen(page)) return this.#again.missed(page_id, new Error(sayReason(reason)));
    if (!page.shown && result_key) page.resultKey = result_key;
    this.#leave(page, sayReason(reason), "skipped");
  }

  #failed({ page_id, error }: PageFailed): void {
    const page = this.#page(page_id);
    if (isOpen(page)) this.#leave(page, sayError(new HostError(error)), "failed");
    else this.#again.missed(page_id, new HostError(error));
  }

  /** What a job ends without a word about was cancelled, unless a later job asks for it again. */
  #jobDone(jobId: string): void {
    for (const page of this.#jobs.end(jobId).map((id) => this.#page(id))) {
      if (!isOpen(page) || this.#jobs.hasPage(page.pageId)) continue;
      endPage(page, "cancelled");
      this.#tell(page, "page.left", { pageId: page.pageId, note: i18n.t("run.cancelled"), failed: false });
    }
    this.#settled();
  }

  #leave(page: PageRecord, note: string, state: "skipped" | "failed"): void {
    endPage(page, state, note);
    this.#tell(page, "page.left", { pageId: page.pageId, note, failed: state === "failed" });
    this.#settled();
  }

  /** Ask for all that lacks a result; of several pages at which the host may have stopped, one by one. */
  async #submitOpen(): Promise<void> {
    await this.#submit(this.#suspects.next(pagesInOrder(this.state).filter(isOpen)));
  }

  #settled(): void {
    const alone = this.#suspects.alone === null ? null : this.#page(this.#suspects.alone);
    if (alone && !isOpen(alone) && this.state.name === "running") {
      this.#suspects.clear(alone.pageId);
      return void this.#submitOpen();
    }
    if (this.state.name === "running" && tallyOf(this.state).open === 0) this.state.name = "done";
    this.#outside.changed(this);
  }

  #forgetBytes(pageId: string): void {
    this.#tell(this.#page(pageId), "page.settled", { pageId });
  }

  #tell<Kind extends keyof PageCalls>(page: PageRecord, kind: Kind, params: PageCalls[Kind]["params"]): void {
    this.#outside.tell(page.frameId, kind, params).catch((error: unknown) => {
      if (error instanceof NobodyThere) this.#outside.tabGone(this);
    });
  }

  #page(pageId: string): PageRecord {
    const page = this.state.pages[pageId];
    if (!page) throw new Error(`no page ${pageId} in this run`);
    return page;
  }
}

function pictureOf(image: Uint8Array, type: string): Blob {
  return new Blob([image as Uint8Array<ArrayBuffer>], { type });
}
