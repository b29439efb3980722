import { expect, test, vi } from "vitest";

vi.mock("wxt/browser", () => ({ browser: {} })); // a run itself touches no browser

import { HostError } from "@/lib/host/errors";
import type { HostNotification } from "@/lib/host/methods";
import { NobodyThere } from "@/lib/messages";
import { doneWith, found, methods, runWith, stateOf } from "./world";

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

test("the chapter is put before others in each of its jobs; one that has ended has nothing to put first", async () => {
  const { run, asked, problems } = runWith();
  await run.add([found(1)], 0);
  await run.add([found(2)], 0);
  problems.set(
    "job.prioritize",
    new HostError({ code: "E_NOT_FOUND", message: "No such job.", hint: "", retryable: false }),
  );
  await run.first();
  const firsts = asked.filter(({ method }) => method === "job.prioritize").map(({ params }) => params);
  expect(firsts).toEqual(["j1", "j2"].map((job_id) => ({ job_id, page_ids: [], first: true })));
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
  const seen = [0.5, 0.2, 0.7].map((fraction) => {
    run.hear({ method: "job.progress", params: { job_id: "j1", page_id: "p1", stage: "pass2", fraction } });
    return run.state.pages.p1?.fraction;
  });
  expect(seen).toEqual([0.5, 0.5, 0.7]);
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

test("scrolling hurries open pages of the right jobs", async () => {
  const { run, asked } = runWith();
  await run.add([found(1), found(2)], 0);
  await run.add([found(3)], 0);
  run.hear(doneWith("p1"));
  await run.prioritize(["p3", "p1", "p2"]);
  expect(asked.slice(-2).map(({ params }) => params)).toEqual([
    { job_id: "j1", page_ids: ["p2"], index: 3 },
    { job_id: "j2", page_ids: ["p3"], index: 3 },
  ]);
});

test("a tab that is gone is reported, an answer with a reason is not", async () => {
  const { run, problems, gone } = runWith();
  await run.add([found(1)], 0);
  problems.set("page.progress", new Error("This page is not here any more."));
  const under = { job_id: "j1", page_id: "p1", stage: "pass2", fraction: 0.1 } as const;
  run.hear({ method: "job.progress", params: under });
  await Promise.resolve();
  expect(gone).not.toHaveBeenCalled();
  problems.set("page.progress", new NobodyThere());
  run.hear({ method: "job.progress", params: under });
  await vi.waitFor(() => expect(gone).toHaveBeenCalled());
});

test("LoRAs that the reader applies go along", async () => {
  const { run, asked } = runWith((ids) => ids);
  run.state.loras = [{ name: "wash.safetensors", weight: 0.5 }];
  await run.add([found(1)], 0);
  expect(asked[0]).toMatchObject({ params: { options: { loras: [{ name: "wash.safetensors", weight: 0.5 }] } } });
});

test("a tab out of sight takes back what the host has not begun, and asks again once it is seen", async () => {
  const { run, asked } = runWith();
  await run.add([found(1), found(2), found(3)], 0);
  run.hear({ method: "job.progress", params: { job_id: "j1", page_id: "p1", stage: "decode", fraction: 0.2 } });
  await run.rest(true);
  run.hear({ method: "job.progress", params: { job_id: "j1", page_id: "p2", stage: "decode", fraction: 0.05 } });
  expect(run.state.pages["p2"]?.state).toBe("waiting"); // told before the host heard that it may rest
  expect(asked.at(-1)).toMatchObject({ method: "job.cancel", params: { job_id: "j1", page_ids: ["p2", "p3"] } });
  run.hear(doneWith("p1"));
  run.hear({
    method: "job.done",
    params: { job_id: "j1", done: 1, skipped: 0, failed: 0, cancelled: 2, duration_ms: 1 },
  });
  expect(["p1", "p2", "p3"].map((id) => stateOf(run, id))).toEqual(["done", "waiting", "waiting"]);
  await run.add([found(4)], 0);
  expect(methods(asked).filter((method) => method === "pipeline.run_chapter")).toHaveLength(1);
  await run.rest(false);
  const again = asked.filter(({ method }) => method === "pipeline.run_chapter").at(-1);
  expect((again?.params.pages as { page_id: string }[]).map(({ page_id }) => page_id)).toEqual(["p2", "p3", "p4"]);
  await run.rest(false);
  expect(methods(asked).filter((method) => method === "pipeline.run_chapter")).toHaveLength(2);
});

test("what the reader jumped to is sent before what was in line", async () => {
  const { run, asked } = runWith();
  const adding = run.add(
    [1, 2, 3, 4, 5, 6].map((n) => found(n)),
    0,
  );
  await run.prioritize(["p6"]);
  await adding;
  const puts = asked.filter(({ method }) => method === "page.put").map(({ params }) => params.page_id);
  expect(puts).toHaveLength(6);
  expect(puts.indexOf("p6")).toBeLessThan(3);
});

test("what the reader looked at while the host was asked is put first once it has answered", async () => {
  const { run, asked, outside } = runWith();
  const { ask } = outside;
  let answer: () => void = () => undefined;
  const answered = new Promise<void>((resolve) => (answer = resolve));
  outside.ask = (async (method: never, params: never) => {
    const result = ask(method, params);
    if (method === "pipeline.run_chapter") await answered;
    return result;
  }) as typeof ask;
  const adding = run.add([found(1), found(2), found(3)], 0);
  await run.prioritize(["p3"]);
  expect(methods(asked)).not.toContain("job.prioritize"); // nobody knows the job yet
  answer();
  await adding;
  expect(asked.find(({ method }) => method === "job.prioritize")?.params).toEqual({
    job_id: "j1",
    page_ids: ["p3"],
    index: 3,
  });
});

test("what is in view counts as seen wherever it is asked for", async () => {
  const { run, asked } = runWith();
  await run.add([found(1), found(2)], 0);
  await run.prioritize(["p2"]);
  run.pause();
  await run.resume();
  const again = asked.filter(({ method }) => method === "pipeline.run_chapter").at(-1);
  const pages = again?.params.pages as { page_id: string; visible: boolean }[];
  expect(pages.map(({ visible }) => visible)).toEqual([false, true]);
});

test("where all that is seen is in colour, one job hears of the place for all", async () => {
  const { run, asked } = runWith();
  await run.add([found(1), found(2)], 0);
  await run.add([found(3)], 0);
  run.hear(doneWith("p2"));
  await run.prioritize(["p2"]);
  const told = asked.filter(({ method }) => method === "job.prioritize").map(({ params }) => params);
  expect(told).toEqual([{ job_id: "j2", page_ids: [], index: 2 }]);
});

test("a job that begins after its chapter was cancelled is cancelled with it", async () => {
  const { run, asked, outside } = runWith();
  const ask = outside.ask.bind(outside);
  outside.ask = async (method, params) => {
    const answer = await ask(method, params);
    if (method === "pipeline.run_chapter") await run.cancel(); // the host had begun it by then
    return answer;
  };
  await run.add([found(1)], 0);
  expect(asked.at(-1)).toEqual({ method: "job.cancel", params: { job_id: "j1" } });
  expect(methods(asked)).not.toContain("page.put");
});
