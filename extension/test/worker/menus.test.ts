import { beforeEach, describe, expect, test, vi } from "vitest";
import { fakeBrowser } from "wxt/testing/fake-browser";
import type { HostConnection } from "@/lib/host/connection";
import type { Runs } from "@/lib/worker/runs";

interface Clicked {
  menuItemId: string;
  srcUrl?: string;
  frameId?: number;
}
const outside = vi.hoisted(() => ({
  askPage: vi.fn(),
  ensureAgent: vi.fn(),
  flashBadge: vi.fn(),
  fetchPicture: vi.fn(),
  addReference: vi.fn(),
  create: vi.fn(),
  removeAll: vi.fn(),
  query: vi.fn(),
  get: vi.fn(),
  clicked: [] as unknown[],
}));
vi.mock("wxt/browser", async () => {
  const { fakeBrowser: browser } = await import("wxt/testing/fake-browser");
  const onClicked = { addListener: (listener: unknown) => outside.clicked.push(listener) };
  const contextMenus = { create: outside.create, removeAll: outside.removeAll, onClicked };
  return { browser: { ...browser, contextMenus, tabs: { query: outside.query, get: outside.get } } };
});
vi.mock("@/lib/messages", () => ({ askPage: outside.askPage }));
vi.mock("@/lib/worker/inject", () => ({ ensureAgent: outside.ensureAgent }));
vi.mock("@/lib/worker/badge", () => ({ flashBadge: outside.flashBadge }));
vi.mock("@/lib/worker/fetch-picture", () => ({ fetchPicture: outside.fetchPicture }));
vi.mock("@/lib/worker/references", () => ({ addReference: outside.addReference }));
vi.mock("@/lib/worker/runs", () => ({
  startOf: ({ runId }: { runId: string }, only: string | null) => ({ runId, only, strength: 1 }),
}));

import { saveChoices } from "@/lib/state";
import * as menus from "@/lib/worker/menus";

const runs = { of: vi.fn(), start: vi.fn(), save: vi.fn() };
const host = {} as HostConnection;
const openHost = vi.fn(async () => host);
const badges = () => outside.flashBadge.mock.calls.map(([tabId, text]) => [tabId as number, text as string]);
const asked = (kind: string) => outside.askPage.mock.calls.filter(([, , one]) => one === kind);
const URL_ = "https://cdn.example/1.png";

beforeEach(() => {
  fakeBrowser.reset();
  outside.clicked.length = 0;
  const { clicked: _, ...mocks } = outside;
  for (const each of [...Object.values(mocks), ...Object.values(runs)]) each.mockReset().mockResolvedValue(undefined);
  openHost.mockReset().mockResolvedValue(host);
  outside.query.mockResolvedValue([{ id: 5 }]);
  runs.save.mockResolvedValue(true);
  outside.askPage.mockImplementation(async (_tab: number, _frame: number, kind: string) => {
    if (kind === "page.capture") return new Blob(["picture"]);
    return kind === "page.survey" ? { series: "Rain Town", chapter: "Chapter 3" } : undefined;
  });
  menus.answerMenus(openHost, runs as unknown as Runs);
});
const click = (what: Clicked, tab: { id: number } | undefined = { id: 7 }) =>
  (outside.clicked[0] as (what: Clicked, tab?: { id: number }) => Promise<void>)(what, tab);

test("the menu is made anew, each entry where it belongs", async () => {
  await menus.createMenus();
  expect(outside.removeAll).toHaveBeenCalledTimes(1);
  const made = outside.create.mock.calls.map(([entry]) => entry as { id: string; title: string; contexts: string[] });
  expect(made.map(({ id, contexts }) => [id, contexts])).toEqual([
    [menus.SET_REFERENCE, ["image"]],
    [menus.COLORIZE_PAGE, ["image"]],
    [menus.CORRECT_COLOUR, ["image"]],
    ...menus.ACTS.map(([id]) => [id, ["page", "image", "link", "video"]]),
    [menus.SAVE_CHAPTER, ["page", "image", "action"]],
  ]);
  expect(new Set(made.map(({ title }) => title)).size).toBe(10);
  expect(made.every(({ title }) => title)).toBe(true);
});

