/** `<image>` in SVG, also where `<use>` shows one that is defined elsewhere. Only the outermost `<svg>` is a box of the document: the coloured picture lies over a part of it. */

import { type HolderKind, keep } from "./holder";
import type { Laid } from "./laid-out";
import { type Box, fitted, type Size } from "./place";
import { addressFrom, AddressHolder } from "./twin";

const XLINK = "http://www.w3.org/1999/xlink";
const NOT_DRAWN = "defs, pattern, mask, clipPath, symbol, marker";
const FITS = ["", "fill", ...Array<string>(9).fill("")]; // none, by its number; else meet or slice
const SHARES = ["0%", "50%", "100%"] as const;

export const svgImage: HolderKind = {
  attributes: ["href", "xlink:href"],
  of: (element) => {
    if ((element.localName !== "image" && element.localName !== "use") || element.closest(NOT_DRAWN)) return [];
    return SvgImageHolder.on(element, imageOf(element), (frame) =>
      keep(element, "image", () => new SvgImageHolder(element, frame)),
    );
  },
};

export class SvgImageHolder extends AddressHolder {
  /** What shows an `image` by `element`, in the box of the SVG that is laid out; none without either. */
  static on(element: Element, image: Element | null, make: (frame: Element) => SvgImageHolder): SvgImageHolder[] {
    const frame = image && outermost(element as SVGElement);
    return frame?.parentElement ? [make(frame)] : [];
  }

  override get address(): string {
    const { image } = this;
    return image ? addressFrom(hrefOf(image), image) : "";
  }

  /** The picture that the element shows. */
  protected get image(): SVGImageElement | null {
    return imageOf(this.node);
  }

  /** The room for the picture, in the element's own units. */
  protected room(): Box {
    const { x, y, width, height } = (this.node as SVGGraphicsElement).getBBox();
    return { left: x, top: y, width, height };
  }

  override lies(_laid: Laid, _style: CSSStyleDeclaration, coming: Size): Box {
    const shown = this.node as SVGGraphicsElement;
    const image = this.image ?? (shown as SVGImageElement);
    const natural = this.natural.width > 0 ? this.natural : coming;
    const { align, meetOrSlice } = image.preserveAspectRatio.animVal;
    const fit = FITS[align] || (meetOrSlice === SVGPreserveAspectRatio.SVG_MEETORSLICE_SLICE ? "cover" : "contain");
    const at = align - SVGPreserveAspectRatio.SVG_PRESERVEASPECTRATIO_XMINYMIN;
    const position = `${SHARES[at % 3] ?? "50%"} ${SHARES[Math.floor(at / 3)] ?? "50%"}`;
    return within(toFrame(shown, this.frame), fitted(this.room(), natural, fit, position));
  }
}

function hrefOf(element: Element): string | null {
  return element.getAttribute("href") ?? element.getAttributeNS(XLINK, "href");
}

/** The picture that an element shows: itself, or what it uses. */
function imageOf(element: Element): SVGImageElement | null {
  if (element.localName === "image") return element as SVGImageElement;
  const [, id] = /^#(.+)$/.exec(hrefOf(element) ?? "") ?? [];
  const used = id ? (element.getRootNode() as Document | ShadowRoot).getElementById(id) : null;
  const images =
    used?.localName === "image" ? [used] : used?.localName === "symbol" ? used.querySelectorAll("image") : [];
  return images.length === 1 ? (images[0] as Element as SVGImageElement) : null;
}

function outermost(element: SVGElement): SVGSVGElement | null {
  let frame = element.ownerSVGElement;
  while (frame?.ownerSVGElement) frame = frame.ownerSVGElement;
  return frame;
}

/** From an element's own units to the frame's pixels, through all viewports between. */
function toFrame(element: SVGGraphicsElement, frame: Element): DOMMatrix {
  let matrix = matrixOf(element);
  for (let at = element.viewportElement; at && at !== frame; at = at.viewportElement)
    matrix = matrixOf(at as SVGSVGElement).multiply(matrix);
  return matrix;
}

/** SVG has matrices of its own, which transform no points. */
function matrixOf(element: SVGGraphicsElement): DOMMatrix {
  const { a, b, c, d, e, f } = element.getCTM() ?? new DOMMatrix();
  return new DOMMatrix([a, b, c, d, e, f]);
}

function within(matrix: DOMMatrix, { left, top, width, height }: Box): Box {
  const [from, to] = [
    matrix.transformPoint({ x: left, y: top }),
    matrix.transformPoint({ x: left + width, y: top + height }),
  ];
  const [x, y] = [Math.min(from.x, to.x), Math.min(from.y, to.y)];
  return { left: x, top: y, width: Math.abs(to.x - from.x), height: Math.abs(to.y - from.y) };
}
