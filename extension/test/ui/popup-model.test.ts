import { beforeEach, expect, test, vi } from "vitest";
import { fakeBrowser } from "wxt/testing/fake-browser";
import type { PageRecord, RunState } from "@/lib/chapter/state";
import type { Survey } from "@/lib/messages";
import type { Preset } from "@/lib/protocol/messages";

const outside = vi.hoisted(() => ({
  did: [] as [string, unknown][],
  answers: {} as Record<string, (params: Record<string, unknown>) => unknown>,
  allowed: [] as string[],
  leave: [] as (() => void)[],
}));

vi.mock("wxt/browser", async () => {
  const { fakeBrowser: browser } = await import("wxt/testing/fake-browser");
  const permissions = {
    contains: async ({ origins }: { origins: string[] }) => origins.every((one) => outside.allowed.includes(one)),
    request: async (wish: unknown) => void outside.did.push(["permissions", wish]),
  };
  const connect = () => ({
    onDisconnect: { addListener: (act: () => void) => outside.leave.push(act) },
    postMessage: (call: unknown) => outside.did.push(["port", call]),
  });
  return { browser: { ...browser, permissions, runtime: { ...browser.runtime, connect } } };
});
vi.mock("@/lib/messages", () => ({
  askWorker: async (kind: string, params: Record<string, unknown>) => {
    outside.did.push([kind, params]);
    return outside.answers[kind]?.(params);
  },
}));

const { loadChoices, saveChoices, saveConnection, saveRun, NO_CHOICES, NO_CONNECTION } = await import("@/lib/state");
const { PopupModel } = await import("@/lib/ui/model.svelte");

const SITE = "https://site.example";
const PATTERN = "https://site.example/*";
const survey = (facts: Partial<Survey> = {}): Survey => ({
  ...{ pages: 3, why: null, origins: [SITE], site: SITE, series: "Rain Town", chapter: "3" },
  ...facts,
});
const page = (state: PageRecord["state"], n = 1) => ({ pageId: `p${n}`, index: n, frameId: 0, state, fraction: 0 });
const run = (
  name: RunState["name"],
  pages: ReturnType<typeof page>[] = [],
  more: Partial<RunState> = {},
): RunState => ({
  ...{ runId: "r", tabId: 7, name, series: "Snow Town", chapter: "9", engine: null, references: [], loras: [] },
  ...{ problem: "", startedAt: 0, original: false, ...more },
  pages: Object.fromEntries(pages.map((one) => [one.pageId, one])) as unknown as RunState["pages"],
});
const engine = (id: string, ready = true) => ({ id, label: id, ready, supports: {} });
const READY = { ...NO_CONNECTION, name: "ready" as const, defaultEngine: "compact" };
const PRESET: Preset = { name: "Soft", engine: "flux2-klein", options: { loras: [{ name: "wash", weight: 0.5 }] } };

let model: InstanceType<typeof PopupModel>;
const kinds = () => outside.did.map(([kind]) => kind);
const asked = (kind: string) => outside.did.filter(([one]) => one === kind).map(([, params]) => params);

beforeEach(async () => {
  fakeBrowser.reset();
  vi.stubGlobal("close", () => outside.did.push(["close", null]));
  vi.stubGlobal("window", globalThis);
  Object.assign(outside, {
    did: [],
    allowed: [PATTERN],
    leave: [],
    answers: {
      "page.survey": () => survey(),
      "host.connect": () => ({}),
      "chapter.start": () => ({}),
      "chapter.cost": () => null,
      ...Object.fromEntries(["preset.list", "model.dropped", "reference.list"].map((kind) => [kind, () => []])),
    },
  });
  await saveConnection({ ...READY, engines: [engine("compact"), engine("flux2-klein")] as never });
  model = new PopupModel(7);
});

test("opened, it mirrors the run, the choices, the host and the page", async () => {
  await saveRun(run("running", [page("done"), page("running", 2)]));
  await saveChoices({ engine: "flux2-klein" });
  outside.answers["chapter.cost"] = () => ({ cached: 1, fresh: 1, seconds: 3 });
  await model.open();
  expect([model.series, model.chapter, model.engine]).toEqual(["Snow Town", "9", "flux2-klein"]);
  expect([model.isRunning, model.hasColour, model.connection.name]).toEqual([true, true, "ready"]);
  expect(model.cost).toEqual({ cached: 1, fresh: 1, seconds: 3 });
  expect(asked("chapter.cost")[0]).toEqual({
    tabId: 7,
    choice: { series: "Snow Town", chapter: "9", engine: "flux2-klein" },
  });
});

