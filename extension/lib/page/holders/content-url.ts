/** Elements that a style sheet replaces with a picture: `content: url(…)`. */

import { contentOf } from "./css-images";
import { type HolderKind, keep } from "./holder";
import { mayShowPage } from "./page-size";
import { addressFrom, AddressHolder } from "./twin";

export const contentUrl: HolderKind = {
  attributes: [],
  of: (element) =>
    mayShowPage(element) && addressOf(element) ? [keep(element, "content", () => new ContentHolder(element))] : [],
};

class ContentHolder extends AddressHolder {
  override get address(): string {
    return addressOf(this.node);
  }
}

function addressOf(element: Element): string {
  return addressFrom(contentOf(getComputedStyle(element).content, devicePixelRatio)?.url, element);
}
