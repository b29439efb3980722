// @vitest-environment jsdom
import { beforeEach, describe, expect, test } from "vitest";
import type { Holder } from "@/lib/page/holders/holder";
import { holdersIn, holdersOf } from "@/lib/page/holders/registry";

/** jsdom lays nothing out and loads nothing: every element is as large as a page, pictures of `/missing` fail. */
beforeEach(() => {
  document.body.replaceChildren();
  for (const [name, value] of Object.entries({ offsetWidth: 600, offsetHeight: 900 }))
    Object.defineProperty(HTMLElement.prototype, name, { configurable: true, value });
});

const shown = (html: string): Holder[] => {
  document.body.innerHTML = html;
  return [...holdersIn(document)];
};
const at = (path: string) => new URL(path, document.baseURI).href;

describe("what shows a picture", () => {
  test.each<[string, string[]]>([
    ["<img src=/a.png>", [at("/a.png")]],
    ["<p>text</p>", []],
    ["<object type=image/png data=/a></object>", [at("/a")]],
    ["<object data=/a.html></object>", []],
    ["<object type=image/svg+xml data=/a.svg></object>", []],
    ["<embed src=/a.webp>", [at("/a.webp")]],
    ["<embed src=/a.pdf type=application/pdf>", []],
    ["<input type=image src=/a.png>", [at("/a.png")]],
    ["<input type=text src=/a.png>", []],
    ["<video poster=/a.png></video>", [at("/a.png")]],
    [`<div style="background-image:url('/a.png')"></div>`, [at("/a.png")]],
    [`<div style="background-image:linear-gradient(red,blue)"></div>`, []],
  ])("%s", (html, expected) => {
    const addresses = shown(html).map(({ address }) => address); // jsdom knows no pseudo-elements: they are as their element
    expect([...new Set(addresses)].filter(Boolean)).toEqual(expected);
  });
});

test("an element has the same holder for good", () => {
  const [first] = shown("<img src=/a.png>");
  expect(holdersOf(document.querySelector("img") as Element)[0]).toBe(first);
});

test("an address that changes is another picture", () => {
  const [holder] = shown(`<input type=image src="/a.png">`);
  expect(holder?.declares(new Set([at("/a.png")]))).toBe(true);
  holder?.node.setAttribute("src", "/b.png");
  expect(holder?.declares(new Set([at("/a.png")]))).toBe(false);
});

test("what is painted behind an element's content is told from what is shown as a whole", () => {
  const [behind] = shown(`<div style="background-image:url('/a.png')"></div>`);
  const [whole] = shown("<video poster=/a.png></video>");
  expect([behind?.isBehind, whole?.isBehind]).toEqual([true, false]);
});
