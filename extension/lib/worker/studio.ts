/** The studio's tasks between the side panel and the host: each waits here for its end. */

import type { HostConnection } from "../host/connection";
import { HostError, HostGone, sayError } from "../host/errors";
import type { HostNotification } from "../host/methods";
import { bytesOf, pack, type Payload } from "../payload";
import type { StudioDone } from "../protocol/messages";
import { saveFar, type StudioMade, type StudioOrder } from "../studio";

interface Waiting {
  done(made: StudioDone): void;
  failed(error: Error): void;
  isCancelled?: boolean;
}

export class Studio {
  readonly #waiting = new Map<string, Waiting>();

  /** What the host makes; rejects with what it says against it, also where it was cancelled. */
  async run(
    host: HostConnection,
    order: StudioOrder,
    picture: Payload | null,
    mask: Payload | null,
  ): Promise<StudioMade> {
    await host.ready();
    const image = picture === null ? new Uint8Array() : await bytesOf(picture);
    const drawn = mask === null ? {} : { mask: await bytesOf(mask) };
    const made = new Promise<StudioDone>((done, failed) => this.#waiting.set(order.task_id, { done, failed }));
    made.catch(() => undefined); // it may end before anybody waits for it
    try {
      await host.request("studio.start", { ...order, image, ...drawn });
      if (this.#waiting.get(order.task_id)?.isCancelled) await this.cancel(host, order.task_id);
      const { data, mime, width, height, record } = await made;
      const file = await pack(new Blob([data as Uint8Array<ArrayBuffer>], { type: mime }));
      return { file, width, height, record };
    } catch (error) {
      throw new Error(sayError(error), { cause: error }); // with what to do about it
    } finally {
      this.#waiting.delete(order.task_id);
    }
  }

  /** End a task; one that is still on its way to the host ends when it is there. */
  async cancel(host: HostConnection, taskId: string): Promise<void> {
    const waiting = this.#waiting.get(taskId);
    if (waiting) waiting.isCancelled = true;
    await host.request("studio.cancel", { task_id: taskId });
  }

  /** Whether a task has not ended. */
  get isBusy(): boolean {
    return this.#waiting.size > 0;
  }

  hear({ method, params }: HostNotification): void {
    if (method === "studio.progress") {
      if (this.#waiting.has(params.task_id))
        void saveFar({ taskId: params.task_id, fraction: params.fraction }).catch(() => undefined);
    } else if (method === "studio.done") {
      this.#waiting.get(params.task_id)?.done(params);
    } else if (method === "studio.failed") {
      this.#waiting.get(params.task_id)?.failed(new HostError(params.error));
    }
  }

  /** The host went away: whatever waits is told. */
  hostLeft(): void {
    for (const { failed } of this.#waiting.values()) failed(new HostGone());
  }
}
