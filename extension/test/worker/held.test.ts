import { afterEach, beforeEach, expect, test, vi } from "vitest";

const outside = vi.hoisted(() => ({
  save: vi.fn(),
  contains: vi.fn(),
  optional: ["pageCapture"] as string[] | undefined,
  can: true,
}));
vi.mock("wxt/browser", () => ({
  browser: {
    get pageCapture() {
      return outside.can ? { saveAsMHTML: outside.save } : undefined;
    },
    permissions: { contains: outside.contains },
    runtime: { getManifest: () => ({ optional_permissions: outside.optional }) },
  },
}));
vi.mock("@/lib/mhtml", () => ({
  Mhtml: class {
    readonly #held: Record<string, string>;
    constructor(bytes: Uint8Array) {
      const text = new TextDecoder().decode(bytes);
      this.#held = text ? (JSON.parse(text) as Record<string, string>) : {};
    }
    at(urls: readonly string[]) {
      const found = urls.map((url) => this.#held[url]).find((text) => text !== undefined);
      return found === undefined ? null : new TextEncoder().encode(found);
    }
  },
}));

import { couldCapture, heldBy, wouldCapture } from "@/lib/worker/held";

let tab = 100;
const holds = (held: Record<string, string>) => outside.save.mockResolvedValue(new Blob([JSON.stringify(held)]));
const textOf = async (blob: Blob | null) => (blob ? blob.text() : null);

beforeEach(() => {
  vi.useFakeTimers();
  tab += 1; // copies outlive a test
  Object.assign(outside, { optional: ["pageCapture"], can: true });
  outside.save.mockReset();
  outside.contains.mockReset().mockResolvedValue(true);
});
afterEach(() => vi.useRealTimers());

test("the bytes of the first address that the tab holds", async () => {
  holds({ b: "bytes", c: "others" });
  expect(await textOf(await heldBy(tab, ["a", "b", "c"]))).toBe("bytes");
  expect(outside.save).toHaveBeenCalledWith({ tabId: tab });
  expect(outside.contains).toHaveBeenCalledWith({ permissions: ["pageCapture"] });
});

test("one copy of the page serves for what is in it; for what is not, a new one is made once it is old", async () => {
  await vi.advanceTimersByTimeAsync(1000); // the worker is not new
  holds({ a: "1" });
  await heldBy(tab, ["a"]);
  expect([await textOf(await heldBy(tab, ["a"])), outside.save.mock.calls.length]).toEqual(["1", 1]);
  expect([await heldBy(tab, ["b"]), outside.save.mock.calls.length]).toEqual([null, 1]); // it is fresh
  await vi.advanceTimersByTimeAsync(299);
  expect([await heldBy(tab, ["b"]), outside.save.mock.calls.length]).toEqual([null, 1]);
  await vi.advanceTimersByTimeAsync(1);
  holds({ b: "2" });
  expect([await textOf(await heldBy(tab, ["b"])), outside.save.mock.calls.length]).toEqual(["2", 2]);
});

test("a copy is kept for eight seconds, and one tab's is none of another's", async () => {
  holds({ a: "1" });
  await heldBy(tab, ["a"]);
  await vi.advanceTimersByTimeAsync(7999);
  await heldBy(tab, ["a"]);
  expect(outside.save).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(1);
  await heldBy(tab, ["a"]);
  expect(outside.save).toHaveBeenCalledTimes(2);
  await heldBy(-tab, ["a"]);
  expect(outside.save).toHaveBeenCalledTimes(3);
});

test("a newer copy is not thrown away with the older one", async () => {
  holds({ a: "1" });
  await heldBy(tab, ["a"]);
  await vi.advanceTimersByTimeAsync(5000);
  holds({ b: "2" });
  await heldBy(tab, ["b"]);
  await vi.advanceTimersByTimeAsync(5000); // the first one's time is over
  await heldBy(tab, ["b"]);
  expect(outside.save).toHaveBeenCalledTimes(2);
});

test("pages are saved one at a time", async () => {
  let end: (file: Blob) => void = () => undefined;
  outside.save.mockImplementation(() => new Promise((resolve) => (end = resolve)));
  const looks = [heldBy(tab, ["a"]), heldBy(-tab, ["a"])];
  await vi.advanceTimersByTimeAsync(0);
  expect(outside.save).toHaveBeenCalledTimes(1);
  end(new Blob(["{}"]));
  await looks[0];
  await vi.advanceTimersByTimeAsync(0);
  expect(outside.save).toHaveBeenCalledTimes(2);
  end(new Blob(["{}"]));
  await looks[1];
});

test.each([
  [3, "1"],
  [4, null],
])("a file that is lost %d times gives %s", async (times, expected) => {
  holds({ a: "1" });
  for (let at = 0; at < times; at++) outside.save.mockRejectedValueOnce(new Error("lost"));
  const looked = heldBy(tab, ["a"]);
  await vi.advanceTimersByTimeAsync(59);
  expect(outside.save).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(1000);
  expect([await textOf(await looked), outside.save.mock.calls.length]).toEqual([expected, 4]);
});

test("after a copy that could not be had the next one is made anew, once the time has come", async () => {
  outside.save.mockRejectedValue(new Error("lost"));
  const looked = heldBy(tab, ["a"]);
  await vi.advanceTimersByTimeAsync(1000);
  expect(await looked).toBeNull();
  holds({ a: "1" });
  expect(await textOf(await heldBy(tab, ["a"]))).toBe("1");
});

test("a browser that saves nothing holds nothing", async () => {
  outside.save.mockResolvedValue(undefined);
  expect(await heldBy(tab, ["a"])).toBeNull();
});

test.each([
  ["where the reader has not allowed it", true, false],
  ["where the browser cannot do it", false, true],
])("nothing is saved %s", async (_, can, allowed) => {
  outside.can = can;
  outside.contains.mockResolvedValue(allowed);
  expect(await heldBy(tab, ["a"])).toBeNull();
  expect(outside.save).not.toHaveBeenCalled();
});

test.each<[string, string[] | undefined, boolean, boolean]>([
  ["not allowed yet", ["pageCapture"], false, true],
  ["allowed", ["pageCapture"], true, false],
  ["none that this build may ask for", ["downloads"], false, false],
  ["of a build that asks for nothing", undefined, false, false],
])("the reader can be asked for it where it is %s: %s", async (_, optional, allowed, could) => {
  outside.optional = optional;
  outside.contains.mockResolvedValue(allowed);
  expect(await couldCapture()).toBe(could);
  expect([await wouldCapture(403), await wouldCapture(500), await wouldCapture(200)]).toEqual([could, false, false]);
});

test.each([401, 403, 404, 410, 429, 503])("a site that gives each picture once may answer %d", async (status) => {
  outside.contains.mockResolvedValue(false);
  expect(await wouldCapture(status)).toBe(true);
});
