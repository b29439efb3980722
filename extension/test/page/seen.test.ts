// @vitest-environment jsdom
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Holder } from "@/lib/page/holders/holder";

const { askWorker, inWindow } = vi.hoisted(() => ({ askWorker: vi.fn(), inWindow: vi.fn() }));
vi.mock("wxt/browser", () => ({ browser: {} }));
vi.mock("@/lib/messages", () => ({ askWorker }));
vi.mock("@/lib/page/point", () => ({ inWindow }));

import { i18n } from "#i18n";
import { areAlike, isDrawn, isSeenIn } from "@/lib/page/capture/seen";

const page = Array.from({ length: 120 }, (_, at) => 128 + 90 * Math.sin(at * at));
const other = Array.from({ length: 120 }, (_, at) => 128 + 90 * Math.cos(at * 3.7));
const each = (change: (luma: number) => number) => page.map(change);

describe("two pictures' lumas", () => {
  test("a page goes with itself, dimmed and inverted too, and not with another", () => {
    expect(areAlike(page, page)).toBe(true);
    expect(areAlike(each((luma) => 20 + luma / 2), page)).toBe(true); // prettier-ignore
    expect(areAlike(each((luma) => 255 - luma), page)).toBe(true); // prettier-ignore
    expect(areAlike(other, page)).toBe(false);
  });

  test("of a blank page nothing can be told", () => {
    expect(areAlike(each(() => 250), page)).toBeNull(); // prettier-ignore
    expect(areAlike([], [])).toBe(true); // no cell speaks against it
  });

  test("where next to nothing is drawn nothing can be told, from a spread of six levels on it can", () => {
    const stripes = (by: number) => page.map((_, at) => 128 + (at % 2 ? by : -by));
    expect([5.9, 6].map((by) => areAlike(stripes(by), stripes(by)))).toEqual([null, true]);
  });

  test("they may go together in part, by seven tenths and no less", () => {
    const by = (share: number) =>
      page.map((_, at) => (at % 2 ? 60 : -60) * share + (at % 4 < 2 ? 60 : -60) * Math.sqrt(1 - share ** 2));
    expect([0.69, 0.71].map((share) => areAlike(by(share), by(1)))).toEqual([false, true]);
  });
});

/** A picture of `width` by `height` pixels whose luma is told by its place, as an encoded one. */
interface Drawn {
  width: number;
  height: number;
  lumaAt: (x: number, y: number) => [number, number, number];
  closed?: boolean;
}
const pictures = new Map<Blob, Drawn>();
const blobOf = (drawn: Drawn) => {
  const blob = new Blob([`${pictures.size}`]);
  pictures.set(blob, drawn);
  return blob;
};
const grey = (luma: number): [number, number, number] => [luma, luma, luma];
/** Panels of different darkness, 16 by 16 of them over a picture of this size. */
const panels =
  (width: number, height: number, seed = 1): Drawn["lumaAt"] =>
  (x, y) => {
    const [column, row] = [Math.floor((16 * x) / width), Math.floor((16 * y) / height)];
    return grey(128 + 100 * Math.sin(seed * (column * 7 + row * 13 + column * row)));
  };

const BOX = { left: 100, top: 50, width: 320, height: 480 };
let box = BOX;
let over: Element | null = null; // what stands uppermost, where it is not the picture
let isOver: (x: number, y: number) => boolean = () => false;
const smoothing: string[] = [];
let isFull = false; // there is no memory for a canvas
let node: HTMLElement;
const holder = () => ({ node, frame: node, isConnected: true }) as unknown as Holder;
const PAGE: Drawn = { width: 800, height: 1200, lumaAt: panels(800, 1200) };

/** The window, two of whose pixels a CSS pixel takes, with `shown` in the picture's place. */
const windowWith = (shown: Drawn) => ({
  width: 2000,
  height: 1600,
  lumaAt: (x: number, y: number): [number, number, number] => {
    const [across, down] = [(x / 2 - BOX.left) / BOX.width, (y / 2 - BOX.top) / BOX.height];
    return shown.lumaAt(across * shown.width, down * shown.height);
  },
});
const shot = (shown: Drawn) => askWorker.mockResolvedValue(blobOf(windowWith(shown)));

