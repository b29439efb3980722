/** Pictures of pages that are done, asked for once more: the host keeps them longer than a page's script can. */

import type { ParamsOf } from "../host/methods";
import { bytesOf, type Payload } from "../payload";
import type { Outside } from "./save";
import type { PageRecord } from "./state";

interface Coming {
  picture: Promise<Payload>;
  resolve: (picture: Payload | Promise<Payload>) => void;
  reject: (error: unknown) => void;
}

export class PicturesAgain {
  readonly #outside: Outside;
  readonly #coming = new Map<string, Coming>();

  constructor(outside: Outside) {
    this.#outside = outside;
  }

  /** The picture of `page`, for which the host is asked with `question`; it comes by `came` or not by `missed`. */
  get(page: PageRecord, question: ParamsOf<"pipeline.run_chapter">): Promise<Payload> {
    const { pageId } = page;
    const asked = this.#coming.get(pageId);
    if (asked) return asked.picture;
    const coming = {} as Coming;
    coming.picture = new Promise((resolve, reject) => Object.assign(coming, { resolve, reject }));
    this.#coming.set(pageId, coming);
    void coming.picture.catch(() => undefined).then(() => this.#coming.delete(pageId));
    this.#ask(page, question).catch((error: unknown) => coming.reject(error));
    return coming.picture;
  }

  /** A picture came of a page that nobody waits for otherwise. */
  came(pageId: string, picture: Promise<Payload>): void {
    this.#coming.get(pageId)?.resolve(picture);
  }

  missed(pageId: string, error: Error): void {
    this.#coming.get(pageId)?.reject(error);
  }

  /** Nobody answers any more. */
  end(error: Error): void {
    for (const { reject } of this.#coming.values()) reject(error);
  }

  /** What the host has thrown away is brought and coloured again. */
  async #ask({ pageId, frameId }: PageRecord, question: ParamsOf<"pipeline.run_chapter">): Promise<void> {
    const { job_id, need } = await this.#outside.ask("pipeline.run_chapter", question);
    if (need.length === 0) return;
    const image = await bytesOf(await this.#outside.tell(frameId, "page.bytes", { pageId }));
    await this.#outside.ask("page.put", { job_id, page_id: pageId, image });
  }
}
