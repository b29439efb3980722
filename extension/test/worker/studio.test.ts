import { beforeEach, expect, test, vi } from "vitest";
import { fakeBrowser } from "wxt/testing/fake-browser";
import { storage } from "wxt/utils/storage";
import type { HostConnection } from "@/lib/host/connection";
import type { HostNotification } from "@/lib/host/methods";
import { bytesOf, unpack } from "@/lib/payload";
import { FAR, loadTasks, saveTasks } from "@/lib/studio";
import { Studio } from "@/lib/worker/studio";

const PICTURE = new Blob([new Uint8Array([1, 2, 3])], { type: "image/png" });
const MASK = new Blob([new Uint8Array([4])], { type: "image/png" });
const ERROR = { code: "E_CANCELLED", message: "The task was cancelled.", hint: "Start it again.", retryable: true };

beforeEach(() => fakeBrowser.reset());

function world(refusal: Error | null = null) {
  const asked: unknown[] = [];
  const request = vi.fn(async (method: string, params: unknown) => {
    asked.push([method, params]);
    if (refusal) throw refusal;
  });
  const host = { ready: async () => undefined, request } as unknown as HostConnection;
  const studio = new Studio();
  const tell = (method: string, params: object) => studio.hear({ method, params } as unknown as HostNotification);
  return { asked, host, studio, tell };
}

test("a task is sent with its pictures, tells how far it is, and comes back as a file", async () => {
  const { asked, host, studio, tell } = world();
  const made = studio.run(host, { task_id: "t", tool: "inpaint", seed: 3 }, PICTURE, MASK);
  await vi.waitFor(() => expect(asked).toHaveLength(1));
  const order = { task_id: "t", tool: "inpaint", seed: 3, image: new Uint8Array([1, 2, 3]), mask: new Uint8Array([4]) };
  expect(asked).toEqual([["studio.start", order]]);
  expect(studio.isBusy).toBe(true);
  tell("studio.progress", { task_id: "another", fraction: 0.9 });
  tell("studio.progress", { task_id: "t", fraction: 0.5 });
  await vi.waitFor(async () => expect(await storage.getItem(FAR)).toEqual({ taskId: "t", fraction: 0.5 }));
  const end = { data: new Uint8Array([7]), mime: "video/webm", width: 20, height: 10, record: { by: "me" } };
  tell("studio.done", { task_id: "another", ...end });
  tell("studio.done", { task_id: "t", ...end });
  const answer = await made;
  if (!answer) throw new Error("nothing was made");
  const { file, ...facts } = answer;
  expect(facts).toEqual({ width: 20, height: 10, record: { by: "me" } });
  expect([...(await bytesOf(file))]).toEqual([7]);
  expect(unpack(file).type).toBe("video/webm");
  expect(studio.isBusy).toBe(false);
});

test("a task without a mask sends none; why it failed is told", async () => {
  const { asked, host, studio, tell } = world();
  const made = studio.run(host, { task_id: "t", tool: "filter" }, PICTURE, null);
  await vi.waitFor(() => expect(asked).toHaveLength(1));
  expect(asked).toEqual([["studio.start", { task_id: "t", tool: "filter", image: new Uint8Array([1, 2, 3]) }]]);
  tell("studio.failed", { task_id: "another", error: ERROR });
  tell("studio.failed", { task_id: "t", error: { ...ERROR, code: "E_BAD_REQUEST", message: "No such figure." } });
  await expect(made).rejects.toThrow("No such figure. Start it again.");
});

test("a task that is refused waits no more, and a host that goes away ends all", async () => {
  const refused = world(new Error("too many"));
  await expect(refused.studio.run(refused.host, { task_id: "t", tool: "words" }, PICTURE, null)).rejects.toThrow(
    "many",
  );
  expect(refused.studio.isBusy).toBe(false);
  const { asked, host, studio } = world();
  const made = studio.run(host, { task_id: "t", tool: "words" }, PICTURE, null);
  await vi.waitFor(() => expect(asked).toHaveLength(1));
  studio.hostLeft();
  await expect(made).rejects.toThrow("went away");
});

