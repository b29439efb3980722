import { describe, expect, test, vi } from "vitest";
import {
  OWN,
  PAGE,
  THEIRS,
  answer,
  askWorker,
  asked,
  drawn,
  fetches,
  holderOf,
  isDrawn,
  pictureOf,
  seenOf,
} from "./capturing"; // first: it stands in for what is outside
import { i18n } from "#i18n";
import { capture, isReadable } from "@/lib/page/capture/capture";
import type { Holder } from "@/lib/page/holders/holder";
import { CLOSED, DRAWN, UNREAD } from "@/lib/page/holders/pixels";

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

test("what is drawn by the page is read back, and asked of nobody", async () => {
  const url = `${DRAWN}1`;
  await expect(capture(url, holderOf({ url }))).rejects.toThrow();
  expect((await capture(url, holderOf({ url, isFree: true }))).width).toBe(800);
  expect([vi.mocked(fetch).mock.calls, askWorker.mock.calls]).toEqual([[], []]);
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

  test.each([
    [UNREAD, false, "Nothing"],
    [UNREAD, true, null],
    [CLOSED, false, null],
  ])("%s and the window shows anything: %s", async (kind, isAnything, fault) => {
    const url = `${kind}1`;
    seenOf.mockResolvedValue(pictureOf(PAGE));
    isDrawn.mockResolvedValue(isAnything);
    const captured = capture(url, holderOf({ url }));
    if (fault) await expect(captured).rejects.toMatchObject({ name: fault });
    else expect((await captured).width).toBe(800);
  });

  test("and only the window can tell is taken from there", async () => {
    const url = `${CLOSED}1`;
    seenOf.mockResolvedValue(pictureOf({ width: 300, height: 300, sight: "seen" }));
    const holder = holderOf({ url, sight: "page", isFree: true });
    expect((await capture(url, holder)).width).toBe(300);
    expect([seenOf.mock.calls, drawn.mock.calls, askWorker.mock.calls]).toEqual([[[holder, url]], [], []]);
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
