/** Finds the chapter's pages among the pictures of a document, in reading order. */

import { type Candidate, factsOf, surroundings } from "./facts";
import { classifyPages } from "./page-classifier";
import { imagesBelow } from "../holders/roots";
import { sourceOf } from "../holders/sources";

export type { Candidate } from "./facts";

/** Every picture of the document, in its order; `seenRoot` gets each root of elements on the way. */
export function picturesOf(seenRoot: (root: Document | ShadowRoot) => void): Candidate[] {
  const images = [...imagesBelow(document, seenRoot)];
  const uses = countUses(images);
  return images.flatMap((img): Candidate[] => {
    const source = sourceOf(img, (url) => uses.get(url) ?? 0);
    if (!source) return [];
    return [
      { img, ...source, width: source.loaded ? img.naturalWidth : 0, height: source.loaded ? img.naturalHeight : 0 },
    ];
  });
}

/** Those of the pictures that are the chapter's pages. */
export function pagesAmong(pictures: readonly Candidate[]): Candidate[] {
  const verdicts = classifyPages(factsOf(pictures), surroundings());
  return pictures.filter((_, at) => verdicts[at]);
}

function countUses(images: readonly HTMLImageElement[]): Map<string, number> {
  const uses = new Map<string, number>();
  for (const { currentSrc, src } of images) uses.set(currentSrc || src, (uses.get(currentSrc || src) ?? 0) + 1);
  return uses;
}