test("a task is cancelled, also one that is not at the host yet", async () => {
  const asked: string[] = [];
  let arrive: () => void = () => undefined;
  const request = async (method: string) => {
    asked.push(method);
    if (method === "studio.start") await new Promise<void>((there) => (arrive = there));
  };
  const host = { ready: async () => undefined, request } as unknown as HostConnection;
  const studio = new Studio();
  const made = studio.run(host, { task_id: "t", tool: "words" }, PICTURE, null);
  await vi.waitFor(() => expect(asked).toEqual(["studio.start"]));
  await studio.cancel(host, "t");
  await studio.cancel(host, "stranger");
  arrive();
  await vi.waitFor(() => expect(asked).toEqual(["studio.start", ...Array<string>(3).fill("studio.cancel")]));
  studio.hear({ method: "studio.failed", params: { task_id: "t", error: ERROR } } as HostNotification);
  expect(await made).toBeNull();
});

test("a task of a whole chapter brings no picture", async () => {
  const { asked, host, studio, tell } = world();
  const made = studio.run(host, { task_id: "t", tool: "storyboard", pages: ["p"] }, null, null);
  await vi.waitFor(() => expect(asked).toHaveLength(1));
  expect(asked).toEqual([["studio.start", expect.objectContaining({ pages: ["p"], image: new Uint8Array() })]]);
  tell("studio.failed", { task_id: "t", error: ERROR });
  expect(await made).toBeNull();
});

test("networks are told with what they need, in the reader's words", async () => {
  const { host, studio } = world();
  const answer = [
    { tool: "animate", name: "ltx2", ready: true },
    {
      tool: "upscale",
      name: "a net",
      ready: false,
      error: { ...ERROR, message: "It is not here.", hint: "Bring it." },
    },
  ];
  Object.assign(host, { request: async () => answer });
  expect(await studio.networks(host)).toEqual([
    { tool: "animate", name: "ltx2", needs: "" },
    { tool: "upscale", name: "a net", needs: "It is not here. Bring it." },
  ]);
});

const listed = async () => (await loadTasks()).map(({ taskId, state }) => `${taskId} ${state}`);

test("tasks are listed as they wait, go on and end; an outline is not", async () => {
  const { asked, host, studio, tell } = world();
  const ends = ["a", "b", "c"].map((id) => studio.run(host, { task_id: id, tool: "words" }, PICTURE, null));
  const outline = studio.run(host, { task_id: "o", tool: "outline" }, PICTURE, null);
  const ended = Promise.allSettled([...ends, outline]);
  await vi.waitFor(() => expect(asked).toHaveLength(4));
  await vi.waitFor(async () => expect(await listed()).toEqual(["a waiting", "b waiting", "c waiting"]));
  tell("studio.progress", { task_id: "a", fraction: 0 });
  await studio.first(host, "c");
  await vi.waitFor(async () => expect(await listed()).toEqual(["a running", "c waiting", "b waiting"]));
  await studio.cancel(host, "b");
  tell("studio.done", { task_id: "a", data: new Uint8Array(), mime: "text/plain", width: 0, height: 0, record: {} });
  tell("studio.failed", { task_id: "b", error: ERROR });
  tell("studio.failed", { task_id: "c", error: { ...ERROR, code: "E_IMAGE" } });
  await vi.waitFor(async () => expect(await listed()).toEqual(["a done", "c failed", "b cancelled"]));
  expect((await loadTasks())[1]?.problem).not.toBe("");
  studio.clear();
  await vi.waitFor(async () => expect(await listed()).toEqual([]));
  studio.hostLeft();
  await ended;
});

test("what a worker before had open is over, and of those that ended the last few stay", async () => {
  const row = { tool: "words", problem: "" } as const;
  await saveTasks([{ ...row, taskId: "old", state: "running" }]);
  const { host, studio, tell } = world();
  await vi.waitFor(async () => expect(await listed()).toEqual(["old cancelled"]));
  const many = Array.from({ length: 5 }, (_, place) => ({ ...row, taskId: `${place}`, state: "done" as const }));
  await saveTasks(many);
  const made = studio.run(host, { task_id: "t", tool: "words" }, PICTURE, null);
  await vi.waitFor(async () => expect((await listed()).at(-1)).toBe("t waiting"));
  expect(await listed()).toHaveLength(4);
  expect((await listed())[0]).toBe("2 done");
  tell("studio.failed", { task_id: "t", error: ERROR });
  expect(await made).toBeNull();
});
