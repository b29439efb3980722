// @vitest-environment jsdom
import { beforeEach, expect, test, vi } from "vitest";

/** The regions that were asked for; each is answered in its turn by the test, or at once with a square around it. */
const regions = vi.hoisted(() => ({ asked: [] as unknown[], refusal: "", late: null as Promise<void> | null }));
const region = vi.hoisted(() => async ({ point }: Record<string, unknown>) => {
  regions.asked.push(point);
  await regions.late;
  const [x, y] = point as [number, number];
  const outline = [
    [x - 0.1, y - 0.1],
    [x + 0.1, y - 0.1],
    [x + 0.1, y + 0.1],
  ];
  const value = { by: "lines", outlines: [outline], share: 0.02 };
  return regions.refusal ? { ok: false, reason: regions.refusal } : { ok: true, value };
});

const outside = vi.hoisted(() => ({
  asked: [] as { kind: string; params: Record<string, unknown> }[],
  refusal: "",
  answer: null as unknown,
  sample: { rgb: [100, 80, 60], isGrey: false } as { rgb: [number, number, number]; isGrey: boolean },
  late: null as Promise<void> | null,
  looks: 0,
}));

vi.mock("wxt/browser", () => ({
  browser: {
    runtime: {
      sendMessage: async (message: { kind: string; params: Record<string, unknown> }) => {
        if (message.kind === "agent.region") return region(message.params);
        outside.asked.push(message);
        return outside.refusal ? { ok: false, reason: outside.refusal } : { ok: true, value: outside.answer };
      },
    },
  },
}));
// There is no canvas here; what pixels give is tested in sample.test.ts, and in a browser.
vi.mock("@/lib/page/holders/sample", async (original) => ({
  ...(await original<typeof import("@/lib/page/holders/sample")>()),
  sampleAt: async () => {
    const { sample, late } = outside;
    outside.looks += 1;
    await late;
    return sample;
  },
}));

import { Corrector } from "@/lib/page/correct/corrector";
import { Entry, Sheet } from "@/lib/page/capture/entry";
import { holdersOf } from "@/lib/page/holders/registry";
import type { Holder } from "@/lib/page/holders/holder";
import { Kept } from "@/lib/page/holders/coloured";
import type { PagePresenter } from "@/lib/page/swap/page-presenter";

const stage = { present: vi.fn(), notice: vi.fn(), isCovered: () => true };
let corrector: Corrector;
let entry: Entry;
let root: ShadowRoot;

/** A coloured page with the panel open on it. */
beforeEach(async () => {
  Object.assign(outside, { asked: [], refusal: "", sample: { rgb: [100, 80, 60], isGrey: false } });
  Object.assign(regions, { asked: [], refusal: "", late: null });
  vi.clearAllMocks();
  document.body.replaceChildren(); // an earlier panel closes with its page
  const img = document.body.appendChild(document.createElement("img"));
  entry = new Entry("p1", "https://site.example/1.jpg");
  entry.holders.add(holderOf(img));
  const coloured = { picture: new Kept(new Blob(), null), width: 8, height: 9, decoded: null };
  Object.assign(entry, { state: "done", coloured, width: 8, height: 9 });
  entry.sheet = new Sheet([entry]);
  corrector = new Corrector("run", stage as unknown as PagePresenter, new AbortController().signal);
  await open([0.25, 0.5]);
});

const holderOf = (element: Element) => holdersOf(element)[0] as Holder;

async function open(point: [number, number]): Promise<void> {
  const attach = vi.spyOn(Element.prototype, "attachShadow");
  await corrector.open(entry, holderOf(document.querySelector("img") as Element), point);
  root = attach.mock.results.at(-1)?.value as ShadowRoot;
  attach.mockRestore();
}

const button = (text: string) =>
  [...root.querySelectorAll("button")].find(({ textContent }) => textContent === text) as HTMLButtonElement;
const picker = () => root.querySelector("input") as HTMLInputElement;
const text = () => root.querySelector("[role=status]")?.textContent;
const changes = () => outside.asked.map(({ params }) => params.change);

async function use(colour: string): Promise<void> {
  picker().value = colour;
  button("Use this colour").click();
}

/** The page comes anew with these hints, and with this colour where the panel looks. */
async function comes(rgb: [number, number, number], hints: Entry["hints"]): Promise<void> {
  outside.sample = { rgb, isGrey: false };
  Object.assign(entry, { state: "done", hints });
  await corrector.done(entry);
}

