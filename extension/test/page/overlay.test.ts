// @vitest-environment jsdom
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Coloured } from "@/lib/page/holders/coloured";
import type { Holder } from "@/lib/page/holders/holder";

interface Wanted {
  width: number;
  height: number;
  first: number;
  last: number;
}
const made = vi.hoisted(() => ({ drawings: [] as unknown[], places: [] as unknown[] }));

vi.mock("@/lib/page/swap/drawing", async (original) => ({
  ...(await original<object>()),
  Drawing: class {
    readonly element = document.createElement("div");
    wanted: Wanted | null = null;
    constructor(public source: Coloured) {
      made.drawings.push(this);
    }
    want(wanted: Wanted): void {
      this.wanted = wanted;
    }
    replace(source: Coloured): void {
      this.source = source;
    }
    release(): void {
      this.wanted = null;
    }
  },
}));
vi.mock("@/lib/page/swap/overlay-place", () => ({
  Place: class {
    isMoved = false;
    state = "nowhere";
    lies = true;
    target: unknown = null;
    constructor(
      readonly holder: Holder,
      readonly content: HTMLElement,
    ) {
      made.places.push(this);
    }
    follow(target: unknown): boolean {
      [this.state, this.target] = ["there", target];
      return this.lies;
    }
    hide(): void {
      this.state = "hidden";
    }
    remove(): void {
      this.state = "removed";
    }
  },
}));

import { BAND_ROWS } from "@/lib/page/swap/drawing";
import { Overlay } from "@/lib/page/swap/overlay";

interface FakePlace {
  isMoved: boolean;
  state: string;
  lies: boolean;
  target: unknown;
  content: HTMLElement;
}
interface FakeDrawing {
  element: HTMLElement;
  wanted: Wanted | null;
  source: Coloured;
}

const WINDOW = { width: 1000, height: 800 };
const coloured = (width = 800, height = 1200) => ({ width, height, decoded: null }) as unknown as Coloured;

interface Shown {
  left?: number;
  top?: number;
  width?: number;
  height?: number;
  laid?: { width: number; height: number };
  at?: { left: number; top: number; width: number; height: number };
}

/** A holder whose frame is at this place in the window, laid out as wide and high, with a border of ten pixels. */
function world(picture = coloured(), shown: Shown = {}) {
  const { left = 0, top = 0, width = 800, height = 1200 } = shown;
  const box = { left, top, width, height, right: left + width, bottom: top + height };
  const { laid = { width, height }, at = { left: 0, top: 0, width: laid.width, height: laid.height } } = shown;
  const frame = document.createElement("img");
  const holds = { declares: true, holds: true, isConnected: true };
  let changed: () => void = () => undefined;
  let signal: AbortSignal | null = null;
  const holder = {
    frame,
    knownUrls: () => new Set(["small.png"]),
    declares: vi.fn((_: ReadonlySet<string>) => holds.declares),
    holds: vi.fn((_urls: ReadonlySet<string>, _size: unknown) => holds.holds),
    watch: (call: () => void, until: AbortSignal) => ([changed, signal] = [call, until]),
    laid: () => ({ ...laid, content: { left: 10, top: 20, width: laid.width, height: laid.height }, radius: "5px" }),
    lies: vi.fn(() => at),
    get isConnected() {
      return holds.isConnected;
    },
  };
  frame.getBoundingClientRect = () => box as DOMRect;
  const overlay = new Overlay(holder as unknown as Holder, "page.png", picture);
  const ended = vi.fn();
  overlay.ended = ended;
  const place = made.places.at(-1) as FakePlace;
  const drawing = made.drawings.at(-1) as FakeDrawing;
  return {
    overlay,
    place,
    drawing,
    holder,
    holds,
    box,
    ended,
    change: () => changed(),
    signal: () => signal as AbortSignal | null,
  };
}

beforeEach(() => {
  made.drawings.length = made.places.length = 0;
  vi.stubGlobal("innerWidth", WINDOW.width);
  vi.stubGlobal("innerHeight", WINDOW.height);
  vi.stubGlobal("devicePixelRatio", 1);
});

test("the picture is laid over the frame and drawn as large as it is shown", () => {
  const { overlay, place, drawing, holder, box } = world(coloured(1600, 2400));
  expect([place.state, drawing.wanted]).toEqual(["nowhere", null]);
  overlay.follow();
  expect([place.state, place.target]).toEqual(["there", box]);
  expect(drawing.wanted).toEqual({ width: 800, height: 1200, first: 0, last: 0 });
  expect(holder.lies).toHaveBeenCalledWith(expect.anything(), expect.anything(), { width: 1600, height: 2400 });
  const { style } = place.content;
  expect([style.left, style.top, style.width, style.height, style.borderRadius]).toEqual(
    ["10px", "20px", "800px", "1200px", "5px"], // prettier-ignore
  );
  expect([style.position, style.overflow]).toEqual(["absolute", "hidden"]);
  expect(place.content.contains(drawing.element)).toBe(true);
  expect([drawing.element.style.width, drawing.element.style.top]).toEqual(["800px", "0px"]);
});

