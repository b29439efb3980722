import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bind } from "@/lib/page/capture/binder";
import { Entry, Sheet } from "@/lib/page/capture/entry";
import { fadeInto } from "@/lib/page/capture/paste";
import type { Holder } from "@/lib/page/holders/holder";

const WIDTH = 800;
const drawn = (seed: number) =>
  Float32Array.from({ length: WIDTH }, (_, x) => (Math.sin(x / (5 + seed)) > 0 ? 30 : 220));
const PAPER = new Float32Array(WIDTH).fill(255);

interface Slice {
  height?: number;
  gap?: number;
  endsPlain?: boolean;
}

/** Entries shown one below another as 800 pixel wide elements; each goes on in the next but for `endsPlain`. */
function strip(slices: Slice[]): Entry[] {
  let top = 0;
  return slices.map(({ height = 1280, gap = 0, endsPlain = false }, index) => {
    const entry = new Entry(`p-${index}`, `https://site.example/${index}.jpg`);
    const box = { left: 0, top, width: WIDTH, height, bottom: top + height, right: WIDTH };
    top += height + gap;
    entry.holders.add({ isConnected: true, box: () => box } as unknown as Holder);
    const isPlainAbove = slices[index - 1]?.endsPlain ?? false;
    const edges = { top: isPlainAbove ? PAPER : drawn(index), bottom: endsPlain ? PAPER : drawn(index + 1) };
    return Object.assign(entry, { index, width: WIDTH, height, edges, state: "sent", capturedAt: performance.now() });
  });
}

const ids = (sheets: Sheet[]) => sheets.map(({ entries }) => entries.map(({ index }) => index));
const nobody = () => false;

test("slices that go on make sheets of about a page, each with rows of the one before", () => {
  const entries = strip([{}, {}, {}, {}]);
  const { sheets, waiting } = bind(entries, entries, nobody);
  expect(ids(sheets)).toEqual([[0, 1, 2], [3]]);
  expect(waiting).toEqual([]);
  expect(sheets[1]?.parts.map(({ from, rows, top, isContext }) => [from, rows, top, isContext])).toEqual([
    [960, 320, 0, true],
    [0, 1280, 320, false],
  ]);
  expect(sheets[1]?.height).toBe(1600);
  expect(sheets[0]?.slices).toHaveLength(3);
  expect(sheets[1]?.slices).toEqual([[320, 1600]]);
});

test("pages by themselves stay so: a gap, or paper between them", () => {
  const entries = strip([{ gap: 8 }, {}, { endsPlain: true }, {}]);
  expect(ids(bind(entries, entries, nobody).sheets)).toEqual([[0], [1, 2], [3]]);
});

test("a slice waits for a neighbour that is being read, and not for ever", () => {
  const entries = strip([{}, {}]);
  const [first, second] = entries as [Entry, Entry];
  second.edges = null;
  const isUnderWay = (entry: Entry) => entry === second;
  expect(bind([first], entries, isUnderWay)).toMatchObject({ sheets: [], waiting: [first] });
  expect(ids(bind([first], entries, nobody).sheets)).toEqual([[0]]);
  first.sheet = null;
  first.capturedAt -= 3000;
  expect(ids(bind([first], entries, isUnderWay).sheets)).toEqual([[0]]);
});

test("a slice that comes later takes rows of both neighbours along", () => {
  const entries = strip([{}, {}, {}]);
  const [first, second, third] = entries as [Entry, Entry, Entry];
  bind([first], [first], nobody);
  bind([third], [third], nobody);
  const [sheet] = bind([second], entries, nobody).sheets;
  expect(sheet?.parts.map(({ entry, isContext }) => [entry.index, isContext])).toEqual([
    [0, true],
    [1, false],
    [2, true],
  ]);
});

test("slices bind by their place in the chapter, in whichever order they came", () => {
  const entries = strip([{}, {}, {}, {}]);
  expect(ids(bind([...entries].reverse(), [...entries].reverse(), nobody).sheets)).toEqual([[0, 1, 2], [3]]);
});

