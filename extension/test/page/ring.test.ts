// @vitest-environment jsdom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Ring, type Sign, SIGN_PX, style } from "@/lib/page/swap/ring";

const over = vi.fn();

beforeEach(() => {
  vi.useFakeTimers();
  over.mockReset();
});
afterEach(() => vi.useRealTimers());

/** A ring that shows `signs` one after the other, in the document. */
function ringOf(signs: Sign[], isCalm = false): Ring {
  const ring = new Ring(isCalm);
  document.body.replaceChildren(ring.element);
  for (const sign of signs) ring.show(sign, over);
  return ring;
}
const circles = (ring: Ring) => [...ring.element.querySelectorAll("circle")];
const arcOf = (ring: Ring) => circles(ring).at(-1) as SVGCircleElement;
/** How much of the ring is filled, 0..1. */
function filled(ring: Ring): number {
  const { style } = arcOf(ring);
  return 1 - Number(style.getPropertyValue("stroke-dashoffset")) / Number(style.getPropertyValue("stroke-dasharray"));
}
const progress = (fraction: number, isPreview?: boolean): Sign =>
  isPreview === undefined ? { kind: "progress", fraction } : { kind: "progress", fraction, isPreview };
/** In degrees, of a colour that is written as `rgb(…)` or `hsl(…)`. */
function hueOf(colour: string): number {
  if (colour.startsWith("hsl")) return Number.parseFloat(colour.slice(4));
  const [red = 0, green = 0, blue = 0] = (colour.match(/[\d.]+/g) ?? []).map(Number);
  return (Math.atan2(Math.sqrt(3) * (green - blue), 2 * red - green - blue) * (180 / Math.PI) + 360) % 360;
}
const pathsOf = ({ element }: Ring) => [...element.querySelectorAll("path")].map((each) => each.getAttribute("d"));

test("the sign is a small round one that no click of the reader meets", () => {
  const { element } = ringOf([progress(0)]);
  expect([element.style.height, element.style.minWidth]).toEqual([`${SIGN_PX}px`, `${SIGN_PX}px`]);
  expect(element.style.borderRadius).toBe(`${SIGN_PX / 2}px`);
  expect([element.style.position, element.style.pointerEvents]).toEqual(["absolute", "none"]);
});

test.each([
  [0, 0.04], // a ring that has begun is seen
  [0.03, 0.04],
  [0.5, 0.5],
  [1, 1],
])("a page of which %d is done fills %d of the ring", (fraction, share) => {
  const ring = ringOf([progress(fraction)]);
  expect(filled(ring)).toBeCloseTo(share, 6);
  const length = Number(arcOf(ring).style.getPropertyValue("stroke-dasharray"));
  expect(length).toBeCloseTo(2 * Math.PI * Number(arcOf(ring).getAttribute("r")), 6);
  expect([arcOf(ring).getAttribute("cx"), arcOf(ring).getAttribute("cy")]).toEqual(["12", "12"]);
  expect(ring.element.querySelector("svg")?.getAttribute("viewBox")).toBe("0 0 24 24");
});

test("the ring begins at the top and takes colour as it fills", () => {
  const ring = ringOf([progress(0)]);
  const hues = [0, 0.5, 1].map((fraction) => {
    ring.show(progress(fraction), over);
    return hueOf(arcOf(ring).style.getPropertyValue("stroke"));
  });
  expect(hues).toEqual([210, 280, 350].map((hue) => expect.closeTo(hue, -0.5) as number));
  expect(arcOf(ring).style.transform).toBe("rotate(-90deg)");
});

test("going on moves the arc that is there, over a track that stays", () => {
  const ring = ringOf([progress(0.2)]);
  const before = circles(ring);
  expect(before).toHaveLength(2);
  ring.show(progress(0.7), over);
  expect(circles(ring)).toEqual(before);
  expect(filled(ring)).toBeCloseTo(0.7, 6);
  expect(over).not.toHaveBeenCalled();
});

test("a preview is said beside the ring, until it is none", () => {
  const ring = ringOf([progress(0.2)]);
  expect(ring.element.textContent).toBe("");
  ring.show(progress(0.3, true), over);
  ring.show(progress(0.4, true), over);
  expect([ring.element.textContent, ring.element.children.length]).toEqual([expect.stringMatching(/preview/i), 2]);
  expect([ring.element.style.paddingLeft, filled(ring)]).toEqual(["2px", expect.closeTo(0.4, 6)]);
  ring.show(progress(0.5), over);
  expect([ring.element.textContent, ring.element.children.length, circles(ring).length]).toEqual(["", 1, 2]);
  expect(parseFloat(ring.element.style.paddingLeft)).toBe(0);
});

