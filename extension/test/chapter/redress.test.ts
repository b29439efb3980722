import { expect, test, vi } from "vitest";

vi.mock("wxt/browser", () => ({ browser: {} })); // a run itself touches no browser

import { doneWith, found, runWith, stateOf } from "./world";

const sha = (n: number) => found(n).sha256;

/** Three pages in colour, and what was asked and told after that. */
async function colouredRun() {
  const world = runWith();
  await world.run.add([found(1), found(2), found(3)], 0);
  for (const id of ["p1", "p2", "p3"]) world.run.hear(doneWith(id));
  await vi.waitFor(() => expect(world.run.state.name).toBe("done"));
  world.asked.length = world.told.length = 0;
  return world;
}

const asked = ({ asked }: Awaited<ReturnType<typeof colouredRun>>) =>
  asked.filter(({ method }) => method === "pipeline.run_chapter").map(({ params }) => params.pages);

test("only pages whose people wear something else come anew, under what they show", async () => {
  const world = await colouredRun();
  await world.run.redress([sha(1), sha(3), "f".repeat(64)]);
  expect(asked(world)).toMatchObject([[{ page_id: "p1" }, { page_id: "p3" }]]);
  expect(world.told[0]).toMatchObject({ kind: "page.again", params: { pageIds: ["p1", "p3"] } });
  expect(["p1", "p2", "p3"].map((id) => stateOf(world.run, id))).toEqual(["waiting", "done", "waiting"]);
  world.run.hear(doneWith("p1"));
  world.run.hear(doneWith("p3"));
  await vi.waitFor(() => expect(world.run.state.name).toBe("done"));
});

test("what is in view comes first", async () => {
  const world = await colouredRun();
  world.outside.tell = vi.fn(async () => ["p3"]) as never;
  await world.run.redress([sha(1), sha(3)]);
  expect(asked(world)).toMatchObject([
    [
      { page_id: "p1", visible: false },
      { page_id: "p3", visible: true },
    ],
  ]);
});

test("nothing is asked where no page is touched, or the chapter was ended", async () => {
  const world = await colouredRun();
  await world.run.redress(["f".repeat(64)]);
  world.run.state.name = "cancelled";
  await world.run.redress([sha(1)]);
  expect([asked(world), world.told]).toEqual([[], []]);
});

test("a page that fails keeps the picture that it shows", async () => {
  const world = await colouredRun();
  await world.run.redress([sha(1)]);
  const error = { code: "E_INTERNAL", message: "no", hint: "", retryable: false };
  world.run.hear({ method: "page.failed", params: { job_id: "j1", page_id: "p1", error } });
  expect(stateOf(world.run, "p1")).toBe("done");
});

test("while the host is away the pages wait for it", async () => {
  const world = await colouredRun();
  world.run.state.name = "paused";
  await world.run.redress([sha(2)]);
  expect(asked(world)).toEqual([]);
  expect(stateOf(world.run, "p2")).toBe("waiting");
});
