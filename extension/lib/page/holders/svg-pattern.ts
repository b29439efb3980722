/** Shapes of an SVG that are filled with a pattern of one picture, once over all of the shape. */

import { type HolderKind, keep } from "./holder";
import { SvgImageHolder } from "./svg-image";
import type { Box } from "./place";

const SHAPES = new Set(["rect", "path", "polygon", "circle", "ellipse"]);
const WHOLE = 0.95; // of the shape, that one tile fills

export const svgPattern: HolderKind = {
  attributes: ["fill", "style"],
  of: (element) => {
    if (!SHAPES.has(element.localName)) return [];
    return SvgImageHolder.on(element, patternOf(element)?.image ?? null, (frame) =>
      keep(element, "pattern", () => new PatternHolder(element, frame)),
    );
  },
};

class PatternHolder extends SvgImageHolder {
  protected override get image(): SVGImageElement | null {
    return patternOf(this.node)?.image ?? null;
  }

  protected override room(): Box {
    const at = patternOf(this.node);
    return at ? at.room : super.room();
  }
}

/** The picture that fills a shape, and the room of that picture in the shape's own units. */
function patternOf(shape: Element): { image: SVGImageElement; room: Box } | null {
  const [, id] = /^url\(["']?#([^"')]+)["']?\)/.exec(getComputedStyle(shape).fill) ?? [];
  const pattern = id ? (shape.getRootNode() as Document | ShadowRoot).getElementById(id) : null;
  if (!(pattern instanceof SVGPatternElement) || pattern.patternTransform.baseVal.numberOfItems > 0) return null;
  const images = pattern.querySelectorAll("image");
  const [image] = images;
  if (!image || images.length > 1) return null;
  const box = (shape as SVGGraphicsElement).getBBox();
  const inShares = SVGUnitTypes.SVG_UNIT_TYPE_OBJECTBOUNDINGBOX;
  const tile = within(box, pattern, pattern.patternUnits.animVal === inShares);
  if (tile.width < WHOLE * box.width || tile.height < WHOLE * box.height || pattern.hasAttribute("viewBox"))
    return null;
  const isInShares = pattern.patternContentUnits.animVal === inShares;
  const { width, height } = within(box, image, isInShares);
  return { image, room: { left: tile.left, top: tile.top, width, height } };
}

type Lengths = Record<"x" | "y" | "width" | "height", SVGAnimatedLength>;

/** The box that lengths give, which are shares of a shape's box or are of its own units. */
function within(box: DOMRect, { x, y, width, height }: Lengths, inShares: boolean): Box {
  const [left, top, across, down] = [x, y, width, height].map(({ animVal }) =>
    inShares
      ? animVal.valueInSpecifiedUnits / (animVal.unitType === SVGLength.SVG_LENGTHTYPE_PERCENTAGE ? 100 : 1)
      : animVal.value,
  ) as [number, number, number, number];
  if (!inShares) return { left, top, width: across, height: down };
  return { left: box.x + left * box.width, top: box.y + top * box.height, width: across * box.width, height: down * box.height }; // prettier-ignore
}
