/** Whether pictures illustrate something that is read: an article goes on between them, as it does between no pages. */

import type { Box } from "./page-classifier";
import { intersection } from "../holders/place";

const SENTENCE = 40; // letters: less is a label, a name, a line of a speech
const ARTICLE = 500; // letters between two pictures
const IDEOGRAPH = 2.5; // letters
const NODES_MOST = 300; // of one gap
const GAPS_MOST = 12;
const UNSEEN = "script, style, noscript, template, select";
const LAID_ON = 0.5; // of the words' own room: a layer of text belongs to its page
const NARROWEST_PX = 100;

type Shown = { holder: { node: Element; box(): Box } };

/** For pictures in the order of the document. */
export function illustrate(pictures: readonly Shown[]): boolean {
  const shown = pictures.filter(({ holder }) => holder.box().width > 0);
  const gaps = shown.slice(1, GAPS_MOST + 1).map((picture, at) => isArticle(shown[at] as Shown, picture));
  return gaps.length > 0 && gaps.filter(Boolean).length > gaps.length / 2;
}

function isArticle({ holder: above }: Shown, { holder: below }: Shown): boolean {
  const root = above.node.getRootNode();
  if (root !== below.node.getRootNode()) return false;
  const words = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  words.currentNode = above.node;
  let letters = 0;
  for (let count = 0; count < NODES_MOST && letters < ARTICLE; count++) {
    const node = words.nextNode();
    if (!node || !(below.node.compareDocumentPosition(node) & Node.DOCUMENT_POSITION_PRECEDING)) break;
    if (above.node.contains(node) || !isSentence(node) || !isBeside(node.parentElement, [above, below])) continue;
    letters += lengthOf(node);
  }
  return letters >= ARTICLE;
}

function isSentence(node: Node): boolean {
  return lengthOf(node) >= SENTENCE && !node.parentElement?.closest(UNSEEN);
}

function lengthOf({ textContent }: Node): number {
  const text = textContent?.trim() ?? "";
  if (text.length > 2 * ARTICLE) return text.length;
  return [...text].reduce((sum, letter) => sum + (letter > "\u2e80" ? IDEOGRAPH : 1), 0);
}

/** Whether words are seen, and not on the pictures themselves. */
function isBeside(element: Element | null, pictures: readonly Shown["holder"][]): boolean {
  const box = element?.getBoundingClientRect();
  if (!box || box.width < NARROWEST_PX || box.height === 0) return false;
  return pictures.every((picture) => {
    const { width, height } = intersection(box, picture.box());
    return width * height < LAID_ON * box.width * box.height;
  });
}
