/** Reads one chapter in one document until it is stopped: what is found goes to the worker, what comes back is shown. */

import { i18n } from "#i18n";
import { askWorker, type PageCalls } from "../messages";
import { type Payload, unpack } from "../payload";
import { PageRegistry } from "./capture/page-registry";
import { Corrector, notInColour } from "./correct/corrector";
import { type Coloured, dropKept, Kept } from "./holders/coloured";
import { type Candidate, lookAround } from "./find/find";
import { ruledBy } from "./find/page-rules";
import { stopListening } from "./holders/asked";
import type { Entry, Sheet } from "./capture/entry";
import { Pace } from "./capture/pace";
import { PagesAhead } from "./capture/pages-ahead";
import { PageUploader } from "./capture/page-uploader";
import { CLOSED, isMadeByScript, UNREAD } from "./holders/pixels";
import { pointIn } from "./point";
import { dealt, glimpsed, isAlone } from "./capture/paste";
import { Compare } from "./swap/compare";
import { type Look, PagePresenter } from "./swap/page-presenter";
import { Peek } from "./swap/peek";
import type { Holder } from "./holders/holder";
import { DocumentWatch, isInView, ViewWatch } from "./capture/watch";

export class ChapterReader {
  readonly runId: string;
  readonly #stop = new AbortController();
  readonly #registry: PageRegistry;
  readonly #presenter: PagePresenter;
  readonly #pace: Pace;
  readonly #ahead: PagesAhead;
  readonly #uploader: PageUploader;
  readonly #corrector: Corrector;
  readonly #document: DocumentWatch;
  readonly #view: ViewWatch;
  readonly #left: () => void;
  readonly #pointedAt = new Set<string>();
  #takes: "chapter" | "pointed" | "nothing";
  #joined: Promise<unknown> = Promise.resolve(); // what was shown of sheets that were joined
  #isResting = false;
  #comparing: Compare | null = null;

