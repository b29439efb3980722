/** The downloads of models: how far each is, where every document of ours can read it. */

import type { HostNotification } from "../host/methods";
import { loadPulls, savePulls, type Pull } from "../state";

const STEP = 0.005; // of a download: nobody sees less of a bar

export class PullWatch {
  #last: Promise<unknown> = Promise.resolve();

  hear(notification: HostNotification): void {
    if (notification.method !== "model.progress") return;
    const { model_id, bytes, total_bytes, state, error } = notification.params;
    this.#change((pulls) => {
      const before = pulls[model_id];
      const isNews = before?.state !== state || bytes - before.bytes >= STEP * total_bytes || bytes < before.bytes;
      return isNews
        ? { ...pulls, [model_id]: { bytes, totalBytes: total_bytes, state, ...(error ? { error } : {}) } }
        : null;
    });
  }

  /** The host went away, and with it what was under way; its bytes stay, and the next download goes on from them. */
  hostLeft(): void {
    this.#change((pulls) => {
      const isOpen = ({ state }: Pull) => state === "pulling" || state === "verifying";
      if (!Object.values(pulls).some(isOpen)) return null;
      const ended = Object.entries(pulls).map(([id, pull]): [string, Pull] => [
        id,
        isOpen(pull) ? { ...pull, state: "failed" } : pull,
      ]);
      return Object.fromEntries(ended);
    });
  }

  /** One change after the other; null changes nothing. */
  #change(made: (pulls: Record<string, Pull>) => Record<string, Pull> | null): void {
    this.#last = this.#last.then(async () => {
      const pulls = made(await loadPulls());
      if (pulls) await savePulls(pulls);
    });
  }
}
