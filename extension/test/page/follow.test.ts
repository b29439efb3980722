// @vitest-environment jsdom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { followLayout } from "@/lib/page/swap/follow";

let stop = new AbortController();
const place = vi.fn();

beforeEach(() => {
  vi.useFakeTimers();
  place.mockReset();
  stop = new AbortController();
});
afterEach(() => {
  stop.abort();
  vi.useRealTimers();
});
const frame = () => vi.advanceTimersByTime(16);

test.each([
  ["a scroll of the window", () => window.dispatchEvent(new Event("scroll"))],
  ["a scroll within the document", () => document.body.dispatchEvent(new Event("scroll"))], // it does not bubble
  ["a window of another size", () => window.dispatchEvent(new Event("resize"))],
  ["being asked", (follow: () => void) => follow()],
])("the next frame follows %s", (_, move) => {
  const follow = followLayout(place, stop.signal);
  move(follow);
  expect(place).not.toHaveBeenCalled();
  frame();
  expect(place).toHaveBeenCalledTimes(1);
});

test("a frame places once, however much moved; the next one again", () => {
  const follow = followLayout(place, stop.signal);
  for (let at = 0; at < 5; at++) follow();
  frame();
  expect(place).toHaveBeenCalledTimes(1);
  follow();
  frame();
  expect(place).toHaveBeenCalledTimes(2);
});

test("what moves without an event is followed as well", () => {
  followLayout(place, stop.signal);
  vi.advanceTimersByTime(399);
  expect(place).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1 + 16);
  expect(place).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(400);
  expect(place).toHaveBeenCalledTimes(2);
});

test("after the end nothing is placed, not even what was asked for", () => {
  const follow = followLayout(place, stop.signal);
  follow();
  stop.abort();
  frame();
  for (const event of ["scroll", "resize"]) window.dispatchEvent(new Event(event));
  vi.advanceTimersByTime(2000);
  expect(place).not.toHaveBeenCalled();
  expect(vi.getTimerCount()).toBe(0);
});
