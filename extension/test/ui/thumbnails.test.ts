import { beforeEach, expect, test, vi } from "vitest";

const worker = vi.hoisted(() => ({ asked: [] as string[][], open: 0, most: 0, fails: false }));

vi.mock("@/lib/messages", () => ({
  askWorker: async (_: string, { referenceIds }: { referenceIds: string[] }) => {
    worker.asked.push(referenceIds);
    worker.most = Math.max(worker.most, (worker.open += 1));
    await new Promise((done) => setTimeout(done, 0));
    worker.open -= 1;
    if (worker.fails) throw new Error("away");
    return Object.fromEntries(referenceIds.filter((id) => id !== "gone").map((id) => [id, `data:${id}`]));
  },
}));

const { BATCH, KEPT, Thumbnails } = await import("@/lib/ui/thumbnails.svelte");

const IDS = Array.from({ length: 300 }, (_, at) => `id${at}`);
const settled = (seen: () => boolean) => vi.waitFor(() => expect(seen()).toBe(true));

beforeEach(() => Object.assign(worker, { asked: [], open: 0, most: 0, fails: false }));

test("of 300 in view at once no more than a batch is asked for at a time, each once", async () => {
  const thumbnails = new Thumbnails();
  for (const id of IDS) thumbnails.saw(id, true);
  await settled(() => thumbnails.held === IDS.length);
  expect(worker.most).toBe(1);
  expect(Math.max(...worker.asked.map(({ length }) => length))).toBe(BATCH);
  expect(worker.asked.flat()).toEqual(IDS);
});

test("whoever scrolls through 300 holds those in view and the last few, and sees each", async () => {
  const thumbnails = new Thumbnails();
  const window = 15;
  for (let top = 0; top < IDS.length; top += window) {
    for (const id of IDS.slice(Math.max(0, top - window), top)) thumbnails.saw(id, false);
    const shown = IDS.slice(top, top + window);
    for (const id of shown) thumbnails.saw(id, true);
    await settled(() => shown.every((id) => thumbnails.of(id) === `data:${id}`));
    expect(thumbnails.held).toBeLessThanOrEqual(KEPT + window);
  }
  expect(thumbnails.held).toBe(KEPT + window);
  expect(thumbnails.of("id0")).toBeUndefined();
  thumbnails.saw("id0", true);
  await settled(() => thumbnails.of("id0") === "data:id0");
});

test("what has left the view before its turn is not asked for", async () => {
  const thumbnails = new Thumbnails();
  for (const id of IDS) thumbnails.saw(id, true);
  for (const id of IDS.slice(0, -5)) thumbnails.saw(id, false);
  await settled(() => thumbnails.of("id299") !== undefined);
  expect(worker.asked).toEqual([IDS.slice(-5)]);
});

test("what the host does not give is not asked for again until it is seen again", async () => {
  const thumbnails = new Thumbnails();
  thumbnails.saw("gone", true);
  thumbnails.saw("a", true);
  await settled(() => thumbnails.of("a") !== undefined && worker.open === 0);
  expect(worker.asked).toEqual([["gone", "a"]]);
  worker.fails = true;
  thumbnails.saw("b", true);
  await settled(() => worker.asked.length === 2 && worker.open === 0);
  worker.fails = false;
  thumbnails.saw("b", true);
  await settled(() => thumbnails.of("b") === "data:b");
});
