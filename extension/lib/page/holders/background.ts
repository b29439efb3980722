/** CSS backgrounds: of elements, `::before` and `::after`, a holder for each layer that is a picture. */

import { type CssPicture, layersOf, nth, split } from "./css-images";
import { type HolderKind, keep } from "./holder";
import { type Edge, type Laid, laidOut } from "./laid-out";
import { mayShowPage } from "./page-size";
import { type Box, intersection, offset, type Size } from "./place";
import { type Pseudo, pseudoLaid } from "./pseudo";
import { isPlaceholder } from "./sources";
import { addressFrom, AddressHolder } from "./twin";

const WHOLE = 0.6; // of the picture, or of the room: what shows less of itself is a backdrop, what repeats is a pattern
const PARTS = ["", "::before", "::after"] as const;
const CHILDLESS = new Set(["img", "canvas", "video", "object", "embed", "input", "iframe"]);

export const background: HolderKind = {
  attributes: ["style", "class"],
  of: (element) => {
    if (!mayShowPage(element) || element === document.body || showsItself(element)) return [];
    const parts = CHILDLESS.has(element.localName) ? PARTS.slice(0, 1) : PARTS;
    return parts.flatMap((part) =>
      layersIn(styleOf(element, part)).flatMap((layer, at) =>
        layer ? [keep(element, `background${part}${at}`, () => new BackgroundHolder(element, part, at))] : [],
      ),
    );
  },
};

export class BackgroundHolder extends AddressHolder {
  override readonly isBehind: boolean;
  readonly #part: Pseudo | "";
  readonly #layer: number;

  constructor(element: Element, part: Pseudo | "", layer: number) {
    super(element);
    this.isBehind = !CHILDLESS.has(element.localName);
    this.#part = part;
    this.#layer = layer;
  }

  override get address(): string {
    return this.#isWhole ? this.named : "";
  }

