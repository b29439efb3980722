/** Ways of colouring that the reader named: the host keeps them, for the command line too. */

import type { Preset } from "./protocol/messages";
import type { Choices } from "./state";

/** The choices that load a preset, or with null none: its engine and LoRAs are chosen, and can be chosen otherwise then. */
export function choiceOfPreset(preset: Preset | null): Pick<Choices, "preset"> & Partial<Choices> {
  if (!preset) return { preset };
  const loras = Object.fromEntries((preset.options.loras ?? []).map(({ name, weight = 1 }) => [name, weight]));
  return { preset, loras, ...(preset.engine ? { engine: preset.engine } : {}) };
}