test.each<[string, number, Coloured, Shown, [number, number]]>([
  ["a dense screen wants more", 2, coloured(1600, 2400), { width: 400, height: 600 }, [800, 1200]],
  ["never more than the picture has", 3, coloured(), {}, [800, 1200]],
  [
    "a zoomed page wants more",
    1,
    coloured(1600, 2400),
    { width: 800, height: 1200, laid: { width: 400, height: 600 } },
    [800, 1200],
  ],
  [
    "what fills a part of its frame less",
    1,
    coloured(),
    { at: { left: 0, top: 300, width: 400, height: 600 } },
    [400, 600],
  ],
  ["there is at least one pixel", 1, coloured(), { at: { left: 0, top: 0, width: 0.1, height: 0.1 } }, [1, 1]],
  [
    "a frame that is not laid out counts as it is",
    1,
    coloured(),
    { laid: { width: 0, height: 0 }, at: { left: 0, top: 0, width: 80, height: 120 } },
    [80, 120],
  ],
])("%s", (_, density, picture, shown, [width, height]) => {
  vi.stubGlobal("devicePixelRatio", density);
  const { overlay, drawing } = world(picture, shown);
  overlay.follow();
  if (shown.laid?.width === 0) return expect(drawing.wanted?.width).toBeGreaterThan(0);
  expect(drawing.wanted).toMatchObject({ width, height });
});

describe("of a strip only what is near the window is drawn", () => {
  const HIGH = 20 * BAND_ROWS;
  /** The bands of a strip that is shown pixel by pixel, `above` rows of which are over the window. */
  const bands = (above: number, shown: Shown = {}) => {
    const { overlay, drawing } = world(coloured(800, HIGH), { top: -above, height: HIGH, ...shown });
    overlay.follow();
    return [drawing.wanted?.first, drawing.wanted?.last];
  };

  test.each([
    [0, 0, 0], // down to 2000 below the top: 1980 rows, for 20 of a border
    [BAND_ROWS - 1980, 0, 1],
    [1200 + 20, 0, 1],
    [BAND_ROWS + 1200 + 20 - 1, 0, 2],
    [BAND_ROWS + 1200 + 20, 1, 2],
    [HIGH - 800 - BAND_ROWS, 18, 19], // there is none after the last one
    [HIGH + 1000, 19, 19], // nor where its end is over the window
  ])("with %d rows above it: bands %d to %d", (above, first, last) => expect(bands(above)).toEqual([first, last]));

  test("zoomed, rows of the picture take more of the window", () => {
    // half as high as the window shows it; the border and the place within are zoomed as well
    const shown = {
      width: 800,
      laid: { width: 400, height: HIGH / 2 },
      at: { left: 0, top: 0, width: 400, height: HIGH / 2 },
    };
    expect(bands(BAND_ROWS + 1200 + 40 - 1, shown)).toEqual([0, 2]);
    expect(bands(BAND_ROWS + 1200 + 40, shown)).toEqual([1, 2]);
  });

  test("what lies lower in its frame begins later", () => {
    const shown = { at: { left: 0, top: 500, width: 800, height: HIGH } };
    expect(bands(BAND_ROWS + 1200 + 520 - 1, shown)[0]).toBe(0);
    expect(bands(BAND_ROWS + 1200 + 520, shown)[0]).toBe(1);
  });
});

test.each<[string, Shown, boolean]>([
  ["in the window", {}, true],
  ["one and a half windows above", { top: -1200 - 1199 }, true],
  ["higher still", { top: -1200 - 1200 }, false],
  ["one and a half windows below", { top: 800 + 1199 }, true],
  ["lower still", { top: 800 + 1200 }, false],
  ["one and a half windows to the left", { left: -800 - 1499 }, true],
  ["further left", { left: -800 - 1500 }, false],
  ["one and a half windows to the right", { left: 1000 + 1499 }, true],
  ["further right", { left: 1000 + 1500 }, false],
  ["as narrow as a pixel", { width: 1 }, true],
  ["narrower", { width: 0.9 }, false],
  ["as low as a pixel", { height: 1 }, true],
  ["lower", { height: 0.9 }, false],
])("a frame %s is drawn: %s", (_, shown, isDrawn) => {
  const { overlay, place, drawing } = world(coloured(), shown);
  drawing.wanted = { width: 1, height: 1, first: 0, last: 0 };
  overlay.follow();
  expect(place.state).toBe(isDrawn ? "there" : "hidden");
  expect(drawing.wanted === null).toBe(!isDrawn);
});

