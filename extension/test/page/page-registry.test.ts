import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Entry } from "@/lib/page/capture/entry";
import type { Coloured } from "@/lib/page/holders/coloured";
import type { Holder } from "@/lib/page/holders/holder";

vi.mock("@/lib/page/holders/pixels", () => ({
  isMadeByScript: (url: string) => url.startsWith("blob:"),
  pixelsOf: ({ pixels }: Holder) => pixels,
}));

import { PageRegistry } from "@/lib/page/capture/page-registry";

beforeEach(() => vi.stubGlobal("location", { href: "https://site.example/read/3/1" }));

const holderOf = (pixels = "", node: object = {}) => ({ isConnected: true, pixels, node }) as unknown as Holder;
const candidate = (holder: Holder, url: string) => ({ holder, url, loaded: true, width: 800, height: 1200 });

/** A registry that has met `count` pages, one holder each. */
function registryOf(count: number) {
  const registry = new PageRegistry();
  const holders = Array.from({ length: count }, () => holderOf());
  holders.forEach((holder, at) => registry.meet(candidate(holder, `u${at}`), at, false));
  return { registry, holders };
}

describe("meeting pages", () => {
  test("a page is news once for each holder; its place may change", () => {
    const registry = new PageRegistry();
    const [first, second] = [holderOf(), holderOf()];
    const entry = registry.meet(candidate(first, "a"), 0, false);
    expect(entry).toMatchObject({ url: "a", index: 0 });
    expect(registry.meet(candidate(first, "a"), 4, false)).toBeNull();
    expect(entry?.index).toBe(4);
    expect(registry.meet(candidate(second, "a"), 4, false)).toBe(entry);
    expect([...(entry?.holders ?? [])]).toEqual([first, second]);
    expect(registry.entries).toEqual([entry]);
  });

  test("where only known pages count, none is added", () => {
    const registry = new PageRegistry();
    expect(registry.meet(candidate(holderOf(), "a"), 0, true)).toBeNull();
    expect(registry.entries).toEqual([]);
    const entry = registry.meet(candidate(holderOf(), "a"), 0, false);
    expect(registry.meet(candidate(holderOf(), "a"), 0, true)).toBe(entry);
  });

  test("pages have names of their own, over all documents, by which they are found", () => {
    const { registry } = registryOf(3);
    const ids = registry.entries.map(({ pageId }) => pageId);
    const others = registryOf(3).registry.entries.map(({ pageId }) => pageId);
    expect(new Set([...ids, ...others]).size).toBe(6);
    expect(ids.map((id) => registry.page(id).url)).toEqual(["u0", "u1", "u2"]);
    expect(() => registry.page("none")).toThrow(/./);
  });

  test("the same picture at a new address that a script made is the same page", () => {
    const registry = new PageRegistry();
    const entry = registry.meet(candidate(holderOf("pixels"), "blob:1"), 0, false);
    expect(registry.meet(candidate(holderOf("pixels"), "blob:2"), 0, false)).toBe(entry);
    expect(registry.meet(candidate(holderOf("others"), "blob:3"), 1, false)).not.toBe(entry);
    expect(registry.meet(candidate(holderOf("others"), "blob:2"), 0, false)).toBe(entry); // the address is known by now
    expect(registry.meet(candidate(holderOf("pixels"), "https://x/1"), 2, false)).not.toBe(entry);
    expect(registry.entries).toHaveLength(3);
  });
});

test("a picture that has an address is known by it alone, whatever a script makes of its pixels", () => {
  const registry = new PageRegistry();
  const entry = registry.meet(candidate(holderOf("pixels"), "https://x/1"), 0, false);
  expect(registry.meet(candidate(holderOf("pixels"), "blob:1"), 1, false)).not.toBe(entry);
  expect(registry.entries).toHaveLength(2);
});

describe("holders", () => {
  test("an element shows the pages of its holders", () => {
    const registry = new PageRegistry();
    const node = {} as Element;
    const [a, b] = ["a", "b"].map((url, at) => registry.meet(candidate(holderOf("", node), url), at, false));
    registry.meet(candidate(holderOf(), "c"), 2, false);
    expect(registry.at(node)).toEqual([a, b]);
  });

  test("those that left, or stand for another picture, are let go", () => {
    const { registry, holders } = registryOf(4);
    const [stays, turned, , known] = holders as [Holder, Holder, Holder, Holder];
    const pictures = [candidate(stays, "u0"), candidate(turned, "new"), candidate(known, "u0")];
    expect(registry.release(pictures)).toEqual([holders[1], holders[2], holders[3]]);
    expect(registry.entries.map((entry) => entry.holders.size)).toEqual([1, 0, 0, 0]);
    expect(registry.release(pictures)).toEqual([]);
  });

  test("each is known by the page that it shows", () => {
    const { registry, holders } = registryOf(2);
    expect(holders.map((holder) => registry.of(holder))).toEqual(registry.entries);
    registry.detach(holders[0] as Holder);
    expect([registry.of(holders[0] as Holder), registry.of(holderOf())]).toEqual([undefined, undefined]);
  });

  test("one that was let go can be met again", () => {
    const { registry, holders } = registryOf(1);
    const [holder] = holders as [Holder];
    registry.detach(holder);
    registry.detach(holderOf()); // one that was never met
    expect(registry.entries[0]?.holder).toBeNull();
    expect(registry.meet(candidate(holder, "u0"), 0, false)).toBe(registry.entries[0]);
  });
});

