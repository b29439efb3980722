// @vitest-environment jsdom
import { beforeEach, expect, test, vi } from "vitest";

const asked = vi.hoisted(() => ({ may: true, later: [] as (() => void)[] }));
vi.mock("@/lib/page/holders/asked", () => ({
  wasAsked: (_url: string, later: () => void) => asked.may || (asked.later.push(later), false),
}));
import { AddressHolder, addressFrom } from "@/lib/page/holders/twin";

class Shown extends AddressHolder {
  address = "https://cdn.example/1.png";
  override get referrerPolicy(): string {
    return "no-referrer";
  }
}
interface Fake extends EventTarget {
  src: string;
  complete: boolean;
  naturalWidth: number;
  naturalHeight: number;
  referrerPolicy: string;
}
let twins: Fake[] = [];
const twin = () => twins.at(-1) as Fake;
const once = () => 1;
const loads = (width = 800, height = 1200) => {
  Object.assign(twin(), { complete: true, naturalWidth: width, naturalHeight: height });
  twin().dispatchEvent(new Event(width ? "load" : "error"));
};

beforeEach(() => {
  twins = [];
  Object.assign(asked, { may: true, later: [] });
  vi.stubGlobal(
    "Image",
    class extends EventTarget {
      complete = false;
      naturalWidth = 0;
      naturalHeight = 0;
      constructor() {
        super();
        twins.push(this as unknown as Fake);
      }
    },
  );
});

const holder = () => new Shown(document.createElement("div"));

test("an element of our own shows the same address, asked for as the site's own, and tells its size", () => {
  const one = holder();
  expect(one.source(once)).toEqual({ url: one.address, loaded: false });
  expect([twin().src, twin().referrerPolicy, one.pixels, one.natural]).toEqual(
    [one.address, "no-referrer", null, { width: 0, height: 0 }], // prettier-ignore
  );
  expect(one.shows(one.address)).toBe(false);
  loads();
  expect(one.source(once)).toEqual({ url: one.address, loaded: true });
  expect([one.pixels, one.natural, one.shows(one.address), one.shows("other")]).toEqual(
    [twin(), { width: 800, height: 1200 }, true, false], // prettier-ignore
  );
  expect(twins).toHaveLength(1);
});

test("what turns out to be no picture is none", () => {
  const one = holder();
  one.source(once);
  loads(0);
  expect([one.source(once), one.pixels]).toEqual([null, null]);
});

test("what has no address, or stands in for another picture, is none", () => {
  const one = holder();
  expect(one.source(() => 9)).toBeNull();
  one.address = "";
  expect([one.source(once), one.pixels, one.natural]).toEqual([null, null, { width: 0, height: 0 }]);
  expect(twins).toHaveLength(0);
});

test("nothing is asked for before the page has asked, who listens is told then, until the end", () => {
  const one = holder();
  const [changed, stop] = [vi.fn(), new AbortController()];
  one.watch(changed, stop.signal);
  asked.may = false;
  expect([one.source(once), one.natural, one.pixels, twins.length]).toEqual([null, { width: 0, height: 0 }, null, 0]);
  asked.may = true;
  asked.later[0]?.();
  expect(changed).toHaveBeenCalledTimes(1);
  one.source(once);
  loads();
  expect(changed).toHaveBeenCalledTimes(2);
  stop.abort();
  loads();
  expect(changed).toHaveBeenCalledTimes(2);
});

test("another address has an element of its own, and the former one is not heard any more", () => {
  const one = holder();
  const changed = vi.fn();
  one.watch(changed, new AbortController().signal);
  one.source(once);
  const former = twin();
  one.address = "https://cdn.example/2.png";
  one.source(once);
  expect(twins).toHaveLength(2);
  former.dispatchEvent(new Event("load"));
  expect(changed).not.toHaveBeenCalled();
  loads();
  expect(changed).toHaveBeenCalledTimes(1);
});

test.each([
  ["/1.png", "http://localhost:3000/1.png"],
  ["https://a.example/1.png", "https://a.example/1.png"],
  ["http://[", ""],
  ["", ""],
  [null, ""],
  [undefined, ""],
])("%j is %j for its document", (url, address) => {
  const element = document.createElement("div");
  expect(addressFrom(url, element).replace(/^http:\/\/localhost(?::\d+)?/, "http://localhost:3000")).toBe(address);
});
