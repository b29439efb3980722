// @vitest-environment jsdom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { fakeBrowser } from "wxt/testing/fake-browser";
import type { Entry, Sheet } from "@/lib/page/capture/entry";
import type { Candidate } from "@/lib/page/find/find";
import type { Coloured } from "@/lib/page/holders/coloured";
import type { Holder } from "@/lib/page/holders/holder";

const outside = vi.hoisted(() => ({
  asked: [] as [string, Record<string, unknown>][],
  pictures: [] as unknown[],
  pages: [] as unknown[],
  leftOut: new Set<unknown>(),
  looksAt: (_: unknown[]): void => undefined,
  look: async (): Promise<void> => undefined,
  broken: "",
}));

/** One that only notes what it is told. */
const deaf = vi.hoisted(
  () => (facts: Record<string, unknown>) =>
    new Proxy(facts, { get: (own, name: string) => (own[name] ??= vi.fn(() => [])) }),
);
vi.mock("@/lib/messages", () => ({
  askWorker: async (kind: string, params: Record<string, unknown>) => void outside.asked.push([kind, params]),
}));
vi.mock("@/lib/page/find/find", () => ({
  lookAround: async () => ({ pictures: outside.pictures, pages: outside.pages }),
}));
vi.mock("@/lib/page/find/page-rules", () => ({
  ruledBy: (holder: unknown) => (outside.leftOut.has(holder) ? false : null),
}));
vi.mock("@/lib/page/capture/watch", () => ({
  DocumentWatch: class {
    constructor(look: () => Promise<void>) {
      outside.look = look;
    }
    include = vi.fn();
    attend = vi.fn();
    soon = vi.fn();
    now = () => void outside.look();
  },
  ViewWatch: class {
    constructor(looksAt: (elements: unknown[]) => void) {
      outside.looksAt = looksAt;
    }
    include = vi.fn();
  },
  isInView: ({ isSeen }: { isSeen?: boolean }) => isSeen ?? false,
}));
const uploader = deaf({});
vi.mock("@/lib/page/capture/page-uploader", () => ({
  PageUploader: class {
    constructor() {
      return uploader;
    }
  },
}));
const presenter = deaf({});
vi.mock("@/lib/page/swap/page-presenter", () => ({
  PagePresenter: class {
    constructor() {
      return presenter;
    }
  },
}));
const corrector = deaf({});
vi.mock("@/lib/page/correct/corrector", () => ({
  notInColour: () => "not in colour",
  Corrector: class {
    constructor() {
      return corrector;
    }
  },
}));
vi.mock("@/lib/page/swap/peek", () => ({ Peek: class {} }));
const shown = (sheet: Sheet, picture: unknown): [Entry, Coloured][] => {
  if (outside.broken) throw new Error(outside.broken);
  return sheet.entries.map((entry) => [entry, { picture, width: 8, height: 9, decoded: null } as Coloured]);
};
const dealing = vi.fn(async (sheet: Sheet, picture: unknown) => shown(sheet, picture));
vi.mock("@/lib/page/capture/paste", () => ({
  isAlone: ({ entries }: Sheet) => entries.length === 1,
  dealt: (sheet: Sheet, picture: unknown) => dealing(sheet, picture),
  glimpsed: async (sheet: Sheet, picture: unknown) => shown(sheet, picture),
}));

const { Sheet: RealSheet } = await import("@/lib/page/capture/entry");
const { ChapterReader } = await import("@/lib/page/reader");

let reader: InstanceType<typeof ChapterReader>;
const left = vi.fn();
const calls = (mock: unknown) => (mock as ReturnType<typeof vi.fn>).mock.calls;
const asked = (kind: string) => outside.asked.filter(([one]) => one === kind).map(([, params]) => params);
const entries = () => calls(presenter.present).map(([entry]) => entry as Entry);
const entryOf = (n: number) => entries().find(({ url }) => url === urlOf(n)) as Entry;
const urlOf = (n: number) => `https://site.example/${n}.jpg`;

function candidate(n: number, facts: Partial<Candidate> = {}): Candidate {
  const node = document.createElement("img");
  const url = facts.url ?? urlOf(n);
  const holder = { node, isConnected: true, knownUrls: () => new Set([url]), isSeen: n === 1 } as unknown as Holder;
  return { holder, url, loaded: true, ...facts } as Candidate;
}

/** The document shows these, all of them pages or only some. */
async function shows(pictures: Candidate[], pages = pictures): Promise<void> {
  Object.assign(outside, { pictures, pages });
  await outside.look();
}

