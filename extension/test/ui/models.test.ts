import { beforeEach, expect, test, vi } from "vitest";
import { fakeBrowser } from "wxt/testing/fake-browser";
import type { ModelInfo } from "@/lib/protocol/messages";

const answers = vi.hoisted(() => ({ asked: [] as unknown[], of: new Map<string, () => unknown>() }));

vi.mock("wxt/browser", async () => {
  const { fakeBrowser: browser } = await import("wxt/testing/fake-browser");
  return { browser: { ...browser, runtime: { ...browser.runtime, connect: () => answers.asked.push(["port"]) } } };
});
vi.mock("@/lib/messages", () => ({
  askWorker: async (kind: string, params: unknown) => {
    answers.asked.push([kind, params]);
    return Promise.resolve(answers.of.get(kind)?.());
  },
}));

const { NO_CONNECTION, saveConnection, savePulls } = await import("@/lib/state");
const { ModelsModel } = await import("@/lib/ui/options/models-model.svelte");

const model = (model_id: string, more: Partial<ModelInfo> = {}): ModelInfo => ({
  ...{ model_id, label: model_id, engine: "flux2-klein", licence: "Apache-2.0", bytes: 5, memory_mib: 6 },
  ...{ state: "missing", ...more },
});
const KLEIN = model("klein");
const LARGE = model("large", { non_commercial: true });

beforeEach(() => {
  fakeBrowser.reset();
  answers.asked = [];
  answers.of = new Map([["model.catalogue", () => [model("compact", { ships: true, state: "ready" }), KLEIN, LARGE]]]);
});

async function opened(): Promise<InstanceType<typeof ModelsModel>> {
  const found = new ModelsModel();
  await found.open();
  answers.asked.splice(0);
  return found;
}

test("what did not come with Irodori is offered, with how far its download is", async () => {
  await savePulls({ klein: { bytes: 1, totalBytes: 2, state: "pulling" } });
  const models = new ModelsModel();
  await models.open();
  expect(answers.asked).toEqual([["port"], ["model.catalogue", {}]]); // the port keeps the host, and the download
  expect(models.more).toEqual([KLEIN, LARGE]);
  expect([models.pullOf(KLEIN)?.bytes, models.pullOf(LARGE)]).toEqual([1, null]);
  await savePulls({
    klein: { bytes: 2, totalBytes: 2, state: "ready" },
    large: { bytes: 0, totalBytes: 9, state: "failed" },
  });
  await vi.waitFor(() => expect(models.pullOf(KLEIN)).toBeNull());
  expect(models.pullOf(LARGE)?.state).toBe("failed");
  const failed = { bytes: 0, totalBytes: 9, state: "failed" } as const;
  expect(models.reasonOf(failed)).toBe("");
  const error = { code: "E_DISK_FULL", message: "No room.", hint: "Make some.", retryable: false };
  expect(models.reasonOf({ ...failed, error })).toBe("No room. Make some.");
});

test("a model is downloaded and removed, and looked at again; what goes wrong is said", async () => {
  const models = await opened();
  await models.pull(KLEIN, false);
  await models.remove(KLEIN);
  expect(answers.asked).toEqual([
    ["model.pull", { modelId: "klein", licenceAccepted: false }],
    ["model.catalogue", {}],
    ["model.remove", { modelId: "klein" }],
    ["model.catalogue", {}],
  ]);
  answers.of.set("model.pull", () => {
    throw new Error("no room");
  });
  await models.pull(KLEIN, false);
  expect([models.trouble, models.more.length]).toEqual(["no room", 2]);
});

test("what is for non-commercial use waits for its licence to be accepted", async () => {
  const models = await opened();
  await models.pull(LARGE, false);
  expect(answers.asked).toEqual([]);
  await models.pull(LARGE, true);
  expect(answers.asked[0]).toEqual(["model.pull", { modelId: "large", licenceAccepted: true }]);
});

test("models that come or go elsewhere are looked at again", async () => {
  const models = await opened();
  answers.of.set("model.catalogue", () => [{ ...KLEIN, state: "ready" }]);
  await saveConnection({ ...NO_CONNECTION, name: "ready", refreshed: 7 });
  await vi.waitFor(() => expect(models.more).toEqual([{ ...KLEIN, state: "ready" }]));
  await saveConnection({ ...NO_CONNECTION, name: "ready", refreshed: 7, hasSpoken: true });
  expect(answers.asked.length).toBe(1);
});
