// @vitest-environment jsdom
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { copy, fileName } from "@/lib/page/take-along";

test.each([
  ["Rain Town", "Chapter 3", 7, "image/webp", "Rain Town, Chapter 3 007.webp"],
  ["Rain Town", "/rain-town/3", 1, "image/png", "Rain Town 001.png"],
  ["Rain Town", "", 12, "image/jpeg", "Rain Town 012.jpg"],
  ['a/b\\c:d*e?f"g<h>i|j', "1\u0000\n2", 1000, "image/png", "a b c d e f g h i j, 1 2 1000.png"],
  ["../../etc", "x", 1, "image/png", "etc, x 001.png"],
  [" \u007f ", "", 1, "image/gif", "Irodori 001.img"],
  ["色".repeat(200), "", 1, "image/png", `${"色".repeat(120)} 001.png`],
])("the page %s, %s, %i (%s) is saved as %s", (series, chapter, number, type, name) => {
  expect(fileName(series, chapter, number, type)).toBe(name);
});

const written: unknown[] = [];

beforeEach(() => {
  written.length = 0;
  vi.stubGlobal("ClipboardItem", class {
    constructor(readonly items: Record<string, Blob>) {}
  }); // prettier-ignore
});

afterEach(() => void vi.unstubAllGlobals());

test("a PNG is copied as it is; a browser that forbids it says so", async () => {
  const write = vi.fn((items: unknown[]) => Promise.resolve(void written.push(...items)));
  vi.stubGlobal("navigator", { clipboard: { write } });
  const picture = new Blob(["page"], { type: "image/png" });
  await copy(picture);
  expect(written).toEqual([{ items: { "image/png": picture } }]);
  write.mockRejectedValueOnce(new Error("not focused"));
  await expect(copy(picture)).rejects.toThrow("not focused");
  vi.stubGlobal("navigator", {}); // a site that is not secure
  await expect(copy(picture)).rejects.toThrow();
});
