import { expect, test } from "vitest";
import {
  endPage,
  isOpen,
  isUnderWay,
  type PageRecord,
  pagesInOrder,
  recordOf,
  type RunState,
  sayReason,
  tallyOf,
} from "@/lib/chapter/state";
import { found } from "./world";

const RED = { points: [[0.3, 0.4]] as [number, number][], rgb: [200, 0, 0] as [number, number, number] };
const BLUE = { ...RED, rgb: [0, 0, 200] as [number, number, number] };
const page = (n: number, facts: Partial<PageRecord> = {}): PageRecord => ({ ...recordOf(found(n), 0), ...facts });
const runOf = (...pages: PageRecord[]): RunState =>
  ({ pages: Object.fromEntries(pages.map((one) => [one.pageId, one])) }) as unknown as RunState;

test("a page that is found waits, with the corrections that are known of it", () => {
  expect(recordOf({ ...found(1), hints: [RED] }, 4)).toMatchObject({
    ...{ frameId: 4, state: "waiting", fraction: 0, cached: false, note: "", shown: null },
    hints: [RED],
  });
  expect(recordOf(found(1), 0).hints).toEqual([]);
});

test.each(["skipped", "failed", "cancelled"] as const)("a page that is %s keeps what it shows, if it does", (end) => {
  const fresh = page(1, { state: "running", hints: [RED] });
  endPage(fresh, end, "why");
  expect(fresh).toMatchObject({ state: end, note: "why", hints: [RED] });
  const corrected = page(1, { state: "running", hints: [RED, BLUE], shown: [RED] });
  endPage(corrected, end, "why");
  expect(corrected).toMatchObject({ state: "done", note: "", hints: [RED], shown: null });
});

test.each([
  ["running", true],
  ["paused", true],
  ["done", false],
  ["cancelled", false],
  ["failed", false],
] as const)("a run that is %s goes on: %s", (name, goesOn) => {
  expect(isUnderWay({ name } as RunState)).toBe(goesOn);
});

test.each(["waiting", "running", "done", "skipped", "failed", "cancelled"] as const)("whether %s is open", (state) => {
  expect(isOpen(page(1, { state }))).toBe(state === "waiting" || state === "running");
});

test("pages stand frame by frame, in each by their places", () => {
  const pages = [page(3), page(1, { frameId: 2 }), page(2), page(0, { frameId: 2 })];
  expect(pagesInOrder(runOf(...pages)).map(({ pageId }) => pageId)).toEqual(["p2", "p3", "p0", "p1"]);
});

test("slices count each, and what has ended counts whole", () => {
  const slices: [number, number][] = [
    [0, 5],
    [5, 9],
  ];
  const tally = tallyOf(
    runOf(
      page(1, { state: "done", fraction: 0.2 }),
      page(2, { state: "running", fraction: 0.5, slices }),
      page(3, { state: "failed" }),
      page(4, { state: "skipped" }),
      page(5, { state: "cancelled" }),
      page(6),
    ),
  );
  expect(tally).toEqual({ total: 7, done: 1, skipped: 1, failed: 1, cancelled: 1, open: 3, fraction: 5 / 7 });
  expect(tallyOf(runOf())).toMatchObject({ total: 0, fraction: 0 });
});

test("a reason of a newer host is said in its words", () => {
  expect([sayReason("blank"), sayReason("too_dark")]).toEqual(["blank", "too dark"]);
});
