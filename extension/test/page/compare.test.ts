// @vitest-environment jsdom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ImgHolder } from "@/lib/page/holders/img";
import { Compare } from "@/lib/page/swap/compare";

const acts = { cut: vi.fn(), holds: vi.fn(() => true), closed: vi.fn() };
const siteHears = vi.fn();
let stop: AbortController;
let root: ShadowRoot;
let compare: Compare;
let img: HTMLImageElement;

/** A page of 400 x 600 pixels with the slider in its middle; the closed root is looked into as nobody else can. */
beforeEach(() => {
  vi.clearAllMocks();
  acts.holds.mockReturnValue(true);
  stop = new AbortController();
  document.body.innerHTML = `<button>site</button><img src="/a.jpg">`;
  for (const kind of ["keydown", "click", "pointerdown"]) document.addEventListener(kind, siteHears, stop);
  document.querySelector("button")?.focus();
  img = document.querySelector("img") as HTMLImageElement;
  const sizes = { offsetWidth: 400, offsetHeight: 600 };
  for (const [name, value] of Object.entries(sizes)) Object.defineProperty(img, name, { value });
  img.getBoundingClientRect = () => new DOMRect(100, 50, 400, 600);
  const attach = vi.spyOn(Element.prototype, "attachShadow");
  compare = new Compare(new ImgHolder(img), acts, stop.signal);
  root = attach.mock.results[0]?.value as ShadowRoot;
  attach.mockRestore();
});

afterEach(() => stop.abort());

const handle = () => root.querySelector("[role=slider]") as HTMLElement;
const share = () => acts.cut.mock.lastCall?.[0] as number | null;
const key = (name: string, shiftKey = false) => {
  const event = new KeyboardEvent("keydown", { key: name, shiftKey, bubbles: true, composed: true, cancelable: true });
  handle().dispatchEvent(event);
  return event;
};

test("it begins in the middle, with the focus, and says what it is", () => {
  expect(share()).toBe(0.5);
  expect(root.activeElement).toBe(handle());
  expect([handle().getAttribute("aria-valuenow"), handle().getAttribute("aria-label")]).toEqual([
    "50",
    expect.stringMatching(/\w/),
  ]);
});

test.each([
  ["ArrowLeft", false, 0.48],
  ["ArrowDown", false, 0.48],
  ["ArrowRight", false, 0.52],
  ["ArrowUp", false, 0.52],
  ["ArrowRight", true, 0.6],
  ["ArrowLeft", true, 0.4],
  ["Home", false, 0],
  ["End", false, 1],
])("%s (Shift: %s) brings it to %s", (name, shift, to) => {
  const event = key(name, shift);
  expect(share()).toBeCloseTo(to);
  expect(handle().getAttribute("aria-valuenow")).toBe(`${Math.round(100 * to)}`);
  expect([event.defaultPrevented, siteHears.mock.calls.length]).toEqual([true, 0]);
});

test("it goes no further than the page, and other keys are none of its own", () => {
  for (let times = 0; times < 9; times++) key("ArrowRight", true);
  expect(share()).toBe(1);
  for (let times = 0; times < 12; times++) key("ArrowLeft", true);
  expect(share()).toBe(0);
  const calls = acts.cut.mock.calls.length;
  expect(key("a").defaultPrevented).toBe(false);
  expect(acts.cut).toHaveBeenCalledTimes(calls);
});

test("it follows the pointer while that is held, and not otherwise", () => {
  let held: number | null = null;
  handle().setPointerCapture = (id) => void (held = id);
  handle().hasPointerCapture = (id) => held === id;
  const point = (kind: string, clientX: number) =>
    handle().dispatchEvent(Object.assign(new Event(kind, { bubbles: true }), { pointerId: 3, clientX, clientY: 90 }));
  point("pointermove", 200);
  expect(share()).toBe(0.5);
  point("pointerdown", 300);
  point("pointermove", 200);
  expect(share()).toBe(0.25);
  point("pointermove", 5000);
  expect(share()).toBe(1);
});

test("closed, the page is whole again, the focus is back where it was, and that is told once", () => {
  root.querySelector("button")?.click();
  compare.close();
  expect([share(), acts.closed.mock.calls.length]).toEqual([null, 1]);
  expect(document.activeElement).toBe(document.querySelector("button"));
  expect(document.documentElement.querySelector(":scope > div")).toBeNull();
  const calls = acts.cut.mock.calls.length;
  key("ArrowRight");
  expect(acts.cut).toHaveBeenCalledTimes(calls);
});

test("a focus that the reader has taken elsewhere stays there", () => {
  document.body.append(Object.assign(document.createElement("input"), { id: "elsewhere" }));
  document.getElementById("elsewhere")?.focus();
  compare.close();
  expect(document.activeElement?.id).toBe("elsewhere");
});

test("a script's Escape closes nothing, the end of the run does", () => {
  key("Escape");
  expect(acts.closed).not.toHaveBeenCalled();
  stop.abort();
  expect([share(), acts.closed.mock.calls.length]).toEqual([null, 1]);
});

test.each([
  ["the page is not in colour any more", () => acts.holds.mockReturnValue(false)],
  ["the element has gone", () => img.remove()],
])("it goes as soon as %s", (_, happens) => {
  happens();
  key("ArrowRight");
  expect([share(), acts.closed.mock.calls.length]).toEqual([null, 1]);
});
