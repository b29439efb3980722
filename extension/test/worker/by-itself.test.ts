import { beforeEach, expect, test, vi } from "vitest";

import { fakeBrowser } from "wxt/testing/fake-browser";

interface Script {
  id: string;
  matches: string[];
  allFrames: boolean;
}

const outside = vi.hoisted(() => ({
  allowed: new Set<string>(),
  scripts: [] as unknown[],
  listeners: [] as (() => void)[],
  open: [] as { id?: number; url: string }[],
  entered: [] as number[],
}));

vi.mock("@/lib/worker/inject", () => ({
  makeCallSignOnce: () => Promise.resolve(),
  ensureAgent: (tabId: number) => {
    outside.entered.push(tabId);
    return tabId === GONE ? Promise.reject(new Error("gone")) : Promise.resolve([0]);
  },
}));

vi.mock("wxt/browser", async () => {
  const { fakeBrowser } = await import("wxt/testing/fake-browser");
  const heard = { addListener: (listener: () => void) => void outside.listeners.push(listener) };
  const set = (scripts: unknown[]) => Promise.resolve(void (outside.scripts = scripts));
  return {
    browser: {
      ...fakeBrowser,
      runtime: { id: "ours", getURL: (path: string) => `chrome-extension://ours${path}` },
      permissions: {
        contains: ({ origins }: { origins: string[] }) =>
          Promise.resolve(origins.every((each) => outside.allowed.has(each))),
        onAdded: heard,
        onRemoved: heard,
      },
      tabs: {
        query: ({ url }: { url: string[] }) =>
          Promise.resolve(outside.open.filter((tab) => url.some((each) => tab.url.startsWith(each.slice(0, -1))))),
      },
      scripting: {
        getRegisteredContentScripts: () => Promise.resolve(outside.scripts),
        registerContentScripts: set,
        updateContentScripts: set,
        unregisterContentScripts: () => set([]),
      },
    },
  };
});

const { ByItself } = await import("@/lib/worker/by-itself");
const { loadHabit, habitOf } = await import("@/lib/habits");
const { saveChoices } = await import("@/lib/state");

const GONE = 9;
const SITE = "https://reader.example";
const FOUND = { pages: 3, series: "Rain Town", chapter: "Chapter 3" };
const started: unknown[] = [];
const ready = vi.fn(() => Promise.resolve());
const active = new Map<number, boolean>();
const runs = {
  of: (tabId: number) => (active.has(tabId) ? { isActive: active.get(tabId) } : undefined),
  start: (tabId: number, choice: unknown, how: unknown) => (started.push({ tabId, choice, how }), Promise.resolve()),
};
let byItself: InstanceType<typeof ByItself>;
const scripts = () => outside.scripts as Script[];
const from = (url: string, frameId = 0) => ({ url, frameId, tab: { id: 7 } }) as never;
const CHAPTER = from(`${SITE}/rain-town/3/1`);

beforeEach(() => {
  fakeBrowser.reset();
  vi.clearAllMocks();
  Object.assign(outside, { allowed: new Set([`${SITE}/*`]), scripts: [], listeners: [], open: [], entered: [] });
  started.length = 0;
  active.clear();
  byItself = new ByItself(Promise.resolve({ ready } as never), runs as never);
});

test("the page's script waits where something is wished and allowed, in no frame, and nowhere else", async () => {
  await byItself.change({ site: "https://forbidden.example", told: null, change: { mode: "always" } });
  expect(scripts()).toEqual([]);
  await byItself.change({ site: SITE, told: FOUND.series, change: { mode: "always" } });
  expect(scripts()).toMatchObject([{ matches: [`${SITE}/*`], allFrames: false }]);
  outside.allowed.add("https://forbidden.example/*");
  outside.listeners.forEach((listener) => listener());
  await vi.waitFor(() => expect(scripts()[0]?.matches).toHaveLength(2));
  outside.allowed.clear();
  outside.listeners.forEach((listener) => listener());
  await vi.waitFor(() => expect(scripts()).toEqual([]));
});

test("a chapter of the series starts with what it was coloured with, and the host wakes before", async () => {
  await saveChoices({ referenceId: "warm" });
  await byItself.change({ site: SITE, told: FOUND.series, change: { mode: "always" } });
  expect(habitOf(await loadHabit(SITE), "rain town").referenceId).toBe("warm");
  expect(await byItself.here(CHAPTER)).toBe(true);
  await vi.waitFor(() => expect(ready).toHaveBeenCalledOnce());
  expect(await byItself.arrived(CHAPTER, FOUND)).toEqual({ asks: false });
  expect(started).toMatchObject([{ tabId: 7, how: { known: { ...FOUND, site: SITE } } }]);
});

