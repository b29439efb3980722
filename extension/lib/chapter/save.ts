/** Saves a run's chapter as one file: asks the host to write it, and brings the pages that it lacks. */

import { HostError, HostGone, sayError } from "../host/errors";
import type { Method, ParamsOf, ResultOf } from "../host/methods";
import type { PageCalls, SaveFormat } from "../messages";
import { bytesOf } from "../payload";
import type { ExportPage, ExportProgress, ExportResult } from "../protocol/messages";
import { type PageRecord, pagesInOrder, type RunState, type SavedFile } from "./state";

/** What saving and colouring need: the host and the tab's scripts. */
export interface Outside {
  ask<M extends Method>(method: M, params: ParamsOf<M>): Promise<ResultOf<M>>;
  tell<Kind extends keyof PageCalls>(
    frameId: number | null,
    kind: Kind,
    params: PageCalls[Kind]["params"],
  ): Promise<PageCalls[Kind]["result"]>;
}

const UNSAVED: SavedFile = {
  name: "saving",
  exportId: "",
  done: 0,
  total: 0,
  path: "",
  coloured: 0,
  asTheyWere: [],
  missing: [],
  problem: "",
};

export class ChapterSaver {
  readonly #run: RunState;
  readonly #outside: Outside;
  readonly #changed: () => void;
  /** The file that the reader does not want any more. */
  #unwanted = "";

  constructor(run: RunState, outside: Outside, changed: () => void) {
    this.#run = run;
    this.#outside = outside;
    this.#changed = changed;
  }

  /**
   * Write the file; `run.saved` tells how it goes and how it ended, and the result whether it is there: it is not where
   * the reader cancelled. Rejects where the host cannot write it.
   */
  async save(format: SaveFormat): Promise<boolean> {
    if (this.#run.saved?.name === "saving") return false;
    const pages = pagesInOrder(this.#run);
    this.#become({ ...UNSAVED, exportId: crypto.randomUUID(), total: pages.flatMap(exportPages).length });
    try {
      const first = await this.#export(format, pages, false);
      if (first.need.length)
        await this.#bring(
          pages.filter(({ pageId }) => first.need.includes(pageId)),
          () => this.#isUnwanted,
        );
      const { path, coloured, as_they_were, missing } = first.need.length
        ? await this.#export(format, pages, true)
        : first;
      this.#become({ name: "saved", path, coloured, asTheyWere: as_they_were, missing });
      return true;
    } catch (error) {
      if (error instanceof HostError && error.code === "E_CANCELLED" && this.#isUnwanted) {
        this.#become({ name: "cancelled" });
        return false;
      }
      this.#become({ name: "failed", problem: sayError(error) });
      throw error;
    }
  }

  /** Stop writing the file; nothing of it stays. One that is there by then is told as saved. */
  async cancel(): Promise<void> {
    const { saved } = this.#run;
    if (saved?.name !== "saving") return;
    this.#unwanted = saved.exportId;
    await this.#outside.ask("export.cancel", { export_id: saved.exportId });
  }

  get #isUnwanted(): boolean {
    return this.#unwanted !== "" && this.#unwanted === this.#run.saved?.exportId;
  }

  /** How far the host is with one of this tab's files. */
  hear({ export_id, done, total }: ExportProgress): void {
    if (this.#run.saved?.exportId === export_id) this.#become({ done, total });
  }

  async #export(format: SaveFormat, pages: PageRecord[], partial: boolean): Promise<Required<ExportResult>> {
    const { series, chapter, saved } = this.#run;
    const result = await this.#outside.ask("chapter.export", {
      format,
      series,
      chapter,
      partial,
      pages: pages.flatMap(exportPages),
      ...(saved ? { export_id: saved.exportId } : {}),
    });
    return { coloured: 0, as_they_were: [], missing: [], need: [], ...result };
  }

  /** Bring the originals of the pages in colour, for a report that shows both. */
  async lend(): Promise<void> {
    await this.#bring(pagesInOrder(this.#run).filter(({ state }) => state === "done"));
  }

  /** Bring the bytes of pages as they were, until nobody wants them; one that cannot be had is told as missing. */
  async #bring(pages: PageRecord[], isUnwanted = () => false): Promise<void> {
    for (const { pageId, frameId, sha256 } of pages) {
      if (isUnwanted()) return;
      try {
        const image = await bytesOf(await this.#outside.tell(frameId, "page.bytes", { pageId }));
        await this.#outside.ask("page.keep", { sha256, image });
      } catch (error) {
        if (error instanceof HostGone) throw error;
      }
    }
  }

  #become(change: Partial<SavedFile>): void {
    this.#run.saved = { ...UNSAVED, ...this.#run.saved, ...change };
    this.#changed();
  }
}

/** A page, or the slices that were coloured as one. */
function exportPages({ pageId, sha256, resultKey, slices }: PageRecord): ExportPage[] {
  const page = { page_id: pageId, ...(sha256 ? { sha256 } : {}), ...(resultKey ? { result_key: resultKey } : {}) };
  return slices ? slices.map((rows) => ({ ...page, rows })) : [page];
}
