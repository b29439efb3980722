// @vitest-environment jsdom
import { beforeEach, describe, expect, test } from "vitest";
import { clippersOf, clipPath, isCutAway } from "@/lib/page/swap/overlay-clip";

let outer: HTMLElement;
let inner: HTMLElement;
let frame: HTMLElement;

beforeEach(() => {
  document.body.innerHTML = `<main><section><img></section></main>`;
  [outer, inner, frame] = ["main", "section", "img"].map((name) => document.querySelector(name) as HTMLElement) as
    [HTMLElement, HTMLElement, HTMLElement]; // prettier-ignore
});
const cuts = (element: HTMLElement, how = "hidden") => Object.assign(element.style, { overflowX: how, overflowY: how });

describe("what cuts an element off", () => {
  test.each(["hidden", "scroll", "auto", "clip"])("those around it with overflow %s, from the inside out", (how) => {
    cuts(outer, how);
    cuts(inner, how);
    expect(clippersOf(frame, null)).toEqual([inner, outer]);
  });

  test("not what lets it stand over, nor what has no box", () => {
    cuts(inner, "visible");
    cuts(outer);
    outer.style.display = "contents";
    expect(clippersOf(frame, null)).toEqual([]);
  });

  test.each(["overflowX", "overflowY"] as const)("in one direction alone, by %s", (direction) => {
    Object.assign(inner.style, { overflowX: "visible", overflowY: "visible", [direction]: "clip" });
    expect(clippersOf(frame, null)).toEqual([inner]);
  });

  test("only up to what cuts the host off as well, and never the body or the root", () => {
    for (const element of [inner, outer, document.body, document.documentElement]) cuts(element);
    expect(clippersOf(frame, outer)).toEqual([inner]);
    expect(clippersOf(frame, null)).toEqual([inner, outer]);
    expect(clippersOf(outer, null)).toEqual([]);
    document.body.removeAttribute("style");
    document.documentElement.removeAttribute("style");
  });

  test.each(["absolute", "fixed"])("not those between one that is %s and what it is placed in", (position) => {
    cuts(inner);
    cuts(outer);
    frame.style.position = position;
    Object.defineProperty(frame, "offsetParent", { value: outer });
    expect(clippersOf(frame, null)).toEqual([outer]);
  });

  test("one that is moved in its place is cut off by what it stands in", () => {
    cuts(inner);
    frame.style.position = "relative";
    Object.defineProperty(frame, "offsetParent", { value: outer });
    expect(clippersOf(frame, null)).toEqual([inner]);
  });
});

describe("the part that is left", () => {
  const at = (element: Element, left: number, top: number, width: number, height: number) =>
    (element.getBoundingClientRect = () =>
      ({ left, top, width, height, right: left + width, bottom: top + height }) as DOMRect);
  const laid = (element: HTMLElement, facts: Record<string, number>) =>
    Object.defineProperties(
      element,
      Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, { value }])),
    );

  test("each side is cut by the narrowest, in shares of the element", () => {
    at(frame, 100, 200, 400, 1000);
    at(inner, 140, 300, 340, 800);
    at(outer, 120, 450, 300, 2000);
    laid(inner, { offsetWidth: 340, offsetHeight: 800, clientWidth: 340, clientHeight: 800 });
    laid(outer, { offsetWidth: 300, offsetHeight: 2000, clientWidth: 300, clientHeight: 2000 });
    expect(clipPath(frame, [inner, outer])).toBe("inset(25% 20% 10% 10%)");
    expect(clipPath(frame, [inner])).toBe("inset(10% 5% 10% 10%)");
  });

  test("what is wider than the element cuts nothing", () => {
    at(frame, 100, 200, 400, 1000);
    at(inner, 0, 0, 4000, 4000);
    laid(inner, { offsetWidth: 4000, offsetHeight: 4000, clientWidth: 4000, clientHeight: 4000 });
    expect(clipPath(frame, [inner])).toBe("inset(0% 0% 0% 0%)");
  });

  test("borders and scroll bars cut too, zoomed as their element is", () => {
    at(frame, 0, 0, 200, 400);
    at(inner, 0, 0, 200, 400); // laid out half as large
    laid(inner, {
      offsetWidth: 100,
      offsetHeight: 100,
      clientLeft: 5,
      clientTop: 10,
      clientWidth: 80,
      clientHeight: 60,
    });
    expect(clipPath(frame, [inner])).toBe("inset(10% 15% 30% 5%)");
  });

  test("one that is laid out as nothing, and what is no box of HTML, count as they are shown", () => {
    at(frame, 0, 0, 200, 400);
    at(inner, 0, 0, 100, 100);
    laid(inner, { offsetWidth: 0, offsetHeight: 0, clientLeft: 0, clientTop: 0, clientWidth: 100, clientHeight: 100 });
    expect(clipPath(frame, [inner])).toBe("inset(0% 50% 75% 0%)");
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    at(svg, 50, 100, 100, 200);
    expect(clipPath(frame, [svg])).toBe("inset(25% 25% 25% 25%)");
  });

  test("of an element without a size there is no share", () => {
    at(frame, 0, 0, 0, 0);
    at(inner, 10, 10, 0, 0);
    laid(inner, { offsetWidth: 0, offsetHeight: 0, clientLeft: 0, clientTop: 0, clientWidth: 0, clientHeight: 0 });
    expect(clipPath(frame, [inner])).toBe("inset(1000% 0% 0% 1000%)");
  });
});

test.each<[string, [number, number, number, number], boolean]>([
  ["beside it", [500, 0, 100, 100], true],
  ["that only touches it", [400, 0, 100, 100], true],
  ["above it", [0, -200, 400, 100], true],
  ["that it shows a part of", [399, 0, 100, 100], false],
])("nothing is left of what lies in a scroller %s", (_, [x, y, width, height], isGone) => {
  frame.getBoundingClientRect = () => new DOMRect(x, y, width, height);
  outer.getBoundingClientRect = () => new DOMRect(0, 0, 400, 600);
  for (const [name, size] of Object.entries({
    clientWidth: 400,
    clientHeight: 600,
    offsetWidth: 400,
    offsetHeight: 600,
  }))
    Object.defineProperty(outer, name, { value: size });
  expect(isCutAway(frame, [outer])).toBe(isGone);
  expect(isCutAway(frame, [])).toBe(false);
});
