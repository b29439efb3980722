import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Holder } from "@/lib/page/holders/holder";

const { askWorker, isSeenIn, seenOf } = vi.hoisted(() => ({
  askWorker: vi.fn(),
  isSeenIn: vi.fn(),
  seenOf: vi.fn(),
}));
vi.mock("wxt/browser", () => ({ browser: {} }));
vi.mock("@/lib/messages", () => ({ askWorker }));
vi.mock("@/lib/page/capture/watch", () => ({
  isInView: (holder: Holder) => holder.box().top >= 0 && holder.box().top < 1000,
}));
vi.mock("@/lib/page/capture/seen", () => ({ isSeenIn, seenOf }));
vi.mock("@/lib/page/holders/edges", () => ({ edgesOf: () => ({}) })); // no pixels are drawn here
vi.mock("@/lib/page/holders/sight", () => ({
  sightOf: ({ sight }: { sight: string }) => sight,
  sightOfHolder: ({ sight }: { sight: string | null }) => sight,
  looksAlike: (one: string, other: string) => one === other,
}));

import { i18n } from "#i18n";
import { CLOSED, DRAWN } from "@/lib/page/holders/pixels";
import { capture, isReadable, measured, refererFor } from "@/lib/page/capture/capture";

const location = { protocol: "https:", origin: "https://site.example", href: "https://site.example/chapter/3#p2" };
let policy = ""; // of the page
vi.stubGlobal("location", location);
vi.stubGlobal("self", { origin: location.origin });
const metaOf = (selector: string) => (policy && selector === "meta[name=referrer]" ? { content: policy } : null);
vi.stubGlobal("document", { querySelector: metaOf });

const PNG = "\x89PNG\r\n\x1a\n";
const OWN = `${location.origin}/1.png`;
let site = 0;
let THEIRS = "";

interface Fake {
  width: number;
  height: number;
  sight: string;
}
const PAGE: Fake = { width: 800, height: 1200, sight: "page" };

/** Bytes of a picture; what `createImageBitmap` makes of them stands in them. */
const pictureOf = (fake: Fake) => new Blob([Uint8Array.from(PNG, (each) => each.charCodeAt(0)), JSON.stringify(fake)]);
const answer = (blob: Blob, status = 200) => ({
  ok: status < 400,
  status,
  blob: async () => blob,
  headers: new Headers(),
});

interface Shown {
  url: string;
  natural?: { width: number; height: number };
  sight?: string | null;
  isFree?: boolean;
}

/** A holder that shows `url`; `isFree` where this script may read its pixels. */
function holderOf({ url, natural = PAGE, sight = null, isFree = false }: Shown): Holder {
  canvas = isFree ? async () => pictureOf(PAGE) : async () => Promise.reject(new Error("tainted"));
  const box = { top: -10, bottom: -5, left: 0, right: 5, width: 5, height: 5 }; // out of the window
  return {
    ...{ natural, sight, declared: url, pixels: {}, referrerPolicy: "" },
    ...{ shows: (asked: string) => asked === url, box: () => box },
  } as unknown as Holder;
}
let canvas: () => Promise<Blob> = async () => new Blob();
const drawn = vi.fn();

beforeEach(() => {
  THEIRS = `https://cdn${site++}.example/1.png`; // what is known of a site outlives a test
  drawn.mockReset();
  askWorker.mockReset();
  seenOf.mockReset();
  isSeenIn.mockReset().mockResolvedValue(null);
  askWorker.mockResolvedValue(null);
  vi.stubGlobal(
    "fetch",
    vi.fn(async () => Promise.reject(new TypeError("no"))),
  );
  vi.stubGlobal("createImageBitmap", async (blob: Blob) => {
    const text = (await blob.text()).slice(PNG.length);
    return { ...(JSON.parse(text.slice(text.indexOf("{"))) as Fake), close: () => undefined };
  });
  vi.stubGlobal(
    "OffscreenCanvas",
    class {
      constructor(
        readonly width: number,
        readonly height: number,
      ) {}
      getContext = (kind: string) => (kind === "2d" ? { drawImage: drawn } : null);
      convertToBlob = ({ type = "" }: { type?: string }) => (drawn(this.width, this.height, type), canvas());
    },
  );
});

