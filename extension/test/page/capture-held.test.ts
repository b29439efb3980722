import { describe, expect, test, vi } from "vitest";
import { OWN, PAGE, answer, drawn, holderOf, pictureOf, type Fake } from "./capturing"; // first: it stands in for what is outside
import { capture, isProven } from "@/lib/page/capture/capture";

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

  test("in memory is what the page made of it", async () => {
    held(PAGE);
    expect((await capture("blob:1", holderOf({ url: "blob:1" }))).isUnproven).toBeUndefined();
  });
});
