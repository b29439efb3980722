// @vitest-environment jsdom
import { beforeEach, describe, expect, test, vi } from "vitest";
import {
  TARGET,
  frame,
  host,
  isAtRoot,
  outside,
  parent,
  placeOf,
  px,
  site,
  style,
  styles,
  target,
  written,
  type Rect,
} from "./placing"; // first: it stands in for what is outside

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
    site.layout = lays;
    const place = placeOf();
    expect(place.follow(target())).toBe(true);
    const at = host().getBoundingClientRect();
    expect([at.left, at.top]).toEqual([expect.closeTo(300, 1), expect.closeTo(200, 1)]);
    expect(host().parentNode).toBe(parent);
    expect(place.follow(target({ ...TARGET, top: -1000 }))).toBe(true); // scrolled
    expect(host().getBoundingClientRect().top).toBeCloseTo(-1000, 1);
  });

  test("a place that is off by a twentieth of a pixel is taken, by more it is mended", () => {
    site.layout = (own) => ({ ...own, left: own.left + 300.04, top: own.top + 200 });
    placeOf().follow(target());
    expect(px("left")).toBe(0);
    site.layout = (own) => ({ ...own, left: own.left + 300.06, top: own.top + 200 });
    placeOf().follow(target());
    expect(px("left")).toBeCloseTo(-0.06, 3);
  });

  test("a parent that turns meanwhile is tried anew", () => {
    const place = placeOf();
    place.follow(target());
    site.layout = (own) => ({ ...own, left: -own.left, top: -own.top });
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
    site.pushes = (each) => (each === element && host().parentNode === parent ? 1 : 0);
    expect(placeOf().follow(target())).toBe(true);
    expect(isAtRoot()).toBe(true);
  });

  test("less than a pixel does not count", () => {
    site.pushes = (each) => (each === frame && host().parentNode === parent ? 0.5 : 0);
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
    site.pushes = (each) => (each === frame && style().values.get("position") === "relative" ? 5 : 0);
    expect(placeOf().follow(target())).toBe(true);
    expect(written("position", "clip-path")).toEqual(["absolute", "inset(1px)"]);
    expect(host().parentNode).toBe(parent);
  });

  test("and where that moves them too, beside the body", () => {
    site.pushes = (each) => (each === frame && host().parentNode === parent ? 5 : 0);
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
    site.pushes = (each) => (each === words[at] && host().parentNode === frame ? 3 : 0);
    placeOf(true).follow(target());
    expect(isAtRoot()).toBe(goes);
  });
});
