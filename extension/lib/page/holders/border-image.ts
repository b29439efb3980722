/** `border-image` of which the middle is filled, without a frame cut off it: the picture as a whole, over the border box. */

import { layersOf } from "./css-images";
import { type HolderKind, keep } from "./holder";
import { type Laid, laidOut } from "./laid-out";
import { mayShowPage } from "./page-size";
import type { Box } from "./place";
import { addressFrom, AddressHolder } from "./twin";

export const borderImage: HolderKind = {
  attributes: ["style", "class"],
  of: (element) =>
    mayShowPage(element) && namedBy(element) ? [keep(element, "border", () => new BorderImageHolder(element))] : [],
};

class BorderImageHolder extends AddressHolder {
  override readonly isBehind = true;

  override get address(): string {
    return addressFrom(namedBy(this.node), this.node);
  }

  override laid(style: CSSStyleDeclaration): Laid {
    return laidOut(this.frame, style, "border");
  }

  override lies({ content: { width, height } }: Laid): Box {
    return { left: 0, top: 0, width, height };
  }
}

/** What the middle shows, if it is all of a picture; `undefined` for frames. */
function namedBy(element: Element): string | undefined {
  const { borderImageSource, borderImageSlice, borderImageOutset } = getComputedStyle(element);
  if (!borderImageSource || borderImageSource === "none" || /[1-9]/.test(borderImageOutset)) return undefined;
  if (!borderImageSlice.includes("fill") || /[1-9]/.test(borderImageSlice)) return undefined;
  return layersOf(borderImageSource, devicePixelRatio)[0]?.url;
}
