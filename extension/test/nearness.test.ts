import { expect, test } from "vitest";

import { byNearness } from "@/lib/nearness";

test.each([
  [-1, [0, 1, 2, 3, 4]],
  [0, [0, 1, 2, 3, 4]],
  [2, [2, 3, 4, 1, 0]],
  [4, [4, 3, 2, 1, 0]],
  [9, [4, 3, 2, 1, 0]],
])("from page %i on, then back", (place, wanted) => {
  const pages = [3, 0, 4, 1, 2].map((index) => ({ index }));
  expect(pages.sort(byNearness(place)).map(({ index }) => index)).toEqual(wanted);
});
