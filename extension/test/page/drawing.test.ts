// @vitest-environment jsdom
import { beforeEach, expect, test, vi } from "vitest";
import { type Coloured, Kept } from "@/lib/page/holders/coloured";
import { BAND_ROWS, bandsOf, Drawing } from "@/lib/page/swap/drawing";

let made: { width: number; height: number; closed: boolean }[] = [];
const bitmap = (width: number, height: number) => {
  const one = { width, height, closed: false, close: () => (one.closed = true) };
  made.push(one);
  return one as unknown as ImageBitmap;
};
const drawn: unknown[][] = [];

beforeEach(() => {
  made = [];
  drawn.length = 0;
  vi.stubGlobal("scheduler", { yield: () => Promise.resolve() }); // nobody waits for another's turn
  HTMLCanvasElement.prototype.getContext = (() => ({
    drawImage: (...what: unknown[]) => drawn.push(what),
  })) as unknown as HTMLCanvasElement["getContext"];
  vi.stubGlobal("createImageBitmap", async (_: unknown, size?: { resizeWidth: number; resizeHeight: number }) =>
    size ? bitmap(size.resizeWidth, size.resizeHeight) : bitmap(800, 5000),
  );
});

const source = (decoded: ImageBitmap | null = null): Coloured => ({
  picture: new Kept(new Blob(), null),
  width: 800,
  height: 5000,
  decoded,
});
const settled = () => new Promise((resolve) => setTimeout(resolve, 10));
const bands = (drawing: Drawing) => [...drawing.element.children] as HTMLCanvasElement[];
const placed = (drawing: Drawing) => bands(drawing).map(({ style, height }) => [parseFloat(style.top), height]);

test("only the bands near the window are drawn, each where it belongs, with a row of the next", async () => {
  const drawing = new Drawing(source());
  drawing.want({ width: 400, height: 2 * BAND_ROWS + 100, first: 1, last: 2 });
  await settled();
  const height = 2 * BAND_ROWS + 100;
  expect(placed(drawing)).toEqual([
    [expect.closeTo((100 * BAND_ROWS) / height, 3), BAND_ROWS + 1],
    [expect.closeTo((200 * BAND_ROWS) / height, 3), 100],
  ]);
  expect(drawn.map(([, x, y]) => [x, y])).toEqual([[0, -BAND_ROWS], [0, -2 * BAND_ROWS]]); // prettier-ignore
  expect(made.every(({ closed }) => closed)).toBe(true);
});

test("a band that is there is not drawn again, one that is wanted besides is", async () => {
  const drawing = new Drawing(source());
  drawing.want({ width: 400, height: 2500, first: 0, last: 0 });
  await settled();
  const [first] = bands(drawing);
  drawing.want({ width: 400, height: 2500, first: 0, last: 0 });
  await settled();
  expect(made).toHaveLength(1);
  drawing.want({ width: 400, height: 2500, first: 0, last: 1 });
  await settled();
  expect([bands(drawing)[0] === first, bands(drawing).length, made.length]).toEqual([true, 2, 2]);
});

test("another size or another picture is drawn anew, and the former stays until it is ready", async () => {
  const drawing = new Drawing(source());
  drawing.want({ width: 400, height: 2500, first: 0, last: 0 });
  await settled();
  const [first] = bands(drawing);
  drawing.want({ width: 401, height: 2500, first: 0, last: 0 });
  expect(bands(drawing)[0]).toBe(first);
  await settled();
  expect(bands(drawing)[0]?.width).toBe(401);
  const other = source();
  drawing.replace(other);
  await settled();
  expect([drawing.source, made.length]).toEqual([other, 3]);
  drawing.want({ width: 401, height: 2600, first: 0, last: 0 });
  await settled();
  expect(made).toHaveLength(4);
});

test("nothing is drawn before something is wanted, nor after it was let go", async () => {
  const drawing = new Drawing(source());
  drawing.replace(source());
  await settled();
  expect(made).toEqual([]);
  drawing.want({ width: 400, height: 100, first: 0, last: 0 });
  drawing.release();
  await settled();
  expect(bands(drawing)).toEqual([]);
  drawing.want({ width: 400, height: 100, first: 0, last: 0 });
  await settled();
  expect(bands(drawing)).toHaveLength(1);
});

test("a picture that is decoded already is taken as it is, once, in its own size", async () => {
  const decoded = bitmap(800, 5000);
  const own = source(decoded);
  const drawing = new Drawing(own);
  drawing.want({ width: 800, height: 5000, first: 0, last: 0 });
  await settled();
  expect([made.length, own.decoded, made[0]?.closed]).toEqual([1, null, true]);
  const smaller = source(bitmap(800, 5000));
  drawing.replace(smaller);
  drawing.want({ width: 400, height: 2500, first: 0, last: 0 });
  await settled();
  expect(made.every(({ closed }) => closed)).toBe(true);
});

test.each([
  [0, 1],
  [1, 1],
  [BAND_ROWS, 1],
  [BAND_ROWS + 1, 2],
  [60_000, 30],
])("%d rows take %d bands", (rows, count) => expect(bandsOf(rows)).toBe(count));
