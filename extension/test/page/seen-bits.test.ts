// @vitest-environment jsdom
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Holder } from "@/lib/page/holders/holder";

const { askWorker, inWindow } = vi.hoisted(() => ({ askWorker: vi.fn(), inWindow: vi.fn() }));
vi.mock("wxt/browser", () => ({ browser: {} }));
vi.mock("@/lib/messages", () => ({ askWorker }));
vi.mock("@/lib/page/point", () => ({ inWindow }));
vi.mock("@/lib/page/holders/closed-root", () => ({ withoutOurs: async (act: () => Promise<unknown>) => act() }));

import { i18n } from "#i18n";
import { seenOf, Unseen } from "@/lib/page/capture/seen";
import { disown } from "@/lib/page/holders/roots";
import { noteDrawing, showWindow } from "./looking";

/** A picture of 320 by 1200 in a window of 1000 by 800, each of whose pixels is two of the screen's. */
const BOX = { left: 100, top: -200, width: 320, height: 1200 };
let box = BOX;
let node: HTMLElement;
let own: Holder;
let above: (x: number, y: number) => Element[] = () => [];
const drawn: number[][] = [];
const closed = vi.fn();
const PNG = new Blob(["png"]);

beforeEach(() => {
  document.body.replaceChildren();
  node = document.body.appendChild(document.createElement("canvas"));
  own = { node, frame: node, isConnected: true } as unknown as Holder;
  [box, above] = [BOX, () => []];
  drawn.length = 0;
  closed.mockReset();
  showWindow({ box: () => box, node, above: (x, y) => above(x, y) }, inWindow, closed);
  noteDrawing(drawn, () => PNG);
  askWorker.mockReset().mockImplementation(async () => new Blob());
});

const refusal = async (url = "1"): Promise<Error> =>
  seenOf(own, url).then(
    () => new Error("it was taken"),
    (error: Error) => error,
  );
const scrollOver = (percent: number) => ({ name: "Unseen", message: i18n.t("capture.scrollOver", [`${percent}`]) });
const bar = () => document.createElement("div");

test("a picture that is higher than the window is taken bit by bit while the reader scrolls over it", async () => {
  expect(await refusal()).toMatchObject(scrollOver(66));
  box = { ...BOX, top: 0 };
  expect(await refusal()).toMatchObject(scrollOver(83));
  box = { ...BOX, top: -400 };
  expect(await seenOf(own, "1")).toBe(PNG);
  expect(drawn).toEqual([
    [200, 0, 640, 1600, 0, 400, 640, 1600],
    [200, 0, 640, 1600, 0, 0, 640, 1600],
    [200, 0, 640, 1600, 0, 800, 640, 1600],
  ]);
  expect(closed).toHaveBeenCalledTimes(3);
});

test("what is gathered is of one picture", async () => {
  await refusal("1");
  box = { ...BOX, top: 0 };
  expect(await refusal("2")).toMatchObject(scrollOver(66));
  await expect(seenOf(own)).rejects.toMatchObject(scrollOver(66)); // of one without an address
});

