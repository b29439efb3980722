import * as fc from "fast-check";
import { expect, test } from "vitest";
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
