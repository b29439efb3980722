import fc from "fast-check";
import { expect, test } from "vitest";
import { readPages, sayPages } from "../lib/page-range";

test.each([
  ["", []],
  ["3", [3]],
  ["3-5, 9", [3, 4, 5, 9]],
  ["９、３〜５", [3, 4, 5, 9]],
  ["18-400", [18, 19, 20]],
  ["0-2", [1, 2]],
  ["5-3", []],
  ["21", []],
])("%j is pages %j of twenty", (text, pages) => {
  expect(readPages(text, 20)).toEqual(pages);
});

test.each(["a", "3-", "3 4", "-2", "1.5"])("%j is no list of pages", (text) => {
  expect(readPages(text, 20)).toBeNull();
});

test("what is said of pages is read as the same pages", () => {
  expect(sayPages([7, 3, 4, 5, 3])).toBe("3-5, 7");
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 60 })), (numbers) => {
      expect(readPages(sayPages(numbers), 60)).toEqual([...numbers].sort((a, b) => a - b));
    }),
  );
});
