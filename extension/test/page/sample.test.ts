import { expect, test } from "vitest";
import { fromHex, isSameColour, type Rgb, sampleOf, toHex } from "@/lib/page/holders/sample";

const patch = (...colours: Rgb[]) => new Uint8ClampedArray(colours.flatMap((rgb) => [...rgb, 255]));
const SKIN: Rgb = [220, 180, 160];

test("the colour of a place is not that of a line across it", () => {
  expect(sampleOf(patch(SKIN, SKIN, SKIN, [0, 0, 0], [8, 8, 8]))).toEqual({ rgb: SKIN, isGrey: false });
});

test("a place is grey only where nothing of it has colour", () => {
  expect(sampleOf(patch([255, 255, 255], [0, 0, 0], [120, 121, 122])).isGrey).toBe(true);
  expect(sampleOf(patch([255, 255, 255], [255, 255, 255], [250, 246, 240])).isGrey).toBe(false);
});

test("colours go to the picker and back", () => {
  expect(toHex([0, 10, 255])).toBe("#000aff");
  expect(fromHex(toHex(SKIN))).toEqual(SKIN);
});

test("colours are the same within what a lossy picture changes", () => {
  expect(isSameColour(SKIN, [221, 178, 160])).toBe(true);
  expect(isSameColour(SKIN, [220, 180, 163])).toBe(false);
});
