/** What may be the reason that the host stops: a page that it was colouring each time, or nothing that is known. */

import type { PageRecord } from "./state";

export const STOPS_AT_A_PAGE = 3; // a page at which the host stopped so often is left out
const IDLE_RESUMES = 6; // a host that stops so often without one more page is not called back

export class Suspects {
  readonly #stops = new Map<string, number>();
  #idleResumes = 0;
  #settledAtPause = -1;
  #alone: string | null = null;

  /** The page that is tried by itself, since the host stopped at it and at others. */
  get alone(): string | null {
    return this.#alone;
  }

  /** The host stopped. Returns those that are to be left out: they were being coloured each time. */
  stopped(pages: readonly PageRecord[]): PageRecord[] {
    for (const page of pages) {
      if (page.state !== "running") this.#acquit(page);
      else this.#stops.set(page.pageId, (this.#stops.get(page.pageId) ?? 0) + 1);
    }
    const guilty = pages.filter(({ pageId }) => this.#stops.get(pageId) === STOPS_AT_A_PAGE);
    if (guilty.length > 0) this.#stops.clear(); // the others were under way with what stopped it
    return guilty;
  }

  /** The host is back after `settled` pages have ended in all; whether it is not to be called back any more. */
  keepsStopping(settled: number): boolean {
    this.#idleResumes = settled === this.#settledAtPause ? this.#idleResumes + 1 : 0;
    this.#settledAtPause = settled;
    return this.#idleResumes >= IDLE_RESUMES;
  }

  /** Which of the open pages to ask for: all, or of several at which the host may have stopped, one. */
  next(open: readonly PageRecord[]): string[] {
    const suspects = open.filter(({ pageId }) => (this.#stops.get(pageId) ?? 0) >= STOPS_AT_A_PAGE - 1);
    this.#alone = suspects.length > 1 ? (suspects[0]?.pageId ?? null) : null;
    return this.#alone === null ? open.map(({ pageId }) => pageId) : [this.#alone];
  }

  /** A page has ended while the host went on. */
  clear(pageId: string): void {
    this.#stops.delete(pageId);
  }

  /** The reader begins anew. */
  forget(): void {
    this.#stops.clear();
    this.#alone = null;
    this.#idleResumes = 0;
    this.#settledAtPause = -1;
  }

  /** What was not under way did not stop the host; a page that waits for another to be tried stays under suspicion. */
  #acquit({ pageId }: PageRecord): void {
    if (this.#alone === null || this.#alone === pageId) this.#stops.delete(pageId);
  }
}
