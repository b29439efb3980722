/** The models of the host's catalogue: what each is, how far its download is, and what is here. */

import { browser } from "wxt/browser";
import { hostErrorOf, sayError } from "../../host/errors";
import { askWorker } from "../../messages";
import type { ModelInfo } from "../../protocol/messages";
import { loadPulls, type Pull, type Pulls, watchConnection, watchPulls } from "../../state";
import { Attempts } from "../attempts.svelte";

export class ModelsModel extends Attempts {
  models = $state.raw<ModelInfo[]>([]);
  pulls = $state.raw<Pulls>({});
  /** The models of the catalogue that did not come with Irodori. */
  readonly more = $derived(this.models.filter(({ ships }) => !ships));
  #refreshed = 0;

  async open(): Promise<void> {
    browser.runtime.connect({ name: "models" }); // while the port stands, the host stays, and with it a download
    watchPulls((pulls) => (this.pulls = pulls));
    watchConnection(({ refreshed }) => {
      if (refreshed !== this.#refreshed) void this.#look();
      this.#refreshed = refreshed;
    });
    this.pulls = { ...(await loadPulls()), ...this.pulls };
    await this.#look();
  }

  /** The download of a model that is under way, or that failed in this session. */
  pullOf({ model_id }: ModelInfo): Pull | null {
    const pull = this.pulls[model_id];
    return pull && pull.state !== "ready" ? pull : null;
  }

  /** Why a download failed, in the reader's language; empty where nothing is known. */
  reasonOf({ error }: Pull): string {
    return error ? sayError(hostErrorOf(error)) : "";
  }

  async pull({ model_id, non_commercial }: ModelInfo, licenceAccepted: boolean): Promise<void> {
    if (non_commercial && !licenceAccepted) return;
    await this.#change(askWorker("model.pull", { modelId: model_id, licenceAccepted }));
  }

  async remove({ model_id }: ModelInfo): Promise<void> {
    await this.#change(askWorker("model.remove", { modelId: model_id }));
  }

  async #change(asked: Promise<void>): Promise<void> {
    if ((await this.attempt(asked.then(() => true))) !== null) await this.#look();
  }

  async #look(): Promise<void> {
    this.models = (await this.attempt(askWorker("model.catalogue", {}))) ?? this.models;
  }
}
