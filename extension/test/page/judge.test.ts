import { describe, expect, test } from "vitest";
import { type Facts, isPageSized, judgePages } from "@/lib/page/judge";

const page = (change: Partial<Facts> = {}): Facts => ({
  width: 800,
  height: 1200,
  boxWidth: 700,
  group: "main>img",
  furniture: false,
  ...change,
});

describe("size alone", () => {
  test.each([
    [800, 1200, true],
    [1600, 1200, true], // a double page
    [800, 8000, true], // a strip
    [970, 250, false], // banners
    [728, 90, false],
    [300, 250, false],
    [160, 600, false], // a skyscraper
    [128, 128, false], // an avatar
    [1, 1, false],
  ])("%i × %i: %s", (width, height, expected) => {
    expect(isPageSized(width, height)).toBe(expected);
  });
});

describe("in company", () => {
  const chapter = [page(), page({ height: 1150 }), page()];

  test("pages of one container are taken", () => {
    expect(judgePages(chapter)).toEqual([true, true, true]);
  });

  test("a picture alone is a page", () => {
    expect(judgePages([page()])).toEqual([true]);
  });

  test("a large avatar shown small, a cover in a sidebar and a square advertisement are not", () => {
    const others = [
      page({ width: 512, height: 512, boxWidth: 48, group: "div>img" }),
      page({ width: 600, height: 900, boxWidth: 200, group: "div>a>img" }),
      page({ furniture: true }),
    ];
    expect(judgePages([...chapter, ...others]).slice(3)).toEqual([false, false, false]);
  });

  test("a page in another wrapper that is as wide is taken", () => {
    expect(judgePages([...chapter, page({ group: "main>div>img" })]).at(-1)).toBe(true);
  });

  test("the short last slice of a strip is taken", () => {
    const slice = page({ height: 90 });
    expect(judgePages([...chapter, slice]).at(-1)).toBe(true);
    expect(judgePages([...chapter, { ...slice, group: "div>img" }]).at(-1)).toBe(false);
  });

  test("pictures that have not loaded go with their like", () => {
    const unknown = page({ width: 0, height: 0, boxWidth: 1 });
    expect(judgePages([...chapter, unknown, { ...unknown, group: "ul>li>img" }]).slice(3)).toEqual([true, false]);
    expect(judgePages([unknown, unknown])).toEqual([true, true]);
  });

  test("nothing in, nothing out", () => {
    expect(judgePages([])).toEqual([]);
  });
});