test("a slice waits for the one above as for the one below, and for neither once one of its run has waited long", () => {
  const entries = strip([{}, {}, {}]);
  const [first, second, third] = entries as [Entry, Entry, Entry];
  first.edges = null;
  const isUnderWay = (entry: Entry) => entry === first;
  expect(bind([second, third], entries, isUnderWay)).toMatchObject({ sheets: [], waiting: [second, third] });
  third.capturedAt -= 3000;
  expect(ids(bind([second, third], entries, isUnderWay).sheets)).toEqual([[1, 2]]);
});

test("a sheet that has no room for another slice waits for none; what is left of a run does", () => {
  const entries = strip([{}, {}, {}, {}, {}]);
  const last = entries[4] as Entry;
  last.edges = null;
  const isUnderWay = (entry: Entry) => entry === last;
  const { sheets, waiting } = bind(entries.slice(0, 4), entries, isUnderWay);
  expect([ids(sheets), waiting]).toEqual([[[0, 1, 2]], [entries[3]]]);
  const three = strip([{}, {}, {}, {}]);
  const next = three[3] as Entry;
  next.edges = null;
  expect(ids(bind(three.slice(0, 3), three, (entry) => entry === next).sheets)).toEqual([[0, 1, 2]]);
});

test("slices fill a sheet to its last pixel", () => {
  const entries = strip([{ height: 1000 }, { height: 1000 }, { height: 2000 }, { height: 100 }]);
  expect(ids(bind(entries, entries, nobody).sheets)).toEqual([[0, 1, 2], [3]]);
});

test("only sheets that go on into each other take rows of each other along", () => {
  const contexts = (sheets: Sheet[]) =>
    sheets.map(({ parts }) => parts.filter(({ isContext }) => isContext).map(({ entry }) => entry.index));
  for (const apart of [0, 1]) {
    const entries = strip([{ endsPlain: apart === 0 }, { endsPlain: apart === 1 }, {}]);
    bind([entries[0] as Entry], [entries[0] as Entry], nobody);
    bind([entries[2] as Entry], [entries[2] as Entry], nobody);
    expect(contexts(bind([entries[1] as Entry], entries, nobody).sheets)).toEqual([[apart === 0 ? 2 : 0]]);
  }
  const entries = strip([{}, {}, {}, {}, {}]);
  expect(contexts(bind(entries.slice(0, 4), entries, nobody).sheets)).toEqual([[], [2]]); // the fifth has no sheet yet
  bind([entries[4] as Entry], [entries[4] as Entry], nobody);
  expect(contexts(bind(entries.slice(0, 4), entries, nobody).sheets)).toEqual([[], [2, 4]]);
});

test("every ready page is in one sheet or waits, whatever the strip", () => {
  const slices = fc.array(
    fc.record({ height: fc.integer({ min: 60, max: 4000 }), gap: fc.constantFrom(0, 0, 12), endsPlain: fc.boolean() }),
    { minLength: 1, maxLength: 20 },
  );
  fc.assert(
    fc.property(slices, (each) => {
      const entries = strip(each);
      const bound = ids(bind(entries, entries, nobody).sheets).flat();
      expect(bound).toEqual(entries.map(({ index }) => index));
    }),
  );
});

test("a point of a slice goes into its sheet and back", () => {
  const [above, a, b] = strip([{}, {}, { height: 640 }]) as [Entry, Entry, Entry];
  const sheet = new Sheet([a, b], above);
  const [x, y] = sheet.pointOf(b, [0.25, 0.5]);
  expect([x, y * sheet.height]).toEqual([0.25, 320 + 1280 + 320]);
  const [hint] = sheet.hintsFor(b, [{ points: [[x, y]], rgb: [1, 2, 3] }]);
  expect(hint?.points[0]?.[1]).toBeCloseTo(0.5, 9);
});