/** Sent to the host, each alone or as one sheet. */
function sent(...ns: number[]): Sheet {
  const [first, ...rest] = ns.map((n) => Object.assign(entryOf(n), { state: "sent" as const, width: 8, height: 9 }));
  const sheet = new RealSheet([first as Entry, ...rest]);
  for (const entry of sheet.entries) entry.sheet = sheet;
  return sheet;
}

const done = (pageId: string, hints: Entry["hints"] = []) =>
  reader.done({ pageId, picture: new Blob(["x"]) as never, width: 8, height: 9, hints });
const inColour = (n: number) =>
  Object.assign(entryOf(n), { state: "done", coloured: { picture: { get: () => null } } });

beforeEach(async () => {
  fakeBrowser.reset();
  vi.clearAllMocks();
  Object.assign(outside, { asked: [], pictures: [], pages: [], leftOut: new Set(), broken: "" });
  presenter.isAnything = true;
  reader = new ChapterReader("run", null, left);
  await shows([candidate(1), candidate(2), candidate(3)]);
});
afterEach(() => reader.stop(false));

test("pages are met in their order and read; one that the document does not show any more is let go of", async () => {
  expect(new Set(entries().map(({ url, index }) => `${index} ${url}`))).toEqual(
    new Set([1, 2, 3].map((n) => `${n - 1} ${urlOf(n)}`)),
  );
  expect(calls(uploader.read).length).toBeGreaterThan(0);
  await shows([...(outside.pictures as Candidate[]).slice(0, 2)]);
  expect(calls(presenter.release)).toHaveLength(1);
  expect(reader.isBusy).toBe(true);
});

test("a run of one picture takes that and no other, and of a chapter those pointed at besides", async () => {
  reader.stop(false);
  vi.clearAllMocks();
  reader = new ChapterReader("run", urlOf(2), left);
  const pictures = [candidate(1), candidate(2), candidate(3)];
  await shows(pictures);
  expect([...new Set(entries().map(({ url }) => url))]).toEqual([urlOf(2)]);
  expect(reader.takesChapter).toBe(false);
  outside.pictures = pictures;
  reader.include(urlOf(3));
  await outside.look();
  expect([...new Set(entries().map(({ url }) => url))]).toEqual([urlOf(2), urlOf(3)]);
});

test("what a script makes is no page before it is there, and what is guessed is not sure", async () => {
  await shows([candidate(4, { loaded: false, url: "blob:made" }), candidate(5, { loaded: false }), candidate(6)]);
  expect(entries().map(({ url }) => url)).not.toContain("blob:made");
  expect([entryOf(5).isSure, entryOf(6).isSure]).toEqual([false, true]);
});

test("a page that the reader left out is forgotten, also by the worker, unless they pointed at it", async () => {
  const [first, second] = outside.pictures as [Candidate, Candidate];
  const [one, two] = [sent(1), sent(2)];
  reader.include(second.url);
  outside.leftOut = new Set([first.holder, second.holder]);
  await outside.look();
  expect(one.entries[0].state).toBe("ignored");
  expect(two.entries[0].state).toBe("sent");
  expect(asked("agent.dropped")).toEqual([{ runId: "run", pageIds: [one.pageId] }]);
  expect(calls(uploader.drop).map(([entry]) => entry as Entry)).toContain(one.entries[0]);
});

test("a picture is shown, its bytes may go, and its corrections are the page's", async () => {
  const { pageId, entries } = sent(1);
  const hint = { points: [[0.5, 0.5]] as [number, number][], rgb: [1, 2, 3] as [number, number, number] };
  await done(pageId, [hint]);
  expect(calls(presenter.finish)).toMatchObject([[entries[0], { width: 8 }]]);
  expect(entries[0].hints).toEqual([hint]);
  expect(calls(corrector.done)).toEqual([[entries[0]]]);
  expect(calls(uploader.markEvictable)).toHaveLength(1);
});

test("joined sheets are shown one after the other; one that cannot be shown holds up no other", async () => {
  await shows([1, 2, 3, 4].map((n) => candidate(n)));
  const [first, second] = [sent(1, 2), sent(3, 4)];
  let release = (): void => undefined;
  const order: string[] = [];
  dealing.mockImplementationOnce(async () => {
    order.push("first");
    await new Promise<void>((resolve) => (release = resolve));
    throw new Error("damaged");
  });
  dealing.mockImplementationOnce(async (sheet, picture) => (order.push("second"), shown(sheet, picture)));
  const [one, two] = [done(first.pageId), done(second.pageId)];
  await vi.waitFor(() => expect(order).toEqual(["first"]));
  await Promise.resolve();
  expect(order).toEqual(["first"]);
  release();
  await Promise.all([one, two]);
  expect(order).toEqual(["first", "second"]);
  expect(first.entries.map(({ state, note, failed }) => [state, note, failed])).toEqual([
    ["left", "damaged", true],
    ["left", "damaged", true],
  ]);
  expect(calls(presenter.finish).map(([entry]) => entry as Entry)).toEqual([...second.entries]);
});

