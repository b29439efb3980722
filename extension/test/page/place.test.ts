import fc from "fast-check";
import { expect, test } from "vitest";
import { type Box, fitted, pointAt } from "@/lib/page/holders/place";

const WINDOW: Box = { left: 100, top: 50, width: 400, height: 400 };
const PAGE = { width: 500, height: 1000 };

test("a picture lies where object-fit and object-position put it", () => {
  expect(fitted(WINDOW, PAGE, "fill", "50% 50%")).toEqual(WINDOW);
  expect(fitted(WINDOW, PAGE, "contain", "50% 50%")).toEqual({ left: 200, top: 50, width: 200, height: 400 });
  expect(fitted(WINDOW, PAGE, "contain", "0% 50%")).toEqual({ left: 100, top: 50, width: 200, height: 400 });
  expect(fitted(WINDOW, PAGE, "cover", "50% 0px")).toEqual({ left: 100, top: 50, width: 400, height: 800 });
  expect(fitted(WINDOW, PAGE, "none", "50% 50%")).toEqual({ left: 50, top: -250, width: 500, height: 1000 });
  expect(fitted(WINDOW, { width: 40, height: 80 }, "scale-down", "100% 10px")).toEqual({
    left: 460,
    top: 60,
    width: 40,
    height: 80,
  });
});

test.each([
  ["50% 0px", [200, 50]],
  ["calc(100% - 12px) 25%", [288, -50]],
  ["calc(0% + 30px) calc(-5px + 50%)", [130, -155]],
  ["-40px 1.5e1px", [60, 65]],
])("object-position %s is a length, a share of the room, or a sum", (position, [left, top]) => {
  const at = fitted(WINDOW, { width: 200, height: 800 }, "none", position);
  expect([at.left, at.top]).toEqual([left, top]);
});

test("a picture without a size fills its box", () => {
  expect(fitted(WINDOW, { width: 0, height: 0 }, "contain", "50% 50%")).toEqual(WINDOW);
});

test("a point of the window is a share of the picture, never outside of it", () => {
  expect(pointAt(WINDOW, 200, 350)).toEqual([0.25, 0.75]);
  const coordinate = fc.double({ min: -5000, max: 5000, noNaN: true });
  fc.assert(
    fc.property(coordinate, coordinate, (x, y) => {
      for (const share of pointAt(WINDOW, x, y)) expect(share).toSatisfy((value: number) => value >= 0 && value <= 1);
    }),
  );
  expect(pointAt({ left: 0, top: 0, width: 0, height: 0 }, 0, 0)).toEqual([0, 0]);
});
