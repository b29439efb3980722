/** Decides which captured pictures are slices of one strip, and binds them into sheets of about a page's size. */

import { goesOn } from "../holders/edges";
import type { Holder } from "../holders/holder";
import { type Entry, Sheet } from "./entry";

const SHEET_PIXELS = 3_200_000; // three usual slices: more would keep the reader waiting for the first colour
const TOUCHES_PX = 1.5;
const PATIENCE_MS = 2000; // for a neighbour whose bytes are still on their way

/** `unknown`: they touch, but one of them is still being read. */
type Link = "none" | "joined" | "unknown";

/** The sheets that `ready` entries make, and those that wait for a neighbour; `entries` are all of the chapter. */
export function bind(
  ready: readonly Entry[],
  entries: readonly Entry[],
  isUnderWay: (entry: Entry) => boolean,
): { sheets: Sheet[]; waiting: Entry[] } {
  const inOrder = entries.filter(({ holder }) => holder !== null).sort((a, b) => a.index - b.index);
  const neighbour = (entry: Entry, step: 1 | -1) => inOrder[inOrder.indexOf(entry) + step] ?? null;
  const link = (a: Entry | null, b: Entry | null) => (a && b ? linkOf(a, b, isUnderWay) : "none");
  const sheets: Sheet[] = [];
  const waiting: Entry[] = [];
  for (const run of runsOf(ready, link)) {
    const [first, last] = [run[0], run.at(-1) as Entry];
    const [above, below] = [neighbour(first, -1), neighbour(last, 1)];
    const isImpatient = run.some(({ capturedAt }) => performance.now() - capturedAt > PATIENCE_MS);
    const waitsFor = (state: Link) => state === "unknown" && !isImpatient;
    if (waitsFor(link(above, first))) {
      waiting.push(...run);
      continue;
    }
    const chunks = chunksOf(run);
    const end = chunks.at(-1) as Chunk;
    if (waitsFor(link(last, below)) && !isFull(end)) waiting.push(...(chunks.pop() as Chunk));
    let before = isBound(above) && link(above, first) === "joined" ? above : null;
    for (const chunk of chunks) {
      const isLast = chunk.at(-1) === last;
      const after = isLast && isBound(below) && link(last, below) === "joined" ? below : null;
      const sheet = new Sheet(chunk, before, after);
      for (const entry of chunk) entry.sheet = sheet;
      sheets.push(sheet);
      before = chunk.at(-1) ?? null;
    }
  }
  return { sheets, waiting };
}

type Chunk = [Entry, ...Entry[]];

/** Ready entries in reading order, those that go on into each other together. */
function runsOf(ready: readonly Entry[], link: (a: Entry, b: Entry) => Link): Chunk[] {
  const runs: Chunk[] = [];
  for (const entry of [...ready].sort((a, b) => a.index - b.index)) {
    const run = runs.at(-1);
    const last = run?.at(-1);
    if (run && last && last.index + 1 === entry.index && link(last, entry) === "joined") run.push(entry);
    else runs.push([entry]);
  }
  return runs;
}

function chunksOf(run: Chunk): Chunk[] {
  const chunks: Chunk[] = [];
  for (const entry of run) {
    const chunk = chunks.at(-1);
    if (chunk && pixelsOf(chunk) + pixelsOf([entry]) <= SHEET_PIXELS) chunk.push(entry);
    else chunks.push([entry]);
  }
  return chunks;
}

/** No slice of the usual size has room in it any more. */
function isFull(chunk: Chunk): boolean {
  return pixelsOf(chunk) + Math.max(...chunk.map((entry) => pixelsOf([entry]))) > SHEET_PIXELS;
}

function pixelsOf(chunk: readonly Entry[]): number {
  return chunk.reduce((sum, { width, height }) => sum + width * height, 0);
}

function isBound(entry: Entry | null): boolean {
  return entry !== null && entry.sheet !== null;
}

function linkOf(a: Entry, b: Entry, isUnderWay: (entry: Entry) => boolean): Link {
  if (a.isTold || b.isTold || !touch(a.holder, b.holder)) return "none";
  if (a.edges && b.edges) return a.width === b.width && goesOn(a.edges.bottom, b.edges.top) ? "joined" : "none";
  return [a, b].every((entry) => entry.edges || isUnderWay(entry)) ? "unknown" : "none";
}

/** Whether `below` is shown right under `above`, as wide. */
function touch(above: Holder | null, below: Holder | null): boolean {
  if (!above || !below) return false;
  const [a, b] = [above.box(), below.box()];
  const apart = Math.max(Math.abs(b.top - a.bottom), Math.abs(a.left - b.left), Math.abs(a.width - b.width));
  return a.width > 0 && a.height > 0 && b.height > 0 && apart <= TOUCHES_PX;
}
