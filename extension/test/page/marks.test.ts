// @vitest-environment jsdom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Holder } from "@/lib/page/holders/holder";

const { raise, roots, follow } = vi.hoisted(() => ({
  raise: vi.fn((_host: Element, above: unknown) => above),
  roots: [] as HTMLElement[],
  follow: { place: () => undefined as void, asked: 0, begun: 0, signal: null as AbortSignal | null },
}));
vi.mock("@/lib/page/holders/closed-root", () => ({
  raise,
  closedRoot: (host: HTMLElement) => (roots.push(host), host), // what stands in it can be looked at here
}));
vi.mock("@/lib/page/swap/follow", () => ({
  followLayout: (place: () => void, signal: AbortSignal) => {
    Object.assign(follow, { place, signal, begun: follow.begun + 1 });
    return () => void (follow.asked += 1);
  },
}));

import { Marks } from "@/lib/page/swap/marks";

let stop = new AbortController();
let isCalm = false;

beforeEach(() => {
  vi.useFakeTimers();
  raise.mockReset().mockImplementation((_, above) => above);
  roots.length = 0;
  follow.asked = follow.begun = 0;
  stop = new AbortController();
  vi.stubGlobal("matchMedia", (query: string) => ({ matches: isCalm && query.includes("reduce") }));
});
afterEach(() => {
  stop.abort();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const holderAt = (right: number, top: number, width = 400, height = 600, isConnected = true) =>
  ({ isConnected, box: () => ({ right, top, width, height }) }) as unknown as Holder;
const host = () => roots[0] as HTMLElement;
const signs = () => [...host().children] as HTMLElement[];
const progress = { kind: "progress", fraction: 0.5 } as const;

test("the signs stand beside the body as soon as there is one, out of everyone's way", () => {
  const marks = new Marks(stop.signal);
  expect(host().isConnected).toBe(false);
  marks.set(holderAt(0, 0), progress);
  expect(host().parentElement).toBe(document.documentElement);
  expect(host().getAttribute("aria-hidden")).toBe("true");
  expect([host().style.position, host().style.pointerEvents, host().style.zIndex]).toEqual(
    ["absolute", "none", "2147483647"], // prettier-ignore
  );
  host().remove(); // the site threw it away
  marks.set(holderAt(0, 0), progress);
  expect(host().isConnected).toBe(true);
});

test("each page has one sign: a ring that goes on stays the same, other signs take its place", () => {
  const marks = new Marks(stop.signal);
  const [holder, other] = [holderAt(0, 0), holderAt(0, 0)];
  marks.set(holder, progress);
  marks.set(other, progress);
  const [ring] = signs();
  marks.set(holder, { kind: "progress", fraction: 0.7 });
  expect(signs()).toHaveLength(2);
  expect(signs()[0]).toBe(ring);
  marks.set(holder, { kind: "left", note: "why", failed: false });
  expect(signs()).toHaveLength(2);
  expect(signs()).not.toContain(ring);
  expect(signs().map(({ title }) => title)).toEqual(["", "why"]);
});

test("a tick goes by itself, and never takes a later sign along", () => {
  const marks = new Marks(stop.signal);
  const holder = holderAt(0, 0);
  marks.set(holder, { kind: "done" });
  vi.advanceTimersByTime(5000);
  expect(signs()).toHaveLength(0);
  marks.set(holder, { kind: "done" });
  marks.set(holder, { kind: "left", note: "why", failed: true });
  vi.advanceTimersByTime(5000);
  expect(signs().map(({ title }) => title)).toEqual(["why"]);
});

test("what is dropped is gone, the others stay", () => {
  const marks = new Marks(stop.signal);
  const [holder, other] = [holderAt(0, 0), holderAt(0, 0)];
  marks.set(holder, progress);
  marks.set(other, { kind: "left", note: "why", failed: true });
  marks.drop(holder);
  marks.drop(holderAt(0, 0)); // one without a sign
  expect(signs().map(({ title }) => title)).toEqual(["why"]);
});

test("a sign stands in the top right corner of its page, as the host itself moved", () => {
  const marks = new Marks(stop.signal);
  marks.set(holderAt(500, 100), progress);
  expect(follow.asked).toBe(1);
  const [sign] = signs() as [HTMLElement];
  Object.defineProperty(sign, "offsetWidth", { value: 28 });
  host().getBoundingClientRect = () => ({ left: 20, top: -300 }) as DOMRect;
  follow.place();
  expect(sign.style.transform).toBe("translate(442px, 410px)");
  expect(sign.style.visibility).toBe("visible");
});

test.each([
  ["out of the document", holderAt(500, 100, 400, 600, false)],
  ["without a width", holderAt(500, 100, 0, 600)],
  ["without a height", holderAt(500, 100, 400, 0)],
])("a page that is %s has no sign, and the others have", (_, holder) => {
  const marks = new Marks(stop.signal);
  marks.set(holder, progress);
  marks.set(holderAt(300.4, 0), progress);
  follow.place();
  expect(signs().map(({ style }) => style.visibility)).toEqual(["hidden", "visible"]);
  expect(signs().map(({ style }) => style.transform)).toEqual(["", "translate(290px, 10px)"]);
});

test("the signs are lifted over what the site shows in full screen, and know over what they are", () => {
  const marks = new Marks(stop.signal);
  follow.place();
  expect(raise).not.toHaveBeenCalled(); // there is no sign to lift
  marks.set(holderAt(0, 0), progress);
  const dialog = document.createElement("dialog");
  raise.mockImplementationOnce(() => dialog);
  follow.place();
  follow.place();
  expect(raise.mock.calls).toEqual([
    [host(), null],
    [host(), dialog],
  ]);
});

test("the end takes all of them away", () => {
  const marks = new Marks(stop.signal);
  const holder = holderAt(0, 0);
  marks.set(holder, progress);
  stop.abort();
  expect([signs().length, host().isConnected, follow.signal?.aborted]).toEqual([0, false, true]);
  follow.place();
  expect(raise).not.toHaveBeenCalled();
});

test.each([true, false])("a reader who wants it calm: %s", (calm) => {
  isCalm = calm;
  new Marks(stop.signal).set(holderAt(0, 0), progress);
  expect(signs()[0]?.style.transition === "none").toBe(calm);
});

test("nothing is watched, nor stands in the document, while there is no sign", () => {
  const marks = new Marks(stop.signal);
  expect(follow.begun).toBe(0);
  const [holder, other] = [holderAt(0, 0), holderAt(0, 0)];
  marks.drop(holder); // there was none
  marks.set(holder, progress);
  marks.set(other, progress);
  expect([follow.begun, follow.asked, follow.signal?.aborted]).toEqual([1, 2, false]);
  marks.drop(holder);
  expect([host().isConnected, follow.signal?.aborted]).toEqual([true, false]);
  host().setAttribute("popover", "manual");
  marks.drop(other);
  expect([host().isConnected, host().hasAttribute("popover"), follow.signal?.aborted]).toEqual([false, false, true]);
  marks.set(holder, progress);
  expect([follow.begun, follow.signal?.aborted, host().isConnected]).toEqual([2, false, true]);
  stop.abort();
  expect(follow.signal?.aborted).toBe(true);
});

test("a host that stands is not moved by the next sign", () => {
  const marks = new Marks(stop.signal);
  marks.set(holderAt(0, 0), progress);
  const append = vi.spyOn(document.documentElement, "append");
  marks.set(holderAt(0, 0), progress);
  expect(append).not.toHaveBeenCalled();
  append.mockRestore();
});

test("while the window is looked at the signs are not in it", () => {
  const marks = new Marks(stop.signal);
  marks.set(holderAt(0, 0), progress);
  marks.hide(true);
  expect(host().style.visibility).toBe("hidden");
  marks.hide(false);
  expect(host().style.visibility).toBe("visible");
});
