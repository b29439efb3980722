import { expect, test, vi } from "vitest";

vi.mock("wxt/browser", () => ({ browser: {} }));

import { doneWith, found, methods, runWith, stateOf } from "./world";

async function colouredRun(need?: (ids: string[]) => string[]) {
  const world = runWith(need);
  await world.run.add([found(1), found(2)], 0);
  for (const id of ["p1", "p2"]) world.run.hear(doneWith(id));
  await vi.waitFor(() => expect(stateOf(world.run, "p2")).toBe("done"));
  await vi.waitFor(() => expect(world.told.filter(({ kind }) => kind === "page.done")).toHaveLength(2));
  world.asked.length = world.told.length = 0;
  return world;
}

test("a picture that is done comes again from the host, once for all who want it, and nothing else changes", async () => {
  const { run, asked, told } = await colouredRun();
  const both = [run.again("p1"), run.again("p1")];
  await vi.waitFor(() => expect(methods(asked)).toContain("pipeline.run_chapter"));
  run.hear(doneWith("p1"));
  const [one, other] = await Promise.all(both);
  expect(one).toBe(other);
  expect(asked.filter(({ method }) => method === "pipeline.run_chapter")).toHaveLength(1);
  expect(asked[0]?.params.pages).toMatchObject([{ page_id: "p1", visible: true }]);
  expect([run.state.name, stateOf(run, "p1"), told.filter(({ kind }) => kind === "page.done")]).toEqual([
    "done",
    "done",
    [],
  ]);
});

test("bytes that the host has thrown away are brought again", async () => {
  const { run, asked } = await colouredRun();
  const coming = run.again("p2");
  await vi.waitFor(() => expect(methods(asked)).toEqual(["pipeline.run_chapter", "page.put"]));
  run.hear(doneWith("p2"));
  await expect(coming).resolves.toBeDefined();
});

test("it does not wait for a host that has gone, and can be asked again", async () => {
  const { run, asked } = await colouredRun(() => []);
  const coming = run.again("p1");
  await vi.waitFor(() => expect(asked).toHaveLength(1));
  run.pause();
  await expect(coming).rejects.toThrow();
  const later = run.again("p1");
  run.hear(doneWith("p1"));
  await expect(later).resolves.toBeDefined();
});

test("what turned out to be no page is cancelled and counts no more", async () => {
  const { run, asked } = runWith();
  await run.add([found(1), found(2)], 0);
  run.drop(["p1", "unknown"]);
  expect(Object.keys(run.state.pages)).toEqual(["p2"]);
  expect(asked.find(({ method }) => method === "job.cancel")?.params).toEqual({ job_id: "j1", page_ids: ["p1"] });
  run.hear(doneWith("p2"));
  await vi.waitFor(() => expect(run.state.name).toBe("done"));
});