const fetches = () => vi.mocked(fetch).mock.calls.map(([, init]) => init);
const asked = () => askWorker.mock.calls.map(([kind]) => kind as string);

describe("what may be read", () => {
  test("one's own always, another site's only where an element of the page shows it", () => {
    expect(isReadable(OWN, null)).toBe(true);
    expect(isReadable("data:image/png;base64,", null)).toBe(true);
    expect(isReadable(THEIRS, null)).toBe(false);
    expect(isReadable(THEIRS, holderOf({ url: OWN }))).toBe(false);
    expect(isReadable(THEIRS, holderOf({ url: THEIRS }))).toBe(true);
  });

  test("what may not is never asked for", async () => {
    await expect(capture(THEIRS, null)).rejects.toThrow(i18n.t("capture.notShown"));
    expect(fetch).not.toHaveBeenCalled();
    expect(askWorker).not.toHaveBeenCalled();
  });
});

describe("the order of the ways", () => {
  test("one's own: what the browser holds goes first, without a request", async () => {
    vi.mocked(fetch).mockResolvedValue(answer(pictureOf(PAGE)) as unknown as Response);
    expect(await capture(OWN, holderOf({ url: OWN }))).toMatchObject({ width: 800, height: 1200 });
    expect(fetches()).toEqual([{ cache: "only-if-cached", mode: "same-origin" }]);
  });

  test("one's own: then what the element shows, then one request", async () => {
    await capture(OWN, holderOf({ url: OWN, isFree: true }));
    expect(fetches()).toHaveLength(1);
    vi.mocked(fetch)
      .mockRejectedValueOnce(new TypeError("not cached"))
      .mockResolvedValueOnce(answer(pictureOf(PAGE)) as unknown as Response);
    await capture(OWN, holderOf({ url: OWN }));
    expect(fetches().at(-1)).toEqual({ mode: "same-origin", cache: "force-cache" });
  });

  test("in memory: asked for as it is", async () => {
    vi.mocked(fetch).mockResolvedValue(answer(pictureOf(PAGE)) as unknown as Response);
    await capture("data:image/png;base64,AAAA", null);
    expect(fetches()).toEqual([{}]);
  });

  test("an address of memory that was thrown away is said", async () => {
    await expect(capture("blob:https://x/1", null)).rejects.toThrow("The site has thrown this picture away.");
  });

  test("another site's: what the element shows, what the page holds, then the worker", async () => {
    expect((await capture(THEIRS, holderOf({ url: THEIRS, isFree: true }))).width).toBe(800);
    expect(asked()).toEqual([]);
    askWorker.mockImplementation(async (kind: string) => (kind === "agent.held" ? pictureOf(PAGE) : null));
    await capture(THEIRS, holderOf({ url: THEIRS }));
    expect(asked()).toEqual(["agent.held"]);
    askWorker.mockImplementation(async (kind: string) =>
      kind === "agent.fetch" ? { picture: pictureOf(PAGE), isOpen: false } : null,
    );
    await capture(THEIRS, holderOf({ url: THEIRS }));
    expect(asked()).toEqual(["agent.held", "agent.held", "agent.fetch"]);
    expect(fetch).not.toHaveBeenCalled();
  });

  test("of a site that opens its pictures the next ones are taken from the cache", async () => {
    askWorker.mockImplementation(async (kind: string) =>
      kind === "agent.fetch" ? { picture: pictureOf(PAGE), isOpen: true } : null,
    );
    await capture(THEIRS, holderOf({ url: THEIRS }));
    vi.mocked(fetch).mockResolvedValue(answer(pictureOf(PAGE)) as unknown as Response);
    await capture(THEIRS, holderOf({ url: THEIRS }));
    expect(asked().filter((kind) => kind === "agent.fetch")).toHaveLength(1);
    expect(fetches()).toEqual([{ mode: "cors", credentials: "omit", cache: "force-cache" }]);
  });

  test("a site that refuses is named with its answer, one that is not allowed as well", async () => {
    vi.mocked(fetch).mockResolvedValue(answer(new Blob(), 404) as unknown as Response);
    await expect(capture(OWN, null)).rejects.toThrow(/404/);
    await expect(capture(THEIRS, holderOf({ url: THEIRS }))).rejects.toThrow(new URL(THEIRS).hostname);
  });
});