test("what is done to a page is told its script, for a picture and where browsers see none", async () => {
  await click({ menuItemId: "leave-out", srcUrl: URL_, frameId: 2 });
  await click({ menuItemId: "compare-page", frameId: 0 });
  expect(asked("page.act")).toEqual([
    [7, 2, "page.act", { act: "leaveOut", url: URL_ }],
    [7, 0, "page.act", { act: "compare", url: "" }],
  ]);
});

describe("a style reference", () => {
  test("of a private window is not kept, and the reader hears why", async () => {
    outside.get.mockResolvedValue({ incognito: true });
    await click({ menuItemId: menus.SET_REFERENCE, srcUrl: URL_, frameId: 0 });
    expect(outside.addReference).not.toHaveBeenCalled();
    expect(asked("page.notice")).toMatchObject([
      [7, 0, "page.notice", { text: expect.stringMatching(/private window/) }],
    ]);
  });

  test("is taken as the page shows it, called as the chapter is, and said", async () => {
    await click({ menuItemId: menus.SET_REFERENCE, srcUrl: URL_, frameId: 2 });
    expect(asked("page.capture")).toEqual([[7, 2, "page.capture", { url: URL_ }]]);
    const about = { name: "Rain Town, Chapter 3", series: "Rain Town", source_url: URL_ };
    expect(outside.addReference).toHaveBeenCalledWith(host, expect.any(Blob), about);
    expect(badges()).toEqual([
      [7, "…"],
      [7, "✓"],
    ]);
    expect(asked("page.notice")[0]?.slice(0, 2)).toEqual([7, 2]);
  });

  test("a chapter without a name of its own has the series' name, a picture without an address none", async () => {
    outside.askPage.mockImplementation(async (_tab: number, _frame: number, kind: string) =>
      kind === "page.survey" ? { series: "Rain Town", chapter: "/read/3" } : new Blob(),
    );
    await menus.setReference(host, 7, 0, "data:image/png;base64,AA");
    expect(outside.addReference.mock.calls[0]?.[2]).toEqual({ name: "Rain Town", series: "Rain Town", source_url: "" });
    await menus.setReference(host, 7, 0, `https://a.example/${"x".repeat(5000)}`);
    expect((outside.addReference.mock.calls[1]?.[2] as { source_url: string }).source_url).toHaveLength(4096);
  });

  test("a document that tells nothing of itself does not keep it from being one", async () => {
    outside.askPage.mockImplementation(async (_tab: number, _frame: number, kind: string) => {
      if (kind !== "page.capture") throw new Error("gone");
      return new Blob();
    });
    await menus.setReference(host, 7, 0, URL_);
    expect(outside.addReference.mock.calls[0]?.[2]).toMatchObject({ name: "", series: "" });
    expect(badges().at(-1)).toEqual([7, "✓"]);
  });

  test("of a tab that no script may enter it is fetched, and if it cannot be, the tab's reason is said", async () => {
    outside.ensureAgent.mockRejectedValue(new Error("closed"));
    const picture = new Blob();
    outside.fetchPicture.mockResolvedValueOnce({ picture });
    await menus.setReference(host, 7, 0, URL_);
    expect(outside.fetchPicture).toHaveBeenCalledWith(URL_, null, [URL_]);
    expect(outside.addReference.mock.calls[0]?.[1]).toBe(picture);
    outside.fetchPicture.mockRejectedValueOnce(new Error("404"));
    await click({ menuItemId: menus.SET_REFERENCE, srcUrl: URL_ });
    expect(badges().at(-1)).toEqual([7, "!"]);
    expect(asked("page.notice").at(-1)).toEqual([7, 0, "page.notice", { url: URL_, text: "closed" }]);
  });
});

