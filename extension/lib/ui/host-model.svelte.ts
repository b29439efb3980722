/** Whether the host is there, for documents that stay open: the reader tries again from them, and they hear of it. */

import { browser } from "wxt/browser";
import { askWorker } from "../messages";
import { learnFrom, probe } from "../payload";
import { type ConnectionView, loadConnection, NO_CONNECTION, watchConnection } from "../state";
import { Attempts } from "./attempts.svelte";

export async function openWelcome(): Promise<void> {
  await browser.tabs.create({ url: browser.runtime.getURL("/welcome.html" as "/popup.html") });
}

export class HostModel extends Attempts {
  connection = $state.raw<ConnectionView>(NO_CONNECTION);
  /** Nothing that needs the host can be shown. */
  readonly isAway = $derived(this.connection.name === "failed");
  readonly #cameBack: () => void;

  /** `cameBack` is called when the host is there again after it was not. */
  constructor(cameBack: () => void) {
    super();
    this.#cameBack = cameBack;
  }

  async open(): Promise<void> {
    watchConnection((view) => this.#became(view));
    await this.connect();
  }

  async connect(): Promise<void> {
    const answer = await this.attempt(askWorker("host.connect", { probe: probe() }));
    learnFrom(answer?.probe);
    this.#became(await loadConnection());
  }

  #wasAway = false;

  #became(view: ConnectionView): void {
    this.connection = view;
    if (view.name === "failed") this.#wasAway = true;
    if (view.name !== "ready" || !this.#wasAway) return;
    this.#wasAway = false;
    this.#cameBack();
  }
}