describe("pages that the document will show", () => {
  test("are pages by then, each once", () => {
    const { registry } = registryOf(1);
    expect(registry.foresee("u0", 1)).toBeNull();
    const entry = registry.foresee("u1", 1);
    expect(entry).toMatchObject({ url: "u1", index: 1, holder: null });
    expect(registry.foresee("u1", 1)).toBeNull();
    expect(registry.page(entry?.pageId ?? "")).toBe(entry);
    expect([registry.find(entry?.pageId ?? ""), registry.find("none")]).toEqual([entry, undefined]);
    expect(new Set(registry.entries.map(({ pageId }) => pageId)).size).toBe(2);
    expect(registry.meet(candidate(holderOf(), "u1"), 1, false)).toBe(entry);
  });
});

test("a page that is forgotten is met as another one, and the others stay", () => {
  const registry = new PageRegistry();
  const [gone, stays] = [holderOf("pixels"), holderOf("others")];
  const entry = registry.meet(candidate(gone, "blob:1"), 0, false) as Entry;
  const other = registry.meet(candidate(stays, "blob:2"), 1, false);
  registry.forget(entry);
  expect([registry.of(gone), entry.holders.size, registry.entries]).toEqual([undefined, 0, [other]]);
  expect(() => registry.page(entry.pageId)).toThrow(/./);
  for (const url of ["blob:1", "blob:9"])
    // by its address, and by its pixels
    expect(registry.meet(candidate(holderOf("pixels"), url), 0, true)).toBeNull();
  expect([registry.of(stays), registry.meet(candidate(holderOf("others"), "blob:9"), 1, true)]).toEqual([other, other]);
});

test("pages to come have names of their own, and are not shown yet", () => {
  const { registry } = registryOf(1);
  const urls = ["u1", "u2", "u3"];
  for (const [at, url] of urls.entries()) registry.foresee(url, at + 1);
  registry.meet(candidate(holderOf(), "u0"), 0, false);
  expect(registry.entries.map(({ url }) => url)).toEqual(["u0", ...urls]);
  expect(new Set(registry.entries.map(({ pageId }) => pageId)).size).toBe(4);
  expect(registry.isPaged).toBe(true);
  expect(registry.colouredAt(holderOf("new"), "blob:7")).toBeNull();
  expect(registry.foresee("blob:7", 4)).toMatchObject({ url: "blob:7" }); // who asks for its colours does not make it known
});

test.each([
  [0, false],
  [1, true],
  [2, true],
  [3, false],
])("a document that shows %d pages at once turns them in place: %s", (count, isPaged) => {
  expect(registryOf(count).registry.isPaged).toBe(isPaged);
});

test("what was shown at once counts, though it is gone", () => {
  const { registry, holders } = registryOf(3);
  for (const holder of holders) registry.detach(holder);
  registry.meet(candidate(holderOf(), "u0"), 0, false);
  expect(registry.isPaged).toBe(false);
});

describe("a chapter is over", () => {
  const moved = (href: string) => vi.stubGlobal("location", { href });
  const left = (count: number) => {
    const { registry, holders } = registryOf(count);
    for (const holder of holders) registry.detach(holder);
    return registry;
  };

  test.each([
    ["a strip whose pages are gone", 3, "https://site.example/read/3/2", true],
    ["a reader that turned its page", 1, "https://site.example/read/3/2", false],
    ["a reader that turned a double page", 2, "https://site.example/read/3/3", false],
    ["a reader that went to another chapter", 1, "https://site.example/read/4/1", true],
    ["one that is where it was", 3, "https://site.example/read/3/1", false],
    ["one that never showed a page", 0, "https://site.example/read/4/1", false],
  ])("%s", (_, count, href, isOver) => {
    const registry = left(count);
    moved(href);
    expect(registry.isOver()).toBe(isOver);
  });

  test("not while one of its pages is there", () => {
    const { registry } = registryOf(3);
    moved("https://site.example/read/4/1");
    expect(registry.isOver()).toBe(false);
  });
});

describe("what is in colour", () => {
  const coloured = { width: 1 } as Coloured;
  const [holder, url] = [holderOf("pixels"), "blob:1"];

  test("is known of a page here, now or of an earlier run", () => {
    const registry = new PageRegistry();
    expect(registry.colouredAt(holder, url)).toBeNull();
    const entry = registry.meet(candidate(holder, url), 0, false);
    expect(registry.colouredAt(holder, url)).toBeNull();
    Object.assign(entry ?? {}, { former: coloured });
    expect(registry.colouredAt(holder, url)).toBe(coloured);
    const newer = { width: 2 } as Coloured;
    Object.assign(entry ?? {}, { coloured: newer });
    expect(registry.colouredAt(holder, url)).toBe(newer);
    expect(registry.colouredAt(holderOf("pixels"), "blob:9")).toBe(newer); // the same picture, made anew
  });

  test("is handed to the registry that comes after", () => {
    const former = new PageRegistry();
    Object.assign(former.meet(candidate(holder, url), 0, false) ?? {}, { coloured });
    const registry = new PageRegistry(former);
    expect(registry.meet(candidate(holderOf("pixels"), "blob:2"), 0, false)?.former).toBe(coloured);
    expect(registry.meet(candidate(holderOf("others"), "blob:3"), 1, false)?.former).toBeNull();
    expect(new PageRegistry().meet(candidate(holder, url), 0, false)?.former).toBeNull();
  });
});
