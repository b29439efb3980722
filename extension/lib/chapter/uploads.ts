/** The bytes of pages on their way to the host: of all jobs of a run together, what is in view before what is not. */

import { byNearness } from "../nearness";
import type { PageRecord } from "./state";

const AT_ONCE = 2; // bounds the bytes in memory, keeps the wire busy
const SEEN_BESIDES = 1; // what the reader looks at does not wait until one of the others has arrived

interface Waiting {
  page: PageRecord;
  bring: () => Promise<void>;
}

export class Uploads {
  readonly #isSeen: (page: PageRecord) => boolean;
  readonly #place: () => number;
  readonly #waiting: Waiting[] = [];
  #busy = 0;

  /** `isSeen` tells whether the reader looks at a page now, `place` the index of the last one that they look at. */
  constructor(isSeen: (page: PageRecord) => boolean, place: () => number) {
    this.#isSeen = isSeen;
    this.#place = place;
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
    const [near, top] = [byNearness(this.#place()), byNearness(-1)];
    const rank = ({ page }: Waiting) => (this.#isSeen(page) ? 0 : page.visible ? 1 : 2);
    const [first] = [...this.#waiting].sort((a, b) => rank(a) - rank(b) || (rank(a) < 2 ? top : near)(a.page, b.page));
    if (!first || this.#busy >= AT_ONCE + (rank(first) < 2 ? SEEN_BESIDES : 0)) return undefined;
    this.#waiting.splice(this.#waiting.indexOf(first), 1);
    return first;
  }
}
