import { describe, expect, test } from "vitest";
import { contentOf, layersOf, nth, split } from "@/lib/page/holders/css-images";

const urls = (value: string, screen = 1) => layersOf(value, screen).map((layer) => layer?.url ?? null);

describe("the pictures of a background", () => {
  test.each<[string, (string | null)[]]>([
    ["none", [null]],
    [`url("https://a.test/1.png")`, ["https://a.test/1.png"]],
    [`url("https://a.test/1,(2).png"), url(b.png)`, ["https://a.test/1,(2).png", "b.png"]],
    [`linear-gradient(rgb(0, 0, 0), rgba(0, 0, 0, 0)), url("a.png")`, [null, "a.png"]],
    [`url("data:image/svg+xml;utf8,<svg xmlns='x' id=\\"q\\"/>")`, [`data:image/svg+xml;utf8,<svg xmlns='x' id="q"/>`]],
    [`url("a\\29 b.png")`, ["a)b.png"]],
  ])("%s", (value, expected) => {
    expect(urls(value)).toEqual(expected);
  });

  test.each([
    [1, "one.png"],
    [1.5, "two.png"],
    [3, "two.png"],
  ])("of a set, the one for a screen of %d", (screen, expected) => {
    const set = `image-set(url("two.png") 2dppx, url("one.png") 1x type("image/png"))`;
    expect(urls(set, screen)).toEqual([expected]);
    expect(layersOf(set, 2)[0]?.density).toBe(2);
    expect(urls(`-webkit-image-set("two.png" 192dpi, url(one.png) 96dpi)`, screen)).toEqual([expected]);
  });
});

test("what content replaces an element with, without its words", () => {
  expect(contentOf(`url("https://a.test/a/b.png") / "a page"`, 1)?.url).toBe("https://a.test/a/b.png");
  expect(contentOf("normal", 1)).toBeNull();
  expect(contentOf(`"words"`, 1)).toBeNull();
});

test("lists that are shorter than the layers begin anew", () => {
  expect([0, 1, 2].map((at) => nth("contain, calc(1px + 2%) auto", at))).toEqual([
    "contain",
    "calc(1px + 2%) auto",
    "contain",
  ]);
  expect(split(`a "b, c", d`, ",")).toEqual([`a "b, c"`, "d"]);
});