describe("a site that answers 200 with another picture", () => {
  const held = (fake: Fake) =>
    askWorker.mockImplementation(async (kind: string) => (kind === "agent.held" ? pictureOf(fake) : null));

  test.each<[string, Fake, string | null, boolean]>([
    ["the picture that is shown", PAGE, "page", true],
    ["the same in twice the size", { ...PAGE, width: 1600, height: 2400 }, "page", true],
    ["one in twice the size, of which the edges tell nothing", { width: 1600, height: 2400, sight: "?" }, "page", true],
    ["one that is smaller by a fiftieth", { ...PAGE, width: 784, height: 1176 }, "page", true],
    ["one of its size whose looks nobody may read", PAGE, null, true],
    ["another one of its size", { ...PAGE, sight: "decoy" }, "page", false],
    ["one of another shape", { ...PAGE, height: 1240 }, null, false],
    ["one that is nearly its shape", { ...PAGE, height: 1210 }, null, true],
    ["a smaller one of its shape", { ...PAGE, width: 400, height: 600 }, null, false],
  ])("%s", async (_what, fake, sight, isTaken) => {
    held(fake);
    const captured = capture(THEIRS, holderOf({ url: THEIRS, sight }));
    if (isTaken) expect(await captured).toMatchObject({ width: fake.width });
    else await expect(captured).rejects.toThrow();
  });

  test("what is no picture is asked of the worker once more, and of nobody else", async () => {
    const bytes = [new Blob(["<html>"]), pictureOf(PAGE)];
    askWorker.mockImplementation(async (kind: string) =>
      kind === "agent.fetch" ? { picture: bytes.shift(), isOpen: false } : null,
    );
    expect((await capture(THEIRS, holderOf({ url: THEIRS }))).width).toBe(800);
    expect(asked().filter((kind) => kind === "agent.fetch")).toHaveLength(2);
    vi.mocked(fetch).mockResolvedValue(answer(new Blob(["<html>"])) as unknown as Response);
    await expect(capture(OWN, null)).rejects.toThrow();
    expect(fetch).toHaveBeenCalledTimes(2); // the cache, then the site
  });
});

describe("a picture that was fetched, of a size that nobody may read", () => {
  beforeEach(() =>
    askWorker.mockImplementation(async (kind: string) =>
      kind === "agent.fetch" ? { picture: pictureOf(PAGE), isOpen: false } : null,
    ),
  );
  const taken = () =>
    capture(THEIRS, holderOf({ url: THEIRS })).then(
      () => true,
      () => false,
    );

  test("is taken where the window shows it, and refused where it shows another", async () => {
    isSeenIn.mockResolvedValue(true);
    expect(await taken()).toBe(true);
    isSeenIn.mockResolvedValue(false);
    expect(await taken()).toBe(false);
    expect(askWorker).toHaveBeenCalledWith("agent.replaced", {});
  });

  test("goes by its site's others where the window cannot tell", async () => {
    expect(await taken()).toBe(true);
    isSeenIn.mockResolvedValueOnce(false);
    expect(await taken()).toBe(false);
    expect(await taken()).toBe(false);
    isSeenIn.mockResolvedValueOnce(true);
    expect(await taken()).toBe(true);
  });
});

test("the worker is asked by every address of the picture, and with the Referer of the page's own request", async () => {
  await capture(THEIRS, { ...holderOf({ url: THEIRS }), declared: "/small.png" } as Holder).catch(() => undefined);
  expect(askWorker.mock.calls).toEqual([
    ["agent.held", { urls: [THEIRS, "/small.png"] }],
    ["agent.fetch", { url: THEIRS, referer: `${location.origin}/` }],
  ]);
});

