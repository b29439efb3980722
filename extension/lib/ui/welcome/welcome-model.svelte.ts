/** The first steps: is the host there, is all of it sound, is the icon at hand, and does a page turn to colour. */

import { browser } from "wxt/browser";
import { askWorker } from "../../messages";
import { learnFrom, pack, probe, unpack } from "../../payload";
import type { DoctorCheck } from "../../protocol/messages";
import { type ConnectionView, loadConnection, NO_CONNECTION, watchConnection } from "../../state";
import { Attempts } from "../attempts.svelte";
import { type System, systemOf } from "./install";

const SAMPLE = "/sample/page.webp";
const PINNED_AGAIN_MS = 1500;

/** Whether the icon stands in the toolbar; Chromium alone tells. */
interface Toolbar {
  getUserSettings?: () => Promise<{ isOnToolbar?: boolean }>;
}

export class WelcomeModel extends Attempts {
  connection = $state.raw<ConnectionView>(NO_CONNECTION);
  system = $state<System>("linux");
  checks = $state.raw<DoctorCheck[]>([]);
  /** Null where the browser does not tell. */
  isPinned = $state<boolean | null>(null);
  keys = $state("");
  /** Addresses of the sample: as it was, and in colour once it is. */
  readonly before = browser.runtime.getURL(SAMPLE as "/popup.html");
  after = $state("");
  seconds = $state(0);
  working = $state(false);

  async open(): Promise<void> {
    watchConnection((view) => (this.connection = view));
    this.system = systemOf((await browser.runtime.getPlatformInfo()).os);
    const commands = (await browser.commands?.getAll()) ?? [];
    this.keys = commands.find(({ name }) => name === "colorize-chapter")?.shortcut ?? "";
    void this.#watchToolbar();
    await this.connect();
  }

  /** Reach for the host, and look at all of it where it is there. */
  async connect(): Promise<void> {
    const answer = await this.attempt(askWorker("host.connect", { probe: probe() }));
    learnFrom(answer?.probe);
    this.connection = await loadConnection();
    if (this.connection.name === "ready") this.checks = (await this.attempt(askWorker("host.doctor", {}))) ?? [];
  }

  /** Turn the sample to colour. */
  async colour(): Promise<void> {
    this.working = true;
    const began = performance.now();
    const picture = await pack(await (await fetch(this.before)).blob());
    const coloured = await this.attempt(askWorker("sample.colour", { picture }));
    this.working = false;
    if (!coloured) return;
    if (this.after) URL.revokeObjectURL(this.after);
    this.after = URL.createObjectURL(unpack(coloured));
    this.seconds = (performance.now() - began) / 1000;
  }

  async #watchToolbar(): Promise<void> {
    const { getUserSettings } = browser.action as unknown as Toolbar;
    if (!getUserSettings) return;
    const look = async () => (this.isPinned = (await getUserSettings()).isOnToolbar ?? null);
    if (!(await look())) {
      const again = setInterval(
        () => void look().then((isPinned) => isPinned && clearInterval(again)),
        PINNED_AGAIN_MS,
      );
    }
  }
}
