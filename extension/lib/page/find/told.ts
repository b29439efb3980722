/** What this document calls its series and its chapter, by the rules that the reader chose for the site. */

import { loadHabit, type Naming, watchHabit } from "../../habits";
import { type Names, namesOf, tableOf, type ToldBy } from "./naming";

let chosen: Naming = {};

/** Take what was chosen for `site` to heart now and whenever it changes, until `signal` aborts. */
export async function followNaming(site: string, signal: AbortSignal): Promise<void> {
  if (!site) return;
  watchHabit(site, ({ naming = {} }) => (chosen = naming), signal);
  chosen = (await loadHabit(site)).naming ?? {};
}

export function toldNames(): Names {
  return namesOf(document, location.href, chosen);
}

/** What each rule of the table tells, for the reader to choose from. */
export function toldByEach(): ToldBy[] {
  return tableOf(document, location.href);
}
