import { beforeEach, expect, test, vi } from "vitest";
import { fakeBrowser } from "wxt/testing/fake-browser";
import { changeHabit, habitOf, loadHabit } from "@/lib/habits";
import type { HostConnection } from "@/lib/host/connection";
import { choiceOf, chosenReferences, loadChoices, saveChoices } from "@/lib/state";
import {
  addCover,
  addReference,
  changeReference,
  listReferences,
  removeReference,
  thumbnailsOf,
} from "@/lib/worker/references";

const outside = vi.hoisted(() => ({ surveyTab: vi.fn(), fetchPicture: vi.fn() }));
vi.mock("@/lib/worker/survey", () => ({ surveyTab: outside.surveyTab }));
vi.mock("@/lib/worker/fetch-picture", () => ({ fetchPicture: outside.fetchPicture }));

const request = vi.fn();
const host = { request } as unknown as HostConnection;
const JPEG = new Uint8Array([0xff, 0xd8, 0xff, 0xe0]);
const reference = (id: string, facts: object = {}) => ({
  ...{ reference_id: id, name: "Rain", series: "Rain Town", thumbnail: JPEG, palette: [] },
  ...facts,
});

beforeEach(() => {
  fakeBrowser.reset();
  request.mockReset();
  outside.fetchPicture.mockReset();
});

test("a card has what the popup shows: a name, a picture by its own type, the first colours", async () => {
  const palette = Array.from({ length: 9 }, (_, at) => ({ rgb: [at, 10, 20], share: 0.1 }));
  request.mockResolvedValue([
    reference("a", { palette }),
    reference("b", { name: "" }),
    reference("c", { name: "", series: "", thumbnail: new Uint8Array([1, 2]) }),
    reference("d", { thumbnail: new Uint8Array() }),
  ]);
  const [first, second, third, bare] = await listReferences(host);
  expect(bare?.thumbnail).toBe("");
  expect(first).toMatchObject({ referenceId: "a", name: "Rain", thumbnail: "data:image/jpeg;base64,/9j/4A==" });
  expect(first?.palette).toEqual([0, 1, 2, 3, 4, 5].map((at) => `rgb(${at} 10 20)`));
  expect([second?.name, third?.thumbnail]).toEqual(["Rain Town", "data:image/webp;base64,AQI="]);
  expect(third?.name).toMatch(/./);
  expect(request).toHaveBeenCalledWith("reference.list", { thumbnails: false });
});

test("thumbnails are asked for by themselves", async () => {
  request.mockResolvedValue([{ reference_id: "b", thumbnail: JPEG }]);
  expect(await thumbnailsOf(host, ["a", "b"])).toEqual({ b: "data:image/jpeg;base64,/9j/4A==" });
  expect(request).toHaveBeenCalledWith("reference.thumbnails", { reference_ids: ["a", "b"] });
});

test.each([
  ["a", "a"],
  ["gone", null],
  [null, null],
])("a choice of %s is kept as %s where the library has it", async (chosen, kept) => {
  await saveChoices({ referenceId: chosen });
  request.mockResolvedValue([reference("a"), reference("b")]);
  await listReferences(host);
  expect((await loadChoices()).referenceId).toBe(kept);
});

test("what is added is chosen, and only what is known of it is told", async () => {
  request.mockResolvedValue(reference("new"));
  const card = await addReference(host, new Blob([JPEG]), { name: "Rain", series: "", source_url: "https://a/1" });
  expect(request).toHaveBeenCalledWith("reference.add", { image: JPEG, name: "Rain", source_url: "https://a/1" });
  expect([card.referenceId, (await loadChoices()).referenceId]).toEqual(["new", "new"]);
});

test.each([
  ["a", null],
  ["b", "b"],
])("with %s chosen, removing a leaves %s", async (chosen, left) => {
  await saveChoices({ referenceId: chosen });
  await changeHabit({ site: "https://s.example", told: "Rain Town", change: { referenceId: "a" } });
  await removeReference(host, "a");
  expect(request).toHaveBeenCalledWith("reference.remove", { reference_id: "a" });
  expect((await loadChoices()).referenceId).toBe(left);
  expect(habitOf(await loadHabit("https://s.example"), "Rain Town").referenceId).not.toBe("a");
});

test("of several that are chosen those that have gone are left out, and the order stays", async () => {
  await saveChoices({ referenceId: "gone", moreReferences: ["b", "a"] });
  request.mockResolvedValue([reference("a"), reference("b")]);
  await listReferences(host);
  expect(chosenReferences(await loadChoices())).toEqual(["b", "a"]);
  await changeHabit({ site: "https://s.example", told: "Rain Town", change: choiceOf(["b", "a", "c"]) });
  await removeReference(host, "b");
  expect(chosenReferences(await loadChoices())).toEqual(["a"]);
  expect(chosenReferences(habitOf(await loadHabit("https://s.example"), "Rain Town"))).toEqual(["a", "c"]);
});

test("a reference is called otherwise", async () => {
  request.mockResolvedValue(reference("a", { name: "Aki", character: "Aki" }));
  expect(await changeReference(host, "a", { name: "Aki" })).toMatchObject({ name: "Aki", character: "Aki" });
  expect(request).toHaveBeenCalledWith("reference.change", { reference_id: "a", name: "Aki" });
});

test("each reference is chosen once, and none is nothing", () => {
  expect(choiceOf(["a", "b", "a"])).toEqual({ referenceId: "a", moreReferences: ["b"] });
  expect(choiceOf([])).toEqual({ referenceId: null, moreReferences: [] });
  expect(chosenReferences({ referenceId: "a", moreReferences: ["b", "a"] })).toEqual(["a", "b"]);
  expect(chosenReferences({ referenceId: null, moreReferences: ["b"] })).toEqual([]);
  expect(chosenReferences({ referenceId: "a" })).toEqual(["a"]); // as earlier versions kept it
});

test.each([
  ["https://s.example/covers/1.jpg", "https://s.example/read/3", "", "Rain Town"],
  ["https://cdn.example/1.jpg", "https://s.example/", "", "Rain Town"],
  ["https://cdn.example/1.jpg", "https://s.example/", "Rainy Town", "Rainy Town"],
])("the cover at %s is asked for as the page's own and kept for its series", async (cover, referer, series, kept) => {
  const { id = 0 } = await fakeBrowser.tabs.create({ url: "https://s.example/read/3" });
  const picture = new Blob([JPEG]);
  outside.surveyTab.mockResolvedValue({ cover, series: "Rain Town" });
  outside.fetchPicture.mockResolvedValue({ picture, isOpen: false });
  request.mockResolvedValue(reference("new"));
  expect((await addCover(host, id, series)).referenceId).toBe("new");
  expect(outside.fetchPicture).toHaveBeenCalledWith(cover, referer, ["https://s.example/read/3"]);
  const [, told] = request.mock.calls[0] as [string, object];
  expect(told).toMatchObject({ image: JPEG, series: kept, source_url: cover });
  expect(told).toHaveProperty("name", expect.stringContaining(kept));
  expect((await loadChoices()).referenceId).toBe("new");
});

test("a page that names no cover is told so, and nothing is fetched", async () => {
  const { id = 0 } = await fakeBrowser.tabs.create({ url: "https://s.example/read/3" });
  outside.surveyTab.mockResolvedValue({ cover: null, series: "Rain Town" });
  await expect(addCover(host, id, "")).rejects.toThrow(/./);
  expect([outside.fetchPicture.mock.calls, request.mock.calls]).toEqual([[], []]);
});
