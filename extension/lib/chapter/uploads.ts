/** The bytes of pages on their way to the host: of all jobs of a run together, what is in view before what is not. */

import type { PageRecord } from "./state";

const AT_ONCE = 2; // bounds the bytes in memory, keeps the wire busy
const SEEN_BESIDES = 1; // what the reader looks at does not wait until one of the others has arrived

interface Waiting {
  page: PageRecord;
  bring: () => Promise<void>;
}

export class Uploads {
  readonly #isSeen: (page: PageRecord) => boolean;
  readonly #waiting: Waiting[] = [];
  #busy = 0;

  /** `isSeen` tells whether the reader looks at a page now. */
  constructor(isSeen: (page: PageRecord) => boolean) {
    this.#isSeen = isSeen;
  }

  /** Have each of these brought in its turn; resolves when all have been. `bring` never rejects. */
  async add(pages: readonly PageRecord[], bring: (page: PageRecord) => Promise<void>): Promise<void> {
    const brought = pages.map(
      (page) => new Promise<void>((done) => this.#waiting.push({ page, bring: () => bring(page).finally(done) })),
    );
    this.hurry();
    await Promise.all(brought);
  }

  /** Begin what may be begun: the reader may look at something else now. */
  hurry(): void {
    for (let next = this.#next(); next; next = this.#next()) {
      this.#busy += 1;
      void next.bring().finally(() => {
        this.#busy -= 1;
        this.hurry();
      });
    }
  }

  #next(): Waiting | undefined {
    const seen = this.#waiting.findIndex(({ page }) => this.#isSeen(page));
    const visible = this.#waiting.findIndex(({ page }) => page.visible);
    if (this.#busy >= AT_ONCE + (seen >= 0 || visible >= 0 ? SEEN_BESIDES : 0)) return undefined;
    return this.#waiting.splice(seen >= 0 ? seen : Math.max(0, visible), 1)[0];
  }
}
