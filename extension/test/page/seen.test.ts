import { expect, test, vi } from "vitest";

vi.mock("wxt/browser", () => ({ browser: {} }));

import { areAlike } from "@/lib/page/capture/seen";

const page = Array.from({ length: 120 }, (_, at) => 128 + 90 * Math.sin(at * at));
const other = Array.from({ length: 120 }, (_, at) => 128 + 90 * Math.cos(at * 3.7));

test("a page goes with itself, dimmed and inverted too, and not with another", () => {
  expect(areAlike(page, page)).toBe(true);
  expect(
    areAlike(
      page.map((luma) => 20 + luma / 2),
      page,
    ),
  ).toBe(true);
  expect(
    areAlike(
      page.map((luma) => 255 - luma),
      page,
    ),
  ).toBe(true);
  expect(areAlike(other, page)).toBe(false);
});

test("of a blank page nothing can be told", () => {
  expect(
    areAlike(
      page.map(() => 250),
      page,
    ),
  ).toBeNull();
});
