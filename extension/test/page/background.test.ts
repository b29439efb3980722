// @vitest-environment jsdom
import { expect, test } from "vitest";
import { sized } from "@/lib/page/holders/background";

const AREA = { left: 0, top: 0, width: 400, height: 600 };
const PAGE = { width: 500, height: 1000 };

test.each([
  ["auto", [500, 1000]],
  ["contain", [300, 600]],
  ["cover", [400, 800]],
  ["100% auto", [400, 800]],
  ["auto 100%", [300, 600]],
  ["50%", [200, 400]],
  ["120px 90px", [120, 90]],
  ["calc(100% - 20px) auto", [380, 760]],
])("background-size %s", (value, [width, height]) => {
  expect(sized(value, PAGE, AREA)).toEqual({ width, height });
});

test("a picture that is not known yet fills its area", () => {
  expect(sized("contain", { width: 0, height: 0 }, AREA)).toEqual({ width: 400, height: 600 });
});
