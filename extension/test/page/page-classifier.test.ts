import { describe, expect, test } from "vitest";
import { classifyPages, type Facts, groupBy, type Surroundings, weightOf } from "@/lib/page/find/page-classifier";
import { isPageSized, WIDEST } from "@/lib/page/holders/page-size";

const WINDOW: Surroundings = { width: 1200, height: 800, isAbout: false, isPicture: false };
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
  ])("%j beside a list of chapters %s: %s", (picture, isAbout, expected) => {
    expect(classify([picture], { isAbout })).toEqual([expected]);
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

describe("to the pixel", () => {
  const chapter = [page(), page(), page()];
  const stranger = (box: Partial<Facts["box"]>) => page({ group: "div>img" }, box);
  const last = (other: Facts, company = chapter, around = {}) => classify([...company, other], around).at(-1);

  test.each([
    [239, 1200, false],
    [240, 1200, true],
    [199, 400, false],
    [200, 400, true],
  ])("%d px across in a window of %d: %s", (width, window, expected) => {
    expect(classify([page({}, { width, height: 700 })], { width: window })).toEqual([expected]);
  });

  test("room for a picture that is wider than any page is none, where it is known", () => {
    const room = (height: number) => classify([unloaded({}, { width: 300 * WIDEST, height })], { isPicture: true })[0];
    expect([room(300), room(299), room(0)]).toEqual([true, false, true]);
  });

  test("a picture in two places may be a page", () => expect(last(page({ uses: 2 }))).toBe(true));

  test.each([
    [616, true],
    [615, false],
    [1470, true],
    [1471, false],
  ])("one of other markup, %d wide beside pages of 700: %s", (width, expected) => {
    expect(last(stranger({ width, height: 500 }))).toBe(expected);
  });

  test.each([
    [600, true],
    [601, false],
    [-100, true],
    [-101, false],
  ])("one of other markup that begins at %d, beside a column from 250 to 950: %s", (left, expected) => {
    expect(last(stranger({ left }))).toBe(expected);
  });

  test("while no page has loaded their width is a guess, and others may be half as wide", () => {
    const guessed = [unloaded(), unloaded(), unloaded()];
    expect([350, 349].map((width) => last(stranger({ width }), guessed))).toEqual([true, false]);
  });

  test("one of the same markup may be half as wide, or hidden", () => {
    expect([350, 349].map((width) => last(page({}, { width })))).toEqual([true, false]);
    expect(classify([page(), page({}, { width: 340 })])).toEqual([true, false]); // of two the wider one is the usual
  });

  test.each([
    [800, 67, true],
    [800, 66, false], // a rule
    [760, 210, true],
    [759, 210, false],
    [840, 210, true],
    [841, 210, false],
  ])("a last piece of %d by %d of a strip of 800: %s", (width, height, expected) => {
    expect(last(page({ width, height }, { height: 180 }))).toBe(expected);
  });

  test("a piece of a narrow strip has sixty rows at least", () => {
    const narrow = [1, 2, 3].map(() => page({ width: 600, height: 1200 }));
    expect([60, 59].map((height) => last(page({ width: 600, height }, { height: 60 }), narrow))).toEqual([true, false]);
  });

  test.each([
    [300, 480, false, true],
    [300, 479, false, false],
    [600, 300, false, true],
    [599, 300, false, false],
    [300, 720, true, true],
    [300, 719, true, false],
    [960, 300, true, true],
    [959, 300, true, false],
  ])("one picture alone, %d by %d, where chapters are listed %s: %s", (width, height, isAbout, expected) => {
    expect(classify([page({}, { width, height })], { isAbout })).toEqual([expected]);
  });

  test("one that is hidden may be one", () => expect(classify([page({}, hidden)])).toEqual([true]));
});

describe("what the company tells", () => {
  const stranger = (box: Partial<Facts["box"]>) => page({ group: "div>img" }, { height: 500, ...box });
  const last = (other: Facts, company: Facts[]) => classify([...company, other]).at(-1);

  test("the chapter's column is as wide as all its shown pages together", () => {
    const apart = [page({}, { left: 250 }), page({}, { left: 350 })];
    expect([-100, -101, 700, 701].map((left) => last(stranger({ left }), apart))).toEqual([true, false, true, false]);
    const andHidden = [page(), page(), page({}, { ...hidden, left: 0 })];
    expect([-100, -101].map((left) => last(stranger({ left }), andHidden))).toEqual([true, false]);
  });

  test("one page that has loaded tells the width, and the size of the pieces", () => {
    const one = [page(), unloaded(), unloaded()];
    expect([616, 615].map((width) => last(stranger({ width }), one))).toEqual([true, false]);
    expect(last(page({ height: 210 }, { height: 180 }), one)).toBe(true);
  });

  test("one page beside what is none is a page alone", () => {
    const small = page({}, { width: 300, height: 424 });
    expect(classify([small, page({ isFurniture: true })])).toEqual([false, false]);
  });

  test("the heaviest family is the chapter, wherever it stands", () => {
    const covers = Array.from({ length: 8 }, () => cover({ group: "div>img" }, { width: 260, height: 370 }));
    for (const company of [
      [page(), page(), ...covers],
      [...covers, page(), page()],
      [...covers.slice(4), page(), ...covers.slice(4), page()],
    ])
      expect(classify(company)).toEqual(company.map(({ group }) => group === "main>img"));
  });

  test("hidden strangers are none, and beside hidden pages nobody can tell", () => {
    const away = [page({}, hidden), page({}, hidden)];
    expect(last(stranger({}), [page({}, hidden), ...away])).toBe(true); // it weighs most itself
    expect(last(page({ group: "div>img" }, hidden), [page({}, hidden), ...away])).toBe(false);
  });
});

describe("grids", () => {
  const placed = (columns: number, count: number, height: number, facts: Partial<Facts> = {}) =>
    Array.from({ length: count }, (_, at) =>
      page(facts, { left: (at % columns) * 300, top: Math.floor(at / columns) * height, width: 260, height }),
    );
  test.each([
    [3, 6, 400, false],
    [3, 5, 400, false], // its last row lacks one
    [3, 4, 400, true],
    [2, 8, 400, true],
    [3, 6, 479, false],
    [3, 6, 480, true],
  ])("in %d columns, %d pictures of a height of %d are pages: %s", (columns, count, height, expected) => {
    expect(classify(placed(columns, count, height))).toEqual(Array(count).fill(expected));
  });

  test("pictures that have not loaded, or lie behind each other, make none", () => {
    expect(classify(placed(3, 6, 400, { width: 0, height: 0 }))).toEqual(Array(6).fill(true));
    expect(classify([1, 2, 3, 4].map(() => page({}, { width: 260, height: 400 })))).toEqual(Array(4).fill(true));
  });

  test("places are told to the pixel", () => {
    const wavering = placed(3, 6, 400).map((facts, at) => ({
      ...facts,
      box: { ...facts.box, left: facts.box.left + (at % 2) * 0.3, top: facts.box.top + (at % 2) * 0.3 },
    }));
    expect(classify(wavering)).toEqual(Array(6).fill(false));
  });
});

test("of families that weigh the same the larger one is the chapter", () => {
  const family = (group: string, count: number) => Array.from({ length: count }, () => page({ group }, hidden));
  expect(classify([...family("a>img", 2), ...family("b>img", 3)])).toEqual([false, false, true, true, true]);
});

test("what pictures weigh grows faster than their area; one without a height has a page's usual one", () => {
  const box = (width: number, height: number) => ({ left: 0, top: 0, width, height });
  expect(weightOf([box(10, 20)])).toBeCloseTo(200 ** 1.5, 6);
  expect(weightOf([box(10, 0)])).toBeCloseTo(142 ** 1.5, 6);
  expect(weightOf([box(10, 20), box(5, 5)])).toBeCloseTo(200 ** 1.5 + 25 ** 1.5, 6);
  expect(weightOf([])).toBe(0);
});

test("groups keep their items in order", () => {
  expect([...groupBy([1, 2, 3, 4, 5], (item) => item % 2)]).toEqual([
    [1, [1, 3, 5]],
    [0, [2, 4]],
  ]);
});

describe("a spread in different markup", () => {
  const leaf = (change: Partial<Facts["box"]> = {}) =>
    page({ group: "svg>image" }, { left: 950, width: 700, ...change });
  const right = page({}, { left: 250 });

  test.each([
    ["the other leaf", leaf(), true],
    ["one that is a little lower", leaf({ top: 40 }), true],
    ["one further down", leaf({ top: 300 }), false],
    ["a small one beside the page", leaf({ width: 300, height: 420 }), false],
    ["one that lies on the page", leaf({ left: 900 }), false],
    ["one far away", leaf({ left: 3000 }), true], // a column further on
  ])("%s: %s", (_, other, expected) => {
    expect(classify([right, other])).toEqual([true, expected]);
  });

  test("pages in a column have no leaf beside them", () => {
    const column = [page(), page({}, { top: 1100 })];
    expect(classify([...column, leaf()])).toEqual([true, true, false]);
  });
});
