// @vitest-environment jsdom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { fakeBrowser } from "wxt/testing/fake-browser";
import type { Holder } from "@/lib/page/holders/holder";
import { Peek, under } from "@/lib/page/swap/peek";
import { saveChoices } from "@/lib/state";

const holder = (left: number, width = 100) => ({ box: () => new DOMRect(left, 0, width, 200) }) as unknown as Holder;
const [first, second] = [holder(0), holder(100)];
const pages = { isAnything: true, covered: [first, second], peek: vi.fn() };
let stop: AbortController;
const seen = vi.fn();

/** As the reader does it: scripts of the page cannot make such events. */
function act(kind: string, init: EventInit & Record<string, unknown> = {}, on: EventTarget = document.body): boolean {
  const event = Object.assign(new Event(kind, { bubbles: true, cancelable: true, composed: true }), {
    button: 0,
    isPrimary: true,
    repeat: false,
    ...init,
  });
  on.dispatchEvent(event);
  return !event.defaultPrevented;
}

beforeEach(() => {
  fakeBrowser.reset();
  vi.useFakeTimers();
  vi.clearAllMocks();
  document.body.innerHTML = "<input><p></p>";
  pages.isAnything = true;
  stop = new AbortController();
  new Peek(pages, stop.signal, (event) => !(event as { isMade?: boolean }).isMade);
  for (const kind of ["keydown", "keyup", "click"]) document.addEventListener(kind, seen, { signal: stop.signal });
});

afterEach(() => {
  stop.abort();
  vi.useRealTimers();
});

test("the originals are seen while the key is held, and the site does not hear of it", () => {
  expect(act("keydown", { code: "KeyO" })).toBe(false);
  act("keydown", { code: "KeyO", repeat: true });
  expect(pages.peek.mock.calls).toEqual([["all"]]);
  act("keyup", { code: "KeyO" });
  expect(pages.peek.mock.lastCall).toEqual([null]);
  expect(seen).not.toHaveBeenCalled();
});

test.each<[string, () => unknown]>([
  ["another key", () => act("keydown", { code: "KeyP" })],
  ["the key with another one", () => act("keydown", { code: "KeyO", ctrlKey: true })],
  ["writing", () => act("keydown", { code: "KeyO" }, document.querySelector("input") as Element)],
  ["a key that a script makes", () => act("keydown", { code: "KeyO", isMade: true })],
  ["a page without colours", () => ((pages.isAnything = false), act("keydown", { code: "KeyO" }))],
])("nothing is peeked at for %s", (_, doIt) => {
  expect(doIt()).toBe(true);
  expect(pages.peek).not.toHaveBeenCalled();
});

test("the key can be another one, or none", async () => {
  await saveChoices({ peekKey: "KeyQ" });
  await vi.advanceTimersByTimeAsync(1);
  expect(act("keydown", { code: "KeyO" })).toBe(true);
  expect(act("keydown", { code: "KeyQ" })).toBe(false);
  act("keyup", { code: "KeyQ" });
  await saveChoices({ peekKey: "" });
  await vi.advanceTimersByTimeAsync(1);
  expect(act("keydown", { code: "" })).toBe(true);
});

test("it ends with the window's focus", () => {
  act("keydown", { code: "KeyO" });
  act("blur", {}, window);
  expect(pages.peek.mock.lastCall).toEqual([null]);
});

test("a page that is pressed is peeked at alone, and its click turns no page", () => {
  act("pointerdown", { clientX: 120, clientY: 50 });
  vi.advanceTimersByTime(349);
  expect(pages.peek).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(pages.peek).toHaveBeenCalledExactlyOnceWith(second);
  act("pointerup");
  expect(pages.peek.mock.lastCall).toEqual([null]);
  expect(act("click")).toBe(false);
  expect(seen).not.toHaveBeenCalled();
  vi.runAllTimers();
  expect(act("click")).toBe(true); // the next one is the site's
});

test.each<[string, () => void]>([
  ["a click", () => act("pointerup")],
  ["a page that is dragged", () => act("pointermove", { clientX: 140, clientY: 50 })],
  ["a gesture of the browser", () => act("pointercancel")],
])("%s is no press", (_, then) => {
  act("pointerdown", { clientX: 120, clientY: 50 });
  then();
  vi.advanceTimersByTime(1000);
  expect(pages.peek).not.toHaveBeenCalledWith(second);
  expect(act("click")).toBe(true);
});

test("controls and places beside the pages are pressed as ever, and so is all if the reader wants no peeking", async () => {
  act("pointerdown", { clientX: 120, clientY: 50 }, document.querySelector("input") as Element);
  act("pointerdown", { clientX: 500, clientY: 50 });
  await saveChoices({ peeksByPress: false });
  await vi.advanceTimersByTimeAsync(1);
  act("pointerdown", { clientX: 120, clientY: 50 });
  vi.advanceTimersByTime(1000);
  expect(pages.peek).not.toHaveBeenCalledWith(second);
});

test("what lies on another picture is the smaller one", () => {
  const small = holder(120, 20);
  expect(under([first, second, small], 125, 10)).toBe(small);
  expect(under([first, second, small], 300, 10)).toBeNull();
});
