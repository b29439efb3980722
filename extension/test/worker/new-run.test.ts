import { beforeEach, describe, expect, test } from "vitest";
import { fakeBrowser } from "wxt/testing/fake-browser";
import { changeHabit, habitOf, loadHabit } from "@/lib/habits";
import type { Survey } from "@/lib/messages";
import { NO_CONNECTION, saveChoices, saveConnection } from "@/lib/state";
import { newRun } from "@/lib/worker/new-run";

const SURVEY: Survey = {
  ...{ pages: 3, why: null, origins: [], site: "https://reader.example" },
  ...{ series: "Rain Town", chapter: "Chapter 3" },
};
const { site } = SURVEY;
const BY_HAND = { isPointed: false, isByItself: false };
const BY_ITSELF = { isPointed: false, isByItself: true };
const kept = async (told = SURVEY.series) => habitOf(await loadHabit(site), told);
const isKnown = async () => Object.keys((await loadHabit(site)).series).length > 0;

beforeEach(async () => {
  fakeBrowser.reset();
  await saveChoices({ referenceId: "ref", loras: { ink: 0.7 } });
});

describe("a run that begins", () => {
  test("has what the reader chose and what the page calls itself", async () => {
    const plain = await newRun(7, { series: "", engine: null, chapter: "" }, SURVEY, BY_HAND);
    expect(plain).toMatchObject({ series: "Rain Town", chapter: "Chapter 3", engine: null });
    const run = await newRun(7, { series: "My Town", engine: "sdxl", chapter: "c9" }, SURVEY, BY_HAND);
    expect(run).toMatchObject({
      ...{ tabId: 7, name: "running", series: "My Town", chapter: "c9", engine: "sdxl", references: ["ref"] },
      ...{ pages: {}, problem: "", original: false, strength: 1, site, told: "Rain Town", isPointed: false },
    });
    expect(plain.runId).not.toBe(run.runId);
  });

  test("has no references where none is chosen", async () => {
    await saveChoices({ referenceId: null });
    expect((await newRun(1, { series: "", engine: null }, SURVEY, BY_HAND)).references).toEqual([]);
  });

  test.each([
    ["sdxl", true],
    ["compact", false],
    [null, true], // the default of the host
    ["unknown", false],
  ])("by %s takes the LoRAs along: %s", async (engine, takes) => {
    const state = (id: string, lora: boolean) => ({ id, supports: { lora } });
    const engines = [state("compact", false), state("sdxl", true)] as never;
    await saveConnection({ ...NO_CONNECTION, engines, defaultEngine: "sdxl" });
    const { loras } = await newRun(1, { series: "", engine }, SURVEY, BY_HAND);
    expect(loras).toEqual(takes ? [{ name: "ink", weight: 0.7 }] : []);
  });

  test("shows as much colour as this series had the last time, under the name that the reader gave it", async () => {
    await changeHabit({ site, told: SURVEY.series, change: { strength: 0.4, name: "My Town" } });
    const run = await newRun(1, { series: "", engine: null }, SURVEY, BY_HAND);
    expect([run.strength, run.series]).toEqual([0.4, "My Town"]);
  });
});

describe("by itself", () => {
  test("a series has the reference and the engine that it had the last time by hand", async () => {
    await changeHabit({ site, told: SURVEY.series, change: { referenceId: "own", engine: "sdxl" } });
    const choice = { series: "", engine: "compact" };
    expect(await newRun(1, choice, SURVEY, BY_ITSELF)).toMatchObject({ references: ["own"], engine: "sdxl" });
    expect(await newRun(1, choice, SURVEY, BY_HAND)).toMatchObject({ references: ["ref"], engine: "compact" });
  });

  test("one that had no reference has none, one that was never begun by hand has those chosen now", async () => {
    await changeHabit({ site, told: SURVEY.series, change: { referenceId: null, engine: null } });
    const choice = { series: "", engine: "compact" };
    expect(await newRun(1, choice, SURVEY, BY_ITSELF)).toMatchObject({ references: [], engine: null });
    const other = { ...SURVEY, series: "Snow Town" };
    expect(await newRun(1, choice, other, BY_ITSELF)).toMatchObject({ references: ["ref"], engine: "compact" });
  });

  test("nothing is written down", async () => {
    await newRun(1, { series: "My Town", engine: "sdxl" }, SURVEY, BY_ITSELF);
    expect(await isKnown()).toBe(false);
  });
});

describe("what is remembered of a series that was begun by hand", () => {
  test("nothing, where the reader never said anything about it", async () => {
    for (const series of ["", SURVEY.series]) await newRun(1, { series, engine: "sdxl" }, SURVEY, BY_HAND);
    expect(await isKnown()).toBe(false);
  });

  test("its name, reference and engine, once the reader calls it otherwise", async () => {
    await newRun(1, { series: "My Town", engine: "sdxl" }, SURVEY, BY_HAND);
    expect(await kept()).toMatchObject({ name: "My Town", referenceId: "ref", engine: "sdxl" });
  });

  test("the same, where the reader had said something, and its name stays", async () => {
    await changeHabit({ site, told: SURVEY.series, change: { mode: "always", name: "My Town" } });
    await newRun(1, { series: "", engine: "sdxl" }, SURVEY, BY_HAND);
    expect(await kept()).toMatchObject({ mode: "always", name: "My Town", referenceId: "ref", engine: "sdxl" });
  });

  test("nothing for a picture that was pointed at, nor where there is no site", async () => {
    await newRun(1, { series: "My Town", engine: "sdxl" }, SURVEY, { isPointed: true, isByItself: false });
    await newRun(1, { series: "My Town", engine: "sdxl" }, { ...SURVEY, site: "" }, BY_HAND);
    expect(await isKnown()).toBe(false);
  });
});