describe("one page", () => {
  test.each(["running", "paused", "done"])("joins the tab's run that is %s", async (name) => {
    runs.of.mockReturnValue({ state: { runId: "r", name } });
    await click({ menuItemId: menus.COLORIZE_PAGE, srcUrl: URL_ });
    expect(asked("page.start")).toEqual([[7, null, "page.start", { runId: "r", only: URL_, strength: 1 }]]);
    expect(runs.start).not.toHaveBeenCalled();
  });

  test.each([undefined, "cancelled", "failed"])("begins a run where the tab's is %s", async (name) => {
    await saveChoices({ engine: "sdxl" });
    runs.of.mockReturnValue(name && { state: { runId: "r", name } });
    await click({ menuItemId: menus.COLORIZE_PAGE, srcUrl: URL_ });
    expect(runs.start).toHaveBeenCalledWith(7, { series: "", engine: "sdxl" }, { only: URL_ });
    expect(asked("page.start")).toEqual([]);
  });
});

test("a colour is corrected in the frame that was clicked", async () => {
  await click({ menuItemId: menus.CORRECT_COLOUR, srcUrl: URL_, frameId: 4 });
  expect(outside.ensureAgent).toHaveBeenCalledWith(7);
  expect(asked("page.correct")).toEqual([[7, 4, "page.correct", { url: URL_ }]]);
});

describe("the chapter's file", () => {
  test("is of the kind that the reader chose", async () => {
    await saveChoices({ saveAs: "pdf" });
    await click({ menuItemId: menus.SAVE_CHAPTER });
    expect(runs.save).toHaveBeenCalledWith(7, "pdf");
    expect(badges().map(([, text]) => text)).toEqual(["…", "✓"]);
  });

  test.each([
    ["without a host", () => openHost.mockRejectedValue(new Error("no")), ["!"]],
    ["that was cancelled", () => runs.save.mockResolvedValue(false), ["…"]],
    ["that cannot be written", () => runs.save.mockRejectedValue(new Error("no")), ["…", "!"]],
  ])("%s is told by the badge", async (_, fail, texts) => {
    fail();
    await click({ menuItemId: menus.SAVE_CHAPTER });
    expect(badges().map(([, text]) => text)).toEqual(texts);
  });
});

describe("a click", () => {
  test("in no tab goes for the one in front", async () => {
    await (outside.clicked[0] as (what: Clicked) => Promise<void>)({ menuItemId: menus.SAVE_CHAPTER });
    expect(outside.query).toHaveBeenCalledWith({ active: true, lastFocusedWindow: true });
    expect(runs.save).toHaveBeenCalledWith(5, "cbz");
    outside.query.mockResolvedValue([]);
    await (outside.clicked[0] as (what: Clicked) => Promise<void>)({ menuItemId: menus.SAVE_CHAPTER });
    expect(runs.save).toHaveBeenCalledTimes(1);
  });

  test("on no picture does nothing", async () => {
    for (const menuItemId of [menus.SET_REFERENCE, menus.COLORIZE_PAGE, menus.CORRECT_COLOUR, "other"])
      await click({ menuItemId });
    expect([outside.askPage.mock.calls, outside.flashBadge.mock.calls, runs.start.mock.calls]).toEqual([[], [], []]);
  });

  test("that fails says why on the badge and at the picture, in a document that may be gone", async () => {
    outside.askPage.mockRejectedValue("words");
    await click({ menuItemId: menus.CORRECT_COLOUR, srcUrl: URL_ });
    expect(outside.flashBadge.mock.calls).toEqual([[7, "!", "bad"]]);
    expect(asked("page.notice")).toEqual([[7, 0, "page.notice", { url: URL_, text: "words" }]]);
  });
});
