/** The reader's presets, as the options page shows and changes them; the host keeps them. */

import { askWorker } from "../../messages";
import { probe } from "../../payload";
import { choiceOfPreset, isSameName } from "../../presets";
import type { EngineState, ModelInfo, Preset } from "../../protocol/messages";
import { loadConnection, saveChoices } from "../../state";
import { Attempts } from "../attempts.svelte";

export class PresetsModel extends Attempts {
  rows = $state.raw<Preset[]>([]);
  engines = $state.raw<EngineState[]>([]);
  loras = $state.raw<ModelInfo[]>([]);
  /** The preset whose form is open: a copy of one, or of nothing. */
  draft = $state<Preset | null>(null);
  /** The preset that was loaded last here. */
  loaded = $state("");

  async open(): Promise<void> {
    await this.attempt(askWorker("host.connect", { probe: probe() }));
    this.engines = (await loadConnection()).engines;
    this.rows = (await this.attempt(askWorker("preset.list", {}))) ?? this.rows;
    const dropped = await askWorker("model.dropped", {}).catch(() => []);
    this.loras = dropped.filter(({ role, state }) => role === "lora" && state === "ready");
  }

  /** Open the form for a preset, or for a new one. */
  edit(preset: Preset | null): void {
    this.draft = preset ? structuredClone(preset) : { name: "", options: {} };
  }

  /** Keep what the form says; a preset that was called otherwise before is called so no more. */
  async save(before: string | null): Promise<void> {
    const draft = $state.snapshot(this.draft);
    if (!draft) return;
    const saved = await this.attempt(askWorker("preset.save", draft));
    if (!saved) return;
    this.rows = saved;
    this.draft = null;
    if (before !== null && !isSameName(before, draft.name)) await this.remove(before);
  }

  async remove(name: string): Promise<void> {
    this.rows = (await this.attempt(askWorker("preset.remove", { name }))) ?? this.rows;
  }

  /** Colour by this preset from now on. */
  async load(preset: Preset): Promise<void> {
    await saveChoices(choiceOfPreset(preset));
    this.loaded = preset.name;
  }
}
