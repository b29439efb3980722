import { expect, test, vi } from "vitest";

vi.mock("wxt/browser", () => ({ browser: {} })); // a run itself touches no browser

import { ChapterRun, type RunOutside } from "@/lib/chapter/run";
import type { RunState } from "@/lib/chapter/state";
import { HostError, HostGone } from "@/lib/host/errors";
import type { HostNotification } from "@/lib/host/methods";
import { type FoundPage, NobodyThere } from "@/lib/messages";
import type { ColourHint, PageDone } from "@/lib/protocol/messages";

type Asked = { method: string; params: Record<string, unknown> };

const found = (n: number, visible = false): FoundPage => ({
  pageId: `p${n}`,
  index: n,
  sha256: `${n}`.repeat(64).slice(0, 64),
  visible,
  width: 800,
  height: 1200,
  url: `https://site.example/${n}.jpg`,
});

/** A run whose host takes every page it is told to need; `told` is what the page's script hears. */
function runWith(need: (pageIds: string[]) => string[] = (ids) => ids) {
  const asked: Asked[] = [];
  const told: { kind: string; params: Record<string, unknown> }[] = [];
  const problems = new Map<string, Error>();
  const gone = vi.fn();
  const remembered = vi.fn();
  let jobs = 0;
  const outside = {
    async ask(method: string, params: Record<string, unknown>) {
      asked.push({ method, params });
      const problem = problems.get(method);
      if (problem) throw problem;
      if (method !== "pipeline.run_chapter") return { accepted: true };
      const ids = (params.pages as { page_id: string }[]).map(({ page_id }) => page_id);
      return { job_id: `j${++jobs}`, need: need(ids) };
    },
    async tell(_frame: number | null, kind: string, params: Record<string, unknown>) {
      told.push({ kind, params });
      const problem = problems.get(kind);
      if (problem) throw problem;
      return kind === "page.bytes" ? new Blob([String(params.pageId)]) : undefined;
    },
    remember: remembered,
    changed: () => undefined,
    tabGone: gone,
  } as unknown as RunOutside;
  const state: RunState = {
    runId: "r",
    tabId: 1,
    name: "running",
    series: "Rain Town",
    chapter: "3",
    engine: null,
    loras: [],
    references: ["ref"],
    pages: {},
    problem: "",
    startedAt: 0,
    original: false,
  };
  return { run: new ChapterRun(state, outside), asked, told, problems, gone, remembered };
}

const doneWith = (page_id: string): HostNotification => ({
  method: "page.done",
  params: { job_id: "j1", page_id, image: new Uint8Array([1]), mime: "image/png", width: 8, height: 9 } as PageDone,
});
const methods = (asked: Asked[]) => asked.map(({ method }) => method);
const stateOf = (run: ChapterRun, id: string) => run.state.pages[id]?.state;

test("asks with hashes first and sends only what is needed, what is seen first", async () => {
  const { run, asked, told } = runWith((ids) => ids.filter((id) => id !== "p1"));
  await run.add([found(1), found(2), found(3, true)], 0);
  expect(asked[0]).toMatchObject({
    method: "pipeline.run_chapter",
    params: { series: "Rain Town", references: ["ref"], direction: "auto" },
  });
  const puts = asked.filter(({ method }) => method === "page.put").map(({ params }) => params.page_id);
  expect(puts).toEqual(["p3", "p2"]);
  const settled = told.filter(({ kind }) => kind === "page.settled").map(({ params }) => params.pageId);
  expect(settled.sort()).toEqual(["p1", "p2", "p3"]);
});

test("shows a page as soon as it is done, and is over when all have ended", async () => {
  const { run, told } = runWith();
  await run.add([found(1), found(2), found(3)], 0);
  run.hear(doneWith("p1"));
  await vi.waitFor(() => expect(told.some(({ kind }) => kind === "page.done")).toBe(true));
  run.hear({ method: "page.skipped", params: { job_id: "j1", page_id: "p2", reason: "already_coloured" } });
  expect(run.state.name).toBe("running");
  const error = { code: "E_IMAGE", message: "Damaged.", hint: "Reload.", retryable: false };
  run.hear({ method: "page.failed", params: { job_id: "j1", page_id: "p3", error } });
  expect(run.state.name).toBe("done");
  expect(run.state.pages.p2?.note).toBe("already in colour");
  expect(run.state.pages.p3?.note).toBe("Damaged. Reload.");
});

