import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { fakeBrowser } from "wxt/testing/fake-browser";
import type { RunState } from "@/lib/chapter/state";
import type { HostConnection } from "@/lib/host/connection";
import type { Survey } from "@/lib/messages";

const outside = vi.hoisted(() => ({
  askPage: vi.fn(),
  ensureAgent: vi.fn(),
  surveyTab: vi.fn(),
  showBadge: vi.fn(),
  made: [] as unknown[],
  removed: [] as ((tabId: number) => void)[],
}));
vi.mock("wxt/browser", async () => {
  const { fakeBrowser: browser } = await import("wxt/testing/fake-browser");
  const onRemoved = { addListener: (listener: (tabId: number) => void) => outside.removed.push(listener) };
  return { browser: { ...browser, tabs: { ...browser.tabs, onRemoved } } };
});
vi.mock("@/lib/messages", () => ({ askPage: outside.askPage }));
vi.mock("@/lib/worker/inject", () => ({ ensureAgent: outside.ensureAgent }));
vi.mock("@/lib/worker/survey", () => ({ surveyTab: outside.surveyTab }));
vi.mock("@/lib/worker/badge", () => ({ showBadge: outside.showBadge }));
vi.mock("@/lib/chapter/run", () => ({
  ChapterRun: class {
    isActive = true;
    readonly saver = { save: vi.fn(async () => true), cancel: vi.fn(async () => undefined) };
    readonly did: string[] = [];
    constructor(
      readonly state: RunState,
      readonly out: Record<string, (...given: unknown[]) => unknown>,
    ) {
      outside.made.push(this);
    }
    has = (pageId: string) => pageId in this.state.pages;
    cancel = async () => void this.did.push("cancel");
    settle = () => void this.did.push("settle");
    pause = () => void this.did.push("pause");
    resume = async () => void this.did.push("resume");
    revive = async () => void this.did.push("revive");
    fail = (why: string) => void this.did.push(`fail ${why}`);
    hear = ({ method }: { method: string }) => void this.did.push(`hear ${method}`);
    first = async () => void this.did.push("first");
    redress = async (sha256s: readonly string[]) => void this.did.push(`redress ${sha256s.join()}`);
  },
}));

import { changeHabit, habitOf, loadHabit } from "@/lib/habits";
import { loadHints, loadRun, saveRun, takeUnderWay } from "@/lib/state";
import { Runs, startOf, watchTabs } from "@/lib/worker/runs";

interface FakeRun {
  state: RunState;
  isActive: boolean;
  saver: { save: ReturnType<typeof vi.fn>; cancel: ReturnType<typeof vi.fn> };
  did: string[];
  out: Record<string, (...given: unknown[]) => unknown>;
}
const SURVEY: Survey = {
  ...{ pages: 3, why: null, origins: [], site: "https://reader.example" },
  ...{ series: "Rain Town", chapter: "Chapter 3" },
};
const CHOICE = { series: "", engine: null };
const host = { ready: vi.fn(), request: vi.fn() };
const made = () => outside.made as FakeRun[];
const asked = (kind: string) => outside.askPage.mock.calls.filter(([, , one]) => one === kind);
const settle = () => vi.advanceTimersByTimeAsync(200);

beforeEach(() => {
  fakeBrowser.reset();
  vi.useFakeTimers();
  outside.made.length = outside.removed.length = 0;
  for (const each of [outside.askPage, outside.ensureAgent, outside.showBadge, host.ready, host.request])
    each.mockReset().mockResolvedValue(undefined);
  outside.surveyTab.mockReset().mockResolvedValue(SURVEY);
});
afterEach(() => vi.useRealTimers());

const open = () => new Runs(() => host as unknown as HostConnection);
async function started(tabId = 1, how = {}): Promise<{ runs: Runs; run: FakeRun }> {
  const runs = open();
  await runs.start(tabId, CHOICE, how);
  return { runs, run: made().at(-1) as FakeRun };
}

