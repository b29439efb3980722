import { describe, expect, test } from "vitest";
import { classifyPages, type Facts, type Surroundings } from "@/lib/page/find/page-classifier";
import { isPageSized } from "@/lib/page/holders/page-size";

const WINDOW: Surroundings = { width: 1200, height: 800, listsChapters: false, isPicture: false };
const COLUMN = { left: 250, top: 0, width: 700, height: 1050 };

const page = (change: Partial<Facts> = {}, box: Partial<Facts["box"]> = {}): Facts => ({
  width: 800,
  height: 1200,
  box: { ...COLUMN, ...box },
  group: "main>img",
  isFurniture: false,
  leadsAway: false,
  uses: 1,
  ...change,
});
const unloaded = (change: Partial<Facts> = {}, box: Partial<Facts["box"]> = {}) =>
  page({ width: 0, height: 0, ...change }, { height: 0, ...box });
const cover = (change: Partial<Facts> = {}, box: Partial<Facts["box"]> = {}) =>
  page({ group: "section>a>img", ...change }, { width: 200, height: 280, ...box });
const hidden = { width: 0, height: 0 };
const classify = (pictures: Facts[], around: Partial<Surroundings> = {}) =>
  classifyPages(pictures, { ...WINDOW, ...around });

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

  test.each<[string, Facts, boolean]>([
    ["a page in another wrapper that is as wide", page({ group: "main>div>img" }), true],
    ["a double page in another wrapper", page({ group: "main>p>img", width: 1600 }, { left: 0, width: 1200 }), true],
    ["a narrower page of the same markup", page({}, { width: 400 }), true],
    ["a preview of the same markup", page({}, { width: 90, height: 130 }), false],
    ["a large avatar that is shown small", page({ width: 512, height: 512, group: "p>img" }, { width: 48 }), false],
    ["a cover", cover(), false],
    ["furniture as wide as the pages", page({ isFurniture: true }), false],
    ["an advertisement that leads away", page({ leadsAway: true }), false],
    ["a picture that comes again and again", page({ uses: 3 }), false],
    ["a picture as wide beside the column", page({ group: "div>img" }, { left: 1000 }), false],
    ["the short last slice of a strip", page({ height: 210 }, { height: 180 }), true],
    ["a slice in other markup", page({ height: 210, group: "div>img" }, { height: 180 }), false],
    ["a page of the same markup that is hidden until turned to", page({}, hidden), true],
    ["a hidden picture elsewhere", page({ group: "ul>li>img" }, hidden), false],
    ["one that has not loaded, of the same markup", unloaded(), true],
    ["one that has not loaded, elsewhere", unloaded({ group: "ul>li>img" }), false],
    ["one that has not loaded, as low as a banner", unloaded({ group: "main>img" }, { height: 90 }), false],
  ])("%s: %s", (_, other, expected) => {
    expect(classify([...chapter, other])).toEqual([true, true, true, expected]);
  });
});

test("a page and pages that have yet to load outweigh covers that have loaded", () => {
  const covers = Array.from({ length: 8 }, () => cover({ group: "div>img" }, { width: 260, height: 370 }));
  expect(classify([unloaded(), unloaded(), unloaded(), ...covers]).slice(0, 4)).toEqual([true, true, true, false]);
  expect(classify([page(), ...covers]).slice(0, 2)).toEqual([true, false]);
});

test("a chapter of which nothing has loaded yet", () => {
  expect(classify([unloaded(), unloaded()])).toEqual([true, true]);
});

describe("a picture alone", () => {
  const shown = (width: number, height: number) => page({}, { width, height });
  test.each<[Facts, boolean, boolean]>([
    [shown(600, 850), false, true],
    [shown(1100, 400), false, true],
    [shown(300, 424), false, false],
    [shown(350, 500), true, false],
    [shown(560, 790), true, true],
  ])("%j beside a list of chapters %s: %s", (picture, listsChapters, expected) => {
    expect(classify([picture], { listsChapters })).toEqual([expected]);
  });

  test("in a narrow window", () => {
    expect(classify([page({}, { width: 360, height: 540 })], { width: 360, height: 700 })).toEqual([true]);
  });
});

test("a document that is nothing but one picture is a page, however small the window shows it", () => {
  const small = page({}, { width: 300, height: 424 });
  expect([classify([small]), classify([small], { isPicture: true })]).toEqual([[false], [true]]);
});

test("a grid of small pictures is an overview, a row of high ones is a chapter", () => {
  const grid = (height: number) =>
    Array.from({ length: 8 }, (_, at) =>
      page({}, { left: (at % 4) * 270, top: (at >> 2) * height, width: 260, height }),
    );
  expect(classify(grid(370))).toEqual(Array(8).fill(false));
  expect(classify(grid(760))).toEqual(Array(8).fill(true));
});

test("nothing in, nothing out", () => {
  expect(classify([])).toEqual([]);
});
