import { beforeEach, expect, test, vi } from "vitest";

const answers = vi.hoisted(() => ({ asked: [] as unknown[], of: new Map<string, () => unknown>() }));

vi.mock("@/lib/messages", () => ({
  askWorker: async (kind: string, params: unknown) => {
    answers.asked.push([kind, params]);
    return Promise.resolve(answers.of.get(kind)?.());
  },
}));

const { HistoryModel } = await import("@/lib/ui/options/history-model.svelte");
const { CacheModel } = await import("@/lib/ui/options/cache-model.svelte");

const fails = (reason: unknown) => () => {
  throw reason as Error;
};
const ROW = { series: "Rain Town" };
const FULL = { entries: 3, bytes: 9, limit_bytes: 10, hits: 0, misses: 0 };
const EMPTY = { ...FULL, entries: 0, bytes: 0 };

beforeEach(() => {
  answers.asked = [];
  answers.of = new Map<string, () => unknown>([
    ["history.list", () => [ROW]],
    ["cache.stats", () => FULL],
  ]);
});

test("what was coloured is shown, and looked at again once something of it is forgotten", async () => {
  const model = new HistoryModel();
  await model.open();
  expect([model.rows, model.trouble]).toEqual([[ROW], ""]);
  answers.of.set("history.list", () => []);
  await model.forget("Rain Town");
  await model.forget(null);
  expect(model.rows).toEqual([]);
  expect(answers.asked.slice(1)).toEqual([
    ["history.forget", { series: "Rain Town" }],
    ["history.list", {}],
    ["history.forget", { series: null }],
    ["history.list", {}],
  ]);
});

test("what goes wrong is said until something goes well, and what was shown stays", async () => {
  const model = new HistoryModel();
  await model.open();
  answers.of.set("history.forget", fails(new Error("no host")));
  await model.forget(null);
  expect([model.rows, model.trouble]).toEqual([[ROW], "no host"]);
  answers.of.set("history.forget", fails("gone"));
  await model.forget(null);
  expect(model.trouble).toBe("gone");
  await model.open();
  expect(model.trouble).toBe("");
});

test("the cache is measured again once it is cleared", async () => {
  const model = new CacheModel();
  await model.open();
  expect(model.stats).toEqual(FULL);
  answers.of.set("cache.stats", () => EMPTY);
  await model.clear();
  expect([model.stats, answers.asked.slice(1)]).toEqual([
    EMPTY,
    [
      ["cache.clear", {}],
      ["cache.stats", {}],
    ],
  ]);
  answers.of.set("cache.clear", fails(new Error("no host")));
  await model.clear();
  expect([model.stats, model.trouble]).toEqual([EMPTY, "no host"]);
});
