/** Finds the chapter's pages among the pictures of a document, in reading order. */

import { type Candidate, factsOf, surroundings } from "./facts";
import { classifyPages } from "./page-classifier";
import type { Holder } from "../holders/holder";
import { holdersIn } from "../holders/registry";

export type { Candidate } from "./facts";

/**
 * Every picture of the document, in its order; `seenRoot` gets each root of elements on the way, `seenHolder` what may
 * come to show a picture.
 */
export function picturesOf(
  seenRoot: (root: Document | ShadowRoot) => void = () => undefined,
  seenHolder: (holder: Holder) => unknown = () => undefined,
): Candidate[] {
  const holders = [...holdersIn(document, seenRoot)];
  holders.forEach(seenHolder);
  const uses = countUses(holders);
  return holders.flatMap((holder): Candidate[] => {
    const source = holder.source((url) => uses.get(url) ?? 0);
    if (!source) return [];
    const { width, height } = source.loaded ? holder.natural : { width: 0, height: 0 };
    return [{ holder, ...source, width, height }];
  });
}

/** Those of the pictures that are the chapter's pages. */
export function pagesAmong(pictures: readonly Candidate[]): Candidate[] {
  const verdicts = classifyPages(factsOf(pictures), surroundings());
  return pictures.filter((_, at) => verdicts[at]);
}

function countUses(holders: readonly Holder[]): Map<string, number> {
  const uses = new Map<string, number>();
  for (const { address } of holders) uses.set(address, (uses.get(address) ?? 0) + 1);
  return uses;
}
