// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Holder } from "@/lib/page/holders/holder";

vi.mock("@/lib/page/holders/registry", () => ({ WATCHED_ATTRIBUTES: ["src"] }));
import { DocumentWatch, isInView, ViewWatch } from "@/lib/page/capture/watch";

let stop = new AbortController();
const changed = vi.fn();

beforeEach(() => {
  vi.useFakeTimers();
  changed.mockReset();
  stop = new AbortController();
  document.body.replaceChildren();
});
afterEach(() => {
  stop.abort();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const tell = async () => {
  await Promise.resolve(); // observers are told in a task of their own
  vi.advanceTimersByTime(1000);
};

describe("a document is looked at again", () => {
  const watch = () => {
    const watching = new DocumentWatch(changed, stop.signal);
    watching.include(document);
    vi.advanceTimersByTime(1000);
    return watching;
  };

  test.each<[string, () => void]>([
    ["an element comes", () => document.body.append(document.createElement("p"))],
    [
      "an element far below comes",
      () => {
        const section = document.body.appendChild(document.createElement("section"));
        section.append(document.createElement("p"));
      },
    ],
    ["an attribute changes that shows another picture", () => document.body.setAttribute("src", `${Math.random()}`)],
    ["a picture has come", () => document.body.dispatchEvent(new Event("load"))], // it does not bubble
    ["the reader goes back", () => window.dispatchEvent(new Event("popstate"))],
  ])("where %s", async (_, change) => {
    watch();
    change();
    await tell();
    expect(changed).toHaveBeenCalledTimes(1);
  });

  test("not for an attribute that shows nothing", async () => {
    watch();
    document.body.setAttribute("data-note", `${Math.random()}`);
    await tell();
    expect(changed).not.toHaveBeenCalled();
  });

  test("where its address changed without a word", () => {
    watch();
    history.pushState(null, "", `#${Math.random()}`);
    vi.advanceTimersByTime(499);
    expect(changed).not.toHaveBeenCalled();
    vi.advanceTimersByTime(600);
    expect(changed).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(5000); // once for each address
    expect(changed).toHaveBeenCalledTimes(1);
  });

  test("where a shadow root that it was told of changes, which is watched once", async () => {
    const observe = vi.spyOn(MutationObserver.prototype, "observe");
    const watching = watch();
    const root = document.createElement("div").attachShadow({ mode: "open" });
    watching.include(root);
    watching.include(root);
    expect(observe.mock.calls.filter(([node]) => node === root)).toHaveLength(1);
    observe.mockRestore();
    root.append(document.createElement("img"));
    await tell();
    expect(changed).toHaveBeenCalledTimes(1);
  });

  test("where a holder says so, which is asked once", () => {
    const watching = watch();
    const listen = vi.fn();
    const holder = { watch: listen } as unknown as Holder;
    watching.attend(holder);
    watching.attend(holder);
    expect(listen.mock.calls).toEqual([[expect.any(Function), stop.signal]]);
    (listen.mock.calls[0]?.[0] as () => void)();
    vi.advanceTimersByTime(1000);
    expect(changed).toHaveBeenCalledTimes(1);
  });

  test("after a calm time in the next frame, then only when things have settled", () => {
    const watching = watch();
    watching.soon();
    vi.advanceTimersByTime(15);
    expect(changed).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(changed).toHaveBeenCalledTimes(1);
    for (let at = 0; at < 3; at++) watching.soon();
    vi.advanceTimersByTime(119);
    expect(changed).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(1);
    expect(changed).toHaveBeenCalledTimes(2);
    vi.advanceTimersByTime(1000);
    expect(changed).toHaveBeenCalledTimes(2);
  });

  test("until the end, whatever comes", async () => {
    const watching = watch();
    watching.soon();
    stop.abort();
    document.body.append(document.createElement("p"));
    document.body.dispatchEvent(new Event("load"));
    window.dispatchEvent(new Event("popstate"));
    history.pushState(null, "", `#${Math.random()}`);
    await tell();
    expect([changed.mock.calls.length, vi.getTimerCount()]).toEqual([0, 0]);
  });
});

describe("a look that takes its time", () => {
  let end: () => void = () => undefined;
  const slow = () => {
    changed.mockImplementation(() => new Promise<void>((resolve) => (end = resolve)));
    return new DocumentWatch(changed, stop.signal);
  };
  const ends = async (after: number) => {
    vi.advanceTimersByTime(after);
    end();
    await vi.advanceTimersByTimeAsync(0);
  };

  test("is not begun a second time, and what changed meanwhile is looked at after it", async () => {
    const watching = slow();
    watching.now();
    watching.now();
    watching.soon();
    vi.advanceTimersByTime(1000);
    expect(changed).toHaveBeenCalledTimes(1);
    await ends(0);
    await vi.advanceTimersByTimeAsync(999); // as long as the look took
    expect(changed).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(changed).toHaveBeenCalledTimes(2);
    await ends(0);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(changed).toHaveBeenCalledTimes(2); // nothing changed during this one
  });

  test("a first look that tells of no news is the only one", async () => {
    const watching = slow();
    watching.now();
    await ends(10);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(changed).toHaveBeenCalledTimes(1);
  });

  test("at once takes the place of soon", () => {
    const watching = new DocumentWatch(changed, stop.signal);
    watching.soon();
    watching.now();
    expect(changed).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(1000);
    expect(changed).toHaveBeenCalledTimes(1);
  });

  test("nothing is to come after the end", async () => {
    const watching = slow();
    watching.now();
    watching.soon();
    stop.abort();
    await ends(10);
    watching.soon();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("what the document asks for", () => {
  let hear: (entries: object[]) => void = () => undefined;
  const [observe, disconnect] = [vi.fn(), vi.fn()];

  beforeEach(() => {
    vi.stubGlobal(
      "PerformanceObserver",
      class {
        constructor(callback: (list: { getEntries: () => object[] }) => void) {
          hear = (entries) => callback({ getEntries: () => entries });
        }
        observe = observe;
        disconnect = disconnect;
      },
    );
  });

  test("is looked at where it is a picture, among whatever else, until the end", () => {
    new DocumentWatch(changed, stop.signal);
    expect(observe).toHaveBeenCalledWith({ type: "resource" });
    hear([{ initiatorType: "script" }, { initiatorType: "fetch" }]);
    vi.advanceTimersByTime(1000);
    expect(changed).not.toHaveBeenCalled();
    for (const initiatorType of ["img", "css"]) {
      hear([{ initiatorType: "script" }, { initiatorType }]);
      vi.advanceTimersByTime(1000);
    }
    expect(changed).toHaveBeenCalledTimes(2);
    stop.abort();
    expect(disconnect).toHaveBeenCalledTimes(1);
  });

  test("is not heard of in a browser that does not tell", () => {
    vi.stubGlobal("PerformanceObserver", undefined);
    expect(() => new DocumentWatch(changed, stop.signal)).not.toThrow();
  });
});

describe("what the reader looks at", () => {
  let see: (entries: object[]) => void = () => undefined;
  const observed: Element[] = [];
  let thresholds: number[] = [];
  const disconnect = vi.fn();

  beforeEach(() => {
    observed.length = 0;
    disconnect.mockReset();
    vi.stubGlobal(
      "IntersectionObserver",
      class {
        constructor(callback: typeof see, { threshold }: { threshold?: number[] } = {}) {
          see = callback;
          thresholds = threshold ?? [];
        }
        observe = (element: Element) => observed.push(element);
        disconnect = disconnect;
      },
    );
  });
  const elementAt = (top: number) => {
    const element = document.body.appendChild(document.createElement("img"));
    element.getBoundingClientRect = () => ({ top }) as DOMRect;
    return element;
  };
  const enters = (target: Element) => ({ target, isIntersecting: true });
  const leaves = (target: Element) => ({ target, isIntersecting: false });

  test("is told at once after a calm time, and then some times a second", () => {
    const looksAt = vi.fn();
    new ViewWatch(looksAt, stop.signal);
    const [first, second] = [elementAt(0), elementAt(100)];
    see([enters(first)]);
    vi.advanceTimersByTime(31);
    see([enters(second)]); // what comes with it is told with it
    expect(looksAt).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(looksAt.mock.calls).toEqual([[[first, second]]]);
    see([leaves(first)]);
    vi.advanceTimersByTime(249);
    expect(looksAt).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(1);
    expect(looksAt.mock.calls.at(-1)).toEqual([[second]]);
    vi.advanceTimersByTime(5000);
    see([enters(first)]); // the reader has jumped
    vi.advanceTimersByTime(32);
    expect(looksAt).toHaveBeenCalledTimes(3);
  });

  test("is told top first, and once for all that changed", () => {
    const looksAt = vi.fn();
    const watching = new ViewWatch(looksAt, stop.signal);
    const [low, high, gone, past] = [elementAt(900), elementAt(100), elementAt(0), elementAt(50)];
    for (const element of [low, high]) watching.include(element);
    expect(observed).toEqual([low, high]);
    see([enters(low), enters(past)]);
    vi.advanceTimersByTime(10);
    see([enters(gone), enters(high), leaves(past)]);
    gone.remove();
    vi.advanceTimersByTime(21);
    expect(looksAt).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    const tops = (at: number) =>
      (looksAt.mock.calls[at]?.[0] as Element[]).map((element) => element.getBoundingClientRect().top);
    expect(looksAt).toHaveBeenCalledTimes(1);
    expect(tops(0)).toEqual([100, 900]);
    see([leaves(high)]);
    vi.advanceTimersByTime(250);
    expect(tops(1)).toEqual([900]);
    expect(thresholds).toEqual([0, 0.99]); // a page that comes to be seen whole is told anew
  });

  test("is not told any more after the end", () => {
    const looksAt = vi.fn();
    new ViewWatch(looksAt, stop.signal);
    see([enters(elementAt(0))]);
    stop.abort();
    vi.advanceTimersByTime(1000);
    expect([looksAt.mock.calls.length, disconnect.mock.calls.length]).toEqual([0, 1]);
  });
});

test.each([
  [0, 0, 100, 100, true],
  [-99, 0, 100, 100, true],
  [-100, 0, 100, 100, false],
  [0, -99, 100, 100, true],
  [0, -100, 100, 100, false],
  [999, 0, 100, 100, true],
  [1000, 0, 100, 100, false],
  [0, 599, 100, 100, true],
  [0, 600, 100, 100, false],
  [10, 10, 0, 100, false],
  [10, 10, 100, 0, false],
])("of a window of 1000 by 600, a picture at %d, %d of %d by %d is seen: %s", (left, top, width, height, isSeen) => {
  vi.stubGlobal("innerWidth", 1000);
  vi.stubGlobal("innerHeight", 600);
  const box = { left, top, width, height, right: left + width, bottom: top + height };
  expect(isInView({ box: () => box } as unknown as Holder)).toBe(isSeen);
});
