import { expect, test, vi } from "vitest";
import {
  JOINED,
  SIZE,
  areSent,
  askWorker,
  capture,
  digestOf,
  entriesOf,
  joined,
  pace,
  settle,
  stop,
  uploaderOf,
  waiting,
} from "./uploading"; // first: it stands in for what is outside
import { CapturedBytesCache } from "@/lib/page/capture/captured-bytes-cache";
import { Entry, Sheet } from "@/lib/page/capture/entry";
import { PageUploader } from "@/lib/page/capture/page-uploader";
import type { Holder } from "@/lib/page/holders/holder";

/** Slices of a strip, one right below the other, of which the first ones are in the window. */
function stripOf(count: number, heights = 1200, top = 0): Entry[] {
  return Array.from({ length: count }, (_, index) => {
    const at = top + index * heights;
    const box = { left: 0, right: 800, top: at, bottom: at + heights, width: 800, height: heights };
    const entry = new Entry(`p${index}`, `https://site.example/${index}.png`);
    entry.holders.add({ isConnected: true, box: () => box, isLoading: () => false } as unknown as Holder);
    return Object.assign(entry, { index });
  });
}
const slice = (entry: Entry) => ({ width: 800, height: 1200, edges: drawnEdges(entry.index) });
/** What a slice shows along its edges goes on in the next one. */
const drawnEdges = (index: number) => {
  const row = (seed: number) => Float32Array.from({ length: 800 }, (_, x) => (Math.sin(x / (5 + seed)) > 0 ? 30 : 220));
  return { top: row(index), bottom: row(index + 1) };
};

/** All slices captured, and joined a while later. */
async function joinedStrip(entries: Entry[], uploader = uploaderOf(entries)): Promise<PageUploader> {
  capture.mockImplementation(async (url: string) => ({
    ...slice(entries.find((entry) => entry.url === url) as Entry),
    blob: new Blob([url]),
  }));
  uploader.read();
  await settle(areSent(entries));
  await vi.advanceTimersByTimeAsync(200);
  const isMade = ({ sheet, state }: Entry) => state === "left" || sheet?.isOnePage || !!sheet?.sha256;
  await settle(() => entries.every(isMade)); // what follows is done in the same turn
  return uploader;
}
const pages = () =>
  askWorker.mock.calls.flatMap(([kind, params]) => (kind === "agent.pages" ? (params.pages as object[]) : []));

test("slices of a strip go out as one picture that tells where each lies in it", async () => {
  const entries = stripOf(2);
  const uploader = await joinedStrip(entries);
  expect(joined.mock.calls.map(([sources, width, height]) => [sources.map(({ top }) => top), width, height])).toEqual([
    [[0, 1200], 800, 2400],
  ]);
  const sha256 = await digestOf(JOINED);
  const slices = [
    [0, 1200],
    [1200, 2400],
  ];
  expect(pages()).toEqual([
    { pageId: "p0", index: 0, visible: true, width: 800, height: 2400, url: entries[0]?.url, sha256, slices },
  ]);
  capture.mockClear();
  await uploader.bytes(entries[0]?.sheet as Sheet);
  expect([capture.mock.calls.length, joined.mock.calls.length]).toEqual([0, 1]); // it is kept as it was told
});

test("a strip is seen as soon as one of its slices is", async () => {
  await joinedStrip(stripOf(2, 1200, -1200));
  expect(pages()).toMatchObject([{ visible: true }]);
  askWorker.mockClear();
  await joinedStrip(stripOf(2, 1200, 5000));
  expect(pages()).toMatchObject([{ visible: false }]);
});

test("where a neighbour's rows cannot be had a strip goes without them", async () => {
  const entries = stripOf(4, 1200);
  joined.mockImplementation(async (sources) => {
    if (sources.length === 2 && sources[0]?.rows === 320) throw new Error("gone"); // the last slice, with the one before
    return new Blob([JOINED]);
  });
  const uploader = await joinedStrip(entries);
  expect(pages().map((page) => (page as { pageId: string }).pageId)).toEqual(["p0", "p3"]);
  expect(pages()[1]).toMatchObject({ height: 1200 });
  expect(entries[3]?.sheet?.isOnePage).toBe(true);
  joined.mockClear();
  await uploader.bytes(entries[3]?.sheet as Sheet);
  expect(joined).not.toHaveBeenCalled();
});

test("a strip that cannot be joined says so for each of its slices", async () => {
  joined.mockRejectedValue(new Error("no memory"));
  const entries = stripOf(2);
  await joinedStrip(entries);
  expect(pages()).toEqual([]);
  const unread = { state: "left", note: "no memory", failed: true };
  expect(entries).toMatchObject([unread, unread]);
  joined.mockRejectedValue("words");
  const others = stripOf(2);
  await joinedStrip(others);
  expect(others.map(({ note }) => note)).toEqual(["words", "words"]);
});

