// @vitest-environment jsdom
import { beforeEach, expect, test, vi } from "vitest";
import type { PageRegistry } from "@/lib/page/capture/page-registry";
import type { Candidate } from "@/lib/page/find/find";

const { pagesAhead, asked } = vi.hoisted(() => ({ pagesAhead: vi.fn(), asked: [] as string[] }));
vi.mock("@/lib/page/find/ahead", () => ({ pagesAhead }));
vi.mock("@/lib/page/holders/asked", () => ({ askedAddresses: () => asked }));
vi.mock("@/lib/page/holders/registry", () => ({ holdersOf: (node: Element) => [{ node }] }));

import { PagesAhead } from "@/lib/page/capture/pages-ahead";

const OWN = `${self.origin}/`;
const THEIRS = "https://cdn.example/";
const shown = (url: string, loaded = true) => ({ url, loaded }) as unknown as Candidate;
const loaded = vi.fn();
let stop = new AbortController();
let foreseen: { url: string; index: number; ahead: { node: HTMLImageElement } | null }[] = [];

function aheadOf({ isPaged = true, count = 1, known = [] as string[] } = {}): PagesAhead {
  const registry = {
    isPaged,
    entries: Array.from({ length: count }),
    foresee: (url: string, index: number) => {
      if (known.includes(url)) return null;
      const entry = { url, index, ahead: null };
      foreseen.push(entry);
      return entry;
    },
  };
  return new PagesAhead(registry as unknown as PageRegistry, loaded, stop.signal);
}
const comes = (...urls: [url: string, wasAsked: boolean][]) =>
  pagesAhead.mockReturnValue(urls.map(([url, wasAsked]) => ({ url, wasAsked })));

beforeEach(() => {
  foreseen = [];
  asked.length = 0;
  stop = new AbortController();
  loaded.mockReset();
  pagesAhead.mockReset();
  comes([`${OWN}2.png`, false]);
});

test("pages after the last one that is shown, as many as are wished, come after those that are known", () => {
  comes([`${OWN}3.png`, false], [`${OWN}4.png`, true]);
  const pages = [shown("1"), shown("2"), shown("3", false)];
  aheadOf({ count: 5 }).look(pages, pages, 4);
  expect(pagesAhead).toHaveBeenCalledWith(document, "2", [], 4);
  expect(foreseen.map(({ url, index }) => [url, index])).toEqual([
    [`${OWN}3.png`, 5],
    [`${OWN}4.png`, 6],
  ]);
});

test.each<[string, () => void]>([
  ["in a document that shows all its pages", () => aheadOf({ isPaged: false }).look([shown("1")], [], 4)],
  ["where none is wished", () => aheadOf().look([shown("1")], [], 0)],
  ["where nothing has loaded", () => aheadOf().look([shown("1", false)], [], 4)],
  ["where nothing is shown", () => aheadOf().look([], [], 4)],
  ["of a chapter without an end", () => aheadOf({ count: 400 }).look([shown("1")], [], 4)],
])("none %s", (_, look) => {
  look();
  expect(foreseen).toEqual([]);
});

test("up to four hundred pages there are some", () => {
  aheadOf({ count: 399 }).look([shown("1")], [], 4);
  expect(foreseen).toHaveLength(1);
});

test("what else the document shows is none of its chapter", () => {
  asked.push("page", "banner", "2");
  const page = shown("page");
  aheadOf().look([page], [page, shown("banner")], 4);
  expect(pagesAhead.mock.calls[0]?.[2]).toEqual(["page", "2"]);
});

test("of another origin only what the page itself has asked for, by an element of our own", () => {
  comes([`${THEIRS}2.png`, false], [`${THEIRS}3.png`, true], [`${OWN}4.png`, false]);
  aheadOf().look([shown("1")], [], 4);
  expect(foreseen.map(({ url, ahead }) => [url, ahead?.node.src ?? null])).toEqual([
    [`${THEIRS}3.png`, `${THEIRS}3.png`],
    [`${OWN}4.png`, null],
  ]);
});

test.each(["load", "error"])("its %s is told, until the end", (event) => {
  comes([`${THEIRS}3.png`, true]);
  aheadOf().look([shown("1")], [], 4);
  const node = foreseen[0]?.ahead?.node as HTMLImageElement;
  node.dispatchEvent(new Event(event));
  expect(loaded).toHaveBeenCalledTimes(1);
  stop.abort();
  node.dispatchEvent(new Event(event));
  expect(loaded).toHaveBeenCalledTimes(1);
});

test("what is known already is not asked for again", () => {
  comes([`${THEIRS}3.png`, true]);
  const image = vi.spyOn(globalThis, "Image");
  aheadOf({ known: [`${THEIRS}3.png`] }).look([shown("1")], [], 4);
  expect(image).not.toHaveBeenCalled();
  image.mockRestore();
});
