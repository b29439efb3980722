/** Which sizes a page may have. */

const LONG_SIDE_PX = 400;
const SHORT_SIDE_PX = 240;
export const WIDEST = 2.2; // a double page is about 1.5, a banner 4

/** Whether a picture of this size can be a page by itself. */
export function isPageSized(width: number, height: number): boolean {
  const [short, long] = width < height ? [width, height] : [height, width];
  return long >= LONG_SIDE_PX && short >= SHORT_SIDE_PX && width <= WIDEST * height;
}

const SMALLEST_BOX_PX = { width: 100, height: 60 }; // a slice of a strip on a narrow screen

/** Whether an element takes enough room to show a page by its style; of most there is no need to ask for that. */
export function mayShowPage(element: Element): boolean {
  if (!(element instanceof HTMLElement) || element === document.documentElement) return false;
  return element.offsetWidth >= SMALLEST_BOX_PX.width && element.offsetHeight >= SMALLEST_BOX_PX.height;
}
