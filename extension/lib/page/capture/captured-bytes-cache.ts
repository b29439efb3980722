/** Captured bytes of pages, until the host has had them and others need their place. */

/**
 * Keeps captured bytes within a budget; what does not fit is captured again when asked for. Bytes that the host has had
 * stay for a correction (sites' addresses expire), until others need their place.
 */
export class CapturedBytesCache {
  readonly #budget: number;
  readonly #blobs = new Map<string, Blob>();
  readonly #evictable = new Set<string>();
  #held = 0;

  constructor(budgetBytes: number) {
    this.#budget = budgetBytes;
  }

  put(url: string, blob: Blob): void {
    this.drop(url);
    for (const id of this.#evictable) if (this.#held + blob.size > this.#budget) this.drop(id);
    if (this.#held + blob.size > this.#budget) return;
    this.#blobs.set(url, blob);
    this.#held += blob.size;
  }

  get(url: string): Blob | null {
    return this.#blobs.get(url) ?? null;
  }

  /** The host has these bytes: they may go when there is need. */
  markEvictable(url: string): void {
    if (this.#blobs.has(url)) this.#evictable.add(url);
  }

  drop(url: string): void {
    this.#held -= this.#blobs.get(url)?.size ?? 0;
    this.#blobs.delete(url);
    this.#evictable.delete(url);
  }
}
