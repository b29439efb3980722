import { expect, test, vi } from "vitest";
import {
  EDGES,
  SIZE,
  areSent,
  comeIntoView,
  askWorker,
  capture,
  entriesOf,
  pace,
  settle,
  stop,
  uploaderOf,
  urls,
  waiting,
} from "./uploading"; // first: it stands in for what is outside
import { Entry } from "@/lib/page/capture/entry";
import type { Pace } from "@/lib/page/capture/pace";
import { PageUploader } from "@/lib/page/capture/page-uploader";
import { unpack, type Payload } from "@/lib/payload";

test("what the reader sees is read first, then what follows, then what is behind, three at once", async () => {
  const entries = entriesOf(6, [3, 4]);
  uploaderOf(entries).read();
  expect(urls()).toEqual([3, 4, 5]);
  expect(entries.map(({ state }) => state)).toEqual(["found", "found", "found", "reading", "reading", "reading"]);
  waiting[1]?.give();
  await settle(() => waiting.length > 3);
  expect(urls()).toEqual([3, 4, 5, 2]);
});

test("what comes into view is read beside what is being read", () => {
  const entries = entriesOf(7, []);
  const uploader = uploaderOf(entries);
  uploader.read();
  expect(urls()).toEqual([0, 1, 2]);
  for (const entry of entries.slice(4)) comeIntoView(entry);
  uploader.read();
  expect(urls()).toEqual([0, 1, 2, 4, 5]); // two, whatever is in view
  waiting[0]?.refuse("gone");
});

test("what no element shows yet is left alone", () => {
  const entries = [new Entry("p", "https://site.example/unshown")];
  uploaderOf(entries).read();
  expect(capture).not.toHaveBeenCalled();
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
