/** What the host tells by a key and values, so that it can be said in any language. */

import { i18n } from "#i18n";

export function speaksEnglish(): boolean {
  return i18n.t("errors.language") === "en";
}

/** The sentence for what was told, with its values; empty in English, which the host speaks, and for a newer host's. */
export function sayTold(told: unknown): string {
  if (!Array.isArray(told) || speaksEnglish()) return "";
  const [key, ...values] = told.map(String);
  return key ? i18n.t(`told.${key as "at_path"}`, values as [string]) : "";
}
