import { expect, test } from "vitest";
import { sheetOf, triggerOf } from "@/lib/palette";
import type { PaletteView } from "@/lib/protocol/messages";

test.each([
  ["", ""],
  ["@", ""],
  ["hero", "@hero"],
  ["@Hero", "@Hero"],
  [" @he ro! ", "@hero"],
  ["アキ-2", "@アキ-2"],
  ["x".repeat(80), `@${"x".repeat(64)}`],
])("%j is typed as a trigger word", (typed, word) => expect(triggerOf(typed)).toBe(word));

test("a palette's elements have all that is shown of them", () => {
  const view: PaletteView = {
    ...{ seen: [], others: [], undo: false, pages: [], about: "", touched: 0, places: [] },
    palette: {
      ...{ version: 1, series: "S" },
      elements: [{ element_id: "a" }, { element_id: "b", name: "Kon", kind: "thing", trigger: "@k", pictures: ["p"] }],
    },
  };
  expect(sheetOf(view).elements).toEqual([
    { elementId: "a", name: "", kind: "character", trigger: "", description: "", pictures: [], character: "" },
    { elementId: "b", name: "Kon", kind: "thing", trigger: "@k", description: "", pictures: ["p"], character: "" },
  ]);
});
