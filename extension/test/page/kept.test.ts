import { beforeEach, expect, test, vi } from "vitest";
import { dropKept, Kept } from "@/lib/page/holders/coloured";

const MB = 1024 * 1024;
const blob = (size = 20 * MB) => ({ size }) as Blob;

beforeEach(() => dropKept());

test("of a long chapter the pictures that were wanted last are held, the others come again", async () => {
  const again = vi.fn(async () => blob());
  const all = Array.from({ length: 6 }, () => new Kept(blob(), again)); // 120 MB
  expect(all.map(({ isHeld }) => isHeld)).toEqual([false, false, true, true, true, true]);
  await all[2]?.get();
  await all[0]?.get(); // takes the place of the one that was wanted longest ago
  expect(again).toHaveBeenCalledOnce();
  expect(all.map(({ isHeld }) => isHeld)).toEqual([true, false, true, false, true, true]);
});

test("what two want at once is asked for once, and a failure is not kept", async () => {
  const again = vi.fn<() => Promise<Blob>>().mockRejectedValueOnce(new Error("gone")).mockResolvedValue(blob());
  const kept = new Kept(null, again);
  const both = await Promise.allSettled([kept.get(), kept.get()]);
  expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect((await Promise.all([kept.get(), kept.get()])).map(({ size }) => size)).toEqual([20 * MB, 20 * MB]);
  expect(again).toHaveBeenCalledTimes(2);
});

test("what cannot come again stays, however much there is", async () => {
  const all = Array.from({ length: 9 }, () => new Kept(blob(), null));
  expect(all.every(({ isHeld }) => isHeld)).toBe(true);
  all[0]?.drop();
  await expect(all[0]?.get()).rejects.toThrow("not here any more");
});

test("one picture that is larger than all there is room for is held while it is wanted", async () => {
  const large = new Kept(blob(200 * MB), async () => blob(200 * MB));
  expect(large.isHeld).toBe(true);
  expect(new Kept(blob(), async () => blob()).isHeld).toBe(true);
  expect(large.isHeld).toBe(false);
});