test("a picture that the browser cannot show leaves the site's own, but not in place of a newer one", async () => {
  const { pageId, entries } = sent(1);
  const [entry] = entries;
  const lose = async () => {
    await done(pageId);
    return calls(presenter.finish).at(-1)?.[1] as Coloured;
  };
  const former = await lose();
  const latter = await lose();
  entry.coloured = latter;
  former.lost?.();
  expect([entry.coloured, entry.state]).toEqual([latter, "sent"]);
  latter.lost?.();
  expect([entry.coloured, entry.state, entry.failed]).toEqual([null, "left", true]);
});

test("a page that ends without a picture is left and its bytes go; one that shows colours keeps them", () => {
  const [one, two] = [sent(1), sent(2)];
  inColour(2);
  reader.leave(one.pageId, "blank", false);
  reader.leave(two.pageId, "the ink changed", true);
  expect(one.entries[0]).toMatchObject({ state: "left", note: "blank", failed: false });
  expect(calls(uploader.drop)).toEqual([[one.entries[0]]]);
  expect(two.entries[0].state).toBe("done");
  expect(calls(corrector.ended)).toEqual([[two.entries[0], "the ink changed"]]);
});

test("who cancels keeps what is coloured; where nothing is, all is taken back", () => {
  sent(1);
  inColour(2);
  const open = Object.assign(entryOf(3), { state: "sent", coloured: {} });
  presenter.isAnything = true;
  reader.cancel();
  expect([entryOf(1).state, entryOf(2).state]).toEqual(["ignored", "done"]);
  expect(calls(corrector.ended)).toEqual([[open, ""]]);
  expect(calls(presenter.clear)).toEqual([]);
  presenter.isAnything = false;
  reader.cancel();
  expect(calls(presenter.clear)).toHaveLength(1);
});

test("pages that come anew are on their way under what they show; those in view are told", () => {
  const [one, two] = [sent(1), sent(2)];
  for (const n of [1, 2]) inColour(n);
  expect(reader.comeAgain([one.pageId, two.pageId, "nobody's"])).toEqual([one.pageId]);
  expect([one, two].map(({ entries }) => [entries[0].state, entries[0].fraction])).toEqual([
    ["sent", 0],
    ["sent", 0],
  ]);
});

test("what the reader looks at and waits for is told, each sheet once", () => {
  const sheet = sent(1, 2);
  inColour(3);
  outside.looksAt([1, 2, 3].map((n) => [...entryOf(n).holders][0]?.node));
  expect(asked("agent.visible")).toEqual([{ runId: "run", pageIds: [sheet.pageId] }]);
  expect(calls(uploader.hurry).at(-1)?.[0]).toHaveLength(3);
  outside.looksAt([[...entryOf(3).holders][0]?.node]);
  expect(asked("agent.visible")).toHaveLength(1);
});

test("a preview that cannot be shown is left out, and progress is every slice's", async () => {
  const sheet = sent(1, 2);
  reader.progress(sheet.pageId, 0.4);
  expect(sheet.entries.map(({ fraction }) => fraction)).toEqual([0.4, 0.4]);
  await reader.preview(sheet.pageId, new Blob(["x"]) as never);
  expect(calls(presenter.preview)).toHaveLength(2);
  outside.broken = "damaged";
  await reader.preview(sheet.pageId, new Blob(["x"]) as never);
  expect(calls(presenter.preview)).toHaveLength(2);
});

test.each<[string, () => unknown]>([
  ["bytes of a page that was never sent", () => reader.bytes(entryOf(1).pageId)],
  ["bytes of nobody's page", () => reader.bytes("nobody's")],
  ["a page that is not in colour, to be toggled", () => reader.toggle([...entryOf(1).holders][0] as Holder)],
  ["a page that is not in colour, to be compared", () => reader.compare(null)],
])("there are no %s", (_, act) => {
  presenter.covered = [];
  expect(act).toThrow();
});

test("a chapter that the document has left is told, and no page joins a run that is cancelled", async () => {
  reader.cancel();
  await shows([...(outside.pictures as Candidate[]), candidate(9)]);
  expect(entryOf(9)).toBeUndefined();
  history.pushState(null, "", "/another/chapter");
  await shows([]);
  expect(left).toHaveBeenCalledOnce();
});
