import { beforeEach, expect, test, vi } from "vitest";
import { fakeBrowser } from "wxt/testing/fake-browser";
import { savePointed } from "@/lib/studio";

const outside = vi.hoisted(() => ({
  asked: [] as [string, Record<string, unknown>][],
  answers: {} as Record<string, (params: Record<string, unknown>) => unknown>,
  saved: [] as [Blob, string][],
}));
vi.mock("@/lib/messages", () => ({
  askWorker: async (kind: string, params: Record<string, unknown>) => {
    outside.asked.push([kind, params]);
    return outside.answers[kind]?.(params);
  },
}));
vi.mock("@/lib/download", () => ({ download: (file: Blob, name: string) => outside.saved.push([file, name]) }));
vi.mock("@/lib/ui/studio/pictures", () => ({
  sizeOf: async (picture: Blob) => {
    if (picture.size === 0) throw new Error("none");
    return { width: 40, height: 30 };
  },
  smaller: async (picture: Blob, longest: number) => ({ picture, scale: longest / 1280 }),
}));

const { saveChoices } = await import("@/lib/state");
const { StudioModel } = await import("@/lib/ui/studio/studio-model.svelte");

const file = (type: string, text = "x") => new Blob([text], { type });
const made = (type: string, record: object = {}, text = "x") => ({
  ...{ file: file(type, text), width: 80, height: 60, record },
});
const orders = () => outside.asked.filter(([kind]) => kind === "studio.run").map(([, { order }]) => order);

beforeEach(() => {
  fakeBrowser.reset();
  Object.assign(outside, {
    asked: [],
    answers: { "model.catalogue": () => [], "studio.networks": () => [] },
    saved: [],
  });
  let count = 0;
  Object.assign(URL, { createObjectURL: () => `blob:${count++}`, revokeObjectURL: () => undefined });
});

async function opened(): Promise<InstanceType<typeof StudioModel>> {
  const model = new StudioModel(7);
  model.open();
  await model.take(file("image/png"));
  return model;
}

test("a picture is pointed at on the page and taken as it is seen there", async () => {
  const model = new StudioModel(7);
  model.open();
  outside.answers["page.capture"] = () => file("image/png");
  await savePointed({ tabId: 7, frameId: 2, url: "u", at: 1 }); // nobody asked for it
  expect(outside.asked).toEqual([]);
  await model.point();
  expect(model.pointing).toBe(true);
  expect(outside.asked.at(-1)).toEqual(["page.point", { tabId: 7, purpose: "studio" }]);
  await savePointed({ tabId: 7, frameId: 2, url: "u", at: 2 });
  await vi.waitFor(() => expect(model.picture).toMatchObject({ width: 40, height: 30 }));
  expect(outside.asked).toContainEqual(["page.capture", { tabId: 7, frameId: 2, url: "u" }]);
  expect(model.pointing).toBe(false);
});

test("what is no picture is told, and what was there stays", async () => {
  const model = await opened();
  const before = model.picture;
  await model.take(new Blob([]));
  expect(model.trouble).toContain("no picture");
  expect(model.picture).toBe(before);
});

test("the sliders are looked at small, the last word counts, and none moved is the picture itself", async () => {
  const model = await opened();
  outside.answers["studio.look"] = () => {
    if (model.sliders.contrast === 1.5) model.sliders.contrast = 1.2; // while it is asked
    return file("image/jpeg");
  };
  model.sliders.contrast = 1.5;
  await Promise.all([model.look(), model.look()]);
  const looks = outside.asked.filter(([kind]) => kind === "studio.look");
  expect(looks.map(([, { filters }]) => filters)).toEqual([
    [{ filter: "contrast", amount: 1.5 }],
    [{ filter: "contrast", amount: 1.2 }],
  ]);
  expect(looks[0]?.[1].scale).toBe(0.5);
  expect(model.looked).toMatch(/^blob:/);
  model.sliders.contrast = 1;
  await model.look();
  expect(model.looked).toBeNull();
});