test("a preview is shown while its page is being coloured, and never after its end", async () => {
  const { run, told } = runWith();
  const preview = (page_id: string): HostNotification => ({
    method: "page.preview",
    params: { job_id: "j1", page_id, image: new Uint8Array([1]), mime: "image/jpeg" },
  });
  const previewed = () => told.filter(({ kind }) => kind === "page.preview").map(({ params }) => params.pageId);
  await run.add([found(1), found(2)], 0);
  run.hear(preview("p1"));
  await vi.waitFor(() => expect(previewed()).toEqual(["p1"]));
  run.hear(preview("p2"));
  run.hear(doneWith("p2"));
  await vi.waitFor(() => expect(told.at(-1)?.kind).toBe("page.done"));
  run.hear(preview("p2"));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(previewed()).toEqual(["p1"]);
});

test("a page that its job ends without a word counts as cancelled", async () => {
  const { run } = runWith();
  await run.add([found(1), found(2)], 0);
  run.hear(doneWith("p1"));
  const counts = { done: 1, skipped: 0, failed: 0, cancelled: 1, duration_ms: 5 };
  run.hear({ method: "job.done", params: { job_id: "j1", ...counts } });
  expect([stateOf(run, "p1"), stateOf(run, "p2"), run.state.name]).toEqual(["done", "cancelled", "done"]);
});

test("a page's fraction never falls", async () => {
  const { run } = runWith();
  await run.add([found(1)], 0);
  for (const fraction of [0.5, 0.2, 0.7]) {
    run.hear({ method: "job.progress", params: { job_id: "j1", page_id: "p1", stage: "pass2", fraction } });
  }
  expect(run.state.pages.p1?.fraction).toBe(0.7);
});

test("a host that comes back is asked only for what is missing", async () => {
  const { run, asked } = runWith();
  await run.add([found(1), found(2)], 0);
  run.hear(doneWith("p1"));
  run.pause();
  expect(run.state.name).toBe("paused");
  await run.resume();
  const second = asked.filter(({ method }) => method === "pipeline.run_chapter")[1];
  expect((second?.params.pages as { page_id: string }[]).map(({ page_id }) => page_id)).toEqual(["p2"]);
  expect(run.state.name).toBe("running");
});

test("pages found while the host is away are asked for when it is back", async () => {
  const { run, asked } = runWith();
  run.pause();
  await run.add([found(1)], 0);
  expect(asked).toEqual([]);
  await run.resume();
  expect(methods(asked)).toContain("pipeline.run_chapter");
});

const progress = (pageId: string): HostNotification => ({
  method: "job.progress",
  params: { job_id: "j1", page_id: pageId, stage: "pass2", fraction: 0.5 },
});

test("a page at which the host stops each time is left out, and the others go on", async () => {
  const { run } = runWith();
  await run.add([found(1), found(2)], 0);
  for (let time = 0; time < 3; time++) {
    run.hear(progress("p1"));
    run.pause();
    await run.resume();
  }
  expect(run.state.name).toBe("running");
  expect(stateOf(run, "p1")).toBe("failed");
  expect(run.state.pages.p1?.note).toMatch(/stopped 3 times while it coloured this page/);
  expect(stateOf(run, "p2")).toBe("waiting");
});

test("of pages that were under way together, only the one at which the host stops is left out", async () => {
  const { run, asked } = runWith();
  const lastAsked = () => {
    const last = asked.filter(({ method }) => method === "pipeline.run_chapter").at(-1);
    return (last?.params.pages as { page_id: string }[]).map(({ page_id }) => page_id);
  };
  await run.add([found(1), found(2), found(3)], 0);
  for (let time = 0; time < 2; time++) {
    for (const pageId of ["p1", "p2"]) run.hear(progress(pageId));
    run.pause();
    await run.resume();
  }
  expect(lastAsked()).toEqual(["p1"]); // tried alone
  run.hear(doneWith("p1"));
  await vi.waitFor(() => expect(lastAsked()).toEqual(["p2", "p3"]));
  run.hear(progress("p2"));
  run.hear(progress("p3"));
  run.pause();
  await run.resume();
  expect([stateOf(run, "p1"), stateOf(run, "p2"), stateOf(run, "p3")]).toEqual(["done", "failed", "waiting"]);
});

test("a host that stops at another page each time is no page's fault", async () => {
  const { run } = runWith();
  await run.add([found(1), found(2)], 0);
  for (const pageId of ["p1", "p2", "p1", "p2"]) {
    run.hear(progress(pageId));
    run.pause();
    await run.resume();
  }
  expect([stateOf(run, "p1"), stateOf(run, "p2")]).toEqual(["waiting", "waiting"]);
});

