/**
 * The pictures of a long list: asked for a few at a time as they come into view, and let go once they are out of view and
 * there are many. What stays is bounded by what a window shows, however long the list is.
 */

import { SvelteMap, SvelteSet } from "svelte/reactivity";
import { askWorker } from "../messages";

/** So many are asked for at once, which is the most that the host gives. */
export const BATCH = 24;
/** So many stay out of view, for whoever scrolls back. */
export const KEPT = 72;

export class Thumbnails {
  /** The addresses that are held, those that came or were seen longest ago first. */
  readonly #held = new SvelteMap<string, string>();
  readonly #inView = new SvelteSet<string>();
  #isAsking = false;
  #observer: IntersectionObserver | null = null;

  /** The address of a picture; undefined until it is there. */
  of(id: string): string | undefined {
    return this.#held.get(id);
  }

  get held(): number {
    return this.#held.size;
  }

  /** Follow an element in which a picture shows, as long as it stands. */
  readonly follow = (element: HTMLElement, id: string): { destroy(): void } => {
    this.#observer ??= new IntersectionObserver((seen) => {
      for (const { target, isIntersecting } of seen)
        this.saw((target as HTMLElement).dataset.thumbnail ?? "", isIntersecting);
    });
    element.dataset.thumbnail = id;
    this.#observer.observe(element);
    return {
      destroy: () => {
        this.#observer?.unobserve(element);
        this.saw(id, false);
      },
    };
  };

  /** Note that a picture came into view, or left it. */
  saw(id: string, isInView: boolean): void {
    if (isInView) this.#inView.add(id);
    else this.#inView.delete(id);
    const address = this.#held.get(id);
    if (address !== undefined && !isInView) {
      this.#held.delete(id);
      this.#held.set(id, address); // it was seen last
    }
    this.#trim();
    if (!this.#isAsking) void this.#ask();
  }

  /** Ask for what is in view, one batch after the other; what has left the view meanwhile is not asked for. */
  async #ask(): Promise<void> {
    this.#isAsking = true;
    const asked: string[] = []; // also what the host has no more
    for (;;) {
      await Promise.resolve(); // all that comes into view at once goes in one batch
      const wanted = [...this.#inView].filter((id) => !this.#held.has(id) && !asked.includes(id)).slice(0, BATCH);
      if (wanted.length === 0) break;
      const found = await askWorker("reference.thumbnails", { referenceIds: wanted }).catch(() => ({}));
      for (const [id, address] of Object.entries(found)) this.#held.set(id, address);
      asked.push(...wanted);
      this.#trim();
    }
    this.#isAsking = false;
  }

  #trim(): void {
    const others = [...this.#held.keys()].filter((id) => !this.#inView.has(id));
    for (const id of others.slice(0, Math.max(0, others.length - KEPT))) this.#held.delete(id);
  }
}