test("without a run the page's own names stand there, but not over what the reader wrote", async () => {
  model.chapter = "mine";
  await model.open();
  expect([model.series, model.chapter, model.cost]).toEqual(["Rain Town", "mine", null]);
});

test.each([
  [run("paused", [page("done")]), true],
  [run("running"), true],
  [run("running", [page("waiting")]), true],
  [run("running", [page("done")]), false],
  [run("done", [page("done")]), false],
  [run("cancelled", [page("cancelled")]), false],
  [null, false],
])("%#: whether a chapter is on its way", (state, isRunning) => {
  model.run = state;
  expect(model.isRunning).toBe(isRunning);
});

test.each([
  ["flux2-klein", true, "flux2-klein"],
  ["flux2-klein", false, "compact"], // chosen once, and cannot run here any more
  ["gone", true, "compact"],
  [null, true, "compact"],
])("of %s (ready: %s) the engine is %s", (chosen, ready, expected) => {
  model.connection = { ...READY, engines: [engine("compact"), engine("flux2-klein", ready)] as never };
  model.choices = { ...NO_CHOICES, engine: chosen };
  expect(model.engine).toBe(expected);
});

test("what the choice before the last would have cost is not shown for the last", async () => {
  model.run = run("done", [page("done")]);
  const come: ((cost: unknown) => void)[] = [];
  outside.answers["chapter.cost"] = () => new Promise((resolve) => come.push(resolve));
  const [first, second] = [model.weigh(), model.weigh()];
  come[1]?.({ cached: 0, fresh: 2, seconds: 9 });
  await second;
  come[0]?.({ cached: 2, fresh: 0, seconds: 0 });
  await first;
  expect(model.cost).toEqual({ cached: 0, fresh: 2, seconds: 9 });
});

test("nothing is weighed where nothing is in colour, and a cost that nobody knows is none", async () => {
  await model.weigh();
  expect(asked("chapter.cost")).toEqual([]);
  model.run = run("done", [page("done")]);
  outside.answers["chapter.cost"] = () => Promise.reject(new Error("The host went away."));
  await model.weigh();
  expect([model.cost, model.trouble]).toEqual([null, ""]);
});

test("what the browser has to be asked for is asked before the chapter begins, which the worker knows by then", async () => {
  outside.allowed = [];
  await model.open();
  outside.did = [];
  model.cost = { cached: 1, fresh: 1 };
  model.trouble = "old";
  await model.colorize();
  expect(kinds()).toEqual(["port", "permissions", "chapter.start", "page.survey"]);
  expect(asked("permissions")).toEqual([{ origins: [PATTERN] }]);
  expect(asked("port")).toEqual(asked("chapter.start"));
  expect([model.cost, model.trouble, model.working]).toEqual([null, "", false]);
});

test("where all sites are allowed nobody is asked, and a chapter that cannot begin says why", async () => {
  await model.open();
  outside.did = [];
  outside.answers["chapter.start"] = () => Promise.reject(new Error("Nothing to colour here."));
  await model.colorize();
  expect(kinds()).toEqual(["chapter.start", "page.survey"]);
  expect([model.trouble, model.working]).toEqual(["Nothing to colour here.", false]);
});

test("pages that can only be taken from what the page holds make the browser ask for that, too", async () => {
  await model.open();
  model.run = run("done", [], { wishesCapture: true });
  await model.colorize();
  expect(asked("permissions")).toEqual([{ permissions: ["pageCapture"] }]);
});

test("the worker that died meanwhile is reached by a port of its own", async () => {
  outside.allowed = [];
  await model.open();
  outside.leave.forEach((gone) => gone());
  await model.colorize();
  expect(outside.leave).toHaveLength(2);
  expect(asked("port")).toHaveLength(1);
});

test("while the slider moves one wish is under way, and the last one always goes out", async () => {
  const come: (() => void)[] = [];
  outside.answers["chapter.mix"] = () => new Promise<void>((resolve) => come.push(resolve));
  const moves = [0.2, 0.4, 0.6].map((strength) => model.mix(strength));
  expect(asked("chapter.mix")).toEqual([{ tabId: 7, strength: 0.2 }]);
  come[0]?.();
  await vi.waitFor(() => expect(come).toHaveLength(2));
  come[1]?.();
  await Promise.all(moves);
  expect(asked("chapter.mix").at(-1)).toEqual({ tabId: 7, strength: 0.6 });
  const again = model.mix(1);
  expect(asked("chapter.mix")).toHaveLength(3);
  come[2]?.();
  await again;
});

