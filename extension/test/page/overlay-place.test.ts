// @vitest-environment jsdom
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Holder } from "@/lib/page/holders/holder";

const outside = vi.hoisted(() => ({
  host: null as HTMLElement | null,
  clippers: [] as Element[],
  warp: { matrix: "none", zoom: 1 },
  raise: vi.fn((_host: Element, above: unknown) => above),
  clippersOf: vi.fn(),
}));
vi.mock("@/lib/page/holders/closed-root", () => ({
  raise: outside.raise,
  closedRoot: (host: HTMLElement) => {
    outside.host = host;
    Object.defineProperty(host, "style", { value: new Written() });
    Object.defineProperty(host, "offsetParent", { get: () => document.body });
    return document.createElement("div");
  },
}));
vi.mock("@/lib/page/holders/laid-out", async (original) => ({
  ...(await original<object>()),
  warpOf: () => outside.warp,
}));
vi.mock("@/lib/page/swap/overlay-clip", () => ({
  clippersOf: outside.clippersOf,
  clipPath: (_: Element, clippers: Element[]) => `inset(${clippers.length}px)`,
}));

import { Place } from "@/lib/page/swap/overlay-place";

/** What is written to the host's style, for a document that lays nothing out. */
class Written {
  readonly values = new Map<string, string>();
  readonly priorities = new Set<string>();
  count = 0;
  set cssText(_: string) {
    this.values.clear();
  }
  setProperty(name: string, value: string, priority: string): void {
    this.count += 1;
    this.priorities.add(priority);
    this.values.set(name, value);
  }
}
const style = () => (outside.host as HTMLElement).style as unknown as Written;
const written = (...names: string[]) => names.map((name) => style().values.get(name));
const px = (name: string) => Number.parseFloat(style().values.get(name) ?? "0") || 0;

type Rect = { left: number; top: number; width: number; height: number };
/** Where the host lies in the window, by what was written to it. */
let layout: (own: Rect) => Rect = (own) => own;
const rects = new Map<Element, Rect>();
/** What standing where it is does to others. */
let pushes: (element: Element) => number = () => 0;
const styles = new Map<Element, Record<string, string>>();
const TARGET = { left: 300, top: 200, width: 400, height: 600 };

let frame: HTMLElement;
let parent: HTMLElement;

beforeEach(() => {
  document.body.replaceChildren();
  rects.clear();
  styles.clear();
  [layout, pushes] = [(own) => own, () => 0];
  outside.warp = { matrix: "none", zoom: 1 };
  outside.raise.mockReset().mockImplementation((_, above) => above);
  outside.clippers = [];
  outside.clippersOf.mockReset().mockImplementation(() => outside.clippers);
  Element.prototype.getBoundingClientRect = function (this: Element) {
    const own = { left: px("left"), top: px("top"), width: px("width"), height: px("height") };
    const rect = this === outside.host ? layout(own) : { ...(rects.get(this) ?? TARGET) };
    if (this !== outside.host) rect.top += pushes(this);
    return { ...rect, right: rect.left + rect.width, bottom: rect.top + rect.height } as DOMRect;
  };
  vi.stubGlobal("getComputedStyle", (element: Element) => {
    const own = {
      width: "400px",
      height: "600px",
      position: "static",
      opacity: "1",
      "mix-blend-mode": "normal",
      filter: "none",
      ...styles.get(element),
    };
    const camel = Object.fromEntries(
      Object.entries(own).map(([name, value]) => [name.replace(/-(.)/g, (_, one: string) => one.toUpperCase()), value]),
    );
    return { ...camel, getPropertyValue: (name: string) => (own as Record<string, string>)[name] ?? "" };
  });
  parent = document.body.appendChild(document.createElement("div"));
  frame = parent.appendChild(document.createElement("img"));
});

const target = (rect: Rect = TARGET) =>
  ({ ...rect, right: rect.left + rect.width, bottom: rect.top + rect.height }) as DOMRect;
function placeOf(isBehind = false): Place {
  const content = document.createElement("div");
  return new Place({ frame, isBehind, depth: () => "-1" } as unknown as Holder, content);
}
const host = () => outside.host as HTMLElement;
const isAtRoot = () => host().parentNode === document.documentElement;

