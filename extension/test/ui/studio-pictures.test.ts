import { expect, test } from "vitest";
import { whiten } from "@/lib/ui/studio/pictures";

test("what is seen becomes white, the rest black, all of it opaque", () => {
  const rgba = new Uint8ClampedArray([9, 8, 7, 0, 1, 2, 3, 90]);
  expect(whiten(rgba)).toBe(true);
  expect([...rgba]).toEqual([0, 0, 0, 255, 255, 255, 255, 255]);
});

test("an empty canvas marks nothing", () => {
  expect(whiten(new Uint8ClampedArray(8))).toBe(false);
});
