import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Survey } from "@/lib/messages";

const outside = vi.hoisted(() => ({ askPage: vi.fn(), ensureAgent: vi.fn(), get: vi.fn(), mayReadFiles: vi.fn() }));
vi.mock("wxt/browser", () => ({
  browser: { tabs: { get: outside.get }, extension: { isAllowedFileSchemeAccess: outside.mayReadFiles } },
}));
vi.mock("@/lib/messages", () => ({ askPage: outside.askPage }));
vi.mock("@/lib/worker/inject", () => ({ ensureAgent: outside.ensureAgent }));

import { sumOf, surveyTab } from "@/lib/worker/survey";

const survey = (facts: Partial<Survey> = {}): Survey => ({
  ...{ pages: 0, why: "none", origins: [], site: "https://s.example", series: "Rain Town", chapter: "3" },
  ...facts,
});

describe("what frames add to their document", () => {
  test("their pages and origins, each origin once; its names stay", () => {
    const top = survey({ pages: 1, why: null, origins: ["a", "b"] });
    const frame = survey({ pages: 4, why: null, origins: ["b", "c"], series: "Frame", site: "https://f.example" });
    expect(sumOf(top, [frame, survey({ pages: 2 })])).toEqual({ ...top, pages: 7, origins: ["a", "b", "c"] });
    expect(sumOf(top, [])).toEqual(top);
  });

  test.each<[string, Survey["why"], Survey["why"][], number, Survey["why"]]>([
    ["pages are the answer", "none", ["canvas"], 2, null],
    ["the first that says what keeps them", "none", [null, "unloaded", "canvas", "frame"], 0, "canvas"],
    ["that of the document before those of its frames", "frame", ["canvas"], 0, "frame"],
    ["else the document's own", "unloaded", ["none"], 0, "unloaded"],
  ])("why there is none: %s", (_, own, others, pages, why) => {
    const frames = others.map((each) => survey({ why: each, pages }));
    expect(sumOf(survey({ why: own }), frames).why).toBe(why);
  });
});

describe("the survey of a tab", () => {
  beforeEach(() => {
    outside.ensureAgent.mockReset().mockResolvedValue([0, 5, 9]);
    outside.get.mockReset().mockResolvedValue({ url: "https://s.example/3" });
    outside.mayReadFiles.mockReset().mockResolvedValue(false);
    outside.askPage.mockReset().mockImplementation(async (_tab: number, frameId: number) => {
      if (frameId === 5) throw new Error("gone");
      return survey({ pages: frameId + 1, why: null });
    });
  });

  test("asks every frame, and goes without those that have gone", async () => {
    expect((await surveyTab(7)).pages).toBe(11);
    expect(outside.askPage.mock.calls).toEqual([0, 5, 9].map((frameId) => [7, frameId, "page.survey", {}]));
  });

  test("there is none without its document", async () => {
    outside.ensureAgent.mockResolvedValue([5, 9]);
    await expect(surveyTab(7)).rejects.toThrow(/./);
  });

  test.each([
    ["file:///a.html", false, "file"],
    ["file:///a.html", true, null],
    ["https://s.example/file:", false, null],
    [undefined, false, null],
  ])("of %s, with the switch for files %s: %s", async (url, allowed, why) => {
    outside.get.mockResolvedValue({ url });
    outside.mayReadFiles.mockResolvedValue(allowed);
    expect((await surveyTab(7)).why).toBe(why);
  });

  test("nothing is looked at in a private window, and the reader hears why", async () => {
    outside.get.mockResolvedValue({ url: "https://s.example/3", incognito: true });
    await expect(surveyTab(7)).rejects.toThrow("private window");
    expect(outside.ensureAgent).not.toHaveBeenCalled();
  });
});