describe("starting", () => {
  test("all frames of the tab begin, and the chapter is remembered as under way", async () => {
    const { runs, run } = await started();
    expect(asked("page.start")).toEqual([
      [1, null, "page.start", { runId: run.state.runId, only: null, strength: 1, original: false }],
    ]);
    expect([runs.of(1), runs.find(1, run.state.runId)]).toEqual([run, run]);
    const none = [runs.of(2), runs.find(1, "other"), runs.find(undefined, run.state.runId)];
    expect(none).toEqual([undefined, undefined, undefined]);
    expect(host.ready).toHaveBeenCalledTimes(1);
    expect(await takeUnderWay()).toEqual([[1, { choice: CHOICE, series: "Rain Town", chapter: "Chapter 3" }]]);
    expect([run.state.isPointed, run.state.chapter]).toEqual([false, "Chapter 3"]);
  });

  test("a picture that was pointed at is no chapter under way", async () => {
    const { run } = await started(1, { only: "1.png" });
    expect(asked("page.start")[0]?.[3]).toMatchObject({ only: "1.png" });
    expect([run.state.isPointed, await takeUnderWay()]).toEqual([true, []]);
  });

  test("a document that is known is not looked at again", async () => {
    await started(1, { known: { ...SURVEY, chapter: "Chapter 9" } });
    expect(outside.surveyTab).not.toHaveBeenCalled();
    expect(made()[0]?.state.chapter).toBe("Chapter 9");
  });

  test("after a while it is settled whether there are pages", async () => {
    const { run } = await started();
    await vi.advanceTimersByTimeAsync(3999);
    expect(run.did).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(run.did).toEqual(["settle"]);
  });

  test("a host that cannot be had is the run's end, not the click's", async () => {
    host.ready.mockRejectedValue(new Error("not installed"));
    const { run } = await started();
    expect(run.did).toEqual(["fail not installed"]);
  });

  test("what may not be read rejects, and the next click begins anew", async () => {
    outside.surveyTab.mockRejectedValueOnce(new Error("closed"));
    const runs = open();
    await expect(runs.start(1, CHOICE)).rejects.toThrow("closed");
    expect([made().length, runs.of(1)]).toEqual([0, undefined]);
    await runs.start(1, CHOICE);
    expect(runs.of(1)).toBe(made()[0]);
  });

  test("a second click while the first one looks comes after it, and the earlier run ends", async () => {
    const runs = open();
    const order: string[] = [];
    outside.surveyTab.mockImplementation(async () => (order.push("looks"), SURVEY));
    outside.askPage.mockImplementation(async (_tab, _frame, kind: string) => void order.push(kind));
    await Promise.all([runs.start(1, CHOICE), runs.start(1, CHOICE)]);
    expect(order).toEqual(["looks", "page.start", "looks", "page.start"]);
    expect([made().length, made()[0]?.did, runs.of(1)]).toEqual([2, ["cancel"], made()[1]]);
  });

  test("a third click waits for the second one, also once the first has begun", async () => {
    const runs = open();
    const order: string[] = [];
    let looks = 0;
    outside.surveyTab.mockImplementation(async () => {
      const click = ++looks;
      await new Promise((resolve) => setTimeout(resolve, click === 2 ? 100 : 1));
      order.push(`looked ${click}`);
      return SURVEY;
    });
    const first = runs.start(1, CHOICE);
    const second = runs.start(1, CHOICE);
    await vi.advanceTimersByTimeAsync(10);
    await first;
    const third = runs.start(1, CHOICE);
    await vi.advanceTimersByTimeAsync(300);
    await Promise.all([second, third]);
    expect(order).toEqual(["looked 1", "looked 2", "looked 3"]);
  });

  test("what begins by itself has the reference of the last time, what somebody clicks has the one chosen now", async () => {
    await changeHabit({ site: SURVEY.site, told: SURVEY.series, change: { referenceId: "r9" } });
    expect((await started(1, { known: SURVEY })).run.state.references).toEqual(["r9"]);
    expect((await started(2)).run.state.references).toEqual([]);
  });

  test("one that failed does not keep the second click from beginning", async () => {
    const runs = open();
    outside.surveyTab.mockRejectedValueOnce(new Error("closed"));
    const [first, second] = await Promise.allSettled([runs.start(1, CHOICE), runs.start(1, CHOICE)]);
    expect([first.status, second.status]).toEqual(["rejected", "fulfilled"]);
  });
});

