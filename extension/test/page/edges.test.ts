import * as fc from "fast-check";
import { expect, test } from "vitest";
import { goesOn, lumaOf } from "@/lib/page/holders/edges";

const WIDTH = 400;
const row = (level: (x: number) => number) => Float32Array.from({ length: WIDTH }, (_, x) => level(x));
const drawn = (shift: number) => row((x) => (Math.sin((x + shift) / 9) > 0.2 ? 40 : 230));

test("a drawing goes on below a slice, a little further along its slanted lines", () => {
  expect(goesOn(drawn(0), drawn(1))).toBe(true);
});

test("other drawings, paper and ink do not go on, nor do pictures of another width", () => {
  expect(goesOn(drawn(0), drawn(14))).toBe(false);
  expect(
    goesOn(
      drawn(0),
      row(() => 255),
    ),
  ).toBe(false);
  for (const level of [255, 250, 0, 5])
    expect(
      goesOn(
        row(() => level),
        row(() => level),
      ),
    ).toBe(false);
  expect(goesOn(drawn(0), drawn(0).subarray(1))).toBe(false);
});

test("an even tone goes on in the same tone alone", () => {
  expect(
    goesOn(
      row(() => 180),
      row(() => 183),
    ),
  ).toBe(true);
  expect(
    goesOn(
      row(() => 180),
      row(() => 120),
    ),
  ).toBe(false);
});

test("unlike rows never go on, whichever they are", () => {
  const rows = fc.float32Array({ minLength: WIDTH, maxLength: WIDTH, min: 0, max: 255, noNaN: true });
  fc.assert(
    fc.property(rows, (levels) => {
      const spread = Math.max(...levels) - Math.min(...levels);
      fc.pre(spread > 60);
      expect(
        goesOn(
          levels,
          levels.map((level) => 255 - level),
        ),
      ).toBe(false);
    }),
    { numRuns: 50 },
  );
});

test("luma of RGBA rows is their mean, blurred along the row", () => {
  const rgba = new Uint8ClampedArray([
    ...[200, 100, 50, 255],
    ...[200, 100, 50, 255],
    ...[0, 0, 0, 255],
    ...[0, 0, 0, 255],
  ]);
  const luma = 0.5 * (0.299 * 200 + 0.587 * 100 + 0.114 * 50);
  for (const level of lumaOf(rgba, 2)) expect(level).toBeCloseTo(luma, 3);
});