test("corrections of a page by itself are its own; those of a slice count from where it begins", () => {
  const [above, a] = strip([{}, {}]) as [Entry, Entry];
  const hints = [{ points: [[0.5, 0.5] as [number, number]], rgb: [1, 2, 3] as [number, number, number] }];
  const alone = new Sheet([a]);
  expect([alone.isOnePage, alone.hintsFor(a, hints), alone.pageId]).toEqual([true, hints, "p-1"]);
  expect(alone.pointOf(above, [0.5, 0.5])).toEqual([0.5, 0.5]); // one of another sheet counts from the top
  const sheet = new Sheet([a], above);
  expect(sheet.isOnePage).toBe(false);
  expect(sheet.pointOf(above, [0, 1])[1] * sheet.height).toBeCloseTo(320, 9); // its last row, before the slice
  expect(sheet.hintsFor(above, hints)[0]?.points[0]?.[1]).toBeCloseTo((0.5 * 1600 + 960) / 1280, 9);
});

test.each([
  ["found", true],
  ["reading", true],
  ["sent", true],
  ["done", false],
  ["left", false],
  ["ignored", false],
] as const)("a page that is %s: open %s", (state, isOpen) => {
  const entry = new Entry("p", "u");
  expect([entry.state, entry.isSure, entry.failed, entry.note, entry.sha256, entry.holder]).toEqual(
    ["found", false, false, "", "", null], // as it begins
  );
  entry.state = state;
  expect(entry.isOpen).toBe(isOpen);
  const gone = { isConnected: false } as Holder;
  const shown = { isConnected: true } as Holder;
  for (const holder of [gone, shown]) entry.holders.add(holder);
  expect(entry.holder).toBe(shown);
});

test("a fade changes nothing where both are equal, begins at its own colour and ends at the other", () => {
  const rows = 100;
  const own = new Uint8ClampedArray(4 * rows).fill(80);
  const other = own.map((level, at) => (at % 4 === 0 ? 200 : level));
  for (const edge of ["top", "bottom"] as const) {
    const pixels = own.slice();
    fadeInto(pixels, other, rows, edge);
    const reds = pixels.filter((_, at) => at % 4 === 0);
    const towards = edge === "bottom" ? reds : reds.reverse();
    expect([towards[0], towards.at(-1)]).toEqual([81, 199]);
    expect([...towards]).toEqual([...towards].sort((a, b) => a - b));
    expect(new Set(pixels.filter((_, at) => at % 4 !== 0))).toEqual(new Set([80]));
  }
});

describe("what touches", () => {
  interface Box {
    left: number;
    top: number;
    width: number;
    height: number;
  }
  /** Two slices that go on into each other, the second one shown at another place than right below. */
  function pair(change: Partial<Box>, first: Partial<Box> = {}): Entry[] {
    const entries = strip([{}, {}]);
    entries.forEach((entry, at) => {
      const own = { left: 0, top: 1280 * at, width: WIDTH, height: 1280, ...(at === 0 ? first : change) };
      const box = { ...own, bottom: own.top + own.height, right: own.left + own.width };
      entry.holders.clear();
      entry.holders.add({ isConnected: true, box: () => box } as unknown as Holder);
    });
    return entries;
  }
  const areJoined = (entries: Entry[]) => bind(entries, entries, nobody).sheets.length === 1;

  test.each<[string, Partial<Box>, boolean]>([
    ["right below", {}, true],
    ["a pixel and a half lower", { top: 1281.5 }, true],
    ["two pixels lower", { top: 1282 }, false],
    ["a pixel and a half higher", { top: 1278.5 }, true],
    ["two pixels higher", { top: 1278 }, false],
    ["a little to the right", { left: 1.5 }, true],
    ["further right", { left: 2 }, false],
    ["further left", { left: -2 }, false],
    ["a little wider", { width: WIDTH + 1.5 }, true],
    ["wider", { width: WIDTH + 2 }, false],
    ["narrower", { width: WIDTH - 2 }, false],
    ["without a height", { height: 0 }, false],
  ])("a slice %s: %s", (_, change, joined) => expect(areJoined(pair(change))).toBe(joined));

  test("what has no size does not touch", () => {
    expect(areJoined(pair({ top: 0 }, { height: 0 }))).toBe(false);
    expect(areJoined(pair({ width: 0 }, { width: 0 }))).toBe(false);
  });

  test("slices of other widths are none of one strip, though they are shown alike", () => {
    const entries = strip([{}, {}]);
    (entries[1] as Entry).width = WIDTH + 10;
    expect(areJoined(entries)).toBe(false);
  });

  test.each([0, 1])("what the worker knows as a page by itself is no slice: %d of two", (at) => {
    const entries = strip([{}, {}]);
    (entries[at] as Entry).isTold = true;
    expect(areJoined(entries)).toBe(false);
  });

  test("what no element shows has no neighbours", () => {
    const entries = strip([{}, {}, {}]);
    (entries[1] as Entry).holders.clear();
    expect(ids(bind(entries, entries, nobody).sheets)).toEqual([[0], [1], [2]]);
  });

  test("pages that are not next to each other in the chapter are not joined, whatever they show", () => {
    const entries = strip([{}, {}]);
    (entries[1] as Entry).index = 2;
    expect(areJoined(entries)).toBe(false);
  });
});

