/** Finds the chapter's pages among the pictures of a document, in reading order. */

import { type Candidate, factsOf, surroundings } from "./facts";
import { classifyPages } from "./page-classifier";
import { ruledBy } from "./page-rules";
import { illustrate } from "./prose";
import type { Holder } from "../holders/holder";
import { holdersOf } from "../holders/registry";
import { UNREAD } from "../holders/pixels";
import { elementsBelow } from "../holders/roots";
import { atOnce, inSlices } from "../slices";

export type { Candidate } from "./facts";

type Root = Document | ShadowRoot;
const nobody = () => undefined;

/**
 * Every picture of the document, in its order; `seenRoot` gets each root of elements on the way, `seenHolder` what may
 * come to show a picture.
 */
export function picturesOf(
  seenRoot: (root: Root) => void = nobody,
  seenHolder: (holder: Holder) => unknown = nobody,
): Candidate[] {
  return atOnce(lookForPictures(seenRoot, seenHolder));
}

/** Those of the pictures that are the chapter's pages. */
export function pagesAmong(pictures: readonly Candidate[]): Candidate[] {
  return atOnce(judged(pictures));
}

/** The pictures of the document and those that are pages, without keeping it from its own work. */
export async function lookAround(
  seenRoot: (root: Root) => void,
  seenHolder: (holder: Holder) => unknown,
): Promise<{ pictures: Candidate[]; pages: Candidate[] }> {
  const pictures = await inSlices(lookForPictures(seenRoot, seenHolder));
  return { pictures, pages: await inSlices(judged(pictures)) };
}

function* lookForPictures(
  seenRoot: (root: Root) => void,
  seenHolder: (holder: Holder) => unknown,
): Generator<undefined, Candidate[]> {
  const holders: Holder[] = [];
  for (const element of elementsBelow(document, seenRoot)) {
    holders.push(...holdersOf(element));
    yield;
  }
  const uses = countUses(holders);
  const pictures: Candidate[] = [];
  for (const holder of holders) {
    seenHolder(holder);
    const source = holder.source((url) => uses.get(url) ?? 0);
    const { width, height } = source?.loaded ? holder.natural : { width: 0, height: 0 };
    if (source) pictures.push({ holder, ...source, width, height });
    yield;
  }
  return withoutPieces(pictures);
}

/** A page in pieces is one picture, and they are none. */
function withoutPieces(pictures: Candidate[]): Candidate[] {
  const wholes = pictures.filter(({ holder }) => holder.covers).map(({ holder }) => holder.node);
  if (wholes.length === 0) return pictures;
  const isPiece = ({ node, covers }: Holder) => !covers && wholes.some((whole) => whole.contains(node));
  return pictures.filter(({ holder }) => !isPiece(holder));
}

/** What the reader said of a picture by hand goes before what it looks like, and says nothing of the others. */
function* judged(pictures: readonly Candidate[]): Generator<undefined, Candidate[]> {
  const told = new Map(pictures.map((picture) => [picture, ruledBy(picture.holder)]));
  const others = pictures.filter((picture) => told.get(picture) === null);
  const verdicts = classifyPages(yield* factsOf(others), surroundings());
  const found = others.filter((_, at) => verdicts[at]);
  if (!illustrate(found)) for (const picture of found) told.set(picture, true);
  const pages = pictures.filter((picture) => told.get(picture));
  const read = pages.filter(({ holder, url }) => !url.startsWith(UNREAD) || ruledBy(holder) === true);
  return read.length > 0 ? read : pages; // where there are others, what reads empty is none
}

function countUses(holders: readonly Holder[]): Map<string, number> {
  const uses = new Map<string, number>();
  for (const { address } of holders) uses.set(address, (uses.get(address) ?? 0) + 1);
  return uses;
}
