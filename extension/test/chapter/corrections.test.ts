import { expect, test, vi } from "vitest";

vi.mock("wxt/browser", () => ({ browser: {} })); // a run itself touches no browser

import { HostError } from "@/lib/host/errors";
import type { ColourHint } from "@/lib/protocol/messages";
import { type Asked, doneWith, found, runWith } from "./world";

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
