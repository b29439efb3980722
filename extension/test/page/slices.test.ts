import { expect, test, vi } from "vitest";
import { atOnce, inSlices } from "@/lib/page/slices";

function* steps(count: number, each: () => void): Generator<undefined, number> {
  for (let at = 0; at < count; at++) {
    each();
    yield;
  }
  return count;
}

test("long work lets the page have its turn every few milliseconds, short work does not", async () => {
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => now);
  const rested = vi.fn(() => Promise.resolve());
  vi.stubGlobal("scheduler", { yield: rested });
  expect(await inSlices(steps(7, () => (now += 1)))).toBe(7);
  expect(rested).not.toHaveBeenCalled();
  expect(await inSlices(steps(100, () => (now += 1)))).toBe(100);
  expect(rested.mock.calls.length).toBeGreaterThanOrEqual(12);
  expect(atOnce(steps(3, () => undefined))).toBe(3);
});