test("references are taken alone, besides, first, or not at all", async () => {
  await model.chooseReference("a");
  await model.toggleReference("b");
  await model.toggleReference("c");
  expect(await loadChoices()).toMatchObject({ referenceId: "a", moreReferences: ["b", "c"] });
  await model.putFirst("c");
  expect(model.choices).toMatchObject({ referenceId: "c", moreReferences: ["a", "b"] });
  await model.toggleReference("c");
  expect(model.choices).toMatchObject({ referenceId: "a", moreReferences: ["b"] });
  await model.chooseReference(null);
  expect(await loadChoices()).toMatchObject({ referenceId: null, moreReferences: [] });
});

test("the chosen stand in their order, one that has gone is left out; the library has the series' own first", async () => {
  const card = (referenceId: string, series: string) => ({ referenceId, series }) as never;
  model.references = [card("a", "Snow Town"), card("b", "Rain Town"), card("c", "")];
  model.choices = { ...NO_CHOICES, referenceId: "c", moreReferences: ["gone", "a"] };
  expect(model.chosen.map(({ referenceId }) => referenceId)).toEqual(["c", "a"]);
  expect(model.library.map(({ referenceId }) => referenceId)).toEqual(["a", "b", "c"]);
  model.habits.told = "Rain Town";
  expect(model.library.map(({ referenceId }) => referenceId)).toEqual(["b", "a", "c"]);
});

test("a LoRA that has gone from the models' folder is not worn any more", async () => {
  await saveChoices({ loras: { wash: 0.5, gone: 1 } });
  outside.answers["model.dropped"] = () => [{ model_id: "wash" }];
  await model.open();
  await vi.waitFor(async () => expect((await loadChoices()).loras).toEqual({ wash: 0.5 }));
  await model.applyLora("ink", 0.8);
  await model.applyLora("wash", null);
  expect(await loadChoices()).toMatchObject({ loras: { ink: 0.8 } });
});

test("a preset is kept with what is chosen, and coloured by from then on", async () => {
  model.connection = { ...READY, engines: [engine("flux2-klein")] as never };
  model.choices = { ...NO_CHOICES, engine: "flux2-klein", loras: { wash: 0.5 } };
  outside.answers["preset.save"] = () => [{ name: "Other", options: {} }, PRESET];
  expect(await model.keepPreset(" soft ")).toBe(true);
  expect(asked("preset.save")).toEqual([{ ...PRESET, name: " soft " }]);
  expect(model.choices.preset).toEqual(PRESET);
  await model.loadPreset(null);
  expect((await loadChoices()).preset).toBeNull();
  outside.answers["preset.save"] = () => Promise.reject(new Error("The disk is full."));
  expect(await model.keepPreset("Hard")).toBe(false);
  expect([model.trouble, model.choices.preset]).toEqual(["The disk is full.", null]);
});

test("the popup makes way for pointing only where the page can be pointed at", async () => {
  outside.answers["page.point"] = () => Promise.reject(new Error("Nothing here."));
  await model.point("page" as never);
  expect([kinds(), model.trouble]).toEqual([["page.point"], "Nothing here."]);
  outside.answers["page.point"] = () => undefined;
  await model.point("page" as never);
  expect([kinds().at(-1), model.trouble]).toEqual(["close", ""]);
});

test("a file that cannot be saved says so once: below its button, or where there is none", async () => {
  outside.answers["chapter.save"] = () => Promise.reject(new Error("The disk is full."));
  model.run = run("done", [], { saved: { name: "failed" } as never });
  await model.save();
  expect(model.trouble).toBe("");
  model.run = run("done");
  await model.save();
  expect(model.trouble).toBe("The disk is full.");
});

test("the library is asked for once the host is there, and stays as it was where it cannot be had", async () => {
  outside.answers["reference.list"] = () => [{ referenceId: "a" }];
  await model.open();
  await vi.waitFor(() => expect(model.references).toHaveLength(1));
  await model.connect(); // it was there before: no news
  expect(asked("reference.list")).toHaveLength(1);
  outside.answers["reference.list"] = () => Promise.reject(new Error("Gone."));
  await model.remove("a");
  expect([asked("reference.remove"), model.references.length]).toEqual([[{ referenceId: "a" }], 1]);
});

test("the cover's site is asked for before the cover is taken, which the library then shows", async () => {
  outside.answers["page.survey"] = () => survey({ cover: "https://covers.example/c.jpg" });
  outside.answers["reference.addCover"] = () => ({});
  await model.open();
  model.series = " Rain Town ";
  outside.did = [];
  await model.takeCover();
  expect(asked("permissions")).toEqual([{ origins: ["https://covers.example/*"] }]);
  expect(kinds().slice(0, 3)).toEqual(["permissions", "reference.addCover", "reference.list"]);
  expect(asked("reference.addCover")).toEqual([{ tabId: 7, series: "Rain Town" }]);
});
