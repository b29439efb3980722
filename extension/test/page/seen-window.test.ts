// @vitest-environment jsdom
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Holder } from "@/lib/page/holders/holder";

const { askWorker, inWindow, ours } = vi.hoisted(() => ({
  askWorker: vi.fn(),
  inWindow: vi.fn(),
  ours: { areHidden: false },
}));
vi.mock("wxt/browser", () => ({ browser: {} }));
vi.mock("@/lib/messages", () => ({ askWorker }));
vi.mock("@/lib/page/point", () => ({ inWindow }));
vi.mock("@/lib/page/holders/closed-root", () => ({
  withoutOurs: async (act: () => Promise<unknown>) => {
    ours.areHidden = true;
    return act().finally(() => (ours.areHidden = false));
  },
}));

import { i18n } from "#i18n";
import { seenOf, Unseen } from "@/lib/page/capture/seen";
import { disown } from "@/lib/page/holders/roots";
import { showWindow } from "./looking";

const BOX = { left: 100.2, top: 50, width: 320, height: 480 };
let box = BOX;
let node: HTMLElement;
let above: (x: number, y: number) => Element[] = () => []; // what stands over the picture
const drawn: unknown[] = [];
const closed = vi.fn();
const PNG = new Blob(["png"]);
const holder = (facts: object = {}) => ({ node, frame: node, isConnected: true, ...facts }) as unknown as Holder;

beforeEach(() => {
  document.body.replaceChildren();
  node = document.body.appendChild(document.createElement("canvas"));
  [box, above] = [BOX, () => []];
  drawn.length = 0;
  closed.mockReset();
  showWindow({ box: () => box, node, above: (x, y) => above(x, y) }, inWindow, closed);
  vi.stubGlobal(
    "OffscreenCanvas",
    class {
      constructor(
        readonly width: number,
        readonly height: number,
      ) {
        drawn.push([width, height]);
      }
      getContext = (kind: string) =>
        kind === "2d" ? { drawImage: (...[, left, top]: unknown[]) => drawn.push([left, top]) } : null;
      convertToBlob = async (as: unknown) => (drawn.push(as), PNG);
    },
  );
  askWorker.mockReset().mockImplementation(async () => (drawn.push(ours.areHidden), new Blob()));
});

const refusal = async (facts: object = {}): Promise<Error> =>
  seenOf(holder(facts)).then(
    () => new Error("it was taken"),
    (error: Error) => error,
  );

test("what the window shows is taken in the screen's own pixels, while nothing of ours is on it", async () => {
  expect(await seenOf(holder())).toBe(PNG);
  expect(askWorker.mock.calls).toEqual([["agent.look", {}]]);
  // two of the screen's pixels a CSS pixel: from 200.4 to 840.4 across, from 100 to 1060 down
  expect(drawn).toEqual([true, [640, 960], [-200, -100], { type: "image/png" }]);
  expect(closed).toHaveBeenCalledTimes(1);
});

test.each<[string, object, () => void]>([
  ["is in a frame", {}, () => vi.stubGlobal("top", {})],
  ["has left the document", { isConnected: false }, () => undefined],
  ["is turned", {}, () => (node.style.rotate = "90deg")],
])("one that %s is not taken at all, now or later", async (_, facts, change) => {
  change();
  const error = await refusal(facts);
  vi.unstubAllGlobals();
  expect(error.message).toBe(i18n.t("found.canvas"));
  expect(error).not.toBeInstanceOf(Unseen);
  expect(askWorker).not.toHaveBeenCalled();
});

describe("in a window of 1000 by 800", () => {
  const at = (left: number, top: number, width: number, height: number) => (box = { left, top, width, height });

  test("one that no canvas holds is too large", async () => {
    at(0, 0, 16_500, 400);
    expect(await refusal()).toMatchObject({ name: "Unseen", message: i18n.t("capture.tooTall") });
  });

  test.each([
    [0, 0, 2000, 400, "50"],
    [-1000, 0, 2000, 400, "50"],
    [-500, -400, 2000, 1600, "25"],
  ])("one at %d, %d of %d by %d is put together bit by bit", async (left, top, width, height, seen) => {
    at(left, top, width, height);
    expect(await refusal()).toMatchObject({ name: "Unseen", message: i18n.t("capture.scrollOver", [seen]) });
    expect(askWorker).toHaveBeenCalledTimes(1);
  });

  test("one that lies beside the window is not looked at", async () => {
    at(1000, 0, 2000, 400);
    expect(await refusal()).toMatchObject({ message: i18n.t("capture.scrollOver", ["0"]) });
    expect(askWorker).not.toHaveBeenCalled();
  });

  test.each([
    [-1, 0, 400, 400],
    [0, -1, 400, 400],
    [601, 0, 400, 400],
    [0, 401.1, 400, 400],
    [-300, 0, 400, 400],
    [900, 0, 400, 400],
    [0, 700, 400, 400],
  ])("one at %d, %d of %d by %d is to be brought into view", async (...place) => {
    at(...place);
    expect(await refusal()).toMatchObject({ name: "Unseen", message: i18n.t("capture.bringIntoView") });
    expect(askWorker).not.toHaveBeenCalled();
  });

  test.each([
    [0, 0, 1000, 800],
    [-0.9, -0.9, 1001, 801],
    [600.9, 400, 400, 401],
    [0, 0, 10, 10],
  ])("one at %d, %d of %d by %d is taken", async (...place) => {
    at(...place);
    expect(await seenOf(holder())).toBe(PNG);
  });
});

test("one that the site covers, be it in a corner, is to be brought into view; what is ours covers nothing", async () => {
  const bar = document.createElement("div");
  above = (x, y) => (x > BOX.left + 300 && y > BOX.top + 450 ? [bar] : []);
  expect(await refusal()).toMatchObject({ name: "Unseen", message: i18n.t("capture.bringIntoView") });
  const sign = document.createElement("div");
  disown(sign);
  above = () => [sign];
  expect(await seenOf(holder())).toBe(PNG);
  above = () => [sign, bar];
  expect(await refusal()).toBeInstanceOf(Unseen);
});

test("a window that may not be looked at says what the reader can do", async () => {
  askWorker.mockResolvedValue(null);
  const error = await refusal();
  expect(error.message).toBe(i18n.t("capture.pressButton"));
  expect(error).not.toBeInstanceOf(Unseen);
});

test("one that moved while the window was looked at is not taken", async () => {
  askWorker.mockImplementation(async () => ((box = { ...BOX, top: BOX.top + 1 }), new Blob()));
  expect(await refusal()).toMatchObject({ name: "Unseen", message: i18n.t("capture.bringIntoView") });
});