const GREEN = { points: [[0.25, 0.5]] as [number, number][], rgb: [0, 255, 0] as [number, number, number] };

test("the choice starts at the colour that is there, and what is chosen is asked for", async () => {
  expect(picker().value).toBe("#64503c");
  await use("#00ff00");
  expect(outside.asked).toMatchObject([{ kind: "agent.correct", params: { runId: "run", pageId: "p1" } }]);
  expect(changes()).toEqual([{ kind: "set", hint: GREEN }]);
  expect([entry.state, text()]).toEqual(["sent", "Colouring the page again…"]);
  button("Use this colour").click(); // not twice
  expect(changes()).toHaveLength(1);
  await comes([50, 120, 60], [GREEN]);
  expect(text()).toBe("Done. 1 correction on this page.");
  expect(picker().value).toBe("#00ff00");
});

test("a hint that changes nothing is taken back, and the reader told", async () => {
  await use("#00ff00");
  await comes([100, 80, 60], [GREEN]);
  expect(changes().at(-1)).toEqual({ kind: "undo" });
  await comes([100, 80, 60], []);
  expect(text()).toMatch(/^Nothing changed there/);
  expect(entry.state).toBe("done");
});

test("who closes the panel meanwhile is told on the page", async () => {
  await use("#00ff00");
  button("×").click();
  await comes([100, 80, 60], [GREEN]);
  await comes([100, 80, 60], []);
  expect(stage.notice).toHaveBeenCalledWith(entry, expect.stringMatching(/^Nothing changed there/));
});

test("a colour can be held where it is, and set again where it was set", async () => {
  await use("#64503c");
  await comes([100, 80, 60], [{ ...GREEN, rgb: [100, 80, 60] }]);
  await use("#0000ff");
  await comes([100, 80, 60], [{ ...GREEN, rgb: [0, 0, 255] }]);
  expect(changes()).not.toContainEqual({ kind: "undo" });
});

test("nothing can be set where nothing is coloured, but what was set can be taken back", async () => {
  entry.hints = [GREEN];
  outside.sample = { rgb: [255, 255, 255], isGrey: true };
  await open([0.7, 0.7]);
  expect(text()).toMatch(/^Nothing is coloured here/);
  await use("#00ff00");
  expect(changes()).toEqual([]);
  button("Remove all").click();
  expect(changes()).toEqual([{ kind: "clear" }]);
});

test("a place that the reader made grey can be corrected again", async () => {
  entry.hints = [{ ...GREEN, rgb: [90, 92, 91] }];
  outside.sample = { rgb: [90, 90, 90], isGrey: true };
  await open([0.25, 0.5]);
  await use("#00ff00");
  expect(changes()).toHaveLength(1);
});

test("a correction that cannot be made says why, and the page stays as it is", async () => {
  outside.refusal = "This chapter is not being coloured any more. Colorize it again.";
  await use("#00ff00");
  await vi.waitFor(() => expect(text()).toBe(outside.refusal));
  expect(entry.state).toBe("done");
});

/** Choose where the colour goes, and use it. */
function useFor(part: string): void {
  (root.querySelector("select") as HTMLSelectElement).value = part;
  void use("#00ff00");
}

test("what is chosen for a figure goes into the palette, and the reader hears what that touches", async () => {
  outside.answer = { pages: 2, maybe: 3 };
  useFor("hair");
  expect(outside.asked).toMatchObject([
    { kind: "agent.dress", params: { runId: "run", pageId: "p1", point: [0.25, 0.5], part: "hair", rgb: [0, 255, 0] } },
  ]);
  const said = "In the palette now. 2 pages come anew. 3 more may be the same: the palette asks you.";
  await vi.waitFor(() => expect(text()).toBe(said));
  outside.answer = null;
});

test("where nobody is found the host's words are shown, and nothing is coloured", async () => {
  outside.refusal = "Nobody was found at this place of the page.";
  useFor("skin");
  await vi.waitFor(() => expect(text()).toBe(outside.refusal));
  expect(entry.state).toBe("done");
});

