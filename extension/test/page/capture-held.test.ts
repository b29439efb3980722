import { describe, expect, test, vi } from "vitest";
import { OWN, PAGE, answer, drawn, location, holderOf, pictureOf, type Fake } from "./capturing"; // first: it stands in for what is outside
import { capture, isProven } from "@/lib/page/capture/capture";
import type { Holder } from "@/lib/page/holders/holder";

describe("what the browser held of the page's own site", () => {
  const held = (fake: Fake) => vi.mocked(fetch).mockResolvedValue(answer(pictureOf(fake)) as unknown as Response);
  const url = `${OWN}?held`;

  test("is taken at once, by its size alone, and proven later; what was read otherwise needs no proof", async () => {
    held({ ...PAGE, sight: "decoy" });
    const { isUnproven, sha256, blob } = await capture(url, holderOf({ url, sight: "page", isFree: true }));
    expect([isUnproven, sha256?.length]).toEqual([true, 64]);
    expect(drawn).not.toHaveBeenCalled();
    expect(await isProven(pictureOf(PAGE), url, holderOf({ url, sight: "page" }))).toBe(true);
    expect(await isProven(blob, url, holderOf({ url: "another.png", sight: "page" }))).toBe(true); // who knows
    expect(await isProven(blob, url, holderOf({ url, sight: "page" }))).toBe(false);
    const anew = await capture(url, holderOf({ url, sight: "page", isFree: true }));
    expect(anew.isUnproven).toBeUndefined(); // from the element, from now on
    expect(drawn).toHaveBeenCalled();
  });

  test("is not taken in another size", async () => {
    held({ width: 300, height: 300, sight: "page" });
    const other = `${OWN}?other`;
    const { width, isUnproven } = await capture(other, holderOf({ url: other, sight: "page", isFree: true }));
    expect([width, isUnproven]).toEqual([800, undefined]);
  });

  test("is not held against an element that has left the document", async () => {
    const gone = { ...holderOf({ url, sight: "page" }), isConnected: false } as Holder;
    expect(await isProven(pictureOf({ ...PAGE, sight: "decoy" }), url, gone)).toBe(true);
  });

  test("is to be proven on a site without encryption as well", async () => {
    held(PAGE);
    vi.stubGlobal("self", { origin: "http://site.example" });
    const plain = "http://site.example/1.png";
    const { isUnproven } = await capture(plain, holderOf({ url: plain }));
    vi.stubGlobal("self", { origin: location.origin });
    expect(isUnproven).toBe(true);
  });

  test("in memory is what the page made of it", async () => {
    held(PAGE);
    for (const address of ["blob:1", "blob:https://site.example/1", "data:image/svg+xml,https:"])
      expect((await capture(address, holderOf({ url: address }))).isUnproven).toBeUndefined();
  });
});
