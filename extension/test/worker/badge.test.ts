import { expect, test, vi } from "vitest";

vi.mock("wxt/browser", () => ({ browser: {} }));

import type { PageRecord, PageStateName, RunName, RunState } from "@/lib/chapter/state";
import { badgeOf } from "@/lib/worker/badge";

function run(name: RunName, states: PageStateName[]): RunState {
  const pages = states.map((state, index) => [`p${index}`, { state, fraction: 0 } as PageRecord] as const);
  return { name, pages: Object.fromEntries(pages) } as unknown as RunState;
}

test.each([
  ["running", [], "…"],
  ["running", ["done", "skipped", "running", "waiting"], "2/4"],
  ["paused", ["done", "waiting"], "1/2"],
  ["done", ["done", "skipped"], "✓"],
  ["done", ["done", "failed"], "!"],
  ["done", [], "!"],
  ["failed", ["failed"], "!"],
  ["cancelled", ["done", "cancelled"], ""],
] as [RunName, PageStateName[], string][])("%s %j: %s", (name, states, text) => {
  expect(badgeOf(run(name, states)).text).toBe(text);
});

test("nothing without a run", () => {
  expect(badgeOf(null).text).toBe("");
});