test("what is always to be in colour begins with the chapter that is there", async () => {
  await byItself.change({ site: SITE, told: FOUND.series, change: { mode: "ask" } }, 7);
  expect(started).toEqual([]);
  await byItself.change({ site: SITE, told: FOUND.series, change: { mode: "always" } }, 7);
  expect(started).toMatchObject([{ tabId: 7 }]);
});

test.each([
  ["another series of the site", CHAPTER, { ...FOUND, series: "Another" }],
  ["a site that calls itself so", from("https://evil.example/rain-town/3/1"), FOUND],
  ["the same host without encryption", from("http://reader.example/rain-town/3/1"), FOUND],
  ["a frame of the site in another one's document", from(`${SITE}/rain-town/3/1`, 4), FOUND],
  ["a file", from("file:///rain-town/3/1"), FOUND],
])("nothing starts for %s", async (_, sender, found) => {
  await byItself.change({ site: SITE, told: FOUND.series, change: { mode: "always" } });
  expect(await byItself.arrived(sender, found)).toEqual({ asks: false });
  await byItself.answered(sender, found, "later");
  expect(started).toEqual([]);
});

test("where it asks, the answer for this time goes for the chapter's other pages, and lasts no longer", async () => {
  await byItself.change({ site: SITE, told: null, change: { mode: "ask" } });
  expect(await byItself.here(CHAPTER)).toBe(true);
  expect(ready).not.toHaveBeenCalled();
  expect(await byItself.arrived(CHAPTER, FOUND)).toEqual({ asks: true });
  await byItself.answered(CHAPTER, FOUND, "once");
  expect(started).toHaveLength(1);
  expect(await byItself.arrived(from(`${SITE}/rain-town/3/2`), FOUND)).toEqual({ asks: false });
  expect(started).toHaveLength(2);
  expect(await byItself.arrived(from(`${SITE}/rain-town/4/1`), FOUND)).toEqual({ asks: true });
  await byItself.answered(from(`${SITE}/rain-town/4/1`), FOUND, "later");
  expect(await byItself.arrived(from(`${SITE}/rain-town/4/2`), FOUND)).toEqual({ asks: false });
  expect(started).toHaveLength(2);
});

test.each([
  ["always", 1, { asks: false }],
  ["never", 0, { asks: false }],
] as const)("the answer “%s” holds for the series", async (answer, starts, next) => {
  await byItself.change({ site: SITE, told: null, change: { mode: "ask" } });
  await byItself.answered(CHAPTER, FOUND, answer);
  expect(started).toHaveLength(starts);
  expect(await byItself.arrived(from(`${SITE}/rain-town/4/1`), FOUND)).toEqual(next);
  expect(started).toHaveLength(2 * starts);
  expect(await byItself.arrived(from(`${SITE}/other/4/1`), { ...FOUND, series: "Other" })).toEqual({ asks: true });
});

test("tabs that were there before their scripts have them entered, where something is wished and nowhere else", async () => {
  outside.open = [
    { id: 7, url: `${SITE}/rain-town/3` },
    { id: 8, url: "https://other.example/" },
    { id: GONE, url: `${SITE}/rain-town/4` },
    { url: `${SITE}/devtools` },
    { id: 10, url: `${SITE}/rain-town/5` },
  ];
  await byItself.enter();
  expect(outside.entered).toEqual([]);
  await byItself.change({ site: SITE, told: FOUND.series, change: { mode: "always" } });
  await byItself.enter();
  expect(outside.entered).toEqual([7, GONE, 10]);
});

test("a chapter that is on its way in the tab is not started again, one that has ended is", async () => {
  await byItself.change({ site: SITE, told: FOUND.series, change: { mode: "always" } });
  active.set(7, true);
  await byItself.arrived(CHAPTER, FOUND);
  await byItself.change({ site: SITE, told: FOUND.series, change: { mode: "always" } }, 7);
  expect(started).toEqual([]);
  active.set(7, false);
  await byItself.arrived(CHAPTER, FOUND);
  expect(started).toHaveLength(1);
});

test("in a private window nothing is looked up, asked or started", async () => {
  const hidden = { url: `${SITE}/rain-town/3/1`, frameId: 0, tab: { id: 7, incognito: true } } as never;
  for (const mode of ["always", "ask"] as const) {
    await byItself.change({ site: SITE, told: null, change: { mode } });
    expect(await byItself.here(hidden)).toBe(false);
    expect(await byItself.arrived(hidden, FOUND)).toEqual({ asks: false });
  }
  expect([started, ready.mock.calls]).toEqual([[], []]);
});
