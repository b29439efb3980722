// @vitest-environment jsdom
import { beforeEach, expect, test, vi } from "vitest";
import type { Candidate } from "@/lib/page/find/find";
import type { Holder } from "@/lib/page/holders/holder";

const outside = vi.hoisted(() => ({
  holders: [] as unknown[],
  verdicts: [] as boolean[],
  facts: vi.fn(),
  judged: vi.fn(),
  isArticle: false,
}));
vi.mock("@/lib/page/holders/roots", () => ({
  elementsBelow: (root: Document, seenRoot: (root: Document) => void) => (seenRoot(root), outside.holders),
}));
vi.mock("@/lib/page/holders/registry", () => ({ holdersOf: (holder: unknown) => [holder] }));
vi.mock("@/lib/page/find/facts", () => ({
  *factsOf(pictures: unknown) {
    yield outside.facts(pictures);
  },
  surroundings: () => "around",
}));
vi.mock("@/lib/page/find/page-rules", () => ({
  ruledBy: (holder: { isRuled?: boolean } | undefined) => holder?.isRuled ?? null,
}));
vi.mock("@/lib/page/find/prose", () => ({
  illustrate: (found: Candidate[]) => (outside.judged(found), outside.isArticle),
}));
vi.mock("@/lib/page/find/page-classifier", () => ({ classifyPages: () => outside.verdicts }));

import { lookAround, pagesAmong, picturesOf } from "@/lib/page/find/find";

const uses = vi.fn();
const holder = (address: string, source: { url: string; loaded: boolean } | null) => ({
  address,
  natural: { width: 800, height: 1200 },
  source: (count: (url: string) => number) => (uses(address, count(address), count("none")), source),
});

beforeEach(() => {
  uses.mockReset();
  outside.holders = [
    holder("a", { url: "a", loaded: true }),
    holder("dot", { url: "b", loaded: false }),
    holder("dot", null),
  ];
});

test("every holder that stands for a picture, in order; the size of what has not loaded is not known", () => {
  const [roots, seen] = [vi.fn(), vi.fn()];
  const pictures = picturesOf(roots, seen);
  expect(pictures.map(({ url, loaded, width, height }) => [url, loaded, width, height])).toEqual([
    ["a", true, 800, 1200],
    ["b", false, 0, 0],
  ]);
  expect(pictures.map((one) => one.holder)).toEqual(outside.holders.slice(0, 2));
  expect([roots.mock.calls, seen.mock.calls.map(([one]) => one as Holder)]).toEqual([[[document]], outside.holders]);
  expect(() => picturesOf()).not.toThrow();
});

test("each is told how often the document shows an address", () => {
  picturesOf();
  expect(uses.mock.calls).toEqual([
    ["a", 1, 0],
    ["dot", 2, 0],
    ["dot", 2, 0],
  ]);
});

test("pages are those that the classifier takes", () => {
  const pictures = ["a", "b", "c"].map((url) => ({ url }) as Candidate);
  outside.verdicts = [true, false, true];
  expect(pagesAmong(pictures).map(({ url }) => url)).toEqual(["a", "c"]);
  expect(outside.facts).toHaveBeenCalledWith(pictures);
});

test("what the reader said goes before the classifier, which does not see it", () => {
  const told = (url: string, isRuled?: boolean) => ({ url, holder: { isRuled } }) as unknown as Candidate;
  const pictures = [told("in", true), told("a"), told("out", false), told("b")];
  outside.verdicts = [false, true];
  expect(pagesAmong(pictures).map(({ url }) => url)).toEqual(["in", "b"]);
  expect(outside.facts).toHaveBeenLastCalledWith([pictures[1], pictures[3]]);
});

test("a look in slices finds the same", async () => {
  outside.verdicts = [false, true];
  const { pictures, pages } = await lookAround(vi.fn(), vi.fn());
  expect([pictures.length, pages.map(({ url }) => url)]).toEqual([2, ["b"]]);
});

test("what illustrates an article is no page, but what the reader said is one stays one", () => {
  const pictures = ["a", "b", "c"].map((url) => ({ url }) as Candidate);
  const told = { url: "told", holder: { isRuled: true } } as unknown as Candidate;
  outside.verdicts = [true, false, true];
  outside.isArticle = true;
  expect(pagesAmong([...pictures, told])).toEqual([told]);
  expect(outside.judged).toHaveBeenLastCalledWith([pictures[0], pictures[2]]);
  outside.isArticle = false;
});