  /**
   * With `only`, just the picture at that address; `left` is called once the document shows another chapter. What a
   * `former` reader shows stays until there is something new. `look` is how pages are shown that are in colour.
   */
  constructor(
    runId: string,
    only: string | null,
    left: () => void,
    former: ChapterReader | null = null,
    look: Look = { strength: 1, original: false },
  ) {
    const { signal } = this.#stop;
    this.runId = runId;
    this.#registry = new PageRegistry(former ? former.#registry : null);
    this.#left = left;
    this.#takes = only === null ? "chapter" : "pointed";
    if (only !== null) this.#pointedAt.add(only);
    this.#document = new DocumentWatch(() => this.#scan(), signal);
    this.#view = new ViewWatch((elements) => this.#lookAt(elements), signal);
    this.#presenter = new PagePresenter(
      () => this.#document.soon(),
      look,
      signal,
      former ? former.#presenter.handOver() : [],
    );
    this.#pace = new Pace(() => this.#repace(), signal);
    this.#uploader = new PageUploader(
      runId,
      () => this.#registry.entries,
      (entry) => this.#presenter.present(entry),
      this.#pace,
      signal,
      former ? former.#uploader : undefined,
      (entry) => (this.#forget(entry), this.#document.soon()),
    );
    former?.stop(false);
    this.#corrector = new Corrector(runId, this.#presenter, signal);
    this.#ahead = new PagesAhead(this.#registry, () => this.#uploader.read(), signal);
    document.addEventListener("load", () => this.#uploader.readSoon(), { capture: true, signal });
    new Peek(this.#presenter, signal);
    this.#document.now();
  }

  /** Whether pages are still on their way. */
  get isBusy(): boolean {
    return this.#registry.entries.some(({ isOpen }) => isOpen);
  }

  /** Take in one more picture that the reader pointed at. */
  include(url: string): void {
    this.#pointedAt.add(url);
    this.look();
  }

  /** Look again what the chapter's pages are. */
  look(): void {
    this.#document.now();
  }

  /** Whether it takes in what is found, not only what was pointed at. */
  get takesChapter(): boolean {
    return this.#takes === "chapter";
  }

  /** No more watching, no signs; with `restore` the colours go too. */
  stop(restore: boolean): void {
    this.#stop.abort();
    if (!restore) return;
    this.#presenter.clear();
    dropKept();
    stopListening();
  }

  /** What is not done stays as it is and no page joins; what is coloured can still be toggled. */
  cancel(): void {
    this.#takes = "nothing";
    this.#pointedAt.clear();
    for (const entry of this.#registry.entries.filter(({ isOpen }) => isOpen)) {
      if (entry.coloured) this.#corrector.ended(entry, "");
      else this.#ignore(entry);
    }
    if (!this.#presenter.isAnything) this.stop(true); // nothing is left to be watched
  }

  /** The reader wants another colour at a point of the window, on the page whose picture has this address. */
  async correct(url: string, { x, y }: { x: number; y: number }): Promise<void> {
    const { entry, holder } = this.#pointed(url, x, y) ?? {};
    if (!entry || !holder) throw new Error(notInColour());
    await this.#corrector.open(entry, holder, pointIn(holder, x, y));
  }

  /** What the reader sees at a point of the window, if it is a coloured page of this address. */
  async colouredAt(url: string, { x, y }: { x: number; y: number }): Promise<Blob | null> {
    return (await this.#pointed(url, x, y)?.entry.coloured?.picture.get()) ?? null;
  }

  /** The coloured page in a holder, and its number in the chapter, from 1. */
  async pageIn(holder: Holder): Promise<{ picture: Blob; number: number }> {
    const entry = this.#registry.of(holder);
    const picture = await entry?.coloured?.picture.get();
    if (!entry || !picture) throw new Error(notInColour());
    return { picture, number: entry.index + 1 };
  }

  /** Open a slider over the page in `holder`, or close it; without one over the page that is most in view. */
  compare(holder: Holder | null): void {
    const at = holder ?? mostInView(this.#presenter.covered);
    const open = this.#comparing;
    open?.close();
    if (open && (holder === null || open.holder === holder)) return;
    if (!at || !this.#presenter.isCovered(at)) throw new Error(notInColour());
    const acts = {
      cut: (share: number | null) => this.#presenter.cut(at, share),
      holds: () => this.#presenter.isCovered(at),
      closed: () => (this.#comparing = null),
    };
    this.#comparing = new Compare(at, acts, this.#stop.signal);
  }

  /** Show one page as it was, or in colour again. */
  toggle(holder: Holder): void {
    const entry = this.#registry.of(holder);
    if (!entry?.coloured) throw new Error(notInColour());
    this.#presenter.toggle(entry);
  }

  #pointed(url: string, x: number, y: number): { entry: Entry; holder: Holder } | null {
    for (const entry of this.#registry.entries.filter(({ coloured }) => coloured)) {
      const holder = this.#presenter.holderAt(entry, x, y);
      if (holder && (entry.url === url || holder.knownUrls().has(url))) return { entry, holder };
    }
    return null;
  }

  show(original: boolean): void {
    this.#presenter.showOriginal(original);
  }

  /** Mix the site's own pictures into the coloured ones; `strength` is the share of colour, 0..1. */
  mix(strength: number): void {
    this.#presenter.mix(strength);
  }

  retry(): void {
    this.#uploader.retry();
  }

  bytes(pageId: string): Promise<Payload> {
    return this.#uploader.bytes(this.#sheet(pageId));
  }

  settled(pageId: string): void {
    this.#uploader.markEvictable(this.#sheet(pageId));
  }

  progress(pageId: string, fraction: number): void {
    for (const entry of this.#sheet(pageId).entries) {
      entry.fraction = fraction;
      this.#presenter.present(entry);
    }
  }

  /** Something of a page can be seen already: it is shown until the page ends. One that cannot be shown is left out. */
  async preview(pageId: string, picture: Payload): Promise<void> {
    const seen = await glimpsed(this.#sheet(pageId), new Kept(unpack(picture), null)).catch(() => []);
    for (const [entry, preview] of seen) this.#presenter.preview(entry, preview);
  }

  /** Pages are shown as they come; sheets that were joined one after the other, for neighbours fade into each other. */
  done(done: PageCalls["page.done"]["params"]): Promise<void> {
    const sheet = this.#sheet(done.pageId);
    this.#uploader.markEvictable(sheet);
    if (isAlone(sheet)) return this.#show(sheet, done);
    const shown = this.#joined.then(() => this.#show(sheet, done));
    this.#joined = shown.catch(() => undefined);
    return shown;
  }

  async #show(
    sheet: Sheet,
    { pageId, picture, width, height, hints }: PageCalls["page.done"]["params"],
  ): Promise<void> {
    try {
      const again = async () => unpack(await askWorker("agent.again", { runId: this.runId, pageId }));
      for (const [entry, coloured] of await dealt(sheet, new Kept(unpack(picture), again), { width, height })) {
        coloured.lost = () => this.#lose(entry, coloured);
        if (entry.sheet === sheet) this.#presenter.finish(entry, coloured);
        else this.#presenter.colour(entry, coloured);
        if (entry.url.startsWith(CLOSED)) this.#presenter.notice(entry, i18n.t("page.fromWindow"));
      }
      for (const entry of sheet.entries) {
        entry.hints = sheet.hintsFor(entry, hints);
        await this.#corrector.done(entry);
      }
    } catch (error) {
      this.leave(pageId, (error as Error).message, true);
    }
  }

  /** These pages come anew, in other colours than they show until then; returns those in view. */
  comeAgain(pageIds: readonly string[]): string[] {
    return pageIds.filter((pageId) => {
      const entries = this.#registry.find(pageId)?.sheet?.entries ?? [];
      for (const entry of entries) {
        Object.assign(entry, { state: "sent", fraction: 0 });
        this.#presenter.present(entry);
      }
      return entries.some(({ holder }) => holder !== null && isInView(holder));
    });
  }

  /** The browser cannot show what came: the site's own picture stays. */
  #lose(entry: Entry, coloured: Coloured): void {
    if (entry.coloured !== coloured || !entry.sheet) return;
    entry.coloured = null;
    this.leave(entry.sheet.pageId, i18n.t("page.notShown"), true);
  }

  leave(pageId: string, note: string, failed: boolean): void {
    for (const entry of this.#sheet(pageId).entries) {
      if (entry.coloured) {
        this.#corrector.ended(entry, note);
        continue;
      }
      this.#uploader.drop(entry);
      Object.assign(entry, { state: "left", note, failed });
      this.#presenter.present(entry);
    }
  }

  /** The sheet that the worker knows by this id; throws for one that this document never sent. */
  #sheet(pageId: string): Sheet {
    const { sheet } = this.#registry.page(pageId);
    if (!sheet) throw new Error(i18n.t("page.gone"));
    return sheet;
  }

  #ignore(entry: Entry): void {
    entry.state = "ignored";
    this.#uploader.drop(entry);
    this.#presenter.present(entry);
  }

  async #scan(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    const { pictures, pages } = await lookAround(
      (root) => this.#document.include(root),
      (holder) => this.#document.attend(holder),
    );
    if (this.#stop.signal.aborted) return;
    this.#leaveOut(pictures);
    this.#registry.release(pictures).forEach((holder) => this.#presenter.release(holder));
    for (const entry of this.#registry.entries.filter(isPassedBy)) this.#forget(entry);
    if (this.#registry.isOver()) return this.#left();
    const wanted = this.#wanted(pictures, pages);
    wanted.forEach((candidate, index) => this.#meet(candidate, index));
    if (this.#takes === "chapter") this.#ahead.look(wanted, pictures, this.#pace.foreseen);
    this.#uploader.read();
  }

  /** The tab went out of sight or came back, or a battery has to be saved. */
  #repace(): void {
    const { isResting } = this.#pace;
    if (isResting !== this.#isResting)
      void askWorker("agent.rest", { runId: this.runId, isResting }).catch(() => undefined);
    this.#isResting = isResting;
    this.#uploader.read();
    this.#document.soon(); // more pages may be foreseen now
  }

  /** The reader said that these are no pages. */
  #leaveOut(pictures: readonly Candidate[]): void {
    const entries = pictures
      .filter((picture) => ruledBy(picture.holder) === false && !this.#isPointedAt(picture))
      .flatMap(({ holder }) => this.#registry.of(holder) ?? []);
    for (const entry of new Set(entries)) this.#forget(entry);
  }

  /** It is no page, or not the one that it was taken for. */
  #forget(entry: Entry): void {
    for (const holder of entry.holders) this.#presenter.release(holder);
    this.#uploader.drop(entry);
    entry.state = "ignored"; // whatever is on its way
    this.#registry.forget(entry);
    const pageIds = entry.sheet?.entries.length === 1 || entry.isTold ? [entry.pageId] : [];
    if (pageIds.length) void askWorker("agent.dropped", { runId: this.runId, pageIds }).catch(() => undefined);
  }

  #wanted(pictures: Candidate[], found: Candidate[]): Candidate[] {
    const pages = new Set(this.#takes === "pointed" ? [] : found);
    const isThere = ({ url, loaded }: Candidate) => loaded || !isMadeByScript(url);
    return pictures.filter((picture) => isThere(picture) && (pages.has(picture) || this.#isPointedAt(picture)));
  }

  #isPointedAt({ holder, url }: Candidate): boolean {
    if (this.#pointedAt.size === 0) return false;
    return this.#pointedAt.has(url) || [...holder.knownUrls()].some((known) => this.#pointedAt.has(known));
  }

  #meet(candidate: Candidate, index: number): void {
    const entry = this.#registry.meet(candidate, index, this.#takes === "nothing");
    if (!entry) return;
    entry.isSure ||= candidate.loaded || this.#isPointedAt(candidate);
    this.#view.include(candidate.holder.node);
    this.#presenter.present(entry);
  }

  #lookAt(elements: Element[]): void {
    const entries = elements.flatMap((element) => this.#registry.at(element));
    const sent = entries.filter(({ state }) => state === "sent");
    const pageIds = [...new Set(sent.flatMap(({ sheet }) => sheet?.pageId ?? []))];
    if (pageIds.length) void askWorker("agent.visible", { runId: this.runId, pageIds }).catch(() => undefined);
    this.#uploader.retryUnseen(entries);
    this.#uploader.hurry(entries);
    this.#uploader.read(); // what comes after these may be near enough now
  }
}

/** A canvas that read empty shows something else now, and nothing was taken of it. */
function isPassedBy({ url, holder, coloured }: Entry): boolean {
  return url.startsWith(UNREAD) && holder === null && coloured === null;
}

/** Of what the reader may mean without pointing at it: what takes most of the window. */
function mostInView(holders: readonly Holder[]): Holder | null {
  const seen = (holder: Holder) => {
    const { left, top, right, bottom } = holder.box();
    const across = Math.min(innerWidth, right) - Math.max(0, left);
    return Math.max(0, across) * Math.max(0, Math.min(innerHeight, bottom) - Math.max(0, top));
  };
  return [...holders].sort((a, b) => seen(b) - seen(a))[0] ?? null;
}