test("what is drawn by the page is read back, and asked of nobody", async () => {
  const url = `${DRAWN}1`;
  await expect(capture(url, holderOf({ url }))).rejects.toThrow();
  expect((await capture(url, holderOf({ url, isFree: true }))).width).toBe(800);
  expect([vi.mocked(fetch).mock.calls, askWorker.mock.calls]).toEqual([[], []]);
});

test("a holder that shows another picture by now is asked for nothing", async () => {
  const holder = holderOf({ url: THEIRS });
  let looks = 0;
  const captured = capture(THEIRS, { ...holder, shows: () => looks++ === 0 } as unknown as Holder);
  await expect(captured).rejects.toThrow("does not show this picture any more");
  expect(askWorker).not.toHaveBeenCalled();
});

test.each([
  ["", "", `${location.origin}/`],
  ["no-referrer", "", null],
  ["same-origin", "unsafe-url", null],
  ["", "never", null],
  ["unsafe-url", "", "https://site.example/chapter/3"],
  ["", "ALWAYS", "https://site.example/chapter/3"],
  ["no-referrer-when-downgrade", "", "https://site.example/chapter/3"],
  ["origin", "no-referrer", `${location.origin}/`],
])("the Referer by the element's policy %j and the page's %j", (element, page, referer) => {
  policy = page;
  expect(refererFor({ referrerPolicy: element } as Holder)).toBe(referer);
});

describe("a picture out of the window, of which nothing can be told", () => {
  /** What the worker fetches is PAGE; `verdict` tells of a holder in the window when it is asked to. */
  let tell: (isSeen: boolean | null) => void = () => undefined;
  const inView = (url: string) => ({ ...holderOf({ url }), box: () => ({ top: 10 }) }) as unknown as Holder;
  const settled = async (captured: Promise<unknown>) =>
    Promise.race([captured.then(() => "taken").catch(() => "refused"), pause().then(() => "waits")]);
  const pause = () => new Promise((resolve) => setTimeout(resolve, 50));
  const next = () => THEIRS.replace("1.png", "2.png");

  beforeEach(() => {
    askWorker.mockImplementation(async (kind: string) =>
      kind === "agent.fetch" ? { picture: pictureOf(PAGE), isOpen: false } : "",
    );
    const told = new Promise((resolve) => (tell = resolve));
    isSeenIn.mockImplementation(async (holder: Holder) => (holder.box().top > 0 ? told : null));
  });

  test.each([
    [false, "refused"],
    [true, "taken"],
    [null, "taken"],
  ])("waits for those in the window: where one is seen %s it is %s", async (isSeen, verdict) => {
    const seen = capture(THEIRS, inView(THEIRS));
    const other = capture(next(), holderOf({ url: next() }));
    expect(await settled(other)).toBe("waits");
    tell(isSeen);
    await seen.catch(() => undefined);
    expect(await settled(other)).toBe(verdict);
  });

  test("waits for the same one again when that is captured again", async () => {
    const holder = inView(THEIRS);
    tell(true);
    await capture(THEIRS, holder);
    const again = new Promise((resolve) => (tell = resolve));
    isSeenIn.mockImplementation(async (one: Holder) => (one.box().top > 0 ? again : null));
    const seen = capture(THEIRS, holder);
    const other = capture(next(), holderOf({ url: next() }));
    expect(await settled(other)).toBe("waits");
    tell(true);
    await seen;
    expect(await settled(other)).toBe("taken");
  });

  test("waits for none that is out of the window, the page's own, or in no element", async () => {
    const pending = new Promise<never>(() => undefined);
    vi.mocked(fetch).mockReturnValue(pending);
    void capture(OWN, inView(OWN));
    void capture(OWN, null);
    isSeenIn.mockImplementationOnce(() => pending);
    void capture(THEIRS, holderOf({ url: THEIRS }));
    await pause();
    expect(await settled(capture(next(), holderOf({ url: next() })))).toBe("taken");
  });

  test("one that the window tells of waits for nobody, nor does one in the window for itself", async () => {
    void capture(THEIRS, inView(THEIRS));
    await pause();
    isSeenIn.mockResolvedValueOnce(true);
    expect(await settled(capture(next(), holderOf({ url: next() })))).toBe("taken");
    isSeenIn.mockResolvedValue(null);
    expect(await settled(capture(next(), inView(next())))).toBe("taken");
    tell(null);
    await pause();
  });
});