test("a host that stops again and again before a page is under way ends the run, and trying again takes it up", async () => {
  const { run, asked } = runWith();
  await run.add([found(1)], 0);
  for (let time = 0; time < 7; time++) {
    run.pause();
    await run.resume();
  }
  expect([run.state.name, stateOf(run, "p1")]).toEqual(["failed", "failed"]);
  expect(run.state.problem).not.toMatch(/same page/);

  const before = asked.length;
  await run.revive();
  expect([run.state.name, stateOf(run, "p1"), run.state.problem]).toEqual(["running", "waiting", ""]);
  expect(asked.slice(before).map(({ method }) => method)).toContain("pipeline.run_chapter");
});

test("a page that could not be read is not revived with its run", async () => {
  const { run } = runWith();
  run.unreadable(found(1), 0, "not allowed");
  await run.add([found(2)], 0);
  run.fail("the host is gone");
  await run.revive();
  expect([stateOf(run, "p1"), stateOf(run, "p2")]).toEqual(["failed", "waiting"]);
});

test("cancel ends open pages only, and tells the host", async () => {
  const { run, asked } = runWith();
  await run.add([found(1), found(2)], 0);
  run.hear(doneWith("p1"));
  await run.cancel();
  expect([stateOf(run, "p1"), stateOf(run, "p2")]).toEqual(["done", "cancelled"]);
  expect(asked.at(-1)).toEqual({ method: "job.cancel", params: { job_id: "j1" } });
  run.hear(doneWith("p2"));
  expect(stateOf(run, "p2")).toBe("cancelled");
});

test("a host that refuses the chapter says why on every page", async () => {
  const { run, problems, told } = runWith();
  const error = { code: "E_MODEL_MISSING", message: "No weights.", hint: "Pull them.", retryable: false };
  problems.set("pipeline.run_chapter", new HostError(error));
  await run.add([found(1)], 0);
  expect(run.state).toMatchObject({ name: "failed", problem: "No weights. Pull them." });
  expect(told.at(-1)).toMatchObject({ kind: "page.left", params: { note: "No weights. Pull them.", failed: true } });
});

test("bytes that cannot be had again fail their page alone", async () => {
  const { run, problems, asked } = runWith();
  problems.set("page.bytes", new Error("The picture is gone."));
  await run.add([found(1)], 0);
  expect(run.state.pages.p1).toMatchObject({ state: "failed", note: "The picture is gone." });
  expect(asked.at(-1)).toEqual({ method: "job.cancel", params: { job_id: "j1", page_ids: ["p1"] } });
});

test("a host that goes away during an upload fails nothing", async () => {
  const { run, problems } = runWith();
  problems.set("page.put", new HostGone());
  await run.add([found(1)], 0);
  expect(stateOf(run, "p1")).toBe("waiting");
});

test("scrolling hurries open pages of the right jobs", async () => {
  const { run, asked } = runWith();
  await run.add([found(1), found(2)], 0);
  await run.add([found(3)], 0);
  run.hear(doneWith("p1"));
  await run.prioritize(["p3", "p1", "p2"]);
  expect(asked.slice(-2).map(({ params }) => params)).toEqual([
    { job_id: "j1", page_ids: ["p2"] },
    { job_id: "j2", page_ids: ["p3"] },
  ]);
});

test("a tab that is gone is reported, an answer with a reason is not", async () => {
  const { run, problems, gone } = runWith();
  await run.add([found(1)], 0);
  problems.set("page.progress", new Error("This page is not here any more."));
  const progress = { job_id: "j1", page_id: "p1", stage: "pass2", fraction: 0.1 } as const;
  run.hear({ method: "job.progress", params: progress });
  await Promise.resolve();
  expect(gone).not.toHaveBeenCalled();
  problems.set("page.progress", new NobodyThere());
  run.hear({ method: "job.progress", params: progress });
  await vi.waitFor(() => expect(gone).toHaveBeenCalled());
});

test("LoRAs that the reader wears go along", async () => {
  const { run, asked } = runWith((ids) => ids);
  run.state.loras = [{ name: "wash.safetensors", weight: 0.5 }];
  await run.add([found(1)], 0);
  expect(asked[0]).toMatchObject({ params: { options: { loras: [{ name: "wash.safetensors", weight: 0.5 }] } } });
});

const RED: ColourHint = { points: [[0.3, 0.4]], rgb: [200, 0, 0] };
const BLUE: ColourHint = { points: [[0.6, 0.4]], rgb: [0, 0, 200] };

/** A run whose one page is coloured, and what its host was asked after that. */
async function colouredRun() {
  const world = runWith();
  await world.run.add([found(1)], 0);
  world.run.hear(doneWith("p1"));
  await vi.waitFor(() => expect(world.told.at(-1)?.kind).toBe("page.done"));
  world.asked.length = 0;
  return world;
}

