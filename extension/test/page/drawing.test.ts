// @vitest-environment jsdom
import { beforeEach, expect, test, vi } from "vitest";
import { type Coloured, Kept, NotShown } from "@/lib/page/holders/coloured";
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
    transferFromImageBitmap: (whole: unknown) => drawn.push([whole]),
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

test("canvases that are not shown any more are freed, those that stay are not", async () => {
  const drawing = new Drawing(source());
  drawing.want({ width: 400, height: 5000, first: 0, last: 1 });
  await settled();
  const [first, second] = bands(drawing) as [HTMLCanvasElement, HTMLCanvasElement];
  drawing.want({ width: 400, height: 5000, first: 1, last: 2 });
  await settled();
  expect([first.width, second.width, bands(drawing)[0] === second]).toEqual([0, 400, true]);
  const shown = bands(drawing);
  drawing.want({ width: 300, height: 3750, first: 1, last: 1 });
  await settled();
  expect(shown.map(({ width }) => width)).toEqual([0, 0]);
  const [last] = bands(drawing) as [HTMLCanvasElement];
  expect(last.width).toBe(300);
  drawing.release();
  expect([last.width, bands(drawing).length]).toEqual([0, 0]);
});

test("what was let go while it was drawn is freed and never shown", async () => {
  const created: HTMLCanvasElement[] = [];
  const create = document.createElement.bind(document);
  vi.spyOn(document, "createElement").mockImplementation(((name: string) => {
    const element = create(name);
    if (name === "canvas") created.push(element as HTMLCanvasElement);
    return element;
  }) as typeof document.createElement);
  const drawing = new Drawing(source());
  drawing.want({ width: 400, height: 5000, first: 0, last: 1 });
  drawing.release();
  await settled();
  vi.restoreAllMocks();
  expect(created.map(({ width }) => width)).toEqual([0, 0]);
  expect([bands(drawing).length, made[0]?.closed]).toEqual([0, true]);
});

test("a picture whose bytes are gone is asked for once; another one is drawn", async () => {
  const gone = source();
  const get = vi.spyOn(gone.picture, "get").mockRejectedValue(new Error("gone"));
  const drawing = new Drawing(gone);
  for (let at = 0; at < 2; at++) {
    drawing.want({ width: 400, height: 100, first: 0, last: 0 });
    await settled();
  }
  expect([get.mock.calls.length, bands(drawing).length]).toEqual([1, 0]);
  drawing.replace(source());
  await settled();
  expect(bands(drawing)).toHaveLength(1);
});

test.each<[string, Error, number]>([
  ["that nobody shows any more", new NotShown("gone"), 1],
  ["that are gone otherwise", new Error("gone"), 0],
])("the page hears of bytes %s", async (_, error, count) => {
  const lost = vi.fn();
  const gone = { ...source(), lost };
  vi.spyOn(gone.picture, "get").mockRejectedValue(error);
  const drawing = new Drawing(gone);
  drawing.want({ width: 400, height: 100, first: 0, last: 0 });
  await settled();
  drawing.want({ width: 400, height: 100, first: 0, last: 0 });
  await settled();
  expect(lost).toHaveBeenCalledTimes(count);
});

test("pictures are scaled with care, from what is decoded where anything is; in its own size none is scaled", async () => {
  const asked = vi.fn(async (_: unknown, size?: { resizeWidth: number; resizeHeight: number }) =>
    size ? bitmap(size.resizeWidth, size.resizeHeight) : bitmap(800, 5000),
  );
  vi.stubGlobal("createImageBitmap", asked);
  const plain = source();
  const bytes = await plain.picture.get();
  const drawing = new Drawing(plain);
  drawing.want({ width: 800, height: 5000, first: 0, last: 0 });
  await settled();
  expect(asked.mock.calls).toEqual([[bytes]]);
  for (const size of [
    { width: 400, height: 5000 },
    { width: 800, height: 2500 },
  ]) {
    drawing.want({ ...size, first: 0, last: 0 });
    await settled();
    const scaled = { resizeWidth: size.width, resizeHeight: size.height, resizeQuality: "high" };
    expect(asked.mock.lastCall).toEqual([bytes, scaled]);
  }
  const decoded = bitmap(800, 5000);
  drawing.replace(source(decoded));
  await settled();
  expect(asked.mock.lastCall?.[0]).toBe(decoded);
});