describe("beside the element", () => {
  test("it stands after the last of its like, and lies where the element does", () => {
    const [second, after] = [document.createElement("img"), document.createElement("p")];
    parent.append(second, after);
    const place = placeOf();
    expect(place.follow(target())).toBe(true);
    expect([...parent.children]).toEqual([frame, second, host(), after]);
    expect(written("left", "top", "width", "height", "display", "position")).toEqual(
      ["300px", "200px", "400px", "600px", "block", "absolute"], // prettier-ignore
    );
    expect(host().getAttribute("aria-hidden")).toBe("true");
    expect(written("all", "pointer-events", "user-select", "overflow", "float", "margin")).toEqual(
      ["initial", "none", "none", "hidden", "none", "0"], // prettier-ignore
    );
    expect([...style().priorities]).toEqual(["important"]);
    expect(outside.clippersOf).toHaveBeenCalledWith(frame, document.body);
  });

  test("it looks as the element does, and turns as it does", () => {
    styles.set(frame, {
      "z-index": "7",
      opacity: "1",
      "clip-path": "circle()",
      visibility: "visible",
      transform: "rotate(3deg)",
      "offset-path": "none",
      zoom: "2",
      "border-top-left-radius": "4px",
    });
    placeOf().follow(target());
    expect(written("z-index", "clip-path", "visibility", "transform", "zoom", "border-top-left-radius")).toEqual(
      ["7", "circle()", "visible", "rotate(3deg)", "2", "4px"], // prettier-ignore
    );
    expect(written("mix-blend-mode")).toEqual(["normal"]);
  });

  test.each<[string, Record<string, string>]>([
    ["half seen", { opacity: "0.5" }],
    ["blended", { "mix-blend-mode": "multiply" }],
    ["masked", { "mask-image": "url(a.png)" }],
    ["half seen by a filter", { filter: "blur(1px) opacity(0.5)" }],
  ])("over one that is %s only the hue is laid", (_, own) => {
    styles.set(frame, own);
    placeOf().follow(target());
    expect(written("mix-blend-mode")).toEqual(["color"]);
  });

  test("an element without a mask, or with none, is covered", () => {
    styles.set(frame, { "mask-image": "none", filter: "blur(1px)" });
    placeOf().follow(target());
    expect(written("mix-blend-mode")).toEqual(["normal"]);
  });

  test("where it lies already nothing is written, and it is not put there again", () => {
    const place = placeOf();
    place.follow(target());
    const { count } = style();
    const append = vi.spyOn(parent, "insertBefore");
    expect(place.follow(target())).toBe(true);
    expect([style().count, append.mock.calls.length]).toEqual([count, 0]);
    expect(place.isMoved).toBe(false);
  });

  test("a fixed element has a fixed host, which nothing cuts off", () => {
    styles.set(frame, { position: "fixed" });
    outside.clippersOf.mockImplementation(() => []);
    placeOf().follow(target());
    expect(written("position", "clip-path")).toEqual(["fixed", ""]);
  });

  test.each<[string, (own: Rect) => Rect]>([
    ["placed elsewhere", (own) => ({ ...own, left: own.left - 77, top: own.top + 31 })],
    ["zoomed", (own) => ({ left: 2 * own.left + 5, top: 2 * own.top, width: own.width, height: own.height })],
    ["mirrored", (own) => ({ ...own, left: 900 - own.left - own.width })],
    ["turned by a quarter", (own) => ({ ...own, left: 900 - own.top, top: own.left })],
    ["skewed", (own) => ({ ...own, left: own.left + 0.5 * own.top, top: own.top + 0.25 * own.left })],
  ])("in a parent that is %s it finds its place", (_, lays) => {
    layout = lays;
    const place = placeOf();
    expect(place.follow(target())).toBe(true);
    const at = host().getBoundingClientRect();
    expect([at.left, at.top]).toEqual([expect.closeTo(300, 1), expect.closeTo(200, 1)]);
    expect(host().parentNode).toBe(parent);
    expect(place.follow(target({ ...TARGET, top: -1000 }))).toBe(true); // scrolled
    expect(host().getBoundingClientRect().top).toBeCloseTo(-1000, 1);
  });

  test("a place that is off by a twentieth of a pixel is taken, by more it is mended", () => {
    layout = (own) => ({ ...own, left: own.left + 300.04, top: own.top + 200 });
    placeOf().follow(target());
    expect(px("left")).toBe(0);
    layout = (own) => ({ ...own, left: own.left + 300.06, top: own.top + 200 });
    placeOf().follow(target());
    expect(px("left")).toBeCloseTo(-0.06, 3);
  });

  test("a parent that turns meanwhile is tried anew", () => {
    const place = placeOf();
    place.follow(target());
    layout = (own) => ({ ...own, left: -own.left, top: -own.top });
    expect(place.follow(target())).toBe(true);
    expect([px("left"), px("top")]).toEqual([expect.closeTo(-300, 1), expect.closeTo(-200, 1)]);
    expect(host().parentNode).toBe(parent);
  });
});