test("nothing moves for a reader who wants it calm", () => {
  for (const isCalm of [true, false]) {
    const ring = ringOf([progress(0.5)], isCalm);
    const moves = [ring.element, arcOf(ring)].map((each) => each.style.getPropertyValue("transition") !== "none");
    expect(moves).toEqual([!isCalm, !isCalm]);
  }
});

test("a tick fades after a while and then is over", () => {
  const ring = ringOf([progress(0.9), { kind: "done" }]);
  expect([circles(ring).length, pathsOf(ring).length]).toEqual([0, 1]);
  vi.advanceTimersByTime(1099);
  expect(ring.element.style.opacity).toBe("");
  vi.advanceTimersByTime(1);
  expect(ring.element.style.opacity).toBe("0");
  vi.advanceTimersByTime(449);
  expect(over).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(over).toHaveBeenCalledTimes(1);
});

test("a page that was left says why to who points at it, and stays", () => {
  const failed = ringOf([{ kind: "left", note: "why", failed: true }]);
  const [failure] = pathsOf(failed);
  expect([failed.element.title, failed.element.style.pointerEvents, failed.element.style.opacity]).toEqual(
    ["why", "auto", "1"], // prettier-ignore
  );
  const left = ringOf([{ kind: "left", note: "blank", failed: false }]);
  expect(pathsOf(left)).not.toEqual([failure]);
  expect(left.element.style.opacity).toBe("0.7");
  vi.advanceTimersByTime(60_000);
  expect([over.mock.calls.length, left.element.style.opacity]).toEqual([0, "0.7"]);
});

test("words stand three times as long as a tick, and go as well", () => {
  const ring = ringOf([progress(0.5), { kind: "notice", text: "Nothing here to correct" }]);
  expect([ring.element.textContent, ring.element.children.length]).toEqual(["Nothing here to correct", 0]);
  expect(ring.element.style.whiteSpace).toBe("nowrap");
  vi.advanceTimersByTime(3299);
  expect(ring.element.style.opacity).toBe("");
  vi.advanceTimersByTime(1 + 450);
  expect([ring.element.style.opacity, over.mock.calls.length]).toEqual(["0", 1]);
});

test("a style is written property by property", () => {
  const element = document.createElement("p");
  style(element, { opacity: "0.5", "white-space": "pre" });
  expect([element.style.opacity, element.style.whiteSpace]).toEqual(["0.5", "pre"]);
});

test("a tick, a fault and what was left alone are told by their own shapes and colours", () => {
  const signs: Sign[] = [
    { kind: "done" },
    { kind: "left", note: "", failed: true },
    { kind: "left", note: "", failed: false },
  ];
  const shown = signs.map((sign) => {
    const path = ringOf([sign]).element.querySelector("path") as SVGPathElement;
    return [path.getAttribute("d"), hueOf(path.style.getPropertyValue("stroke"))] as const;
  });
  expect(new Set(shown.map(([d]) => d)).size).toBe(3);
  expect(shown.every(([d]) => /^M[\d.]+ [\d.]+/.test(d ?? ""))).toBe(true);
  const [done, failed, left] = shown.map(([, hue]) => hue);
  expect([done, failed, left]).toEqual([expect.closeTo(142, -1), expect.closeTo(351, -1), expect.closeTo(213, -1)]);
});

test("the track of the ring is seen through, the sign that helps shows so, and the ring turns about its middle", () => {
  const ring = ringOf([progress(0.5)]);
  const [track] = circles(ring) as [SVGCircleElement];
  expect(track.style.getPropertyValue("stroke")).toMatch(/0\.22\)$/);
  expect(arcOf(ring).style.getPropertyValue("transform-origin")).toBe("center");
  expect(ring.element.style.left).toBe("0px");
  expect(ring.element.style.top).toBe("0px");
  expect(ringOf([{ kind: "left", note: "why", failed: true }]).element.style.cursor).toBe("help");
  expect(ringOf([{ kind: "notice", text: "words" }]).element.style.padding).toBe("0px 12px");
});
