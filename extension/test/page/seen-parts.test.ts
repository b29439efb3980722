import { beforeEach, expect, test } from "vitest";
import { gather, gatheredOf, mayGather } from "@/lib/page/capture/seen-parts";
import type { Holder } from "@/lib/page/holders/holder";
import { noteDrawing } from "./looking";

const drawn: number[][] = [];
beforeEach(() => {
  drawn.length = 0;
  noteDrawing(drawn, (width, height) => new Blob([`${width}x${height}`]));
});
const holder = () => ({}) as Holder;
const shown = {} as ImageBitmap;
const ALL = { left: 40, right: 540 };
const at = (top: number, height = 2000) => ({ left: 40, top, width: 500, height });

test("a picture that is higher than the window is put together from what is seen of it, each row once it was", async () => {
  const own = holder();
  expect(gather(own, "1", shown, at(0), { ...ALL, top: 0, bottom: 800 })).toBeCloseTo(0.4);
  expect(await gatheredOf(own)).toBeNull();
  expect(gather(own, "1", shown, at(-1300), { ...ALL, top: 60, bottom: 700 })).toBeCloseTo(0.72); // below a bar of the site
  expect(gather(own, "1", shown, at(-700), { ...ALL, top: 60, bottom: 800 })).toBeCloseTo(1);
  expect(drawn).toEqual([
    [40, 0, 500, 800, 0, 0, 500, 800],
    [40, 60, 500, 640, 0, 1360, 500, 640],
    [40, 60, 500, 740, 0, 760, 500, 740],
  ]);
  expect(await (await gatheredOf(own))?.text()).toBe("500x2000");
  expect(await gatheredOf(own)).toBeNull(); // held no longer
});

test("rows that are cut at the window's edge are seen another time, the picture's own ends are not", () => {
  const own = holder();
  expect(gather(own, "1", shown, at(-0.4, 1000), { ...ALL, top: 0, bottom: 800 })).toBe(0.8);
  expect(gather(own, "1", shown, at(-300.5, 1000), { ...ALL, top: 0, bottom: 699.5 })).toBe(1);
  expect(drawn[1]?.slice(1, 4)).toEqual([1, 500, 699]);
});

test.each<[string, string, object]>([
  ["another picture", "2", at(0)],
  ["another size", "1", at(0, 1500)],
])("%s begins anew", (_, url, box) => {
  const own = holder();
  gather(own, "1", shown, at(0), { ...ALL, top: 0, bottom: 1000 });
  expect(gather(own, url, shown, box as ReturnType<typeof at>, { ...ALL, top: 0, bottom: 0 })).toBe(0);
});

test("a picture that is wider than the window as well is put together from all its corners", async () => {
  const own = holder();
  const box = (left: number, top: number) => ({ left, top, width: 1500, height: 1000 });
  const window = { left: 0, top: 0, right: 1000, bottom: 600 };
  expect(gather(own, "1", shown, box(0, 0), window)).toBeCloseTo(0.4);
  expect(gather(own, "1", shown, box(-500, 0), window)).toBeCloseTo(0.6);
  expect(gather(own, "1", shown, box(-500, -400), window)).toBeCloseTo(0.6 + 0.4 * (2 / 3));
  expect(await gatheredOf(own)).toBeNull();
  expect(gather(own, "1", shown, box(-200.5, -400), window)).toBeCloseTo(0.6 + 0.4 * (1299 / 1500)); // a cut column
  expect(gather(own, "1", shown, box(0, -400), window)).toBeCloseTo(1);
  expect(drawn[3]).toEqual([1, 0, 999, 600, 201, 400, 999, 600]);
  expect(await (await gatheredOf(own))?.text()).toBe("1500x1000");
});

test("nothing is put together that no canvas holds", () => {
  expect([mayGather(800, 32_000), mayGather(800, 32_001), mayGather(8000, 8000)]).toEqual([true, false, false]);
});