describe("what a run is told of", () => {
  test("host, page and corrections reach the right ones", async () => {
    const { run } = await started(7);
    await run.out.ask?.("engine.list", {});
    expect(host.request).toHaveBeenCalledWith("engine.list", {});
    await run.out.tell?.(2, "page.settled", { pageId: "p" });
    expect(outside.askPage).toHaveBeenLastCalledWith(7, 2, "page.settled", { pageId: "p" });
    const hints = [{ points: [[0, 0]], rgb: [1, 2, 3] }];
    run.out.remember?.("a".repeat(64), hints);
    await settle();
    expect((await loadHints(["a".repeat(64)])).get("a".repeat(64))).toEqual(hints);
  });

  test("a change is stored and shown soon, some changes at once", async () => {
    const { run } = await started();
    await settle();
    outside.showBadge.mockClear();
    for (const problem of ["a", "b"]) {
      run.state.problem = problem;
      run.out.changed?.(run);
    }
    await vi.advanceTimersByTimeAsync(149);
    expect(outside.showBadge).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(outside.showBadge.mock.calls).toEqual([[1, run.state]]);
    expect((await loadRun(1))?.problem).toBe("b");
    run.out.changed?.(run);
    await settle();
    expect(outside.showBadge).toHaveBeenCalledTimes(2);
  });

  test("a run that is not the tab's any more changes nothing", async () => {
    const { runs, run } = await started();
    await runs.start(1, CHOICE);
    await settle();
    outside.showBadge.mockClear();
    run.out.changed?.(run);
    run.out.tabGone?.(run);
    await settle();
    expect([outside.showBadge.mock.calls.length, runs.of(1)]).toEqual([0, made()[1]]);
  });

  test("a tab that is gone is forgotten", async () => {
    const { runs, run } = await started();
    run.out.tabGone?.(run);
    await settle();
    expect([runs.of(1), run.did, await loadRun(1), await takeUnderWay()]).toEqual([undefined, ["cancel"], null, []]);
    expect(outside.showBadge).toHaveBeenLastCalledWith(1, null);
  });

  test("so is one whose document went without a word", async () => {
    const { runs, run } = await started();
    outside.askPage.mockResolvedValue({ probe: null });
    await runs.forgetLeft(1);
    expect([runs.of(1), run.did]).toEqual([run, []]);
    outside.askPage.mockRejectedValue(new Error("nobody there"));
    await runs.forgetLeft(2);
    await runs.forgetLeft(1);
    expect([runs.of(1), run.did]).toEqual([undefined, ["cancel"]]);
  });

  test("so is one that was closed", async () => {
    const { runs } = await started(4);
    watchTabs(runs);
    outside.removed[0]?.(4);
    await settle();
    expect(runs.of(4)).toBeUndefined();
  });

  test("what was about to be stored is not stored after it was forgotten", async () => {
    const { runs, run } = await started();
    run.out.changed?.(run);
    await runs.forget(1);
    await settle();
    expect(await loadRun(1)).toBeNull();
  });
});