test("a filter's result is the picture to go on with; undo goes back; the steps are saved", async () => {
  const model = await opened();
  const first = model.picture;
  model.sliders.blur = 2;
  outside.answers["studio.run"] = () => made("image/png", { filters: 1 });
  await model.start();
  expect(orders()).toEqual([{ task_id: expect.any(String), tool: "filter", filters: [{ filter: "blur", amount: 2 }] }]);
  expect(model.picture).toMatchObject({ width: 80, height: 60 });
  expect([model.canUndo, model.hasMoved, model.fraction]).toEqual([true, false, null]);
  model.saveSteps();
  expect(JSON.parse(await (outside.saved[0]?.[0] as Blob).text())).toEqual({
    steps: [{ tool: "filter", record: { filters: 1 } }],
  });
  model.save();
  expect(outside.saved[1]?.[1]).toBe("irodori-filter.png");
  model.undo();
  expect(model.picture).toBe(first);
  expect(model.canUndo).toBe(false);
  model.undo();
  expect(model.picture).toBe(first);
});

test("a film and a text stand beside the picture", async () => {
  const model = await opened();
  const picture = model.picture;
  model.tool = "animate";
  Object.assign(model.wishes, { panel: 2, film: "mp4" });
  outside.answers["studio.run"] = () => made("video/mp4");
  await model.start();
  expect(orders()[0]).toMatchObject({ tool: "animate", film: "mp4", seconds: 4, loop: false, panels: [2] });
  expect(model.made?.tool).toBe("animate");
  model.save();
  expect(outside.saved[0]?.[1]).toBe("irodori-animate.mp4");
  model.close();
  expect([model.made, model.picture]).toEqual([null, picture]);
  model.tool = "words";
  outside.answers["studio.run"] = () => made("text/plain", {}, "Hello");
  await model.start();
  expect(model.made?.text).toBe("Hello");
  const copied: string[] = [];
  vi.stubGlobal("navigator", { clipboard: { writeText: async (text: string) => void copied.push(text) } });
  await model.copyText();
  expect([copied, model.copied]).toEqual([["Hello"], true]);
});

test("a network moves panels by words where it is here, and a camera where it is not", async () => {
  for (const [needs, asked] of [
    ["", { by: "network", words: "rain", series: "", seed: 5, steps: 12 }],
    ["Put it there.", {}],
  ] as const) {
    outside.asked.length = 0;
    outside.answers["studio.networks"] = () => [{ tool: "animate", name: "ltx2", needs }];
    outside.answers["studio.run"] = () => made("video/webm");
    const model = await opened();
    expect(model.mover).toBeNull();
    model.tool = "animate";
    expect(model.mover).toMatchObject({ name: "ltx2", needs });
    Object.assign(model.wishes, { by: "network", words: "rain", steps: 12, seed: 5, longest: 480 });
    await model.start();
    expect(orders()[0]).toEqual({
      ...{ task_id: expect.any(String), tool: "animate", film: "webm", seconds: 4, loop: false, panels: [] },
      size_px: 480,
      ...asked,
    });
  }
});

test("a part is made anew by whom the reader names, with their references and what they marked", async () => {
  await saveChoices({ referenceId: "r1", moreReferences: ["r2"] });
  const model = await opened();
  model.tool = "inpaint";
  outside.answers["studio.run"] = () => made("image/png");
  await model.start(null);
  expect([model.trouble, orders()]).toEqual(["Mark the part on the picture first.", []]);
  await model.start(file("image/png", "mask"));
  expect(orders()[0]).toMatchObject({ tool: "inpaint", engine: "fill" });
  expect(orders()[0]).not.toHaveProperty("references");
  expect(await ((outside.asked.at(-1)?.[1].mask as { base64: string }).base64 ?? "")).toBe(btoa("mask"));
  Object.assign(model.wishes, { engine: "flux2", words: "a coat", left: 8 });
  model.tool = "extend";
  await model.start(file("image/png", "mask"));
  expect(orders()[1]).toMatchObject({ engine: "flux2", words: "a coat", left: 8, references: ["r1", "r2"] });
  expect(outside.asked.at(-1)?.[1].mask).toBeNull();
});

