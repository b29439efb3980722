import { describe, expect, test, vi } from "vitest";
import { OWN, PAGE, THEIRS, answer, askWorker, fetches, holderOf, location, page, pictureOf } from "./capturing"; // first: it stands in for what is outside
import { i18n } from "#i18n";
import { capture, isReadable, measured, refererFor } from "@/lib/page/capture/capture";
import type { Holder } from "@/lib/page/holders/holder";

test("the worker is asked by every address of the picture, and with the Referer of the page's own request", async () => {
  await capture(THEIRS, { ...holderOf({ url: THEIRS }), declared: "/small.png" } as Holder).catch(() => undefined);
  expect(askWorker.mock.calls).toEqual([
    ["agent.held", { urls: [THEIRS, "/small.png"] }],
    ["agent.fetch", { url: THEIRS, referer: `${location.origin}/` }],
  ]);
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
])("the Referer by the element's policy %j and the page's %j", (element, ofPage, referer) => {
  page.policy = ofPage;
  expect(refererFor({ referrerPolicy: element } as Holder)).toBe(referer);
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
  page.policy = "no-referrer";
  expect(refererFor(null)).toBeNull();
  page.policy = "";
  expect(refererFor(null)).toBe(`${location.origin}/`);
});
