import { describe, expect, test } from "vitest";
import { gridOf } from "@/lib/page/holders/pieces";

/** Boxes of `columns` by `rows` in a page of this size, the first at 10, 20. */
function tiles(columns: number, rows: number, width = 500, height = 700, gap = 0) {
  const [w, h] = [width / columns, height / rows];
  return Array.from({ length: columns * rows }, (_, at) => ({
    left: 10 + (at % columns) * w + gap / 2,
    top: 20 + Math.floor(at / columns) * h + gap / 2,
    width: w - gap,
    height: h - gap,
  }));
}

describe("boxes that fill a page side by side", () => {
  test.each([
    [3, 1],
    [2, 2],
    [7, 5],
  ])("%d columns and %d rows", (columns, rows) => {
    const grid = gridOf(tiles(columns, rows));
    expect([grid?.lefts.length, grid?.tops.length]).toEqual([columns, rows]);
    expect(grid?.whole).toEqual({ left: 10, top: 20, width: 500, height: 700 });
  });

  test("in any order, with others that have no room, and at fractions of a pixel", () => {
    const mixed = [...tiles(3, 4).reverse(), { left: 0, top: 0, width: 0, height: 9 }];
    expect(gridOf(mixed)?.lefts).toHaveLength(3);
    expect(gridOf(tiles(5, 5, 500, 700, 0.8))?.whole.width).toBeCloseTo(499.2);
  });

  test.each<[string, ReturnType<typeof tiles>]>([
    ["slices one below another", tiles(1, 5)],
    ["a double page", tiles(2, 1)],
    ["too few", tiles(2, 2).slice(0, 2)],
    ["with a hole", tiles(4, 4).slice(1)],
    ["with gaps between", tiles(4, 4, 500, 700, 8)],
    ["over each other", [...tiles(3, 3), ...tiles(3, 3)]],
    ["of which one is most", [{ left: 0, top: 0, width: 500, height: 500 }, ...tiles(5, 1, 500, 200)]],
    ["in a row of pages", tiles(6, 1, 3000, 700)],
    ["as long as a strip", tiles(3, 9, 500, 2100)],
    ["as small as a picture's sign", tiles(4, 4, 120, 160)],
  ])("not %s", (_, boxes) => expect(gridOf(boxes)).toBeNull());
});