test("the bands fill the element from side to side, and the page has its turn between them", async () => {
  const turns = vi.fn(async () => undefined);
  vi.stubGlobal("scheduler", { yield: turns });
  const drawing = new Drawing(source());
  expect([drawing.element.style.position, drawing.element.style.overflow]).toEqual(["absolute", "hidden"]);
  const height = 2 * BAND_ROWS + 100;
  drawing.want({ width: 400, height, first: 0, last: 2 });
  await settled();
  for (const { style, height: rows, width } of bands(drawing)) {
    expect([style.position, style.left, style.width, width]).toEqual(["absolute", "0px", "100%", 400]);
    expect(parseFloat(style.height)).toBeCloseTo((100 * rows) / height, 3);
  }
  expect(turns).toHaveBeenCalledTimes(2);
  drawing.want({ width: 400, height, first: 1, last: 2 }); // they are there
  await settled();
  expect(turns).toHaveBeenCalledTimes(2);
  drawing.want({ width: 400, height, first: 0, last: 2 }); // the first one is drawn at once, the others are there
  await settled();
  expect([turns.mock.calls.length, bands(drawing).length]).toEqual([2, 3]);
});

test("what is wanted again while it is drawn is drawn once", async () => {
  const drawing = new Drawing(source());
  for (let at = 0; at < 3; at++) drawing.want({ width: 400, height: 2500, first: 0, last: 0 });
  await settled();
  expect(made).toHaveLength(1);
});

test("a picture of one band is handed over, of several the bands are copied", async () => {
  const asked: [string, string][] = [];
  HTMLCanvasElement.prototype.getContext = ((kind: string) => ({
    drawImage: () => asked.push([kind, "copied"]),
    transferFromImageBitmap: () => asked.push([kind, "handed over"]),
  })) as unknown as HTMLCanvasElement["getContext"];
  const drawing = new Drawing(source());
  drawing.want({ width: 400, height: BAND_ROWS, first: 0, last: 0 });
  await settled();
  drawing.want({ width: 400, height: BAND_ROWS + 2, first: 0, last: 1 });
  await settled();
  expect(asked).toEqual([
    ["bitmaprenderer", "handed over"],
    ["2d", "copied"],
    ["2d", "copied"],
  ]);
});

test("where the browser gives no canvas, or nobody is to hear of lost bytes, nothing is shown and nothing breaks", async () => {
  HTMLCanvasElement.prototype.getContext = () => null;
  const drawing = new Drawing(source());
  for (const height of [BAND_ROWS, 2 * BAND_ROWS]) {
    drawing.want({ width: 400, height, first: 0, last: 0 });
    await settled();
    expect(bands(drawing)).toHaveLength(1);
  }
  const unheard = source();
  vi.spyOn(unheard.picture, "get").mockRejectedValue(new NotShown("gone"));
  drawing.replace(unheard);
  await settled();
  const next = source();
  drawing.replace(next);
  await settled();
  expect([drawing.source, bands(drawing).length]).toEqual([next, 1]);
});

test("what is wanted while another size is drawn comes right after it", async () => {
  const drawing = new Drawing(source());
  drawing.want({ width: 400, height: 2500, first: 0, last: 0 });
  drawing.want({ width: 200, height: 1250, first: 0, last: 0 });
  await settled();
  expect([bands(drawing).map(({ width }) => width), made.length]).toEqual([[200], 2]);
});
