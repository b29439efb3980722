/** Every kind of holder, once. */

import { background } from "./background";
import { borderImage } from "./border-image";
import { canvas } from "./canvas";
import { contentUrl, pseudoContent } from "./content-url";
import type { Holder, HolderKind } from "./holder";
import { img } from "./img";
import { inputImage } from "./input-image";
import { mosaic } from "./mosaic";
import { object } from "./object";
import { elementsBelow } from "./roots";
import { svgImage } from "./svg-image";
import { svgPattern } from "./svg-pattern";
import { videoPoster } from "./video-poster";

const KINDS: readonly HolderKind[] = [
  img,
  canvas,
  svgImage,
  svgPattern,
  object,
  videoPoster,
  inputImage,
  background,
  borderImage,
  pseudoContent,
  mosaic,
];

/** The attributes that sites change to show another picture, for observers. */
export const WATCHED_ATTRIBUTES = [...new Set(KINDS.flatMap(({ attributes }) => attributes))];

/** What `element` shows pictures with: nothing for most. */
export function holdersOf(element: Element): Holder[] {
  const replaced = [...contentUrl.of(element)]; // nothing else of the element is seen then
  return replaced.length > 0 ? replaced : KINDS.flatMap((kind) => [...kind.of(element)]);
}

/** Every holder of the document, in its order; `seenRoot` gets each root of elements on the way. */
export function* holdersIn(
  root: Document | ShadowRoot,
  seenRoot: (root: Document | ShadowRoot) => void = () => undefined,
): Generator<Holder> {
  for (const element of elementsBelow(root, seenRoot)) yield* holdersOf(element);
}
