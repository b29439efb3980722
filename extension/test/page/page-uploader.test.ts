import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Holder } from "@/lib/page/holders/holder";

const { askWorker, capture } = vi.hoisted(() => ({ askWorker: vi.fn(), capture: vi.fn() }));
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

import { Entry } from "@/lib/page/capture/entry";
import type { Pace } from "@/lib/page/capture/pace";
import { PageUploader } from "@/lib/page/capture/page-uploader";

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
  give: (size?: { width: number; height: number }) => void;
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
  capture.mockReset().mockImplementation(
    (url: string) =>
      new Promise((resolve, reject) => {
        const give = (size = SIZE) => resolve({ ...size, blob: new Blob([url]), edges: EDGES });
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
