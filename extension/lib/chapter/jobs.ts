/** The host's jobs of a run, and which of its pages each is to colour. */

import { HostError, HostGone, HostSilent } from "../host/errors";
import type { Outside } from "./save";

export class Jobs {
  readonly #pages = new Map<string, Set<string>>();
  readonly #outside: Outside;

  constructor(outside: Outside) {
    this.#outside = outside;
  }

  get ids(): string[] {
    return [...this.#pages.keys()];
  }

  isKnown(jobId: string): boolean {
    return this.#pages.has(jobId);
  }

  /** Whether a page is this job's. */
  has(jobId: string, pageId: string): boolean {
    return this.#pages.get(jobId)?.has(pageId) ?? false;
  }

  /** Whether a page is any job's. */
  hasPage(pageId: string): boolean {
    return [...this.#pages.values()].some((pages) => pages.has(pageId));
  }

  pagesOf(jobId: string): string[] {
    return [...(this.#pages.get(jobId) ?? [])];
  }

  begin(jobId: string, pageIds: string[]): void {
    this.#pages.set(jobId, new Set(pageIds));
  }

  /** A job has ended: returns the pages that were its. */
  end(jobId: string): string[] {
    const pageIds = this.pagesOf(jobId);
    this.#pages.delete(jobId);
    return pageIds;
  }

  /** No job's end is these pages' any more. */
  release(pageIds: string[]): void {
    for (const pages of this.#pages.values()) pageIds.forEach((id) => pages.delete(id));
  }

  /** Forget all jobs. */
  clear(): void {
    this.#pages.clear();
  }

  /** Forget all jobs and tell the host. */
  async cancel(): Promise<void> {
    const jobs = this.ids;
    this.clear();
    await Promise.all(jobs.map((job_id) => this.#outside.ask("job.cancel", { job_id }).catch(ignoreEnd)));
  }

  /** Release pages and tell the host not to colour them. */
  async cancelPages(isWanted: (pageId: string) => boolean): Promise<void> {
    const asked = this.ids.map((job_id) => ({ job_id, page_ids: this.pagesOf(job_id).filter(isWanted) }));
    for (const { page_ids } of asked) this.release(page_ids);
    const some = asked.filter(({ page_ids }) => page_ids.length > 0);
    await Promise.all(some.map((params) => this.#outside.ask("job.cancel", params).catch(ignoreEnd)));
  }

  /** Have the host colour these jobs before those of other tabs, but for what is in view there. */
  async first(): Promise<void> {
    const params = this.ids.map((job_id) => ({ job_id, page_ids: [], first: true }));
    await Promise.all(params.map((each) => this.#outside.ask("job.prioritize", each).catch(ignoreEnd)));
  }
}

/** A job that has ended, or a host that is gone, has nothing left to cancel or to hurry. */
export function ignoreEnd(error: unknown): void {
  if (!(error instanceof HostError || error instanceof HostGone || error instanceof HostSilent)) throw error;
}
