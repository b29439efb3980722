import { expect, test, vi } from "vitest";

vi.mock("wxt/browser", () => ({ browser: {} })); // a run itself touches no browser

import { HostGone } from "@/lib/host/errors";
import { doneWith, found, methods, progress, runWith, stateOf } from "./world";

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

test("a host that goes away during an upload fails nothing", async () => {
  const { run, problems } = runWith();
  problems.set("page.put", new HostGone());
  await run.add([found(1)], 0);
  expect(stateOf(run, "p1")).toBe("waiting");
});
