/** Which pictures of a document are the chapter's pages: by size, shape and the company they keep. */

/** What is known of one picture. A size of 0 is unknown (not loaded yet); a box of 0 is hidden. */
export interface Facts {
  width: number;
  height: number;
  boxWidth: number;
  /** The path of elements that it stands in: pages of a chapter share it. */
  group: string;
  /** It stands in a header, a sidebar, an advertisement. */
  furniture: boolean;
}

const LONG_SIDE_PX = 400;
const SHORT_SIDE_PX = 240;
const SLICE_SIDE_PX = 60;
const WIDEST = 2.2; // a double page is about 1.5, a banner 4
const NARROWEST_BOX_PX = 180;
const SAME_WIDTH = 0.05;
const ALIKE_WIDTH = 0.8;

/** Whether a picture of this size can be a page by itself. */
export function isPageSized(width: number, height: number): boolean {
  const [short, long] = width < height ? [width, height] : [height, width];
  return long >= LONG_SIDE_PX && short >= SHORT_SIDE_PX && width <= WIDEST * height;
}

/** For each picture whether it is a page of the chapter. */
export function judgePages(pictures: readonly Facts[]): boolean[] {
  const sure = pictures.filter((facts) => isCertain(facts));
  const main = heaviest(sure);
  const company = sure.filter(({ group }) => group === main);
  const width = median(company.map((facts) => facts.width));
  const boxWidth = median(company.map((facts) => facts.boxWidth));
  return pictures.map((facts) => {
    if (facts.furniture) return false;
    if (facts.width === 0) return main === null || facts.group === main;
    if (isCertain(facts)) return facts.group === main || facts.boxWidth >= ALIKE_WIDTH * boxWidth;
    return facts.group === main && isSlice(facts, width);
  });
}

function isCertain({ width, height, boxWidth, furniture }: Facts): boolean {
  return !furniture && isPageSized(width, height) && (boxWidth === 0 || boxWidth >= NARROWEST_BOX_PX);
}

/** The last piece of a long strip is as wide as the others, however short. */
function isSlice({ width, height }: Facts, usualWidth: number): boolean {
  return height >= SLICE_SIDE_PX && Math.abs(width - usualWidth) <= SAME_WIDTH * usualWidth;
}

function heaviest(pictures: readonly Facts[]): string | null {
  const areas = new Map<string, number>();
  for (const { group, width, height } of pictures) areas.set(group, (areas.get(group) ?? 0) + width * height);
  const [first] = [...areas].sort(([, a], [, b]) => b - a);
  return first?.[0] ?? null;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}
