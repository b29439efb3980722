/** Finds the chapter's pages among the pictures of a document, in reading order. */

import { type Facts, judgePages } from "./judge";
import { imagesBelow, pathOf } from "./roots";
import { type Source, sourceOf } from "./sources";

/** An element and the picture that it stands for; a size of 0 is not known yet. */
export interface Candidate extends Source {
  img: HTMLImageElement;
  width: number;
  height: number;
}

/** What an element that shows a picture of ours stands for, else `null`. */
export type Known = (img: HTMLImageElement) => Omit<Candidate, "img"> | null;

const FURNITURE = "header, footer, nav, aside, ins, [role=banner], [role=navigation], [role=complementary]";
const PICTURE_FILE = /\.(?:jpe?g|png|webp|avif|gif)(?:[?#]|$)/i;

/** Every picture of the document, in its order; `seenRoot` gets each root of elements on the way. */
export function picturesOf(seenRoot: (root: Document | ShadowRoot) => void, known: Known): Candidate[] {
  const images = [...imagesBelow(document, seenRoot)];
  const uses = countUses(images);
  return images.flatMap((img): Candidate[] => {
    const ours = known(img);
    if (ours) return [{ img, ...ours }];
    const source = sourceOf(img, (url) => uses.get(url) ?? 0);
    if (!source) return [];
    return [
      { img, ...source, width: source.loaded ? img.naturalWidth : 0, height: source.loaded ? img.naturalHeight : 0 },
    ];
  });
}

/** Those of the pictures that are the chapter's pages. */
export function pagesAmong(pictures: readonly Candidate[]): Candidate[] {
  const verdicts = judgePages(pictures.map(factsOf));
  return pictures.filter((_, at) => verdicts[at]);
}

function countUses(images: readonly HTMLImageElement[]): Map<string, number> {
  const uses = new Map<string, number>();
  for (const { currentSrc, src } of images) uses.set(currentSrc || src, (uses.get(currentSrc || src) ?? 0) + 1);
  return uses;
}

function factsOf({ img, width, height }: Candidate): Facts {
  return {
    width,
    height,
    boxWidth: img.getBoundingClientRect().width,
    group: pathOf(img),
    furniture: isFurniture(img),
  };
}

function isFurniture(img: HTMLImageElement): boolean {
  if (img.closest(FURNITURE)) return true;
  const link = img.closest("a");
  return (
    link !== null && /^https?:$/.test(link.protocol) && link.origin !== location.origin && !PICTURE_FILE.test(link.href)
  );
}
