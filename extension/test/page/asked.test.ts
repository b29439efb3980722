// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

interface Loaded {
  name: string;
  duration: number;
}
interface Blocked {
  blockedURL: string | null;
  disposition?: string;
  effectiveDirective?: string;
}
let before: Loaded[] = [];
let tell: (entries: Loaded[]) => void = () => undefined;
let report: (list: object[]) => void = () => undefined;
let waiting: object[] = []; // reports that the browser has not told yet
const observed = vi.fn();

const blocked = (body: Blocked) => ({ body: { disposition: "enforce", effectiveDirective: "img-src", ...body } });
const loaded = (name: string, duration = 12): Loaded => ({ name, duration });

/** The module as a document begins with it. */
async function begin({ hasReports = true } = {}) {
  vi.resetModules();
  vi.stubGlobal("performance", { getEntriesByType: (type: string) => (type === "resource" ? before : []) });
  vi.stubGlobal(
    "PerformanceObserver",
    class {
      constructor(heard: (list: { getEntries(): Loaded[] }) => void) {
        tell = (entries) => heard({ getEntries: () => entries });
      }
      observe = observed;
    },
  );
  if (hasReports)
    vi.stubGlobal(
      "ReportingObserver",
      class {
        constructor(heard: (list: object[]) => void, options: object) {
          expect(options).toEqual({ types: ["csp-violation"], buffered: true });
          report = heard;
        }
        observe = () => report(waiting.splice(0));
        takeRecords = () => waiting.splice(0);
      },
    );
  return import("@/lib/page/holders/asked");
}
const A = "https://cdn.example/a.png";
const B = "https://cdn.example/b.png";
const later = vi.fn();

beforeEach(() => {
  before = [];
  waiting = [];
  later.mockReset();
  observed.mockReset();
});
afterEach(() => vi.unstubAllGlobals());

test.each([`${self.origin}/1.png`, "data:image/png;base64,AA", "blob:https://other.example/1"])(
  "%s may be asked for in any case",
  async (url) => {
    const { wasAsked } = await begin();
    expect(wasAsked(url, later)).toBe(true);
  },
);

describe("another site's picture", () => {
  test("was asked for by the page, whatever follows the address", async () => {
    before = [loaded(`${A}#top`)];
    const { wasAsked, askedAddresses } = await begin();
    expect([wasAsked(A, later), wasAsked(`${A}#x`, later), wasAsked(B, later)]).toEqual([true, true, false]);
    expect(askedAddresses()).toEqual([A]);
    expect(observed.mock.calls).toEqual([[{ type: "resource" }]]);
  });

  test("that the page comes to ask for is told once", async () => {
    const { wasAsked, askedAddresses } = await begin();
    expect(wasAsked(`${A}#x`, later)).toBe(false);
    tell([loaded(B)]);
    expect(later).not.toHaveBeenCalled();
    tell([loaded(A)]);
    tell([loaded(A)]);
    expect([later.mock.calls.length, wasAsked(A, later), askedAddresses()]).toEqual([1, true, [B, A]]);
  });

  test("counts where the document has asked for more than the browser remembers", async () => {
    for (const count of [249, 250]) {
      before = Array.from({ length: count }, (_, at) => loaded(`https://x.example/${at}`));
      const { wasAsked } = await begin();
      expect(wasAsked(A, later)).toBe(count === 250);
    }
  });
});

describe("what the content policy stopped", () => {
  test("was not asked for: told before, or just now", async () => {
    waiting = [blocked({ blockedURL: A })];
    before = [loaded(A)];
    const { wasAsked } = await begin();
    expect(wasAsked(A, later)).toBe(false);
    waiting = [blocked({ blockedURL: `${B}#x` })];
    tell([loaded(B)]);
    expect([wasAsked(B, later), later.mock.calls.length]).toEqual([false, 0]);
    report([blocked({ blockedURL: "https://cdn.example/c.png" })]);
    tell([loaded("https://cdn.example/c.png")]);
    expect(wasAsked("https://cdn.example/c.png", later)).toBe(false);
  });

  test.each<[string, Blocked]>([
    ["only reported", { blockedURL: A, disposition: "report" }],
    ["no picture", { blockedURL: A, effectiveDirective: "script-src" }],
    ["without an address", { blockedURL: null }],
    ["another one", { blockedURL: B }],
  ])("but not for one that is %s", async (_, body) => {
    waiting = [blocked(body)];
    before = [loaded(A)];
    const { wasAsked } = await begin();
    expect(wasAsked(A, later)).toBe(true);
  });

  test("nor what took no time at all, where the browser reports nothing", async () => {
    before = [loaded(A, 0), loaded(B, 0.1)];
    const { wasAsked } = await begin({ hasReports: false });
    expect([wasAsked(A, later), wasAsked(B, later)]).toEqual([false, true]);
  });
});