test("one task at a time; its progress is shown, and a cancel is no trouble", async () => {
  const { saveFar } = await import("@/lib/studio");
  const model = await opened();
  const picture = model.picture;
  let end: (made: null) => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  outside.answers["studio.run"] = () => new Promise((resolve, reject) => ([end, fail] = [resolve, reject]));
  model.tool = "vectorise";
  const running = model.start();
  await vi.waitFor(() => expect(orders()).toHaveLength(1));
  await model.start();
  expect(orders()).toHaveLength(1);
  const taskId = (orders()[0] as { task_id: string }).task_id;
  await saveFar({ taskId: "another", fraction: 0.9 });
  await saveFar({ taskId, fraction: 0.4 });
  expect(model.fraction).toBe(0.4);
  await model.cancel();
  expect(outside.asked.at(-1)).toEqual(["studio.cancel", { taskId }]);
  end(null); // as it is when it is cancelled in the queue
  await running;
  expect([model.trouble, model.fraction, model.picture]).toEqual(["", null, picture]);
  const failing = model.start();
  await vi.waitFor(() => expect(orders()).toHaveLength(2));
  fail(new Error("Why."));
  await failing;
  expect(model.trouble).toBe("Why.");
});

test("a picture is made larger by a network that is here, else by interpolation", async () => {
  const network = { model_id: "swin2sr-x2", engine: "upscale", state: "ready" };
  outside.answers["model.catalogue"] = () => [
    network,
    { ...network, model_id: "real-esrgan-x4", state: "missing" },
    { ...network, model_id: "sam3", engine: "segment" },
  ];
  const model = await opened();
  expect(model.networks).toEqual([network]);
  model.tool = "upscale";
  outside.answers["studio.run"] = () => made("image/png");
  await model.start();
  model.wishes.network = "swin2sr-x2";
  await model.start();
  expect(orders()).toMatchObject([{ scale: 2 }, { model: "swin2sr-x2" }]);
  expect(orders()[1]).not.toHaveProperty("scale");
  outside.answers["model.catalogue"] = () => Promise.reject(new Error("no host"));
  await model.take(file("image/png"));
  expect([model.networks, model.wishes.network, model.trouble]).toEqual([[], "", ""]);
});

test("figures are looked for, chosen and left out; one is outlined", async () => {
  const figures = [{ index: 3, box: [0, 0, 9, 9] }];
  const model = await opened();
  outside.answers["studio.run"] = () => made("text/plain", { figures });
  await model.lookForFigures();
  expect(model.figures).toEqual(figures);
  model.choose(3);
  model.choose(5);
  model.choose(5);
  model.tool = "cut_out";
  outside.answers["studio.run"] = () => made("image/png", {}, "mask");
  await model.start();
  expect(orders().at(-1)).toMatchObject({ tool: "cut_out", figures: [3] });
  expect(await (await model.figure(3))?.text()).toBe("mask");
  expect(orders().at(-1)).toMatchObject({ tool: "outline", figures: [3] });
  await model.take(file("image/png"));
  expect([model.figures, model.chosen]).toEqual([null, []]);
});

test("an outline is asked for at a place", async () => {
  const model = await opened();
  outside.answers["studio.run"] = () => made("image/png", {}, "outline");
  expect(await (await model.outline(3, 4))?.text()).toBe("outline");
  expect(orders()[0]).toMatchObject({ tool: "outline", inside: [[3, 4]] });
});

test("the tab's chapter becomes a storyboard, with its script to be read and a file to be saved", async () => {
  const model = new StudioModel(7);
  outside.answers["studio.chapter"] = () => made("application/zip", { script: "Title: Rain" });
  await model.storyboard();
  expect(outside.asked).toEqual([["studio.chapter", { tabId: 7, taskId: expect.any(String) }]]);
  expect([model.made?.text, model.picture, model.fraction]).toEqual(["Title: Rain", null, null]);
  model.save();
  expect(outside.saved[0]?.[1]).toBe("irodori-storyboard.zip");
});