const pagesAsked = (asked: Asked[]) =>
  asked.filter(({ method }) => method === "pipeline.run_chapter").map(({ params }) => params.pages);

test("corrections of a page add up, are asked for one page, and are remembered once they show", async () => {
  const { run, asked, told, remembered } = await colouredRun();
  run.correct("p1", { kind: "set", hint: RED });
  expect(run.state).toMatchObject({ name: "running", pages: { p1: { state: "waiting", shown: [] } } });
  expect(remembered).not.toHaveBeenCalled();
  run.hear(doneWith("p1"));
  expect(remembered).toHaveBeenLastCalledWith(found(1).sha256, [RED]);
  run.correct("p1", { kind: "set", hint: BLUE });
  run.hear(doneWith("p1"));
  await vi.waitFor(() => expect(run.state.name).toBe("done"));
  expect(pagesAsked(asked)).toMatchObject([[{ page_id: "p1", hints: [RED] }], [{ page_id: "p1", hints: [RED, BLUE] }]]);
  await vi.waitFor(() => expect(told.at(-1)).toMatchObject({ kind: "page.done", params: { hints: [RED, BLUE] } }));
});

test("corrections are taken back one by one or all at once", async () => {
  const { run, asked, remembered } = await colouredRun();
  for (const hint of [RED, BLUE]) {
    run.correct("p1", { kind: "set", hint });
    run.hear(doneWith("p1"));
  }
  run.correct("p1", { kind: "undo" });
  run.hear(doneWith("p1"));
  expect(remembered).toHaveBeenLastCalledWith(found(1).sha256, [RED]);
  run.correct("p1", { kind: "clear" });
  run.hear(doneWith("p1"));
  expect(remembered).toHaveBeenLastCalledWith(found(1).sha256, []);
  expect(pagesAsked(asked).at(-1)).toEqual([expect.not.objectContaining({ hints: expect.anything() })]);
});

test("a page that was corrected before is asked for with its corrections", async () => {
  const { run, asked } = runWith();
  await run.add([{ ...found(1), hints: [RED] }], 0);
  expect(pagesAsked(asked)).toMatchObject([[{ hints: [RED] }]]);
});

test("a page is not corrected while it is coloured", async () => {
  const { run } = runWith();
  await run.add([found(1)], 0);
  expect(() => run.correct("p1", { kind: "set", hint: RED })).toThrow("is being coloured");
});

test("a correction that fails or is cancelled leaves the page as it was, in colour", async () => {
  const { run, told, remembered } = await colouredRun();
  const error = { code: "E_QUALITY", message: "The ink changed.", hint: "", retryable: false };
  run.correct("p1", { kind: "set", hint: RED });
  run.hear({ method: "page.failed", params: { job_id: "j2", page_id: "p1", error } });
  expect(run.state).toMatchObject({ name: "done", pages: { p1: { state: "done", hints: [], shown: null, note: "" } } });
  expect(told.at(-1)).toMatchObject({ kind: "page.left", params: { note: "The ink changed.", failed: true } });
  run.correct("p1", { kind: "set", hint: RED });
  await run.cancel();
  expect(run.state.pages.p1).toMatchObject({ state: "done", hints: [] });
  expect(remembered).not.toHaveBeenCalled();
});

test("a host that refuses a correction does not end the chapter", async () => {
  const { run, problems } = await colouredRun();
  const error = { code: "E_BAD_REQUEST", message: "A colour hint lies nowhere.", hint: "", retryable: false };
  problems.set("pipeline.run_chapter", new HostError(error));
  run.correct("p1", { kind: "set", hint: RED });
  await vi.waitFor(() =>
    expect(run.state).toMatchObject({ name: "done", pages: { p1: { state: "done", hints: [] } } }),
  );
});

test("a host that goes away in the middle of a correction is asked for it again", async () => {
  const { run, asked } = await colouredRun();
  run.correct("p1", { kind: "set", hint: RED });
  run.pause();
  await run.resume();
  expect(pagesAsked(asked)).toHaveLength(2);
  expect(pagesAsked(asked)[1]).toMatchObject([{ hints: [RED] }]);
});

test("the end of the job that coloured a page is not the end of its correction", async () => {
  const { run } = runWith();
  await run.add([found(1), found(2)], 0);
  run.hear(doneWith("p1"));
  run.correct("p1", { kind: "set", hint: RED });
  run.hear(doneWith("p2"));
  const counts = { done: 2, skipped: 0, failed: 0, cancelled: 0, duration_ms: 5 };
  run.hear({ method: "job.done", params: { job_id: "j1", ...counts } });
  expect(run.state.pages.p1).toMatchObject({ state: "waiting", hints: [RED] });
});