describe("the layout of the page never moves", () => {
  test.each<[string, () => Element]>([
    ["the element", () => frame],
    ["its parent", () => parent],
    ["what comes next", () => parent.appendChild(document.createElement("p"))],
  ])("where it would push %s, the host stands beside the body", (_, pushed) => {
    const element = pushed();
    pushes = (each) => (each === element && host().parentNode === parent ? 1 : 0);
    expect(placeOf().follow(target())).toBe(true);
    expect(isAtRoot()).toBe(true);
  });

  test("less than a pixel does not count", () => {
    pushes = (each) => (each === frame && host().parentNode === parent ? 0.5 : 0);
    placeOf().follow(target());
    expect(host().parentNode).toBe(parent);
  });
});

describe("among its siblings, where a scroller cuts off what flows in it alone", () => {
  beforeEach(() => (outside.clippers = [document.body]));

  test("it flows, without room of its own", () => {
    expect(placeOf().follow(target())).toBe(true);
    expect(written("position", "float", "margin")).toEqual(["relative", "left", "0 -400px -600px 0"]);
    expect(written("clip-path")).toEqual([""]);
    expect(host().parentNode).toBe(parent);
  });

  test("where that moves the others it stands beside again, cut as the scroller cuts", () => {
    pushes = (each) => (each === frame && style().values.get("position") === "relative" ? 5 : 0);
    expect(placeOf().follow(target())).toBe(true);
    expect(written("position", "clip-path")).toEqual(["absolute", "inset(1px)"]);
    expect(host().parentNode).toBe(parent);
  });

  test("and where that moves them too, beside the body", () => {
    pushes = (each) => (each === frame && host().parentNode === parent ? 5 : 0);
    expect(placeOf().follow(target())).toBe(true);
    expect(isAtRoot()).toBe(true);
    expect(outside.clippersOf).toHaveBeenLastCalledWith(frame, null);
    expect(written("clip-path")).toEqual(["inset(1px)"]);
  });
});

describe("within the element, over a picture that it paints behind what stands in it", () => {
  let words: Element[];
  beforeEach(() => {
    words = Array.from({ length: 5 }, () => frame.appendChild(document.createElement("p")));
  });

  test("it stands first, at the picture's own depth, and is not turned a second time", () => {
    styles.set(frame, { transform: "rotate(3deg)", "z-index": "9", "border-top-left-radius": "4px", opacity: "0.5" });
    expect(placeOf(true).follow(target())).toBe(true);
    expect(frame.firstChild).toBe(host());
    expect(written("z-index", "transform", "border-top-left-radius", "opacity")).toEqual([
      "-1",
      undefined,
      "4px",
      undefined,
    ]);
    expect(written("position")).toEqual(["absolute"]);
    outside.clippers = [document.body];
    placeOf(true).follow(target());
    expect(written("clip-path")).toEqual([undefined]);
  });

  test("it stays there", () => {
    const place = placeOf(true);
    place.follow(target());
    const insert = vi.spyOn(frame, "insertBefore");
    place.follow(target());
    expect(insert).not.toHaveBeenCalled();
  });

  test.each([
    [0, true],
    [3, true],
    [4, false], // what moves one of them moves the first ones
  ])("where it would push child %d it goes: %s", (at, goes) => {
    pushes = (each) => (each === words[at] && host().parentNode === frame ? 3 : 0);
    placeOf(true).follow(target());
    expect(isAtRoot()).toBe(goes);
  });
});

