/** Of the host's settings those that say what models do with the reader's words. */

import type { WordSettings } from "./messages";

/** They as they stand; a host that does not know them yet has all of it off. */
export function wordSettingsOf(settings: Record<string, unknown>): WordSettings {
  const { translate, caption, enhance } = settings;
  return {
    translate: translate === true,
    caption: caption === true,
    enhance: enhance === "local" || enhance === "ollama" ? enhance : "off",
    caption_model: textOf(settings.caption_model),
    enhance_model: textOf(settings.enhance_model),
    ollama_model: textOf(settings.ollama_model),
  };
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
