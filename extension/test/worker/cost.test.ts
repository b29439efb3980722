import { beforeEach, expect, test, vi } from "vitest";
import { fakeBrowser } from "wxt/testing/fake-browser";
import type { PageRecord, RunState } from "@/lib/chapter/state";
import type { HostConnection } from "@/lib/host/connection";
import { choiceOfPreset } from "@/lib/presets";
import type { Preset } from "@/lib/protocol/messages";
import { choiceOf, loadChoices, NO_CONNECTION, saveChoices, saveConnection } from "@/lib/state";
import { costOf } from "@/lib/worker/cost";

const ESTIMATE = { cached: 1, fresh: 1, seconds: 2.5 };
const request = vi.fn();
const host = { request } as unknown as HostConnection;
const page = (n: number, state: PageRecord["state"]) => ({ pageId: `p${n}`, index: n, sha256: "a", state, hints: [] });
const RUN = {
  ...{ series: "Rain Town", chapter: "3", engine: null, references: ["warm"], loras: [], options: {} },
  pages: { p1: page(1, "done"), p2: page(2, "done"), p3: page(3, "failed") },
} as unknown as RunState;
const SAME = { series: "Rain Town", engine: null };

beforeEach(async () => {
  fakeBrowser.reset();
  request.mockReset().mockResolvedValue(ESTIMATE);
  await saveChoices(choiceOf(["warm"]));
});

test("the choice that the chapter has costs nothing, nor does one for no chapter in colour", async () => {
  expect(await costOf(host, RUN, SAME)).toBeNull();
  expect(await costOf(host, RUN, { series: "", engine: null })).toBeNull();
  expect(await costOf(host, undefined, SAME)).toBeNull();
  expect(await costOf(host, { ...RUN, pages: { p3: page(3, "failed") } } as unknown as RunState, SAME)).toBeNull();
  expect(request).not.toHaveBeenCalled();
});

test("another reference, engine, series or preset is asked about, for the pages in colour", async () => {
  await saveChoices(choiceOf(["warm", "cold"]));
  expect(await costOf(host, RUN, SAME)).toEqual(ESTIMATE);
  expect(request).toHaveBeenLastCalledWith(
    "pipeline.estimate",
    expect.objectContaining({
      references: ["warm", "cold"],
      pages: [{ page_id: "p1" }, { page_id: "p2" }].map((one) => expect.objectContaining(one) as unknown),
    }),
  );
  await saveChoices(choiceOf(["warm"]));
  expect(await costOf(host, RUN, { series: "Rain Town", engine: "sdxl" })).toEqual(ESTIMATE);
  expect(await costOf(host, RUN, { series: "Other", engine: null })).toEqual(ESTIMATE);
  await saveChoices({ preset: { name: "Pale", options: { strength: 0.4, loras: [{ name: "ink" }] } } });
  await costOf(host, RUN, SAME);
  expect(request.mock.lastCall?.[1]).toMatchObject({ options: { strength: 0.4 } });
});

test("LoRAs count for engines that take them", async () => {
  const engines = [{ id: "sdxl", supports: { lora: true } }] as never;
  await saveConnection({ ...NO_CONNECTION, engines, defaultEngine: "compact" });
  await saveChoices({ loras: { ink: 0.7 } });
  expect(await costOf(host, RUN, SAME)).toBeNull();
  await costOf(host, RUN, { series: "", engine: "sdxl" });
  expect(request.mock.lastCall?.[1]).toMatchObject({
    engine: "sdxl",
    options: { loras: [{ name: "ink", weight: 0.7 }] },
  });
});

test("a preset that is loaded chooses its engine and its LoRAs, and none leaves them", async () => {
  const preset: Preset = {
    name: "Soft",
    engine: "sdxl",
    options: { loras: [{ name: "ink" }, { name: "dots", weight: 2 }] },
  };
  await saveChoices(choiceOfPreset(preset));
  expect(await loadChoices()).toMatchObject({ preset, engine: "sdxl", loras: { ink: 1, dots: 2 } });
  await saveChoices(choiceOfPreset(null));
  expect(await loadChoices()).toMatchObject({ preset: null, engine: "sdxl", loras: { ink: 1, dots: 2 } });
  expect(choiceOfPreset({ name: "x", options: {} })).not.toHaveProperty("engine");
});