describe("beside the body", () => {
  test.each<[string, () => void]>([
    ["a sticky element", () => styles.set(frame, { position: "sticky" })],
    ["one in full screen", () => Object.assign(frame, { matches: (selector: string) => selector === ":fullscreen" })],
    [
      "what a canvas may draw",
      () => {
        const canvas = document.createElement("canvas");
        parent.append(canvas);
        canvas.append(frame);
      },
    ],
    ["one without a parent", () => frame.remove()],
  ])("stands the host of %s", (_, make) => {
    make();
    outside.warp = { matrix: "matrix(2, 0, 0, 2, 0, 0)", zoom: 1.5 };
    expect(placeOf().follow(target())).toBe(true);
    expect(isAtRoot()).toBe(true);
    expect(written("transform", "transform-origin", "zoom", "position")).toEqual(
      ["matrix(2, 0, 0, 2, 0, 0)", "50% 50%", "1.5", "absolute"], // prettier-ignore
    );
  });

  test("it is lifted over what is in full screen, and knows over what", () => {
    styles.set(frame, { position: "sticky" });
    const dialog = document.createElement("dialog");
    outside.raise.mockImplementation(() => dialog);
    const place = placeOf();
    place.follow(target());
    place.follow(target());
    expect(outside.raise.mock.calls).toEqual([
      [host(), null],
      [host(), dialog],
    ]);
    place.remove();
    place.follow(target());
    expect(outside.raise).toHaveBeenLastCalledWith(host(), null);
  });

  test("it is put there once", () => {
    styles.set(frame, { position: "sticky" });
    const place = placeOf();
    place.follow(target());
    const insert = vi.spyOn(document.documentElement, "insertBefore");
    place.follow(target());
    expect(insert).not.toHaveBeenCalled();
    insert.mockRestore();
    host().remove();
    place.follow(target());
    expect(isAtRoot()).toBe(true);
  });

  test("what cannot be brought near the element shows nothing, what comes near is shown", () => {
    for (const [off, isShown] of [
      [7, false],
      [6, true],
      [-6, true],
      [-7, false],
    ] as const) {
      layout = () => ({ ...TARGET, top: TARGET.top + off }); // it does not move
      const place = placeOf();
      expect(place.follow(target()), `${off}`).toBe(isShown);
      expect(isAtRoot()).toBe(true);
      expect(place.follow(target()), `${off}, again`).toBe(isShown);
    }
  });

  test("one that never fits in its parent leaves it", () => {
    layout = (own) => ({ ...own, width: host().parentNode === parent ? 390 : 400 });
    expect(placeOf().follow(target())).toBe(true);
    expect(isAtRoot()).toBe(true);
  });
});

describe("a site that takes the host away", () => {
  test("is answered, and is told of", () => {
    const place = placeOf();
    expect(place.isMoved).toBe(false); // it is nowhere yet
    place.follow(target());
    host().remove();
    expect(place.isMoved).toBe(true);
    place.follow(target());
    expect([place.isMoved, host().parentNode]).toEqual([false, parent]);
    document.body.append(host());
    expect(place.isMoved).toBe(true);
  });

  test.each([
    ["beside", false],
    ["within", true],
  ])("%s is left to itself after thirty times", (_, isBehind) => {
    const place = placeOf(isBehind);
    place.follow(target());
    const home = host().parentNode;
    for (let at = 0; at < 30; at++) {
      host().remove();
      place.follow(target());
      expect(host().parentNode).toBe(home);
    }
    host().remove();
    place.follow(target());
    expect(isAtRoot()).toBe(true);
  });

  test("following it to another parent is no taking away", () => {
    const place = placeOf();
    place.follow(target());
    const other = document.body.appendChild(document.createElement("section"));
    other.append(frame);
    place.follow(target());
    expect(host().parentNode).toBe(other);
  });
});

test("hidden it stays where it is, and before it is anywhere nothing is written", () => {
  const place = placeOf();
  place.hide();
  expect(style().count).toBe(0);
  place.follow(target());
  place.hide();
  expect([written("display")[0], host().parentNode]).toEqual(["none", parent]);
  place.follow(target());
  expect(written("display")).toEqual(["block"]);
});

test("removed it is nowhere, and nobody took it", () => {
  const place = placeOf();
  place.follow(target());
  host().setAttribute("popover", "manual");
  place.remove();
  expect([host().isConnected, place.isMoved, host().hasAttribute("popover")]).toEqual([false, false, false]);
});