describe("what the window is asked about", () => {
  const fetched = () =>
    askWorker.mockImplementation(async (kind: string) =>
      kind === "agent.fetch" ? { picture: pictureOf(PAGE), isOpen: false } : "",
    );

  test("not what the page holds itself, nor what is known by its edges", async () => {
    isSeenIn.mockResolvedValue(false);
    askWorker.mockImplementation(async (kind: string) => (kind === "agent.held" ? pictureOf(PAGE) : null));
    expect((await capture(THEIRS, holderOf({ url: THEIRS }))).width).toBe(800);
    fetched();
    expect((await capture(THEIRS, holderOf({ url: THEIRS, sight: "page" }))).width).toBe(800);
    expect(isSeenIn).not.toHaveBeenCalled();
  });

  test("one that is another picture is said, with what the reader can do about it", async () => {
    isSeenIn.mockResolvedValue(false);
    fetched();
    await expect(capture(THEIRS, holderOf({ url: THEIRS }))).rejects.toThrow(/^.*[^ ]$/);
    const said = await capture(THEIRS, holderOf({ url: THEIRS })).catch((error: Error) => error.message);
    expect(said).toBe(i18n.t("capture.replaced"));
    askWorker.mockImplementation(async (kind: string) =>
      kind === "agent.fetch" ? { picture: pictureOf(PAGE), isOpen: false } : "Allow it.",
    );
    const advised = await capture(THEIRS, holderOf({ url: THEIRS })).catch((error: Error) => error.message);
    expect(advised).toBe(`${i18n.t("capture.replaced")} Allow it.`);
  });
});

describe("what the element shows", () => {
  test("is drawn whole in its own size, and not compared with itself", async () => {
    const holder = holderOf({ url: OWN, sight: "decoy", isFree: true });
    expect((await capture(OWN, holder)).width).toBe(800);
    expect(drawn.mock.calls).toEqual([
      [holder.pixels, 0, 0, 800, 1200],
      [800, 1200, "image/png"],
    ]);
  });

  test("is not drawn where it has no pixels, nor read where it is another picture by now", async () => {
    const holder = { ...holderOf({ url: OWN, isFree: true }), pixels: null } as unknown as Holder;
    await capture(OWN, holder);
    expect(drawn.mock.calls).toEqual([[800, 1200, "image/png"]]);
    drawn.mockClear();
    vi.mocked(fetch).mockResolvedValueOnce(answer(new Blob(), 504) as unknown as Response);
    vi.mocked(fetch).mockResolvedValueOnce(answer(pictureOf(PAGE)) as unknown as Response);
    await capture(OWN, holderOf({ url: "another.png", isFree: true }));
    expect(drawn).not.toHaveBeenCalled();
  });

  test("but nobody may read is said so", async () => {
    const url = `${DRAWN}1`;
    await expect(capture(url, holderOf({ url }))).rejects.toThrow(i18n.t("capture.noLongerShown"));
  });

  test("and only the window can tell is taken from there", async () => {
    const url = `${CLOSED}1`;
    seenOf.mockResolvedValue(pictureOf({ width: 300, height: 300, sight: "seen" }));
    const holder = holderOf({ url, sight: "page", isFree: true });
    expect((await capture(url, holder)).width).toBe(300);
    expect([seenOf.mock.calls, drawn.mock.calls, askWorker.mock.calls]).toEqual([[[holder]], [], []]);
    let looks = 0;
    const turned = { ...holder, shows: () => looks++ < 2 } as unknown as Holder;
    await expect(capture(url, turned)).rejects.toThrow(i18n.t("capture.noLongerShown"));
    looks = 0;
    seenOf.mockClear();
    const gone = { ...holder, shows: () => looks++ < 1 } as unknown as Holder;
    await expect(capture(url, gone)).rejects.toThrow(i18n.t("capture.noLongerShown"));
    expect(seenOf).not.toHaveBeenCalled();
  });
});

