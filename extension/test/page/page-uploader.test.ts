import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Holder } from "@/lib/page/holders/holder";

interface Part {
  rows: number;
  top: number;
}
const { askWorker, capture, joined } = vi.hoisted(() => ({
  askWorker: vi.fn(),
  capture: vi.fn(),
  joined: vi.fn<(sources: Part[], width: number, height: number) => Promise<Blob>>(),
}));
vi.mock("wxt/browser", () => ({ browser: {} }));
vi.mock("@/lib/messages", () => ({ askWorker }));
vi.mock("@/lib/page/capture/watch", () => ({
  isInView: (holder: Holder) => holder.box().top >= 0 && holder.box().top < 1000,
}));
vi.mock("@/lib/page/capture/capture", () => ({
  capture,
  isReadable: (url: string) => !url.includes("unshown"),
  measured: async (blob: Blob) => ({ ...SIZE, blob, edges: EDGES }),
}));

vi.mock("@/lib/page/capture/paste", () => ({ joined })); // no pixels are drawn here

import { CapturedBytesCache } from "@/lib/page/capture/captured-bytes-cache";
import { Entry, Sheet } from "@/lib/page/capture/entry";
import type { Pace } from "@/lib/page/capture/pace";
import { PageUploader } from "@/lib/page/capture/page-uploader";
import { type Payload, unpack } from "@/lib/payload";
import { sha256Of } from "@/lib/picture";

const JOINED = "slices, joined";
const digestOf = (text: string) => sha256Of(new Blob([text]));
const SIZE = { width: 800, height: 1200 };
const EDGES = { top: new Float32Array(800).fill(255), bottom: new Float32Array(800).fill(255) };

/** Pages below one another, the first two in the window, or those that `inView` names. */
function entriesOf(count: number, inView: number[] = [0, 1]): Entry[] {
  return Array.from({ length: count }, (_, index) => {
    const top = inView.includes(index) ? 0 : 5000 + index * 1300;
    const box = { left: 0, right: 800, top, bottom: top + 1200, width: 800, height: 1200 };
    const entry = new Entry(`p${index}`, `https://site.example/${index}.png`);
    entry.holders.add({ isConnected: true, box: () => box, isLoading: () => false } as unknown as Holder);
    return Object.assign(entry, { index });
  });
}

interface Waiting {
  url: string;
  give: (shown?: { width: number; height: number; edges?: typeof EDGES }) => void;
  refuse: (reason: string) => void;
}
let waiting: Waiting[] = [];
let stop = new AbortController();

const pace = { isResting: false, ahead: Number.POSITIVE_INFINITY };

function uploaderOf(entries: Entry[], former?: PageUploader): PageUploader {
  return new PageUploader("run", () => entries, vi.fn(), pace as Pace, stop.signal, former);
}
const urls = () => waiting.map(({ url }) => Number(/(\d+)\.png/.exec(url)?.[1]));
const told = () =>
  askWorker.mock.calls
    .filter(([kind]) => kind === "agent.pages")
    .map(([, { pages }]) => (pages as { pageId: string }[]).map(({ pageId }) => pageId));
const later = setTimeout; // the real one

/** Let `done` come true: digests are made on other threads. */
async function settle(done: () => boolean = () => true): Promise<void> {
  const end = performance.now() + 20_000;
  do await new Promise((resolve) => later(resolve, 20));
  while (!done() && performance.now() < end);
}
const areSent = (entries: Entry[]) => () => entries.every(({ state }) => state !== "reading" && state !== "found");