test.each<[string, (entries: Entry[]) => void, number]>([
  ["the run ended", () => stop.abort(), 0],
  ["all of it was cancelled", (entries) => entries.forEach((entry) => (entry.state = "left")), 0],
  ["a part of it was cancelled", (entries) => ((entries[0] as Entry).state = "left"), 1],
])("what is joined while %s is told %s", async (_, meanwhile, told) => {
  const entries = stripOf(2);
  joined.mockImplementation(async () => (meanwhile(entries), new Blob([JOINED])));
  await joinedStrip(entries);
  expect(pages()).toHaveLength(told);
});

test("a slice waits for the one below that is still being read, then both go out as one", async () => {
  const entries = stripOf(2);
  uploaderOf(entries).read();
  const give = (at: number) => waiting[at]?.give(slice(entries[at] as Entry));
  give(0);
  await settle(() => entries[0]?.state === "sent");
  await vi.advanceTimersByTimeAsync(150);
  expect([pages().length, entries[0]?.sheet]).toEqual([0, null]);
  give(1);
  await settle(areSent(entries));
  await vi.advanceTimersByTimeAsync(150);
  await settle(() => pages().length > 0);
  expect(pages()).toMatchObject([{ pageId: "p0", height: 2400 }]);
});

test("a slice that waits is looked at again, though nothing else comes", async () => {
  const entries = stripOf(2);
  uploaderOf(entries).read();
  waiting[0]?.give(slice(entries[0] as Entry));
  await settle(() => entries[0]?.state === "sent");
  await vi.advanceTimersByTimeAsync(150);
  Object.assign(entries[1] as Entry, { state: "left" });
  await vi.advanceTimersByTimeAsync(149);
  await settle();
  await vi.advanceTimersByTimeAsync(150);
  expect(pages()).toMatchObject([{ pageId: "p0", height: 1200 }]);
});

test.each<[string, Partial<Holder>, string, boolean]>([
  ["will be read", {}, "1.png", true],
  ["no element shows yet", {}, "unshown.png", false],
  ["is on its way to its element", { isLoading: () => true }, "1.png", false],
])("a slice below that %s is waited for: %s", async (_, facts, name, waits) => {
  Object.assign(pace, { ahead: 0 }); // the second one is out of the window, and found
  const [first] = stripOf(1) as [Entry];
  const second = new Entry("p1", `https://site.example/${name}`);
  const box = { left: 0, right: 800, top: 1200, bottom: 2400, width: 800, height: 1200 };
  const below = { isConnected: true, box: () => box, isLoading: () => false, ...facts } as unknown as Holder;
  second.holders.add(below);
  const entries = [first, Object.assign(second, { index: 1 })];
  const uploader = uploaderOf(entries);
  capture.mockImplementation((url: string) =>
    url === first.url ? Promise.resolve({ ...slice(first), blob: new Blob() }) : new Promise(() => undefined),
  );
  uploader.read();
  await settle(() => first.state === "sent");
  await vi.advanceTimersByTimeAsync(150);
  expect(pages()).toHaveLength(waits ? 0 : 1);
});

test("what is out of the window, or in no element yet, is told so, and its address is cut", async () => {
  const [below, ahead] = [
    entriesOf(1, [])[0] as Entry,
    new Entry("p9", `https://site.example/${"a".repeat(3000)}.png`),
  ];
  Object.assign(ahead, { index: 1, isSure: true });
  uploaderOf([below, ahead]).read();
  for (const one of waiting) one.give();
  await settle(areSent([below, ahead]));
  await vi.advanceTimersByTimeAsync(0);
  expect(pages()).toMatchObject([{ visible: false }, { visible: false, url: ahead.url.slice(0, 2048) }]);
});

test("bytes that the host has had may go for others, those of a strip and of its slices too", async () => {
  const entries = stripOf(2);
  const uploader = await joinedStrip(entries);
  const sheet = entries[0]?.sheet as Sheet;
  const evictable = vi.spyOn(CapturedBytesCache.prototype, "markEvictable");
  uploader.markEvictable(sheet);
  expect(evictable.mock.calls.flat().sort()).toEqual([...entries.map(({ url }) => url), "p0"].sort());
  const dropped = vi.spyOn(CapturedBytesCache.prototype, "drop");
  uploader.drop(entries[1] as Entry);
  expect(dropped.mock.calls.flat()).toEqual([entries[1]?.url, "p0"]);
  uploader.drop(new Entry("p7", "u7")); // one that was never sent
  expect(dropped.mock.calls.flat().at(-1)).toBe("u7");
  vi.restoreAllMocks();
});

test("a sheet of slices that are gone cannot be had", async () => {
  capture.mockRejectedValue(new Error("gone"));
  const entries = stripOf(2).map((entry) => Object.assign(entry, SIZE));
  await expect(uploaderOf(entries).bytes(new Sheet(entries as [Entry, Entry]))).rejects.toThrow("gone");
  const empty = Object.assign(new Sheet(entries as [Entry, Entry]), { parts: [] });
  await expect(uploaderOf(entries).bytes(empty)).rejects.toThrow(/./);
});
