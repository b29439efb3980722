import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { patiently, wishOf } from "@/lib/polite";

let address = "";
let count = 0;

beforeEach(() => {
  vi.useFakeTimers();
  address = `https://cdn${++count}.example/1.jpg`; // who is busy is remembered
});
afterEach(() => vi.useRealTimers());

function site(...answers: [status: number, after?: string][]) {
  const ask = vi.fn(async () => {
    const [status, after] = answers.shift() ?? [200];
    return new Response("", { status, headers: after ? { "retry-after": after } : {} });
  });
  const waits: number[] = [];
  const wait = async (ms: number) => {
    waits.push(ms);
    vi.setSystemTime(Date.now() + ms);
  };
  return { ask, waits, wait };
}

test("asks again as late as the site wishes", async () => {
  const { ask, waits, wait } = site([429, "2"], [503]);
  expect((await patiently(ask, address, wait)).status).toBe(200);
  expect(waits).toEqual([2000, 2000]);
});

test("gives up in the end, and at once where the wait is too long", async () => {
  const busy = site([429], [429], [429], [429], [429]);
  expect((await patiently(busy.ask, address, busy.wait)).status).toBe(429);
  expect(busy.waits).toEqual([1000, 2000, 4000]);
  vi.setSystemTime(Date.now() + 60_000);
  const late = site([503, "3600"]);
  expect((await patiently(late.ask, address, late.wait)).status).toBe(503);
  expect(late.waits).toEqual([]);
});

test("other refusals stand", async () => {
  const { ask, wait } = site([403]);
  expect((await patiently(ask, address, wait)).status).toBe(403);
  expect(ask).toHaveBeenCalledTimes(1);
});

test("a wish is in seconds or a date", () => {
  expect(wishOf("3")).toBe(3000);
  expect(wishOf(new Date(Date.now() + 5000).toUTCString())).toBeGreaterThan(3000);
  expect(wishOf("soon")).toBeNull();
});

test("what else is asked of a busy site waits too, what is asked of others does not", async () => {
  const busy = site([429, "5"], [200]);
  const both = patiently(busy.ask, address, () => new Promise(() => undefined));
  void both;
  await vi.advanceTimersByTimeAsync(0);
  const [same, other] = [site(), site()];
  await patiently(same.ask, address.replace("1.jpg", "2.jpg"), same.wait);
  await patiently(other.ask, "https://else.example/2.jpg", other.wait);
  expect([same.waits, other.waits]).toEqual([[5000], []]);
});

test("a wait of twenty seconds is one, and a busy answer's body is let go", async () => {
  const { ask, waits, wait } = site([503, "20"], [503, "21"]);
  const answers: Response[] = [];
  const kept = async () => (answers.push(await ask()), answers.at(-1)!);
  expect((await patiently(kept, address, wait)).status).toBe(503);
  expect(waits).toEqual([20_000]);
  await expect(answers[0]!.text()).rejects.toThrow(); // cancelled
});

test("a date that is over, and less than nothing, are no wait", () => {
  expect(wishOf(new Date(Date.now() - 5000).toUTCString())).toBe(0);
  expect(wishOf("-3")).toBe(0);
});