beforeEach(() => {
  Object.assign(pace, { isResting: false, ahead: Number.POSITIVE_INFINITY });
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  stop = new AbortController();
  waiting = [];
  vi.stubGlobal("isSecureContext", true);
  askWorker.mockReset().mockResolvedValue(undefined);
  joined.mockReset().mockImplementation(async () => new Blob([JOINED]));
  capture.mockReset().mockImplementation(
    (url: string) =>
      new Promise((resolve, reject) => {
        const give = (size = SIZE) => resolve({ edges: EDGES, ...size, blob: new Blob([url]) });
        waiting.push({ url, give, refuse: (reason) => reject(new Error(reason)) });
      }),
  );
});
afterEach(() => {
  stop.abort();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("what the reader sees is read first, then in the chapter's order, three at once", async () => {
  const entries = entriesOf(6, [3, 4]);
  uploaderOf(entries).read();
  expect(urls()).toEqual([3, 4, 0]);
  expect(entries.map(({ state }) => state)).toEqual(["reading", "found", "found", "reading", "reading", "found"]);
  waiting[1]?.give();
  await settle(() => waiting.length > 3);
  expect(urls()).toEqual([3, 4, 0, 1]);
});

test("what no element shows yet is left alone", () => {
  const entries = [new Entry("p", "https://site.example/unshown")];
  uploaderOf(entries).read();
  expect(capture).not.toHaveBeenCalled();
});

test("pages in view are announced at once, others together", async () => {
  const entries = entriesOf(3, [0]);
  uploaderOf(entries).read();
  for (const one of waiting) one.give();
  await settle(areSent(entries));
  expect(told()).toEqual([]);
  await vi.advanceTimersByTimeAsync(29);
  expect(told()).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(told()).toEqual([["p0", "p1", "p2"]]);

  const below = entriesOf(2, []);
  uploaderOf(below).read();
  for (const one of waiting.slice(3)) one.give();
  await settle(areSent(below));
  await vi.advanceTimersByTimeAsync(149);
  expect(told()).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(told()[1]).toEqual(["p0", "p1"]);
});

test("what is announced is what the host needs: place, digest, size, whether it is seen", async () => {
  const entries = entriesOf(1);
  uploaderOf(entries).read();
  waiting[0]?.give();
  await settle(areSent(entries));
  await vi.advanceTimersByTimeAsync(30);
  const [, { runId, pages }] = askWorker.mock.calls.at(-1) as [string, { runId: string; pages: unknown[] }];
  const sha256 = expect.stringMatching(/^[0-9a-f]{64}$/) as string;
  expect(runId).toBe("run");
  expect(pages).toEqual([
    { pageId: "p0", index: 0, visible: true, ...SIZE, url: "https://site.example/0.png", sha256 },
  ]);
});

test("pictures too small for a page are none, unless the reader pointed at them", async () => {
  const entries = entriesOf(2);
  (entries[1] as Entry).isSure = true;
  uploaderOf(entries).read();
  for (const one of waiting) one.give({ width: 100, height: 90 });
  await settle(areSent(entries));
  await vi.advanceTimersByTimeAsync(200);
  expect(entries.map(({ state }) => state)).toEqual(["ignored", "sent"]);
  expect(told()).toEqual([["p1"]]);
});

test("what cannot be read is said with its reason, and tried again when asked to", async () => {
  const entries = entriesOf(1);
  const uploader = uploaderOf(entries);
  uploader.read();
  waiting[0]?.refuse("refused");
  await settle(areSent(entries));
  expect(entries[0]).toMatchObject({ state: "left", note: "refused", failed: true, isTold: true });
  expect(askWorker).toHaveBeenCalledWith("agent.unreadable", expect.objectContaining({ reason: "refused" }));
  uploader.retry();
  expect(entries[0]?.state).toBe("reading");
  expect(waiting).toHaveLength(2);
});

test("what was cancelled while it was read is not announced, and failing then says nothing", async () => {
  const entries = entriesOf(2);
  uploaderOf(entries).read();
  for (const entry of entries) entry.state = "left";
  waiting[0]?.give();
  waiting[1]?.refuse("gone");
  await settle();
  await vi.advanceTimersByTimeAsync(200);
  expect(askWorker).not.toHaveBeenCalled();
  expect(entries.map(({ note }) => note)).toEqual(["", ""]);
});

test("after the end nothing more is read", async () => {
  uploaderOf(entriesOf(5)).read();
  stop.abort();
  waiting[0]?.give();
  await settle();
  expect(waiting).toHaveLength(3);
});

test("bytes that were announced are given without another capture, also to who comes after", async () => {
  const entries = entriesOf(1);
  const uploader = uploaderOf(entries);
  uploader.read();
  waiting[0]?.give();
  await settle(areSent(entries));
  await vi.advanceTimersByTimeAsync(30);
  const { sheet } = entries[0] as Entry;
  if (!sheet) throw new Error("it was not bound");
  await uploader.bytes(sheet);
  expect(capture).toHaveBeenCalledTimes(1);
  await uploaderOf(entries, uploader).bytes(sheet);
  expect(capture).toHaveBeenCalledTimes(1);
  uploader.drop(entries[0] as Entry);
  void uploader.bytes(sheet).catch(() => undefined);
  expect(capture).toHaveBeenCalledTimes(2);
});

test("a page of plain http has the worker make the digest", async () => {
  vi.stubGlobal("isSecureContext", false);
  askWorker.mockImplementation(async (kind: string) => (kind === "agent.hash" ? "a".repeat(64) : undefined));
  const entries = entriesOf(1);
  uploaderOf(entries).read();
  waiting[0]?.give();
  await settle(areSent(entries));
  expect(entries[0]?.sha256).toBe("a".repeat(64));
  const [, { picture }] = askWorker.mock.calls.find(([kind]) => kind === "agent.hash") as [
    string,
    { picture: Payload },
  ];
  expect(await unpack(picture).text()).toBe(entries[0]?.url);
});

test.each([
  ["all of the chapter", Number.POSITIVE_INFINITY, false, [0, 1, 2]],
  ["what is seen and one more", 1, false, [0, 1, 2]],
  ["what is seen alone", 0, false, [0, 1]],
  ["nothing in a tab out of sight", 0, true, []],
])("as far as the pace goes: %s", async (_, ahead, isResting, read) => {
  Object.assign(pace, { ahead, isResting });
  uploaderOf(entriesOf(6)).read();
  await settle();
  expect(urls()).toEqual(read);
});

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

test("what is on its way to the element already is not asked for a second time", async () => {
  const entries = entriesOf(2);
  const loading = vi.fn((url: string) => url === entries[0]?.url);
  Object.assign(entries[0]?.holder as object, { isLoading: loading });
  uploaderOf(entries).read();
  expect(urls()).toEqual([1]);
  expect(loading).toHaveBeenCalledWith(entries[0]?.url);
});

test("what was sent is not read again, what could not be read is, and what the host left is not", () => {
  const entries = entriesOf(5);
  const states = ["sent", "left", "left", "done", "ignored"] as const;
  entries.forEach((entry, at) => Object.assign(entry, { state: states[at], sha256: at === 2 ? "a" : "" }));
  const uploader = uploaderOf(entries);
  uploader.read();
  expect(urls()).toEqual([]);
  uploader.retry();
  expect(urls()).toEqual([1]);
});

test("each change of a page's state is told", async () => {
  const entries = entriesOf(2);
  const seen: string[] = [];
  new PageUploader("run", () => entries, (entry) => seen.push(`${entry.pageId} ${entry.state}`), pace as Pace, stop.signal).read(); // prettier-ignore
  waiting[0]?.give();
  waiting[1]?.refuse("why");
  await settle(areSent(entries));
  expect(seen).toEqual(["p0 reading", "p1 reading", "p1 left", "p0 sent"]);
  expect(entries[0]).toMatchObject({
    ...SIZE,
    edges: EDGES,
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
  });
  expect(entries[0]?.capturedAt).toBeGreaterThan(0);
});

test("a refusal in plain words is said as well, with what is known of the page", async () => {
  const entries = entriesOf(1);
  capture.mockRejectedValue("words");
  askWorker.mockRejectedValue(new Error("the worker is gone"));
  uploaderOf(entries).read();
  await settle(areSent(entries));
  expect(entries[0]?.note).toBe("words");
  const page = { pageId: "p0", index: 0, visible: true, width: 0, height: 0, url: entries[0]?.url };
  expect(askWorker).toHaveBeenCalledWith("agent.unreadable", { runId: "run", page, reason: "words" });
});

test("a worker that is gone does not end the reading", async () => {
  const entries = entriesOf(1);
  askWorker.mockRejectedValue(new Error("the worker is gone"));
  uploaderOf(entries).read();
  waiting[0]?.give();
  await settle(areSent(entries));
  await vi.advanceTimersByTimeAsync(200);
  expect(entries[0]?.state).toBe("sent");
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
  await vi.advanceTimersByTimeAsync(149);
  expect(told()).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(pages()).toMatchObject([{ visible: false }, { visible: false, url: ahead.url.slice(0, 2048) }]);
});

test("what comes later joins those that wait for their batch, and what is seen takes them along", async () => {
  const entries = entriesOf(3, [2]);
  uploaderOf(entries).read();
  waiting[1]?.give(); // page 0, out of the window
  await settle(() => entries[0]?.state === "sent");
  await vi.advanceTimersByTimeAsync(100);
  waiting[2]?.give();
  await settle(() => entries[1]?.state === "sent");
  await vi.advanceTimersByTimeAsync(50);
  expect(told()).toEqual([["p0", "p1"]]); // it did not wait any longer for the second one
  waiting[0]?.give();
  await settle(areSent(entries));
  await vi.advanceTimersByTimeAsync(29);
  expect(told()).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(told()[1]).toEqual(["p2"]);
});

test("what is seen does not wait for a batch that is under way", async () => {
  const entries = entriesOf(2, [1]);
  uploaderOf(entries).read();
  waiting[1]?.give();
  await settle(() => entries[0]?.state === "sent");
  waiting[0]?.give();
  await settle(areSent(entries));
  await vi.advanceTimersByTimeAsync(30);
  expect(told()).toEqual([["p0", "p1"]]);
  await vi.advanceTimersByTimeAsync(500);
  expect(told()).toHaveLength(1);
});

test("pages in view that come one after the other do not put each other off", async () => {
  const entries = entriesOf(3, [0, 1, 2]);
  uploaderOf(entries).read();
  waiting[0]?.give();
  await settle(() => entries[0]?.state === "sent");
  await vi.advanceTimersByTimeAsync(20);
  waiting[1]?.give();
  await settle(() => entries[1]?.state === "sent");
  await vi.advanceTimersByTimeAsync(10);
  expect(told()).toEqual([["p0", "p1"]]);
});

test("what was cancelled between reading and telling is not told", async () => {
  const entries = entriesOf(2);
  uploaderOf(entries).read();
  for (const one of waiting) one.give();
  await settle(areSent(entries));
  Object.assign(entries[0] as Entry, { state: "left" });
  await vi.advanceTimersByTimeAsync(30);
  expect(told()).toEqual([["p1"]]);
});

test("the end takes back what was to be told", async () => {
  const entries = entriesOf(1);
  uploaderOf(entries).read();
  waiting[0]?.give();
  await settle(areSent(entries));
  stop.abort();
  await vi.advanceTimersByTimeAsync(500);
  expect(told()).toEqual([]);
});

test("bytes that the document's earlier run holds are measured, not captured again", async () => {
  const entries = entriesOf(1);
  const former = uploaderOf(entries);
  former.read();
  waiting[0]?.give();
  await settle(areSent(entries));
  const again = entriesOf(1);
  uploaderOf(again, former).read();
  await settle(areSent(again));
  expect([again[0]?.state, again[0]?.sha256, waiting.length]).toEqual(["sent", entries[0]?.sha256, 1]);
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

test.each([
  ["nothing is seen", [], 2, [0, 1]],
  ["pages in the middle are seen", [2, 3], 1, [2, 3, 4]],
  ["the first one is seen", [0], 2, [0, 1, 2]],
])("only what comes after is near, where %s", async (_, inView, ahead, read) => {
  Object.assign(pace, { ahead });
  const entries = entriesOf(7, inView);
  uploaderOf(entries).read();
  await settle();
  expect(urls()).toEqual(read);
});

test("nothing is said where nothing is left to be told, and nobody looks again", async () => {
  const entries = entriesOf(1);
  uploaderOf(entries).read();
  waiting[0]?.give();
  await settle(areSent(entries));
  Object.assign(entries[0] as Entry, { state: "left" });
  await vi.advanceTimersByTimeAsync(30);
  expect([askWorker.mock.calls.length, vi.getTimerCount()]).toEqual([0, 0]);
});

test("what could not be read is told as seen only where it is", async () => {
  const entries = entriesOf(2, [0]);
  const nowhere = Object.assign(new Entry("p9", "https://site.example/9.png"), { index: 2 });
  capture.mockRejectedValue(new Error("why"));
  uploaderOf([...entries, nowhere]).read();
  await settle(areSent([...entries, nowhere]));
  const said = askWorker.mock.calls.map(([, { page }]) => (page as { visible: boolean }).visible);
  expect(said).toEqual([true, false, false]);
});

test("a sheet of slices that are gone cannot be had", async () => {
  capture.mockRejectedValue(new Error("gone"));
  const entries = stripOf(2).map((entry) => Object.assign(entry, SIZE));
  await expect(uploaderOf(entries).bytes(new Sheet(entries as [Entry, Entry]))).rejects.toThrow("gone");
  const empty = Object.assign(new Sheet(entries as [Entry, Entry]), { parts: [] });
  await expect(uploaderOf(entries).bytes(empty)).rejects.toThrow(/./);
});