describe("the reader's own acts", () => {
  test("cancelling ends the run and tells the page, and no update takes it up again", async () => {
    const { runs, run } = await started();
    outside.askPage.mockRejectedValue(new Error("gone"));
    await runs.cancel(1);
    expect([run.did, asked("page.cancel").length, await takeUnderWay()]).toEqual([["cancel"], 1, []]);
  });

  test("a tab without a run has nothing to cancel, and its page is told all the same", async () => {
    await open().cancel(3);
    expect(asked("page.cancel")).toEqual([[3, null, "page.cancel", {}]]);
  });

  test("a chapter is put first; a tab without one has none", async () => {
    const { runs, run } = await started();
    await runs.first(1);
    await runs.first(2);
    expect(run.did).toEqual(["first"]);
  });

  test("the originals are shown, and the run knows", async () => {
    const { runs, run } = await started();
    await runs.show(1, true);
    await runs.show(2, true); // a tab without a run
    expect([run.state.original, asked("page.show")]).toEqual([true, [[1, null, "page.show", { original: true }]]]);
    await settle();
    expect((await loadRun(1))?.original).toBe(true);
  });

  test("the originals of a series are shown here, and kept for its other chapters", async () => {
    const { runs, run } = await started();
    const kept = async () => habitOf(await loadHabit(SURVEY.site), SURVEY.series).original;
    await runs.showSeries(1, true);
    expect([run.state.original, asked("page.show").length, await kept()]).toEqual([true, 1, true]);
    await runs.showSeries(1, false);
    expect([run.state.original, await kept()]).toEqual([false, false]);
    await runs.showSeries(2, true); // a tab without a run
    expect([asked("page.show").length, await kept()]).toEqual([2, false]);
  });

  test("who presses twice at once sees the colours again, whatever is stored by then", async () => {
    const { runs, run } = await started();
    await Promise.all([runs.toggleOriginal(1), runs.toggleOriginal(1), runs.toggleOriginal(2)]); // 2 has no run
    const told = asked("page.show").map(([, , , params]) => params);
    expect([run.state.original, told]).toEqual([false, [{ original: true }, { original: false }]]);
  });

  test("the colours of a series whose originals were wished come back for its other chapters, too", async () => {
    const { runs, run } = await started();
    const kept = async () => habitOf(await loadHabit(SURVEY.site), SURVEY.series).original;
    await runs.toggleOriginal(1);
    expect([run.state.original, await kept()]).toEqual([true, undefined]);
    await runs.showSeries(1, true);
    await runs.toggleOriginal(1);
    expect([run.state.original, await kept()]).toEqual([false, false]);
    await runs.toggleOriginal(1);
    expect([run.state.original, await kept()]).toEqual([true, false]);
  });

  test.each(["showSeries", "mix"] as const)("what is of no site is kept for none: %s", async (act) => {
    const { runs, run } = await started();
    await settle();
    const before = JSON.stringify(await fakeBrowser.storage.local.get(null));
    for (const site of ["", undefined]) {
      Object.assign(run.state, { site, told: undefined });
      await (act === "mix" ? runs.mix(1, 0.5) : runs.showSeries(1, true));
      await vi.advanceTimersByTimeAsync(500);
    }
    expect(JSON.stringify(await fakeBrowser.storage.local.get(null))).toBe(before);
    expect(asked(act === "mix" ? "page.mix" : "page.show")).toHaveLength(2);
  });

  test("a mixture is shown at once, and kept for the series where it rests", async () => {
    const { runs, run } = await started();
    await runs.mix(1, 0.5);
    await vi.advanceTimersByTimeAsync(200);
    await runs.mix(1, 0.25);
    await runs.mix(2, 0.1); // a tab without a run
    expect(asked("page.mix").map(([, , , params]) => params as object)).toEqual([
      { strength: 0.5 },
      { strength: 0.25 },
    ]);
    expect([run.state.strength, startOf(run.state, null)]).toEqual([0.25, expect.objectContaining({ strength: 0.25 })]);
    await vi.advanceTimersByTimeAsync(299);
    const kept = async () => habitOf(await loadHabit(SURVEY.site), SURVEY.series).strength;
    expect(await kept()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(await kept()).toBe(0.25);
    Object.assign(run.state, { site: "" });
    await runs.mix(1, 0.9);
    await vi.advanceTimersByTimeAsync(400);
    expect(await kept()).toBe(0.25);
  });

  test("a chapter is saved once a page is done, with the host there", async () => {
    const { runs, run } = await started();
    await expect(runs.save(1, "cbz")).rejects.toThrow(/./);
    await expect(runs.save(2, "cbz")).rejects.toThrow(/./);
    run.state.pages = { p: { state: "done", fraction: 1 } } as never;
    host.ready.mockClear();
    expect(await runs.save(1, "pdf")).toBe(true);
    expect([run.saver.save.mock.calls, host.ready.mock.calls.length]).toEqual([[["pdf"]], 1]);
    host.ready.mockRejectedValue(new Error("gone"));
    await expect(runs.save(1, "pdf")).rejects.toThrow("gone");
  });

  test("saving is cancelled in the tab that is told, and in no other", async () => {
    const { runs, run } = await started();
    await runs.cancelSave(2);
    expect(run.saver.cancel).not.toHaveBeenCalled();
    await runs.cancelSave(1);
    expect(run.saver.cancel).toHaveBeenCalledTimes(1);
  });

  test("that pictures need a permission is wished once", async () => {
    const { runs, run } = await started();
    await settle();
    outside.showBadge.mockClear();
    runs.wishCapture(undefined);
    runs.wishCapture(2);
    expect(run.state.wishesCapture).toBeUndefined();
    runs.wishCapture(1);
    await settle();
    runs.wishCapture(1);
    await settle();
    expect([run.state.wishesCapture, outside.showBadge.mock.calls.length]).toEqual([true, 1]);
  });

  test.each([
    ["running", false, ["page.start", "page.retry"]],
    ["done", false, ["page.start", "page.retry"]],
    ["running", true, ["page.retry"]],
    ["cancelled", false, ["page.retry"]],
    ["failed", false, ["page.retry"]],
  ] as const)("more sites allowed: of a run that is %s (pointed %s) %j", async (name, isPointed, kinds) => {
    const { runs, run } = await started();
    Object.assign(run.state, { name, isPointed });
    outside.askPage.mockReset().mockRejectedValue(new Error("a frame is gone"));
    outside.ensureAgent.mockRejectedValue(new Error("so is the tab"));
    await runs.retryUnreadable();
    expect(outside.askPage.mock.calls.map(([, , kind]) => kind as string)).toEqual(kinds);
    expect(outside.ensureAgent).toHaveBeenCalledWith(1);
  });
});

describe("the host", () => {
  const heard = (method: string, params: object) => ({ method, params }) as never;

  test("what it says of a page goes to that page's run, what it says of all to all", async () => {
    const { runs, run } = await started(1);
    await runs.start(2, CHOICE);
    const other = made()[1] as FakeRun;
    run.state.pages = { p1: {} } as never;
    runs.hear(heard("page.done", { page_id: "p1" }));
    runs.hear(heard("export.progress", {}));
    expect([run.did, other.did]).toEqual([["hear page.done", "hear export.progress"], ["hear export.progress"]]);
  });

  test.each([
    [{ name: "ready" }, ["resume"]],
    [{ name: "disconnected" }, ["pause"]],
    [{ name: "failed", problem: { cause: "why" } }, ["fail why"]],
    [{ name: "connecting" }, []],
    [{ name: "idle" }, []],
  ])("%j: the runs %j", async (state, did) => {
    const { runs, run } = await started();
    runs.follow(state as never);
    expect(run.did).toEqual(did);
  });

  test("the reader tried again: what was given up is taken up", async () => {
    const { runs, run } = await started();
    runs.revive();
    expect(run.did).toEqual(["revive"]);
  });

  test("it is needed while a run is active", async () => {
    const { runs, run } = await started();
    await runs.start(2, CHOICE);
    (made()[1] as FakeRun).isActive = false;
    expect(runs.anyActive).toBe(true);
    run.isActive = false;
    expect(runs.anyActive).toBe(false);
  });
});

test("a palette that changed dresses the chapters of its series anew", async () => {
  const { runs, run } = await started(1);
  await runs.start(2, CHOICE);
  const other = made()[1] as FakeRun;
  other.state.series = "Snow Town";
  runs.redress("Rain Town", ["a", "b"]);
  expect([run.did, other.did]).toEqual([["redress a,b"], []]);
});

describe("another life of the worker", () => {
  const stored = (tabId: number) =>
    saveRun({ ...{ runId: `r${tabId}`, tabId, name: "running", pages: {}, original: false } } as unknown as RunState);

  test("takes up the runs whose tabs are there, paused, and forgets the others", async () => {
    await stored(1);
    await stored(2);
    outside.askPage.mockImplementation(async (tabId: number) => {
      if (tabId === 2) throw new Error("gone");
      return { probe: null };
    });
    host.ready.mockRejectedValue(new Error("not installed"));
    const runs = open();
    await runs.restore();
    expect(asked("page.hello")).toEqual([1, 2].map((tabId) => [tabId, 0, "page.hello", { probe: null }]));
    expect([runs.of(1)?.state.runId, runs.of(2), made()[0]?.did]).toEqual(["r1", undefined, ["pause"]]);
    expect([await loadRun(2), host.ready.mock.calls.length]).toEqual([null, 1]);
  });

  test("calls no host where nothing is left", async () => {
    await open().restore();
    expect(host.ready).not.toHaveBeenCalled();
  });

  test.each<[string, Partial<Survey> | null, number]>([
    ["still shows the chapter", {}, 1],
    ["shows another chapter", { chapter: "Chapter 4" }, 0],
    ["shows another series", { series: "Snow Town" }, 0],
    ["is gone", null, 0],
  ])("of a new version: goes on in a tab that %s", async (_, change, count) => {
    await started();
    outside.made.length = 0;
    if (change) outside.surveyTab.mockResolvedValue({ ...SURVEY, ...change });
    else outside.surveyTab.mockRejectedValue(new Error("gone"));
    await open().carryOn();
    expect(made()).toHaveLength(count);
  });

  test("one tab that cannot begin does not keep the others", async () => {
    const { runs } = await started(1);
    await runs.start(2, CHOICE);
    outside.made.length = 0;
    outside.askPage.mockImplementation(async (tabId: number) => {
      if (tabId === 1) throw new Error("gone");
    });
    const next = open();
    await next.carryOn();
    expect(next.of(2)).toBeDefined();
    expect(made()).toHaveLength(2);
  });
});

test("a run of an older version is shown in all its colour", () => {
  expect(startOf({ runId: "r" } as RunState, null)).toEqual({ runId: "r", only: null, strength: 1 });
});
