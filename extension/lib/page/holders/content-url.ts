/** What a style sheet replaces with a picture: `content: url(…)` of elements, and of `::before` and `::after` in empty ones. */

import { contentOf } from "./css-images";
import { type HolderKind, keep } from "./holder";
import { type Laid, laidOut } from "./laid-out";
import { mayShowPage } from "./page-size";
import type { Box } from "./place";
import { type Pseudo, pseudoLaid } from "./pseudo";
import { isOurs } from "./roots";
import { addressFrom, AddressHolder } from "./twin";

const PARTS = ["::before", "::after"] as const;
const SHARES: Record<string, number> = { center: 0.5, "-webkit-center": 0.5, right: 1, end: 1 };
const DESCENT_PX = 40; // below a picture that stands on a line

export const contentUrl: HolderKind = {
  attributes: [],
  of: (element) =>
    mayShowPage(element) && addressOf(element) ? [keep(element, "content", () => new ContentHolder(element))] : [],
};

/** In elements that hold nothing else: beside other things nobody can tell where such a picture lies. */
export const pseudoContent: HolderKind = {
  attributes: [],
  of: (element) => {
    if (!mayShowPage(element)) return [];
    const parts = PARTS.filter((part) => addressOf(element, part));
    const [part] = parts;
    if (!part || parts.length > 1 || !isEmpty(element)) return [];
    return [keep(element, `content${part}`, () => new PseudoContentHolder(element, part))];
  },
};

class ContentHolder extends AddressHolder {
  override get address(): string {
    return addressOf(this.node);
  }
}

class PseudoContentHolder extends AddressHolder {
  override readonly isBehind = true;
  readonly #part: Pseudo;
  #placed = "";

  constructor(element: Element, part: Pseudo) {
    super(element);
    this.#part = part;
  }

  /** Once it lay where it was thought to, it is the same while the window is laid out anew. */
  override get address(): string {
    const url = addressOf(this.node, this.#part);
    if (url !== "" && url === this.#placed) return url;
    if (!url || !this.#lies(url, getComputedStyle(this.frame))) return "";
    if (this.naturalOf(url).width > 0) this.#placed = url;
    return url;
  }

  override depth(): string {
    return getComputedStyle(this.node, this.#part).zIndex;
  }

  override box(): DOMRect {
    const outer = this.frame.getBoundingClientRect();
    const { content, width, height } = this.laid(getComputedStyle(this.frame));
    const [x, y] = [outer.width / width || 1, outer.height / height || 1];
    return new DOMRect(outer.left + content.left * x, outer.top + content.top * y, content.width * x, content.height * y); // prettier-ignore
  }

  override laid(style: CSSStyleDeclaration): Laid {
    const laid = laidOut(this.frame, style);
    return { ...laid, content: this.#lies(addressOf(this.node, this.#part), style) ?? laid.content };
  }

  override lies({ content: { width, height } }: Laid): Box {
    return { left: 0, top: 0, width, height };
  }

  /** On the one line of its box, in its own size; `null` where it must lie elsewhere. */
  #lies(url: string, style: CSSStyleDeclaration): Box | null {
    const own = getComputedStyle(this.node, this.#part);
    const { width, height } = this.naturalOf(url);
    const isLaid = own.display !== "inline";
    const room = isLaid ? pseudoLaid(this.frame as HTMLElement, style, this.#part, "content").content : laidOut(this.frame, style).content; // prettier-ignore
    if (width === 0) return room; // not known yet
    const below = room.height - height;
    if (Number(own.zoom || 1) !== 1 || width > room.width + 1 || below < -1 || below > DESCENT_PX) return null;
    const share = SHARES[isLaid ? own.textAlign : style.textAlign] ?? 0;
    const isTurned = style.direction === "rtl" && ["start", "end"].includes(style.textAlign);
    return { left: room.left + (room.width - width) * (isTurned ? 1 - share : share), top: room.top, width, height };
  }
}

function isEmpty(element: Element): boolean {
  return [...element.children].every(isOurs) && !element.textContent?.trim();
}

function addressOf(element: Element, part?: Pseudo): string {
  return addressFrom(contentOf(getComputedStyle(element, part).content, devicePixelRatio)?.url, element);
}
