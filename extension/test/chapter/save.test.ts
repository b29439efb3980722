import { expect, test, vi } from "vitest";

vi.mock("wxt/browser", () => ({ browser: {} }));

import { ChapterSaver } from "@/lib/chapter/save";
import type { PageRecord, RunState } from "@/lib/chapter/state";
import { HostError, HostGone } from "@/lib/host/errors";
import type { ExportResult } from "@/lib/protocol/messages";
import { saySaved } from "@/lib/ui/words";

const page = (n: number, facts: Partial<PageRecord> = {}): PageRecord => ({
  pageId: `p${n}`,
  index: n,
  sha256: `${n}`.repeat(64),
  visible: false,
  width: 800,
  height: 1200,
  url: "",
  frameId: 3,
  state: "done",
  fraction: 1,
  cached: false,
  note: "",
  hints: [],
  shown: null,
  ...facts,
});

/** A saver whose host answers with `results` in turn, and what it was asked; `bytes` are what the page's script has. */
function saverOf(pages: PageRecord[], results: (ExportResult | Error)[], bytes: string[] = []) {
  const asked: [string, Record<string, unknown>][] = [];
  const seen: string[] = [];
  const state = { series: "Rain Town", chapter: "3", pages: {} } as unknown as RunState;
  for (const each of pages) state.pages[each.pageId] = each;
  const outside = {
    async ask(method: string, params: Record<string, unknown>) {
      asked.push([method, params]);
      if (method !== "chapter.export") return { accepted: true };
      const result = results.shift();
      if (result instanceof Error) throw result;
      return result;
    },
    async tell(_frame: number, _kind: string, { pageId }: { pageId: string }) {
      made.brought();
      if (pageId === made.goneAt) throw new HostGone();
      if (!bytes.includes(pageId)) throw new Error("This page is not here any more.");
      return new Blob([pageId]);
    },
  };
  const saver = new ChapterSaver(state, outside as never, () => seen.push(state.saved?.name ?? ""));
  const made = { saver, state, asked, seen, brought: (): unknown => undefined, goneAt: "" };
  return made;
}

test("slices that were coloured as one are pages of the file again", async () => {
  const slices: [number, number][] = [
    [320, 1600],
    [1600, 2880],
  ];
  const pages = [page(1, { resultKey: "a" }), page(2, { resultKey: "b", slices })];
  const { saver, asked, state } = saverOf(pages, [{ path: "/d/Rain Town - 3.cbz", bytes: 9, coloured: 3 }]);
  await saver.save("cbz");
  expect(state.saved?.total).toBe(3);
  expect(asked[0]?.[1]).toMatchObject({
    pages: [
      { page_id: "p1", result_key: "a" },
      { page_id: "p2", result_key: "b", rows: [320, 1600] },
      { page_id: "p2", result_key: "b", rows: [1600, 2880] },
    ],
  });
});

test("names results by their keys, in reading order, and tells where the file is", async () => {
  const pages = [page(2, { resultKey: "b" }), page(1, { resultKey: "a" })];
  const { saver, state, asked, seen } = saverOf(pages, [{ path: "/d/Rain Town - 3.cbz", bytes: 9, coloured: 2 }]);
  await saver.save("cbz");
  expect(asked).toHaveLength(1);
  expect(asked[0]?.[1]).toMatchObject({
    format: "cbz",
    series: "Rain Town",
    chapter: "3",
    partial: false,
    pages: [
      { page_id: "p1", result_key: "a" },
      { page_id: "p2", result_key: "b" },
    ],
  });
  expect(state.saved).toMatchObject({ name: "saved", path: "/d/Rain Town - 3.cbz", coloured: 2 });
  expect(seen).toEqual(["saving", "saved"]);
});

test("brings the pages that the host lacks, and tells those that nobody has", async () => {
  const pages = [
    page(1, { resultKey: "a" }),
    page(2, { state: "failed" }),
    page(3, { state: "cancelled" }),
    page(4, { state: "failed", sha256: "" }),
  ];
  const whole = { path: "/d/x.cbz", bytes: 9, coloured: 1, as_they_were: [2], missing: [3, 4] };
  const { saver, state, asked } = saverOf(pages, [{ path: "", bytes: 0, need: ["p2", "p3"] }, whole], ["p2"]);
  await saver.save("zip");
  expect(asked.map(([method]) => method)).toEqual(["chapter.export", "page.keep", "chapter.export"]);
  expect(asked[1]?.[1]).toMatchObject({ sha256: "2".repeat(64) });
  expect(asked[2]?.[1]).toMatchObject({ partial: true });
  expect((asked[2]?.[1].pages as object[])[3]).toEqual({ page_id: "p4" });
  expect(state.saved).toMatchObject({ name: "saved", asTheyWere: [2], missing: [3, 4] });
});

test("hears how far its own file is, and no other", async () => {
  const { saver, state } = saverOf([page(1, { resultKey: "a" })], [new HostGone()]);
  const saving = saver.save("pdf").catch(() => undefined);
  const export_id = state.saved?.exportId ?? "";
  saver.hear({ export_id: "another", done: 9, total: 9 });
  expect(state.saved).toMatchObject({ name: "saving", done: 0 });
  saver.hear({ export_id, done: 1, total: 4 });
  expect(saySaved(state.saved!)).toBe("Saving page 1 of 4…");
  await saving;
  expect(state.saved).toMatchObject({ name: "failed", problem: expect.stringContaining("went away") });
});