test("a look at a place that the reader has left meanwhile says nothing of the one where they are", async () => {
  const move = () => {
    const dot = [...root.querySelectorAll("button")].find((one) => one.getAttribute("aria-label")?.startsWith("Place"));
    dot?.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
  };
  const looked = (times: number) => vi.waitFor(() => expect(outside.looks).toBe(times));
  let arrive = (): void => undefined;
  const late = new Promise<void>((resolve) => (arrive = resolve));
  Object.assign(outside, { late, looks: 0, sample: { rgb: [1, 2, 3], isGrey: true } });
  move();
  await looked(1);
  Object.assign(outside, { late: null, sample: { rgb: [255, 0, 0], isGrey: false } });
  move();
  await looked(2);
  await vi.waitFor(() => expect(picker().value).toBe("#ff0000"));
  arrive();
  await late;
  await Promise.resolve();
  expect([picker().value, button("Use this colour").disabled]).toEqual(["#ff0000", false]);
});

test("one panel is open at a time", async () => {
  const { length } = document.querySelectorAll("div");
  await open([0.7, 0.7]);
  expect(document.querySelectorAll("div")).toHaveLength(length);
});

const drawn = () => {
  const svg = root.querySelector("svg") as SVGElement;
  return svg.style.display === "none" ? "" : svg.querySelector("path")?.getAttribute("d");
};
const dot = () => [...root.querySelectorAll("button")].at(-1) as HTMLButtonElement;
const press = (key: string) => dot().dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));

test("what a correction will take is outlined before it is made, and told in words", async () => {
  expect(regions.asked).toEqual([[0.25, 0.5]]);
  expect(drawn()).toBe("M0.15000,0.40000 0.35000,0.40000 0.35000,0.60000Z");
  expect(text()).toBe("The colour stays within the outline: 2% of the page.");
  expect(changes()).toEqual([]);
  await use("#00ff00");
  expect(drawn()).toBe(""); // what comes is to be seen
  await comes([50, 120, 60], [GREEN]);
  expect(drawn()).toBe("");
});

test("who closes the panel at the outline has changed nothing", () => {
  expect(drawn()).not.toBe("");
  picker().dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true, composed: true }));
  expect(root.host.isConnected).toBe(false);
  expect(outside.asked).toEqual([]);
});

test("a place that moves takes its outline along, and only the last one is asked for", async () => {
  let answer = () => {};
  regions.late = new Promise((done) => (answer = done));
  press("ArrowRight");
  expect(drawn()).toBe("");
  await vi.waitFor(() => expect(regions.asked).toHaveLength(2));
  const looks = outside.looks;
  for (const key of ["ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp"]) press(key);
  await vi.waitFor(() => expect(outside.looks).toBe(looks + 4));
  answer();
  await vi.waitFor(() => expect(drawn()).not.toBe(""));
  expect(regions.asked).toHaveLength(3); // where it began to move, and where it came to rest
});

test("a figure's colour everywhere has no outline, and nothing coloured has none", async () => {
  const where = root.querySelector("select") as HTMLSelectElement;
  where.value = "hair";
  where.dispatchEvent(new Event("change"));
  expect([drawn(), text()]).toEqual(["", ""]);
  where.value = "here";
  where.dispatchEvent(new Event("change"));
  await vi.waitFor(() => expect(drawn()).not.toBe(""));
  outside.sample = { rgb: [255, 255, 255], isGrey: true };
  regions.asked = [];
  await open([0.7, 0.7]);
  expect([drawn(), regions.asked]).toEqual(["", []]);
});

test("where the host cannot tell, a correction is made all the same", async () => {
  regions.refusal = "The bytes of this page are not here.";
  await open([0.25, 0.5]);
  expect([drawn(), text()]).toEqual(["", ""]);
  await use("#00ff00");
  expect(changes()).toEqual([{ kind: "set", hint: GREEN }]);
});

test("of a sheet of slices a slice shows where the region lies in it, also beyond its edges", async () => {
  const below = new Entry("p2", "https://site.example/2.jpg");
  Object.assign(below, { state: "done", coloured: entry.coloured, width: 8, height: 27 });
  below.holders.add(holderOf(document.querySelector("img") as Element));
  below.sheet = entry.sheet = new Sheet([entry, below]);
  entry = below;
  await open([0.5, 0]);
  expect(regions.asked.at(-1)).toEqual([0.5, 0.25]);
  expect(drawn()).toBe("M0.40000,-0.13333 0.60000,-0.13333 0.60000,0.13333Z");
});
