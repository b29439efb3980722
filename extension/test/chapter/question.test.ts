import { expect, test, vi } from "vitest";

vi.mock("wxt/browser", () => ({ browser: {} }));

import { questionOf } from "@/lib/chapter/question";
import { recordOf } from "@/lib/chapter/state";
import { found, runWith } from "./world";

test("pages are in view that were when they were found, and those that the reader looks at now", () => {
  const { state } = runWith().run;
  const pages = [found(1), found(2, true), found(3)].map((page) => recordOf(page, 0));
  const asked = questionOf(state, pages, new Set(["p3"]));
  expect(asked.pages.map(({ page_id, index, visible }) => [page_id, index, visible])).toEqual([
    ["p1", 1, false],
    ["p2", 2, true],
    ["p3", 3, true],
  ]);
});

test("what the reader did not choose is not asked for", () => {
  const { state } = runWith().run;
  const plain = questionOf(state, [recordOf(found(1), 0)], new Set());
  expect(plain).toMatchObject({
    series: state.series,
    chapter: state.chapter,
    direction: "auto",
    references: state.references,
  });
  expect(Object.keys(plain)).not.toContain("engine");
  expect(Object.keys(plain)).not.toContain("options");
  expect(plain.pages[0]).not.toHaveProperty("hints");
  const loras = [{ name: "wash.safetensors", weight: 0.5 }];
  const hints = [{ x: 1, y: 2, color: "#aa5533" }] as never;
  const full = questionOf({ ...state, engine: "flux2", loras }, [{ ...recordOf(found(1), 0), hints }], new Set());
  expect(full).toMatchObject({ engine: "flux2", options: { loras }, pages: [{ hints }] });
});
