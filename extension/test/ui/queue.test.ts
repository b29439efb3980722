import { beforeEach, expect, test, vi } from "vitest";
import { fakeBrowser } from "wxt/testing/fake-browser";
import type { RunState } from "@/lib/chapter/state";
import type { TaskRow } from "@/lib/studio";

const outside = vi.hoisted(() => ({ asked: [] as unknown[], trouble: null as Error | null, focused: [] as unknown[] }));

vi.mock("wxt/browser", async () => {
  const { fakeBrowser: browser } = await import("wxt/testing/fake-browser");
  const windows = { update: async (...given: unknown[]) => void outside.focused.push(given) };
  const update = async (...given: unknown[]) => (outside.focused.push(given), { windowId: 9 });
  return { browser: { ...browser, windows, tabs: { ...browser.tabs, update } } };
});
vi.mock("@/lib/messages", () => ({
  askWorker: async (kind: string, params: unknown) => {
    outside.asked.push([kind, params]);
    if (outside.trouble) throw outside.trouble;
  },
}));

const { forgetRun, saveRun } = await import("@/lib/state");
const { saveFar, saveTasks } = await import("@/lib/studio");
const { QueueModel } = await import("@/lib/ui/queue/queue-model.svelte");

function run(tabId: number, name: RunState["name"], startedAt: number): RunState {
  return {
    ...{ runId: `run ${tabId}`, tabId, name, series: "Rain Town", chapter: `${tabId}`, engine: null, references: [] },
    ...{ loras: [], pages: {}, problem: "", startedAt, original: false },
  };
}

const shown = (model: InstanceType<typeof QueueModel>) => model.runs.map(({ tabId, name }) => `${tabId} ${name}`);

async function opened(...runs: RunState[]): Promise<InstanceType<typeof QueueModel>> {
  for (const one of runs) await saveRun(one);
  const model = new QueueModel();
  await model.open();
  return model;
}

beforeEach(() => {
  fakeBrowser.reset();
  Object.assign(outside, { asked: [], trouble: null, focused: [] });
});

test("chapters under way come first, the oldest before the others, and what has ended after them", async () => {
  const model = await opened(run(1, "done", 1), run(2, "running", 3), run(3, "paused", 2), run(4, "failed", 0));
  expect(shown(model)).toEqual(["3 paused", "2 running", "4 failed", "1 done"]);
  expect(model.underWay).toBe(2);
});

test("the list follows what is stored, also what changes while it is asked for", async () => {
  await saveRun(run(1, "running", 1));
  const model = new QueueModel();
  const opening = model.open();
  await saveRun(run(1, "cancelled", 1));
  await saveRun(run(2, "running", 2));
  await opening;
  expect(shown(model)).toEqual(["2 running", "1 cancelled"]);
  await forgetRun(1);
  await saveRun(run(2, "done", 2));
  await fakeBrowser.storage.session.set({ another: 1 });
  await vi.waitFor(() => expect(shown(model)).toEqual(["2 done"]));
});

test("what has ended is cleared, for every panel; what goes on stays, and so does a new run of the tab", async () => {
  const model = await opened(run(1, "done", 1), run(2, "running", 2));
  await model.clear();
  expect(shown(model)).toEqual(["2 running"]);
  expect(shown(await opened())).toEqual(["2 running"]);
  await saveRun({ ...run(1, "done", 5), runId: "another" });
  await vi.waitFor(() => expect(shown(model)).toEqual(["2 running", "1 done"]));
});

test("a chapter is put first, cancelled, and its tab is shown with its window", async () => {
  const one = run(7, "running", 1);
  const model = await opened(one);
  await model.first(one);
  await model.cancel(one);
  expect(outside.asked).toEqual([
    ["chapter.first", { tabId: one.tabId }],
    ["chapter.cancel", { tabId: one.tabId }],
  ]);
  await model.goTo(one);
  expect(outside.focused).toEqual([
    [7, { active: true }],
    [9, { focused: true }],
  ]);
  outside.trouble = new Error("gone");
  await model.cancel(one);
  expect(model.trouble).toBe("gone");
});

const task = (taskId: string, state: TaskRow["state"]): TaskRow => ({ taskId, tool: "animate", state, problem: "" });

test("the studio's tasks stand beside the chapters: the one under way, those that wait, those that ended", async () => {
  await saveTasks([task("a", "done"), task("b", "waiting"), task("c", "running"), task("d", "waiting")]);
  const model = await opened();
  expect(model.tasks.map(({ taskId }) => taskId)).toEqual(["c", "b", "d", "a"]);
  expect(model.hasEnded).toBe(true);
  await saveFar({ taskId: "c", fraction: 0.25 });
  await vi.waitFor(() => expect(model.fraction).toBe(0.25));
  await saveTasks([task("d", "running")]);
  await vi.waitFor(() => expect(model.tasks.map(({ taskId }) => taskId)).toEqual(["d"]));
  expect(model.hasEnded).toBe(false);
});

test("a task is put first, cancelled, and cleared when it has ended", async () => {
  await saveTasks([task("a", "waiting"), task("b", "failed")]);
  const model = await opened();
  const [waiting] = model.tasks;
  if (waiting) await model.firstTask(waiting);
  if (waiting) await model.cancelTask(waiting);
  await model.clear();
  expect(outside.asked).toEqual([
    ["studio.first", { taskId: "a" }],
    ["studio.cancel", { taskId: "a" }],
    ["studio.clear", {}],
  ]);
});