describe("of the window's rows those count in which nothing lies over it", () => {
  const rows = async () => {
    drawn.length = 0;
    await refusal();
    const [, top, , height] = drawn.at(-1) ?? [];
    return [(top ?? 0) / 2, ((top ?? 0) + (height ?? 0)) / 2];
  };

  test.each<[string, (x: number, y: number) => boolean, number, number]>([
    ["below a bar of the site", (_, y) => y < 60, 56, 800],
    ["above one", (_, y) => y > 700, 0, 704],
    ["the longer part", (_, y) => y > 300 && y < 340, 336, 800],
    ["of two that are as long the upper one", (_, y) => y > 392 && y < 408, 0, 392],
    ["beside what reaches over its last column", (x, y) => x >= 410 && y < 100, 96, 800],
    ["beside what reaches over its first column", (x, y) => x <= 110 && y < 100, 96, 800],
    ["beside what reaches less far", (x, y) => (x > 410 || x < 110) && y < 100, 0, 800],
  ])("%s", async (_, isOver, top, bottom) => {
    const over = bar();
    above = (x, y) => (isOver(x, y) ? [over] : []);
    expect(await rows()).toEqual([top, bottom]);
  });

  test("the last ones may be cut", async () => {
    vi.stubGlobal("innerHeight", 803);
    vi.stubGlobal("createImageBitmap", async () => ({ width: 2000, height: 1606, close: closed }));
    expect(await rows()).toEqual([0, 803]);
    const over = bar();
    above = (_, y) => (y > 801 ? [over] : []);
    expect(await rows()).toEqual([0, 800]);
  });

  test("only those that it is in", async () => {
    box = { ...BOX, top: 240 };
    expect(await rows()).toEqual([240, 800]);
    box = { ...BOX, top: -1000 };
    expect(await rows()).toEqual([0, 200]);
  });

  test("what is ours lies over nothing, and what paints it, or stands in it, is it", async () => {
    const sign = bar();
    disown(sign);
    above = () => [sign];
    expect(await rows()).toEqual([0, 800]);
    const frame = bar();
    own = { node, frame, isConnected: true } as unknown as Holder;
    above = () => [frame];
    expect(await rows()).toEqual([0, 800]);
    const within = node.appendChild(bar());
    own = { node, frame: node, covers: true, isConnected: true } as unknown as Holder;
    above = () => [within];
    expect(await rows()).toEqual([0, 800]);
  });

  test("what stands in one that does not cover it lies over it", async () => {
    const within = node.appendChild(bar());
    above = () => [within];
    expect(await refusal()).toMatchObject(scrollOver(0));
  });
});

test.each([
  [0, 66],
  [680, 66],
  [-160, 33],
  [840, 33],
  [-319, 0],
  [-320, 0],
  [1000, 0],
])("of one that begins at %d two thirds are seen, as far as it is in the window: %d percent", async (left, percent) => {
  box = { ...BOX, left };
  expect(await refusal()).toMatchObject(scrollOver(percent));
  expect(askWorker.mock.calls.length).toBe(left > -320 && left < 1000 ? 1 : 0);
});

test("one that is wider than the window is put together from side to side", async () => {
  box = { left: 0, top: 0, width: 1200, height: 400 };
  expect(await refusal()).toMatchObject(scrollOver(83));
  box = { ...box, left: -200 };
  expect(await seenOf(own, "1")).toBe(PNG);
  expect(drawn).toEqual([
    [0, 0, 2000, 800, 0, 0, 2000, 800],
    [0, 0, 2000, 800, 400, 0, 2000, 800],
  ]);
});

test.each([
  [801, "capture.bringIntoView"],
  [801.1, "capture.scrollOver"],
] as const)("one %d high in a window of 800: %s", async (height, words) => {
  box = { ...BOX, top: -10, height };
  expect((await refusal()).message).toBe(i18n.t(words, ["98"]));
});

test("one under something of the site is not looked at", async () => {
  const over = bar();
  above = () => [over];
  expect(await refusal()).toMatchObject(scrollOver(0));
  expect(askWorker).not.toHaveBeenCalled();
});

test("one that no canvas holds is too tall, and what was looked at is let go", async () => {
  box = { ...BOX, height: 20_000 };
  const error = await refusal();
  expect(error).toMatchObject({ name: "Unseen", message: i18n.t("capture.tooTall") });
  expect(closed).toHaveBeenCalledTimes(1);
});

test("a window that may not be looked at, and a picture that moved meanwhile, are told", async () => {
  askWorker.mockResolvedValueOnce(null);
  const error = await refusal();
  expect([error.message, error instanceof Unseen]).toEqual([i18n.t("capture.pressButton"), false]);
  askWorker.mockImplementationOnce(async () => ((box = { ...BOX, top: BOX.top - 1 }), new Blob()));
  expect(await refusal()).toMatchObject({ name: "Unseen", message: i18n.t("capture.bringIntoView") });
  expect(drawn).toEqual([]);
});