  override box(): DOMRect {
    const { frame } = this;
    const outer = frame.getBoundingClientRect();
    const laid = this.laid(getComputedStyle(frame));
    const { left, top, width, height } = intersection(moved(this.#lies(laid), laid.content), laid.content);
    const [x, y] = [outer.width / laid.width || 1, outer.height / laid.height || 1];
    return new DOMRect(outer.left + left * x, outer.top + top * y, width * x, height * y);
  }

  override depth(style: CSSStyleDeclaration): string {
    if (!this.#part) return isolates(style) ? "-1" : "auto"; // between the background and all that stands on it
    const own = this.#style.zIndex;
    return this.#part === "::after" && own === "auto" ? "1" : own;
  }

  override laid(style: CSSStyleDeclaration): Laid {
    return this.#boxOf(nth(this.#style.backgroundClip, this.#layer), style);
  }

  override lies(laid: Laid, _style: CSSStyleDeclaration, coming: Size): Box {
    return this.#lies(laid, coming);
  }

  get #style(): CSSStyleDeclaration {
    return styleOf(this.node, this.#part);
  }

  get #picture(): CssPicture | null {
    return layersIn(this.#style)[this.#layer] ?? null;
  }

  /** The address of the layer's picture, however little of it is shown. */
  get named(): string {
    return addressFrom(this.#picture?.url, this.node);
  }

  /** Not a pattern, not a backdrop of which a part is seen, not one that stands still while the page moves. */
  get #isWhole(): boolean {
    const style = this.#style;
    const value = (name: string) => nth(style.getPropertyValue(name), this.#layer);
    if (value("background-attachment") === "fixed" || value("background-clip") === "text") return false;
    const url = this.named;
    if (!url || !super.naturalOf(url).width) return true; // not known yet
    const laid = this.laid(getComputedStyle(this.frame));
    const { content } = laid;
    const at = moved(this.#lies(laid), content);
    const [across = "repeat", down = across] = value("background-repeat")
      .replace("repeat-x", "repeat no-repeat")
      .split(" ");
    const fills = (repeat: string, size: number, room: number) => repeat === "no-repeat" || size >= WHOLE * room;
    const seen = intersection(at, content);
    const share = (seen.width * seen.height) / (at.width * at.height || 1);
    return share >= WHOLE && fills(across, at.width, content.width) && fills(down, at.height, content.height);
  }

  /** Where the layer's picture lies in the painted part, by `background-origin`, `-size` and `-position`. */
  #lies({ content }: Laid, coming: Size = { width: 0, height: 0 }): Box {
    const style = this.#style;
    const value = (name: string) => nth(style.getPropertyValue(name), this.#layer);
    const area = this.#boxOf(value("background-origin"), getComputedStyle(this.frame)).content;
    const known = super.naturalOf(this.named);
    const { density = 1 } = this.#picture ?? {};
    const natural = known.width > 0 ? known : coming;
    const { width, height } = sized(
      value("background-size"),
      { width: natural.width / density, height: natural.height / density },
      area,
    );
    return {
      left: area.left - content.left + offset(value("background-position-x"), area.width - width),
      top: area.top - content.top + offset(value("background-position-y"), area.height - height),
      width,
      height,
    };
  }

  #boxOf(box: string, style: CSSStyleDeclaration): Laid {
    const edge = (box.replace("-box", "") || "border") as Edge;
    return this.#part
      ? pseudoLaid(this.frame as HTMLElement, style, this.#part, edge)
      : laidOut(this.frame, style, edge);
  }
}

function styleOf(element: Element, part: Pseudo | ""): CSSStyleDeclaration {
  return getComputedStyle(element, part || undefined);
}

function layersIn({ backgroundImage, content, display }: CSSStyleDeclaration): (CssPicture | null)[] {
  if (!backgroundImage.includes("url(") && !backgroundImage.includes("image-set(")) return [];
  return content === "none" || display === "none" ? [] : layersOf(backgroundImage, devicePixelRatio);
}

/** Whether an element covers its own background with a picture; those of readers that hide the page behind do not. */
function showsItself(element: Element): boolean {
  if (!(element instanceof HTMLImageElement)) return element instanceof HTMLCanvasElement;
  const address = element.currentSrc || element.src;
  return element.complete && element.naturalWidth > 2 && !isPlaceholder(address, 1);
}

/** The size of a background's picture, as `background-size` says. */
export function sized(value: string, natural: Size, area: Box): Size {
  const [byWidth, byHeight] = [area.width / natural.width, area.height / natural.height];
  const scaled = (scale: number) => ({ width: natural.width * scale, height: natural.height * scale });
  if (!(natural.width > 0 && natural.height > 0)) return { width: area.width, height: area.height };
  if (value === "contain") return scaled(Math.min(byWidth, byHeight));
  if (value === "cover") return scaled(Math.max(byWidth, byHeight));
  const [across = "auto", down = "auto"] = split(value, " ");
  const width = across === "auto" ? null : offset(across, area.width);
  const height = down === "auto" ? null : offset(down, area.height);
  if (width !== null && height !== null) return { width, height };
  if (width !== null) return scaled(width / natural.width);
  return height !== null ? scaled(height / natural.height) : natural;
}

/** Whether what stands in an element at a depth below 0 is painted over its own background. */
function isolates(style: CSSStyleDeclaration): boolean {
  const has = (name: string) => !["", "none", "auto", "normal", "visible"].includes(style.getPropertyValue(name));
  const isPlaced = style.position !== "static" && style.zIndex !== "auto";
  const stays = style.position === "fixed" || style.position === "sticky";
  const names = ["transform", "filter", "perspective", "clip-path", "mask-image", "backdrop-filter"];
  const isPart = Number(style.opacity) < 1 || style.isolation === "isolate" || style.mixBlendMode !== "normal";
  return isPlaced || stays || isPart || names.some(has) || /\b(?:paint|layout|strict|content)\b/.test(style.contain);
}

function moved({ left, top, width, height }: Box, by: Box): Box {
  return { left: left + by.left, top: top + by.top, width, height };
}
