/** One picture in colour beside all chapters: the sample of the first steps. */

import type { HostConnection } from "../host/connection";
import { HostError, HostGone } from "../host/errors";
import type { HostNotification } from "../host/methods";
import { bytesOf, pack, type Payload, unpack } from "../payload";
import { sha256Of } from "../picture";

interface Waiting {
  done(picture: Blob): void;
  failed(error: Error): void;
}

export class Sample {
  readonly #waiting = new Map<string, Waiting>();

  /** The picture in colour; rejects with what the host says against it. */
  async colour(host: HostConnection, picture: Payload): Promise<Payload> {
    await host.ready();
    const page_id = `sample-${crypto.randomUUID()}`;
    const image = await bytesOf(picture);
    const coloured = new Promise<Blob>((done, failed) => this.#waiting.set(page_id, { done, failed }));
    try {
      const page = { page_id, sha256: await sha256Of(unpack(picture)), image, visible: true };
      await host.request("pipeline.run_page", page);
      return await pack(await coloured);
    } finally {
      this.#waiting.delete(page_id);
    }
  }

  hear(notification: HostNotification): void {
    const { page_id = "" } = notification.params as { page_id?: string };
    const waiting = this.#waiting.get(page_id);
    if (!waiting) return;
    const { method, params } = notification;
    if (method === "page.done")
      waiting.done(new Blob([params.image as Uint8Array<ArrayBuffer>], { type: params.mime }));
    if (method === "page.failed") waiting.failed(new HostError(params.error));
    if (method === "page.skipped") waiting.failed(new Error(params.reason));
  }

  /** The host went away: whatever waits is told. */
  hostLeft(): void {
    for (const { failed } of this.#waiting.values()) failed(new HostGone());
  }
}
