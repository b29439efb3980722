import { expect, test, vi } from "vitest";
import { patiently, wishOf } from "@/lib/polite";

function site(...answers: [status: number, after?: string][]) {
  const ask = vi.fn(async () => {
    const [status, after] = answers.shift() ?? [200];
    return new Response("", { status, headers: after ? { "retry-after": after } : {} });
  });
  const waits: number[] = [];
  const wait = async (ms: number) => void waits.push(ms);
  return { ask, waits, wait };
}

test("asks again as late as the site wishes", async () => {
  const { ask, waits, wait } = site([429, "2"], [503]);
  expect((await patiently(ask, wait)).status).toBe(200);
  expect(waits).toEqual([2000, 2000]);
});

test("gives up in the end, and at once where the wait is too long", async () => {
  const busy = site([429], [429], [429], [429], [429]);
  expect((await patiently(busy.ask, busy.wait)).status).toBe(429);
  expect(busy.waits).toEqual([1000, 2000, 4000]);
  const late = site([503, "3600"]);
  expect((await patiently(late.ask, late.wait)).status).toBe(503);
  expect(late.waits).toEqual([]);
});

test("other refusals stand", async () => {
  const { ask, wait } = site([403]);
  expect((await patiently(ask, wait)).status).toBe(403);
  expect(ask).toHaveBeenCalledTimes(1);
});

test("a wish is in seconds or a date", () => {
  expect(wishOf("3")).toBe(3000);
  expect(wishOf(new Date(Date.now() + 5000).toUTCString())).toBeGreaterThan(3000);
  expect(wishOf("soon")).toBeNull();
});
