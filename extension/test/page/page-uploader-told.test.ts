import { expect, test, vi } from "vitest";
import {
  SIZE,
  areSent,
  askWorker,
  capture,
  entriesOf,
  isProven,
  pace,
  settle,
  stop,
  told,
  uploaderOf,
  waiting,
} from "./uploading"; // first: it stands in for what is outside
import { Entry } from "@/lib/page/capture/entry";
import type { Pace } from "@/lib/page/capture/pace";
import { PageUploader } from "@/lib/page/capture/page-uploader";

test("pages in view are announced at once, others together", async () => {
  const entries = entriesOf(4, [0]);
  uploaderOf(entries).read();
  for (const one of waiting.slice(0, 3)) one.give();
  await settle(areSent(entries.slice(0, 3)));
  expect(told()).toEqual([]);
  await vi.advanceTimersByTimeAsync(29);
  expect(told()).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(told()).toEqual([["p0", "p1", "p2"]]);

  const below = entriesOf(3, []);
  uploaderOf(below).read();
  const [, , , , ...its] = waiting;
  for (const one of its.slice(0, 2)) one.give();
  await settle(areSent(below.slice(0, 2)));
  await vi.advanceTimersByTimeAsync(149);
  expect(told()).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(told()[1]).toEqual(["p0", "p1"]);
});

test("what comes into view while it waits to be announced waits no longer", async () => {
  const entries = entriesOf(4, []);
  const uploader = uploaderOf(entries);
  uploader.read();
  for (const one of waiting.slice(0, 2)) one.give();
  await settle(areSent(entries.slice(0, 2)));
  uploader.hurry(entries.slice(2));
  await vi.advanceTimersByTimeAsync(40);
  expect(told()).toEqual([]);
  uploader.hurry(entries.slice(1, 3));
  await vi.advanceTimersByTimeAsync(30);
  expect(told()).toEqual([["p0", "p1"]]);
});

test("nothing is waited for once all that was found is read", async () => {
  const entries = entriesOf(2, []);
  uploaderOf(entries).read();
  for (const one of waiting) one.give();
  await settle(areSent(entries));
  await vi.advanceTimersByTimeAsync(0);
  expect(told()).toEqual([["p0", "p1"]]);
});

test("what has loaded is read a moment later, and with it what loads meanwhile", async () => {
  const uploader = uploaderOf(entriesOf(2));
  for (let loads = 0; loads < 3; loads++) uploader.readSoon();
  await vi.advanceTimersByTimeAsync(7);
  expect(capture).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(capture).toHaveBeenCalledTimes(2);
  uploader.readSoon();
  stop.abort();
  uploader.readSoon();
  await vi.advanceTimersByTimeAsync(50);
  expect(vi.getTimerCount()).toBe(0);
});

test("what the browser held is looked at later, and what is another picture is told", async () => {
  const entries = entriesOf(3, []);
  const mistaken = vi.fn();
  new PageUploader("run", () => entries, vi.fn(), pace as Pace, stop.signal, undefined, mistaken).read();
  isProven.mockImplementation(async (_: Blob, url: string) => !url.endsWith("/1.png"));
  for (const one of waiting.slice(0, 2)) one.give({ ...SIZE, isUnproven: true });
  waiting[2]?.give();
  await settle(areSent(entries));
  expect(isProven).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(2000);
  await vi.advanceTimersByTimeAsync(2000);
  // whichever digest is there first
  expect(isProven.mock.calls.map(([, url]) => url as string).sort()).toEqual([entries[0]?.url, entries[1]?.url]);
  expect(mistaken.mock.calls).toEqual([[entries[1]]]);
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
  await vi.advanceTimersByTimeAsync(0);
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
