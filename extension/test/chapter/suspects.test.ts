import { expect, test } from "vitest";
import { type PageRecord, recordOf } from "@/lib/chapter/state";
import { STOPS_AT_A_PAGE, Suspects } from "@/lib/chapter/suspects";
import { found } from "./world";

const pages = (states: PageRecord["state"][]) =>
  states.map((state, at): PageRecord => ({ ...recordOf(found(at), 0), state }));
const ids = (some: readonly PageRecord[]) => some.map(({ pageId }) => pageId);

test("one page at which the host stops each time is guilty; others that were under way with it begin anew", () => {
  const suspects = new Suspects();
  const stop = () => ids(suspects.stopped(pages(["running", "running", "waiting"])));
  suspects.stopped(pages(["waiting", "running", "waiting"]));
  expect([stop(), stop()]).toEqual([[], ["p1"]]);
  expect(suspects.next(pages(["waiting", "failed", "waiting"]))).toEqual(["p0", "p1", "p2"]);
  expect([suspects.alone, stop(), suspects.alone]).toEqual([null, [], null]);
});

test("several at which it may have stopped are tried one by one, a single one with the others", () => {
  const suspects = new Suspects();
  for (let times = 1; times < STOPS_AT_A_PAGE; times++) suspects.stopped(pages(["running", "running", "waiting"]));
  expect([suspects.next(pages(["waiting", "waiting", "waiting"])), suspects.alone]).toEqual([["p0"], "p0"]);
  suspects.stopped(pages(["waiting", "waiting", "waiting"])); // p1 waits for p0 to be tried: it stays under suspicion
  suspects.clear("p0");
  expect([suspects.next(pages(["done", "waiting", "waiting"]).slice(1)), suspects.alone]).toEqual([["p1", "p2"], null]);
  expect(ids(suspects.stopped(pages(["done", "running", "waiting"])))).toEqual(["p1"]);
});

test("what was not under way when it stopped is under no suspicion", () => {
  const suspects = new Suspects();
  suspects.stopped(pages(["running"]));
  suspects.stopped(pages(["running"]));
  suspects.stopped(pages(["waiting"]));
  expect(ids(suspects.stopped(pages(["running"])))).toEqual([]);
});

test("a host that stops so often without a page is not called back, until the reader begins anew", () => {
  const suspects = new Suspects();
  const resumes = Array.from({ length: 7 }, () => suspects.keepsStopping(2));
  expect(resumes).toEqual([false, false, false, false, false, false, true]);
  expect(suspects.keepsStopping(3)).toBe(false);
  for (let times = 0; times < 6; times++) suspects.keepsStopping(3);
  expect(suspects.keepsStopping(3)).toBe(true);
  suspects.forget();
  expect(suspects.keepsStopping(3)).toBe(false);
});

test("who begins anew suspects nobody", () => {
  const suspects = new Suspects();
  for (let times = 1; times < STOPS_AT_A_PAGE; times++) suspects.stopped(pages(["running", "running"]));
  suspects.next(pages(["waiting", "waiting"]));
  suspects.forget();
  expect(suspects.alone).toBeNull();
  expect(ids(suspects.stopped(pages(["running", "running"])))).toEqual([]);
});
