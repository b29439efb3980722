/** What the host tells by a key and values, so that it can be said in any language. */

import { i18n } from "#i18n";
import type { EngineState, ModelInfo } from "../protocol/messages";

export function speaksEnglish(): boolean {
  return i18n.t("errors.language") === "en";
}

/** The sentence for what was told, with its values; empty in English, which the host speaks, and for a newer host's. */
export function sayTold(told: unknown): string {
  return speaksEnglish() ? "" : sayShortly(told);
}

/** The same in English too, where the host says more than there is room for. */
export function sayShortly(told: unknown): string {
  const [key, ...values] = Array.isArray(told) ? told.map(String) : [];
  return key ? i18n.t(`told.${key as "at_path"}`, values as [string]) : "";
}

/** Why an engine is not ready and how to mend it, in the reader's language. */
export function sayNotReady({ told, reason }: Pick<EngineState, "told" | "reason">): string {
  return sayTold(told) || (speaksEnglish() ? reason : i18n.t("errors.codes.E_ENGINE_UNAVAILABLE"));
}

/** What a model is or needs, in the reader's language; empty where nothing is told of it. */
export function sayDetail({ told, detail }: Pick<ModelInfo, "told" | "detail">): string {
  return sayTold(told) || (speaksEnglish() ? (detail ?? "") : "");
}

/** What a model is called, in the reader's language; names that are no words stay as the host has them. */
export function sayLabel({ model_id, label }: Pick<ModelInfo, "model_id" | "label">): string {
  const key = model_id.replace(/[-.]/g, "_");
  return (/^\w+$/.test(key) && i18n.t(`catalogue.labels.${key as "clip"}`)) || label;
}

/** What pages are coloured with, in the reader's language: a processor's name ends in its threads. */
export function sayDevice(name: string): string {
  return name.replace(/ \((\d+) threads\)$/, (_, count: string) => i18n.t("connection.threads", [count]));
}
