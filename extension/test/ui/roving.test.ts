import { expect, test } from "vitest";
import { movedBy } from "@/lib/ui/roving";

test.each<[string, number, number | null]>([
  ["ArrowRight", 3, 4],
  ["ArrowRight", 11, 11],
  ["ArrowLeft", 0, 0],
  ["ArrowDown", 3, 8],
  ["ArrowDown", 9, 11],
  ["ArrowUp", 8, 3],
  ["Home", 7, 0],
  ["End", 2, 11],
  ["Tab", 2, null],
  ["Enter", 2, null],
])("%s from %i of 12 in rows of 5: %j", (key, at, to) => {
  expect(movedBy(key, at, 12, 5)).toBe(to);
});
