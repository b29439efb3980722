/** Which sizes a page may have. */

const LONG_SIDE_PX = 400;
const SHORT_SIDE_PX = 240;
export const WIDEST = 2.2; // a double page is about 1.5, a banner 4

/** Whether a picture of this size can be a page by itself. */
export function isPageSized(width: number, height: number): boolean {
  const [short, long] = width < height ? [width, height] : [height, width];
  return long >= LONG_SIDE_PX && short >= SHORT_SIDE_PX && width <= WIDEST * height;
}
