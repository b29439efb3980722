import { expect, test, vi } from "vitest";

vi.mock("wxt/browser", () => ({ browser: {} }));

import { type PageRecord, recordOf } from "@/lib/chapter/state";
import { Uploads } from "@/lib/chapter/uploads";
import { found } from "./world";

/** Uploads of pages of a window that the test moves, each of which ends when the test lets it. */
function uploading() {
  const seen = new Set<string>();
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const bring = ({ pageId }: PageRecord) => {
    begun.push(pageId);
    return new Promise<void>((resolve) => ends.set(pageId, resolve));
  };
  const at = { place: -1 };
  const uploads = new Uploads(
    ({ pageId }) => seen.has(pageId),
    () => at.place,
  );
  const add = (...pages: PageRecord[]) => uploads.add(pages, bring);
  const end = async (pageId: string) => {
    ends.get(pageId)?.();
    await new Promise((resolve) => setTimeout(resolve, 0));
  };
  return { uploads, add, end, begun, seen, at };
}
const page = (n: number, visible = false) => recordOf(found(n, visible), 0);

test("two are on their way at once, whatever jobs they are of, and the others in their order", async () => {
  const { add, end, begun } = uploading();
  void add(page(1), page(2), page(3));
  void add(page(4));
  expect(begun).toEqual(["p1", "p2"]);
  await end("p2");
  await end("p1");
  expect(begun).toEqual(["p1", "p2", "p3", "p4"]);
});

test("what the reader looks at waits for none of them, and one such page goes beside", async () => {
  const { uploads, add, end, begun, seen } = uploading();
  void add(page(1), page(2), page(3), page(4), page(5));
  for (const pageId of ["p5", "p4"]) seen.add(pageId);
  uploads.hurry();
  expect(begun).toEqual(["p1", "p2", "p4"]);
  await end("p1");
  expect(begun.at(-1)).toBe("p5");
  await end("p2");
  expect(begun).toHaveLength(4); // two are on their way
  await end("p4");
  expect(begun.at(-1)).toBe("p3");
});

test("what was in view when it was found goes before what was not, and after what is in view now", async () => {
  const { uploads, add, end, begun, seen } = uploading();
  void add(page(1), page(2), page(3, true), page(4), page(5));
  expect(begun).toEqual(["p3", "p1"]);
  seen.add("p5");
  uploads.hurry();
  expect(begun).toEqual(["p3", "p1", "p5"]);
  await end("p3");
  await end("p1");
  expect(begun.at(-1)).toBe("p2");
});

test("a job's pages are brought when all of them have been", async () => {
  const { add, end } = uploading();
  let isOver = false;
  void add(page(1), page(2), page(3)).then(() => (isOver = true));
  for (const pageId of ["p1", "p2"]) await end(pageId);
  expect(isOver).toBe(false);
  await end("p3");
  expect(isOver).toBe(true);
  await expect(add()).resolves.toBeUndefined();
});

test("what follows the place where the reader is goes before what they have passed, the nearest first", async () => {
  const { add, end, begun, at } = uploading();
  void add(...[1, 2, 3, 4, 5, 6].map((n) => page(n)));
  at.place = 4;
  for (const pageId of ["p1", "p2", "p4", "p5"]) await end(pageId);
  expect(begun).toEqual(["p1", "p2", "p4", "p5", "p6", "p3"]);
});