test("a frame that left the document is hidden and keeps no pixels, and may come back", () => {
  const { overlay, place, drawing, holds, ended } = world();
  holds.isConnected = false;
  holds.holds = false;
  overlay.follow();
  expect([place.state, drawing.wanted, ended.mock.calls.length]).toEqual(["hidden", null, 0]);
  Object.assign(holds, { isConnected: true, holds: true });
  overlay.follow();
  expect([place.state, drawing.wanted !== null]).toEqual(["there", true]);
});

test("where it cannot lie exactly over the frame nothing is drawn", () => {
  const { overlay, place, drawing } = world();
  overlay.follow();
  place.lies = false;
  overlay.follow();
  expect(drawing.wanted).toBeNull();
});

test("once the site moves the host, the pixels are given up", () => {
  const { overlay, place, drawing } = world();
  overlay.follow();
  overlay.guard();
  expect(drawing.wanted).not.toBeNull();
  place.isMoved = true;
  overlay.guard();
  expect(drawing.wanted).toBeNull();
  overlay.follow(); // brings it back, drawn anew
  expect(drawing.wanted).not.toBeNull();
});

test("another page in the holder ends it, told by the holder or seen when following", () => {
  const told = world();
  told.overlay.follow();
  told.change();
  expect(told.ended).not.toHaveBeenCalled(); // it declares the same still
  told.holds.declares = false;
  told.change();
  expect([told.ended.mock.calls.length, told.place.state, told.drawing.wanted]).toEqual([1, "removed", null]);
  expect(told.signal()?.aborted).toBe(true);
  expect([...(told.holder.declares.mock.calls[0]?.[0] ?? [])]).toEqual(["small.png", "page.png"]);

  const seen = world();
  seen.holds.holds = false;
  seen.overlay.follow();
  expect([seen.ended.mock.calls.length, seen.place.state]).toEqual([1, "removed"]);
  expect(seen.holder.holds).toHaveBeenCalledWith(new Set(["small.png", "page.png"]), seen.overlay.coloured);
});

test("nobody needs to listen for its end", () => {
  const { overlay, holds } = world();
  const silent = new Overlay(overlay.holder, "page.png", coloured());
  holds.holds = false;
  expect(() => silent.follow()).not.toThrow();
});

test("at rest it is out of the document and drawn no further, and comes back where it was", () => {
  const { overlay, place, drawing, holds, ended } = world();
  overlay.follow();
  overlay.rest(false);
  expect([overlay.isShown, place.state]).toEqual([true, "there"]);
  overlay.rest(true);
  expect([overlay.isShown, place.state, drawing.wanted !== null]).toEqual([false, "removed", true]);
  place.state = "";
  overlay.rest(true); // it rests already
  overlay.follow();
  expect(place.state).toBe("");
  overlay.rest(false);
  expect([overlay.isShown, place.state]).toEqual([true, "there"]);
  overlay.rest(true);
  holds.holds = false;
  overlay.follow(); // another page is noticed even so
  expect(ended).toHaveBeenCalledTimes(1);
});

test("corrected colours take the place of the former ones", () => {
  const { overlay, place, drawing } = world();
  const corrected = coloured();
  overlay.replace(corrected);
  expect([overlay.coloured, drawing.source, place.state]).toEqual([corrected, corrected, "there"]);
});

test("the share of colour is how much of it covers the site's own", () => {
  const { overlay, place } = world();
  overlay.mix(0.3);
  expect(place.content.style.opacity).toBe("0.3");
});

test("for a moment the site's own is seen alone, and then as much of the colour as before", () => {
  const { overlay, place } = world();
  overlay.mix(0.3);
  overlay.peek(true);
  expect(place.content.style.opacity).toBe("0");
  overlay.mix(0.6); // a share that is set meanwhile counts afterwards
  expect(place.content.style.opacity).toBe("0");
  overlay.peek(false);
  expect(place.content.style.opacity).toBe("0.6");
});

test.each([
  [0.25, "inset(0 0 0 25%)"],
  [1, "inset(0 0 0 100%)"],
  [0, "inset(0 0 0 0%)"],
  [null, "none"],
])("cut at %s, colours are shown beyond that share of the width alone", (share, clip) => {
  const { overlay, drawing } = world();
  overlay.cut(0.5);
  overlay.cut(share);
  expect(drawing.element.style.clipPath).toBe(clip);
});

test.each([true, false])("what was drawn is let go of where the content was moved: %s", (isMoved) => {
  const { overlay, place, drawing } = world();
  const release = vi.spyOn(drawing as unknown as { release(): void }, "release");
  place.isMoved = isMoved;
  overlay.follow();
  expect(release).toHaveBeenCalledTimes(isMoved ? 1 : 0);
  expect(drawing.wanted).not.toBeNull();
});

test("taken away, it keeps and hears nothing", () => {
  const { overlay, place, drawing, signal } = world();
  overlay.follow();
  overlay.remove();
  expect([place.state, drawing.wanted, signal()?.aborted]).toEqual(["removed", null, true]);
});