test("neighbours are those in the chapter's order, in whichever order the pages were found", () => {
  const entries = strip([{}, {}, {}]);
  const [first, second, third] = entries as [Entry, Entry, Entry];
  third.edges = null;
  const found = [third, first, second];
  expect(bind([first, second], found, (entry) => entry === third)).toMatchObject({
    sheets: [],
    waiting: [first, second],
  });
  expect(ids(bind([first, second], found, nobody).sheets)).toEqual([[0, 1]]);
});

test("two slices of which neither is read nor on its way do not wait for each other", () => {
  const entries = strip([{}, {}]);
  const [first, second] = entries as [Entry, Entry];
  first.edges = second.edges = null;
  expect(ids(bind([first], entries, (entry) => entry === second).sheets)).toEqual([[0]]);
  expect(bind([first], entries, () => true).waiting).toEqual([first]);
});

test("each slice knows the sheet that it is in, and that alone", () => {
  const entries = strip([{}, {}, {}, {}]);
  const { sheets } = bind(entries, entries, nobody);
  expect(entries.map(({ sheet }) => sheet)).toEqual([sheets[0], sheets[0], sheets[0], sheets[1]]);
});

test("a slice waits two seconds for its neighbour", () => {
  const entries = strip([{}, {}]);
  const [first, second] = entries as [Entry, Entry];
  second.edges = null;
  const waitsSince = (ms: number) => {
    first.capturedAt = performance.now() - ms;
    first.sheet = null;
    return bind([first], entries, (entry) => entry === second).waiting.length === 1;
  };
  expect([1500, 2001].map(waitsSince)).toEqual([true, false]);
});

test("pages that the document will show lie between no neighbours", () => {
  const entries = strip([{}, {}]);
  const [first, second] = entries as [Entry, Entry];
  second.edges = null;
  const foreseen = Object.assign(new Entry("p-9", "u9"), { index: 0.5 });
  expect(bind([first], [first, foreseen, second], (entry) => entry === second).waiting).toEqual([first]);
});

test.each([
  ["three slices leave room for a fourth to the last pixel", [1000, 1000, 1000], 3],
  ["a high slice leaves none for another like it", [1000, 2000], 0],
])("%s", (_, heights, waiting) => {
  const entries = strip([...heights, 1000].map((height) => ({ height })));
  const next = entries.at(-1) as Entry;
  next.edges = null;
  expect(bind(entries.slice(0, -1), entries, (entry) => entry === next).waiting).toHaveLength(waiting);
});

test("slices of a column that stands further right touch as well", () => {
  const entries = strip([{}, {}]);
  for (const entry of entries) {
    const { left, right, ...box } = entry.holder?.box() as DOMRect;
    entry.holders.clear();
    const moved = { ...box, left: left + 300, right: right + 300 };
    entry.holders.add({ isConnected: true, box: () => moved } as unknown as Holder);
  }
  expect(ids(bind(entries, entries, nobody).sheets)).toEqual([[0, 1]]);
});
