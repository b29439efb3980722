/** Ways of colouring that the reader named: the host keeps them, for the command line too. */

import type { Preset } from "./protocol/messages";
import type { Choices } from "./state";

/** The choices that load a preset, or with null none: its engine and LoRAs are chosen, and can be chosen otherwise then. */
export function choiceOfPreset(preset: Preset | null): Pick<Choices, "preset"> & Partial<Choices> {
  if (!preset) return { preset };
  const loras = Object.fromEntries((preset.options.loras ?? []).map(({ name, weight = 1 }) => [name, weight]));
  return { preset, loras, ...(preset.engine ? { engine: preset.engine } : {}) };
}

/** What is chosen now, with the engine that it means, as a preset of this name. */
export function presetOf(name: string, { preset, loras: worn }: Choices, engine: string): Preset {
  const { loras: _, ...options } = preset?.options ?? {};
  const loras = Object.entries(worn).map(([name, weight]) => ({ name, weight }));
  return {
    name,
    ...(engine ? { engine } : {}),
    options: { ...options, ...(loras.length ? { loras } : {}) },
  };
}

/** Whether two names are of one preset: neither case nor spaces count. */
export function isSameName(one: string, other: string): boolean {
  return plain(one) === plain(other);
}

function plain(name: string): string {
  return name.replace(/\s+/g, " ").trim().toLowerCase();
}
