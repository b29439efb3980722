import { afterEach, beforeEach, expect, test, vi } from "vitest";

const outside = vi.hoisted(() => ({ get: vi.fn(), shot: vi.fn() }));
vi.mock("wxt/browser", () => ({ browser: { tabs: { get: outside.get, captureVisibleTab: outside.shot } } }));

import { windowOf } from "@/lib/worker/look";

beforeEach(() => {
  vi.useFakeTimers();
  outside.get.mockReset().mockResolvedValue({ active: true, windowId: 3 });
  outside.shot.mockReset().mockResolvedValue("data:image/png;base64,YQ==");
});
afterEach(async () => {
  await vi.advanceTimersByTimeAsync(2000);
  vi.useRealTimers();
});

test("the window of a tab in front is looked at", async () => {
  expect(await (await windowOf(7))?.text()).toBe("a");
  expect(outside.get).toHaveBeenCalledWith(7);
  expect(outside.shot).toHaveBeenCalledWith(3, { format: "png" });
});

test("another tab's window is never taken for it: not before, and not after", async () => {
  outside.get.mockResolvedValue({ active: false, windowId: 3 });
  expect(await windowOf(7)).toBeNull();
  expect(outside.shot).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(600);
  outside.get.mockResolvedValueOnce({ active: true, windowId: 3 });
  expect(await windowOf(7)).toBeNull();
  expect(outside.shot).toHaveBeenCalledTimes(1);
});

test("a browser that does not let us look tells nothing, and is asked again the next time", async () => {
  outside.shot.mockRejectedValueOnce(new Error("not allowed"));
  expect(await windowOf(7)).toBeNull();
  await vi.advanceTimersByTimeAsync(600);
  expect(await windowOf(7)).not.toBeNull();
});

test("looks come one after the other, no more than two a second", async () => {
  const looks = [windowOf(7), windowOf(7), windowOf(7)];
  await looks[0];
  await vi.advanceTimersByTimeAsync(549);
  expect(outside.shot).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(outside.shot).toHaveBeenCalledTimes(2);
  await looks[1];
  await vi.advanceTimersByTimeAsync(550);
  expect(outside.shot).toHaveBeenCalledTimes(3);
});
