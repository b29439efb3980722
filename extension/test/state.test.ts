import { beforeEach, expect, test, vi } from "vitest";

import { fakeBrowser } from "wxt/testing/fake-browser";
import {
  choiceOf,
  chosenReferences,
  isFirstWake,
  loadChoices,
  loadHints,
  NO_CHOICES,
  saveChoices,
  saveHints,
} from "@/lib/state";
import type { ColourHint } from "@/lib/protocol/messages";

const RED: ColourHint = { points: [[0.3, 0.4]], rgb: [200, 0, 0] };
const kept = () => fakeBrowser.storage.local.get(null);
const sha = (n: number) => n.toString(16).padStart(64, "0");

beforeEach(() => {
  fakeBrowser.reset();
  vi.useFakeTimers();
});

test("a page's corrections are found again by its content, and forgotten when there are none", async () => {
  await fakeBrowser.storage.local.set({ choices: { engine: null } });
  await saveHints(sha(1), [RED]);
  expect(await loadHints([sha(1), sha(2)])).toEqual(new Map([[sha(1), [RED]]]));
  await saveHints(sha(1), []);
  expect(await loadHints([sha(1)])).toEqual(new Map());
  expect(Object.keys(await kept())).toEqual(["choices"]);
});

test("only so many pages are remembered; those that were corrected longest ago go", async () => {
  await fakeBrowser.storage.local.set({ choices: { engine: null } });
  for (let n = 0; n < 502; n++) {
    vi.setSystemTime(n);
    await saveHints(sha(n), [RED]);
  }
  expect(Object.keys(await kept())).toHaveLength(501);
  expect(await loadHints([sha(0), sha(1)])).toEqual(new Map());
  expect(await loadHints([sha(2), sha(501)])).toHaveProperty("size", 2);
  expect(await kept()).toHaveProperty("choices");
});

test("the worker's first life since the browser began is told from the others", async () => {
  expect([await isFirstWake(), await isFirstWake()]).toEqual([true, false]);
  await fakeBrowser.storage.session.clear(); // as a browser that begins does
  expect(await isFirstWake()).toBe(true);
});

test("what an older version did not ask about is as nobody chose it; a change leaves the other choices alone", async () => {
  expect(await loadChoices()).toEqual(NO_CHOICES);
  await fakeBrowser.storage.local.set({ choices: { engine: "compact", referenceId: "a" } });
  expect(await loadChoices()).toEqual({ ...NO_CHOICES, engine: "compact", referenceId: "a" });
  await saveChoices({ pagesAhead: 2 });
  expect(await loadChoices()).toEqual({ ...NO_CHOICES, engine: "compact", referenceId: "a", pagesAhead: 2 });
});

test.each([
  [{}, []],
  [{ referenceId: "a" }, ["a"]],
  [{ referenceId: "a", moreReferences: ["b", "a", "c"] }, ["a", "b", "c"]],
  [{ referenceId: null, moreReferences: ["b"] }, []],
])("of %j the references are %j", (choices, references) => {
  expect(chosenReferences(choices)).toEqual(references);
});

test("references are chosen in their order, each once", () => {
  expect(choiceOf(["b", "a", "b"])).toEqual({ referenceId: "b", moreReferences: ["a"] });
  expect(choiceOf([])).toEqual({ referenceId: null, moreReferences: [] });
});
