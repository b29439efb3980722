// @vitest-environment jsdom
import { describe, expect, test, vi } from "vitest";
import {
  TARGET,
  frame,
  host,
  isAtRoot,
  outside,
  parent,
  placeOf,
  site,
  style,
  styles,
  target,
  written,
} from "./placing"; // first: it stands in for what is outside

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

  test("where nothing of the element is seen it takes no room, and shows again with it", () => {
    styles.set(frame, { position: "sticky" });
    const place = placeOf();
    const display = () => style().values.get("display");
    outside.isCutAway = true;
    expect([place.follow(target()), display()]).toEqual([true, "none"]);
    outside.isCutAway = false;
    expect([place.follow(target()), display()]).toEqual([true, "block"]);
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
      site.layout = () => ({ ...TARGET, top: TARGET.top + off }); // it does not move
      const place = placeOf();
      expect(place.follow(target()), `${off}`).toBe(isShown);
      expect(isAtRoot()).toBe(true);
      expect(place.follow(target()), `${off}, again`).toBe(isShown);
    }
  });

  test("one that never fits in its parent leaves it", () => {
    site.layout = (own) => ({ ...own, width: host().parentNode === parent ? 390 : 400 });
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