test("a second click while the file is written asks for nothing", async () => {
  const { saver, asked } = saverOf([page(1, { resultKey: "a" })], [{ path: "/d/x.cbz", bytes: 9 }]);
  await Promise.all([saver.save("cbz"), saver.save("cbz")]);
  expect(asked).toHaveLength(1);
});

const CANCELLED = new HostError({ code: "E_CANCELLED", message: "cancelled", hint: "", retryable: true });

test("a cancel names the file's id, and what the host ends so is told as cancelled, not as failed", async () => {
  const { saver, state, asked } = saverOf([page(1, { resultKey: "a" })], [CANCELLED]);
  const saving = saver.save("cbz");
  const { exportId } = state.saved!;
  await saver.cancel();
  expect(await saving).toBe(false);
  expect(asked[1]).toEqual(["export.cancel", { export_id: exportId }]);
  expect(state.saved).toMatchObject({ name: "cancelled", problem: "" });
  expect(saySaved(state.saved!)).toBe("Cancelled; nothing was saved.");
});

test("a file that is there before the cancel arrives is told as saved", async () => {
  const { saver, state } = saverOf([page(1, { resultKey: "a" })], [{ path: "/d/x.cbz", bytes: 9, coloured: 1 }]);
  const saving = saver.save("cbz");
  await saver.cancel();
  expect(await saving).toBe(true);
  expect(state.saved).toMatchObject({ name: "saved", path: "/d/x.cbz" });
});

test("after a cancel no more pages are brought", async () => {
  const pages = [page(1, { resultKey: "a" }), page(2, { state: "failed" }), page(3, { state: "failed" })];
  const made = saverOf(pages, [{ path: "", bytes: 0, need: ["p2", "p3"] }, CANCELLED], ["p2", "p3"]);
  let cancelled: Promise<void> | undefined;
  made.brought = () => (cancelled ??= made.saver.cancel());
  expect(await made.saver.save("cbz")).toBe(false);
  await cancelled;
  expect(made.asked.map(([method]) => method)).toEqual([
    "chapter.export",
    "export.cancel",
    "page.keep",
    "chapter.export",
  ]);
});

test("an end that nobody asked for is a failure, and nothing is asked where nothing is being saved", async () => {
  const { saver, state, asked } = saverOf([page(1, { resultKey: "a" })], [CANCELLED]);
  await saver.cancel();
  expect(asked).toEqual([]);
  await expect(saver.save("cbz")).rejects.toThrow("cancelled");
  expect(state.saved?.name).toBe("failed");
  await saver.cancel();
  expect(asked).toHaveLength(1);
});

test("a file that was cancelled can be saved again, under another id", async () => {
  const whole = { path: "/d/x.cbz", bytes: 9, coloured: 1 };
  const { saver, state, asked } = saverOf([page(1, { resultKey: "a" })], [CANCELLED, whole]);
  const saving = saver.save("cbz");
  await saver.cancel();
  await saving;
  expect(await saver.save("cbz")).toBe(true);
  expect(asked[2]?.[1].export_id).not.toBe(asked[0]?.[1].export_id);
  expect(state.saved?.name).toBe("saved");
});

test.each([
  [{ coloured: 1, asTheyWere: [], missing: [] }, "Saved 1 page in colour to /d/x.cbz."],
  [{ coloured: 3, asTheyWere: [2], missing: [] }, "Saved 3 pages in colour to /d/x.cbz. Page 2 as before."],
  [
    { coloured: 3, asTheyWere: [2, 5], missing: [7] },
    "Saved 3 pages in colour to /d/x.cbz. Pages 2, 5 as before. Page 7 could not be had.",
  ],
])("%j: %s", (facts, words) => {
  const saved = { name: "saved" as const, exportId: "", done: 0, total: 0, path: "/d/x.cbz", problem: "", ...facts };
  expect(saySaved(saved)).toBe(words);
});

test("lends the originals of the pages in colour, as far as the page has them", async () => {
  const { saver, asked } = saverOf([page(1), page(2), page(3, { state: "failed" })], [], ["p1", "p3"]);
  await saver.lend();
  expect(asked).toEqual([["page.keep", { sha256: page(1).sha256, image: new TextEncoder().encode("p1") }]]);
});

test("a host that goes while pages are brought ends it: nothing is told of as saved", async () => {
  const pages = [page(1, { resultKey: "a" }), page(2, { state: "failed" }), page(3, { state: "failed" })];
  const made = saverOf(
    pages,
    [
      { path: "", bytes: 0, need: ["p2", "p3"] },
      { path: "/d/x.cbz", bytes: 9 },
    ],
    ["p3"],
  );
  made.goneAt = "p2";
  await expect(made.saver.save("cbz")).rejects.toBeInstanceOf(HostGone);
  expect(made.asked.map(([method]) => method)).toEqual(["chapter.export"]);
  expect(made.state.saved).toMatchObject({ name: "failed", path: "" });
  made.goneAt = "p1";
  await expect(made.saver.lend()).rejects.toBeInstanceOf(HostGone);
});