describe("addresses", () => {
  test("that only hold the name of another scheme are what they are", async () => {
    const own = `${location.origin}/data:1.png`;
    vi.mocked(fetch).mockResolvedValue(answer(pictureOf(PAGE)) as unknown as Response);
    await capture(own, null);
    expect(fetches()).toEqual([{ cache: "only-if-cached", mode: "same-origin" }]);
    expect(isReadable("https://other.example/blob:1.png", null)).toBe(false);
  });

  test("of plain http are asked for as well, the page's own and those of others", async () => {
    vi.stubGlobal("self", { origin: "http://plain.example" });
    await capture("http://plain.example/1.png", null).catch(() => undefined);
    expect(fetches().at(-1)).toEqual({ mode: "same-origin", cache: "force-cache" });
    vi.stubGlobal("self", { origin: location.origin });
    vi.mocked(fetch).mockClear();
    const url = THEIRS.replace("https", "http");
    await expect(capture(url, holderOf({ url }))).rejects.toThrow(
      i18n.t("picture.notAllowed", [new URL(url).hostname]),
    );
    expect(fetches()).toEqual([{ mode: "cors", credentials: "omit", cache: "force-cache" }]);
  });

  test("of no web are asked of nobody", async () => {
    const url = "ftp://cdn.example/https:/1.png";
    await expect(capture(url, holderOf({ url }))).rejects.toThrow(/cdn\.example/);
    expect(fetch).not.toHaveBeenCalled();
  });

  test("of files are one's own where the document is a file, and there alone", () => {
    expect(isReadable("file:///a/1.png", null)).toBe(false);
    vi.stubGlobal("location", { ...location, protocol: "file:" });
    expect([isReadable("file:///a/1.png", null), isReadable("https://x.example/file:", null)]).toEqual([true, false]);
    expect(isReadable(OWN, null)).toBe(false);
    vi.stubGlobal("location", location);
  });

  test("of a site that does not open its pictures are never asked for by the page's own rights", async () => {
    askWorker.mockImplementation(async (kind: string) =>
      kind === "agent.fetch" ? { picture: pictureOf(PAGE), isOpen: false } : null,
    );
    for (let at = 0; at < 2; at++) await capture(THEIRS, holderOf({ url: THEIRS }));
    expect(fetch).not.toHaveBeenCalled();
  });
});

describe("bytes", () => {
  test("of a picture are called what they are", async () => {
    const bytes = pictureOf(PAGE);
    const named = new Blob([bytes], { type: "image/png" });
    expect((await measured(named)).blob).toBe(named);
    const { blob } = await measured(new Blob([bytes], { type: "text/html" }));
    expect([blob.type, blob.size]).toEqual(["image/png", bytes.size]);
  });

  test("that are none, or cut, or refused, are said so", async () => {
    const none = i18n.t("picture.noPicture", [i18n.t("capture.theSite")]);
    await expect(measured(new Blob(["<html>"]))).rejects.toMatchObject({ name: "Damaged", message: none });
    vi.stubGlobal("createImageBitmap", async () => Promise.reject(new Error("cut")));
    const cut = i18n.t("capture.damaged");
    await expect(measured(pictureOf(PAGE))).rejects.toMatchObject({ name: "Damaged", message: cut });
    vi.mocked(fetch).mockResolvedValue(answer(new Blob(), 404) as unknown as Response);
    const refused = i18n.t("picture.refused", [i18n.t("capture.theSite"), "404"]);
    await expect(capture(OWN, null)).rejects.toThrow(refused);
    const texts = [none, cut, refused, i18n.t("capture.notShown"), i18n.t("capture.noLongerShown")];
    expect(new Set([...texts, i18n.t("capture.replaced")]).size).toBe(6);
  });
});

test("where no element shows it, the page's own policy counts", () => {
  policy = "no-referrer";
  expect(refererFor(null)).toBeNull();
  policy = "";
  expect(refererFor(null)).toBe(`${location.origin}/`);
});
