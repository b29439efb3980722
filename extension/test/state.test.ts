import { beforeEach, expect, test, vi } from "vitest";

const storage = vi.hoisted(() => ({ kept: new Map<string, unknown>() }));

vi.mock("wxt/browser", () => {
  const { kept } = storage;
  const local = {
    get: async (keys: string[] | null) =>
      Object.fromEntries([...kept].filter(([key]) => keys === null || keys.includes(key))),
    set: async (items: Record<string, unknown>) =>
      Object.entries(items).forEach(([key, value]) => kept.set(key, value)),
    remove: async (keys: string | string[]) => [keys].flat().forEach((key) => kept.delete(key)),
  };
  return { browser: { storage: { local } } };
});

import { loadHints, saveHints } from "@/lib/state";
import type { ColourHint } from "@/lib/protocol/messages";

const RED: ColourHint = { points: [[0.3, 0.4]], rgb: [200, 0, 0] };
const sha = (n: number) => n.toString(16).padStart(64, "0");

beforeEach(() => {
  storage.kept.clear();
  vi.useFakeTimers();
});

test("a page's corrections are found again by its content, and forgotten when there are none", async () => {
  storage.kept.set("choices", { engine: null });
  await saveHints(sha(1), [RED]);
  expect(await loadHints([sha(1), sha(2)])).toEqual(new Map([[sha(1), [RED]]]));
  await saveHints(sha(1), []);
  expect(await loadHints([sha(1)])).toEqual(new Map());
  expect([...storage.kept.keys()]).toEqual(["choices"]);
});

test("only so many pages are remembered; those that were corrected longest ago go", async () => {
  storage.kept.set("choices", { engine: null });
  for (let n = 0; n < 502; n++) {
    vi.setSystemTime(n);
    await saveHints(sha(n), [RED]);
  }
  expect(storage.kept.size).toBe(501);
  expect(await loadHints([sha(0), sha(1)])).toEqual(new Map());
  expect(await loadHints([sha(2), sha(501)])).toHaveProperty("size", 2);
  expect(storage.kept.has("choices")).toBe(true);
});
