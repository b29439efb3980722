/** A document of pages for what uploads them: captures that the test lets end, and what the worker is told. */

import { afterEach, beforeEach, vi } from "vitest";
import type { Holder } from "@/lib/page/holders/holder";

interface Part {
  rows: number;
  top: number;
}
const { askWorker, capture, isProven, joined } = vi.hoisted(() => ({
  askWorker: vi.fn(),
  capture: vi.fn(),
  isProven: vi.fn(),
  joined: vi.fn<(sources: Part[], width: number, height: number) => Promise<Blob>>(),
}));
vi.mock("wxt/browser", () => ({ browser: {} }));
vi.mock("@/lib/messages", () => ({ askWorker }));
vi.mock("@/lib/page/capture/watch", () => ({
  isInView: (holder: Holder) => holder.box().top >= 0 && holder.box().top < 1000,
}));
vi.mock("@/lib/page/capture/capture", () => ({
  capture,
  isProven,
  isReadable: (url: string) => !url.includes("unshown"),
  measured: async (blob: Blob) => ({ ...SIZE, blob, edges: EDGES }),
  Nothing: class extends Error {},
}));

vi.mock("@/lib/page/capture/paste", () => ({ joined })); // no pixels are drawn here

import { Entry } from "@/lib/page/capture/entry";
import type { Pace } from "@/lib/page/capture/pace";
import { PageUploader } from "@/lib/page/capture/page-uploader";
import { sha256Of } from "@/lib/picture";

export const JOINED = "slices, joined";
export const digestOf = (text: string) => sha256Of(new Blob([text]));
export const SIZE = { width: 800, height: 1200 };
export const EDGES = { top: new Float32Array(800).fill(255), bottom: new Float32Array(800).fill(255) };

/** Pages below one another, the first two in the window, or those that `inView` names. */
export function entriesOf(count: number, inView: number[] = [0, 1]): Entry[] {
  return Array.from({ length: count }, (_, index) => {
    const top = inView.includes(index) ? 0 : 5000 + index * 1300;
    const box = { left: 0, right: 800, top, bottom: top + 1200, width: 800, height: 1200 };
    const entry = new Entry(`p${index}`, `https://site.example/${index}.png`);
    entry.holders.add({ isConnected: true, box: () => box, isLoading: () => false } as unknown as Holder);
    return Object.assign(entry, { index });
  });
}

/** The reader scrolls to a page. */
export function comeIntoView(entry: Entry): void {
  const [seen] = entriesOf(1, [0]);
  entry.holders.clear();
  for (const holder of seen?.holders ?? []) entry.holders.add(holder);
}

export interface Waiting {
  url: string;
  give: (shown?: { width: number; height: number; edges?: typeof EDGES; isUnproven?: boolean }) => void;
  refuse: (reason: string) => void;
}
export let waiting: Waiting[] = [];
export let stop = new AbortController();

export const pace = { isResting: false, ahead: Number.POSITIVE_INFINITY };

export function uploaderOf(entries: Entry[], former?: PageUploader): PageUploader {
  return new PageUploader("run", () => entries, vi.fn(), pace as Pace, stop.signal, former);
}
export const urls = () => waiting.map(({ url }) => Number(/(\d+)\.png/.exec(url)?.[1]));
export const told = () =>
  askWorker.mock.calls
    .filter(([kind]) => kind === "agent.pages")
    .map(([, { pages }]) => (pages as { pageId: string }[]).map(({ pageId }) => pageId));
const later = setTimeout; // the real one

/** Let `done` come true: digests are made on other threads. */
export async function settle(done: () => boolean = () => true): Promise<void> {
  const end = performance.now() + 20_000;
  do await new Promise((resolve) => later(resolve, 20));
  while (!done() && performance.now() < end);
}
export const areSent = (entries: Entry[]) => () =>
  entries.every(({ state }) => state !== "reading" && state !== "found");

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

export { askWorker, capture, isProven, joined };
