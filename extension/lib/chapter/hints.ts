/** The reader's corrections of one page: colour hints in the order in which they were set, later ones over earlier ones. */

import { i18n } from "#i18n";
import type { ColourHint } from "../protocol/messages";

/** What the reader does to a page's corrections. */
export type HintChange = { kind: "set"; hint: ColourHint } | { kind: "undo" } | { kind: "clear" };

const HINTS_MAX = 256; // the wire takes no more
const SAME_PLACE = 0.01; // two hints in one region share it; one set where another stands takes its place

/** The corrections after `change`; throws where a page takes no more of them. */
export function changeHints(hints: readonly ColourHint[], change: HintChange): ColourHint[] {
  if (change.kind === "clear") return [];
  if (change.kind === "undo") return hints.slice(0, -1);
  const others = hints.filter((hint) => !isSamePlace(hint, change.hint));
  if (others.length >= HINTS_MAX) throw new Error(i18n.t("run.correctionsMax", [`${HINTS_MAX}`]));
  return [...others, change.hint];
}

/** Whether one stands where the other does, by their first points. */
export function isSamePlace({ points: [a] }: ColourHint, { points: [b] }: ColourHint): boolean {
  return a !== undefined && b !== undefined && Math.max(Math.abs(a[0] - b[0]), Math.abs(a[1] - b[1])) <= SAME_PLACE;
}