beforeEach(() => {
  document.body.replaceChildren();
  node = document.body.appendChild(document.createElement("img"));
  [box, over, isOver, isFull] = [BOX, null, () => false, false];
  inWindow.mockImplementation((_: Holder, [x, y]: [number, number]) => [
    box.left + x * box.width,
    box.top + y * box.height,
  ]);
  vi.stubGlobal("innerWidth", 1000);
  document.elementFromPoint = (x, y) => (isOver(x, y) ? over : node);
  vi.stubGlobal("createImageBitmap", async (blob: Blob) => {
    const drawn = pictures.get(blob) as Drawn;
    return Object.assign(drawn, { close: () => (drawn.closed = true) });
  });
  vi.stubGlobal(
    "OffscreenCanvas",
    class {
      #data = new Uint8ClampedArray();
      constructor(
        readonly width: number,
        readonly height: number,
      ) {}
      getContext(kind: string) {
        if (kind !== "2d" || isFull) return null;
        const { width: wide, height: high } = this;
        return {
          set imageSmoothingQuality(quality: string) {
            smoothing.push(quality);
          },
          drawImage: ({ lumaAt }: Drawn, ...[left, top, width, height]: number[]) => {
            const part = { left: left ?? 0, top: top ?? 0, width: width ?? 0, height: height ?? 0 };
            const pixels = Array.from({ length: wide * high }, (_, at) => {
              const [x, y] = [((at % wide) + 0.5) / wide, (Math.floor(at / wide) + 0.5) / high];
              return [...lumaAt(part.left + x * part.width, part.top + y * part.height), 255];
            });
            this.#data = Uint8ClampedArray.from(pixels.flat());
          },
          getImageData: () => ({ data: this.#data }),
        };
      }
    },
  );
  smoothing.length = 0;
  askWorker.mockReset();
});

test.each([
  ["a page", PAGE, true],
  ["a tone", { ...PAGE, lumaAt: () => grey(90) }, false],
  ["what is nearly even", { ...PAGE, lumaAt: (x: number, y: number) => grey(0.03 * PAGE.lumaAt(x, y)[0]) }, false],
])("%s shows anything: %s", async (_, drawn, isAnything) => {
  expect(await isDrawn(blobOf(drawn))).toBe(isAnything);
  expect([...pictures.values()].at(-1)?.closed).toBe(true);
});

describe("whether the window shows a fetched picture", () => {
  test("it does, and another of the same size it does not; what was looked at is let go", async () => {
    shot(PAGE);
    expect(await isSeenIn(holder(), blobOf(PAGE))).toBe(true);
    expect(askWorker).toHaveBeenCalledWith("agent.look", {});
    expect([...pictures.values()].slice(-2).every(({ closed }) => closed)).toBe(true);
    const decoy = { ...PAGE, lumaAt: panels(800, 1200, 3) };
    expect(await isSeenIn(holder(), blobOf(decoy))).toBe(false);
  });

  test("all colours count, as an eye weighs them", async () => {
    const coloured = (channel: 0 | 1 | 2): Drawn => ({
      ...PAGE,
      lumaAt: (x, y) =>
        grey(0).map((_, at) => (at === channel ? PAGE.lumaAt(x, y)[0] : 128)) as [number, number, number],
    });
    for (const channel of [0, 1] as const) {
      shot(coloured(channel));
      expect(await isSeenIn(holder(), blobOf(PAGE))).toBe(true);
    }
    shot(coloured(2)); // blue alone is dark: a tenth of a panel's spread, and still told
    expect(await isSeenIn(holder(), blobOf(PAGE))).toBe(true);
  });

  test("what stands over it does not count, as long as enough of it is seen", async () => {
    over = document.createElement("p");
    const covered = (share: number) => {
      isOver = (_x, y) => y < BOX.top + share * BOX.height;
      const { lumaAt } = PAGE;
      shot({
        ...PAGE,
        lumaAt: (x, y) => (y < share * PAGE.height ? grey((x * 7919 + y * 104729) % 255) : lumaAt(x, y)),
      });
    };
    covered(13 / 16); // three rows of sixteen cells are left
    expect(await isSeenIn(holder(), blobOf(PAGE))).toBe(true);
    covered(14 / 16);
    askWorker.mockClear();
    expect(await isSeenIn(holder(), blobOf(PAGE))).toBeNull();
    expect(askWorker).not.toHaveBeenCalled();
  });

  test("nor what covers it from the side", async () => {
    over = document.createElement("p");
    shot(PAGE);
    isOver = (x) => x < BOX.left + (13 / 16) * BOX.width;
    expect(await isSeenIn(holder(), blobOf(PAGE))).toBe(true);
    isOver = (x) => x < BOX.left + (13.6 / 16) * BOX.width; // beyond the middle of one column more
    expect(await isSeenIn(holder(), blobOf(PAGE))).toBeNull();
  });

  test("the element that paints it counts as the picture, and so does the picture itself", async () => {
    const frame = document.body.appendChild(document.createElement("div"));
    const painted = { ...holder(), frame } as unknown as Holder;
    shot(PAGE);
    for (const uppermost of [frame, node]) {
      [over, isOver] = [uppermost, () => true];
      expect(await isSeenIn(painted, blobOf(PAGE))).toBe(true);
    }
  });

  test("what stands in the picture counts as it where its pieces are there, and lies over it where they are not", async () => {
    [over, isOver] = [node.appendChild(document.createElement("i")), () => true];
    shot(PAGE);
    expect(await isSeenIn({ ...holder(), covers: true } as Holder, blobOf(PAGE))).toBe(true);
    expect(await isSeenIn(holder(), blobOf(PAGE))).toBeNull();
    over = document.body;
    expect(await isSeenIn({ ...holder(), covers: true } as Holder, blobOf(PAGE))).toBeNull();
  });

  test("both are made small as finely as the browser can", async () => {
    shot(PAGE);
    await isSeenIn(holder(), blobOf(PAGE));
    expect(smoothing).toEqual(["high", "high"]);
  });

  test.each<[string, [number, number]]>([
    ["red and green", [1, 1]],
    ["blue and a little green", [0, 0.1]],
  ])("a picture in %s is the grey one of its lumas", async (_, [red, green]) => {
    const [one, another] = [panels(800, 1200, 1), panels(800, 1200, 5)];
    const swing = (luma: number) => luma - 128;
    const coloured: Drawn["lumaAt"] = (x, y) => {
      const [a, b] = [swing(one(x, y)[0]), swing(another(x, y)[0])];
      return [128 + red * a, 128 + green * b, 128 + (red ? 0 : a)];
    };
    const lumaAt: Drawn["lumaAt"] = (x, y) => {
      const [r, g, b] = coloured(x, y);
      return grey(0.299 * r + 0.587 * g + 0.114 * b);
    };
    shot({ ...PAGE, lumaAt });
    expect(await isSeenIn(holder(), blobOf({ ...PAGE, lumaAt: coloured }))).toBe(true);
  });

  test("of a picture that is nearly even nothing can be told", async () => {
    const faint: Drawn = { ...PAGE, lumaAt: (x, y) => grey(128 + 0.03 * (PAGE.lumaAt(x, y)[0] - 128)) };
    shot(faint);
    expect(await isSeenIn(holder(), blobOf(faint))).toBeNull();
  });

  test("where there is no memory to look it is said so", async () => {
    shot(PAGE);
    isFull = true;
    await expect(isSeenIn(holder(), blobOf(PAGE))).rejects.toThrow(i18n.t("page.noMemory"));
  });

  test.each<[string, () => void]>([
    ["is in a frame", () => vi.stubGlobal("top", {})],
    ["has left the document", () => undefined],
    ["is turned", () => (node.style.transform = "rotate(90deg)")],
    ["stands in what is turned", () => (document.body.style.rotate = "20deg")],
    ["is mirrored", () => (node.style.scale = "-1 1")],
  ])("nothing can be told of one that %s, and nobody is asked", async (what, change) => {
    shot(PAGE);
    change();
    const gone = what.includes("left") ? { isConnected: false } : {};
    expect(await isSeenIn({ ...holder(), ...gone } as Holder, blobOf(PAGE))).toBeNull();
    expect(askWorker).not.toHaveBeenCalled();
    document.body.removeAttribute("style");
    vi.unstubAllGlobals();
  });

  test("nothing can be told where the browser does not let us look", async () => {
    askWorker.mockResolvedValue(null);
    expect(await isSeenIn(holder(), blobOf(PAGE))).toBeNull();
  });

  test.each(["left", "top", "width", "height"] as const)("nothing, where its %s changed meanwhile", async (side) => {
    const looked = (by: number) =>
      askWorker.mockImplementation(async () => {
        box = { ...BOX, [side]: BOX[side] + by };
        return blobOf(windowWith(PAGE));
      });
    for (const by of [1, -1]) {
      looked(by);
      expect(await isSeenIn(holder(), blobOf(PAGE))).toBeNull();
      box = BOX;
    }
    looked(0.9);
    expect(await isSeenIn(holder(), blobOf(PAGE))).toBe(true);
  });
});
