// @vitest-environment jsdom
// @vitest-environment-options {"url": "https://reader.test/read/rain/3/7"}
import { beforeEach, describe, expect, test, vi } from "vitest";
import {
  addsSecond,
  countsOn,
  isFurniture,
  leadsAway,
  listsChapters,
  listsPages,
  sells,
} from "@/lib/page/find/surroundings";

const pictured = (html: string): Element => {
  document.body.innerHTML = html;
  return document.querySelector("#at") as Element;
};
const never = () => false;

beforeEach(() => document.body.replaceChildren());

describe("furniture", () => {
  test.each([
    ["<main><img id=at></main>", false],
    ["<header><img id=at></header>", true],
    ["<article><header><img id=at></header></article>", false],
    ["<aside><div><img id=at></div></aside>", true],
    ["<div class='ad'><img id=at></div>", true],
    ["<div class='header-ads2'><img id=at></div>", true],
    ["<div class='reading-content loaded'><img id=at></div>", false],
    ["<div class='comments'><p><img id=at></p></div>", true],
    ["<div><img id=at class='object-cover page-img'></div>", false],
    ["<div><img id=at class='series-cover'></div>", true],
    ["<section><h3>You may also like</h3><a><img id=at></a></section>", true],
    ["<section><h3>Related</h3><a><img></a><a><img id=at></a></section>", true],
    ["<h3>Related</h3><div class=x><img></div><div class=reader><img id=at></div>", false],
    ["<h2>Comments</h2><main><img id=at></main>", false],
    ["<h2>Chapter 3</h2><div><img id=at></div>", false],
  ])("%s: %s", (html, expected) => {
    expect(isFurniture(pictured(html), never)).toBe(expected);
  });

  test("a dialog is where one reads if it is open and takes most of the window", () => {
    const img = pictured("<dialog open><img id=at></dialog>");
    const shown = (width: number, height: number) => () => new DOMRect(0, 0, width, height);
    const dialog = img.closest("dialog") as HTMLDialogElement;
    dialog.getBoundingClientRect = shown(innerWidth, innerHeight);
    expect(isFurniture(img, never)).toBe(false);
    dialog.getBoundingClientRect = shown(300, 200);
    expect(isFurniture(img, never)).toBe(true);
    dialog.open = false;
    expect(isFurniture(img, never)).toBe(true);
  });

  test("a heading is looked for once for all that stand alike under it", () => {
    document.body.innerHTML = `<h3>Related</h3>${"<a><img></a>".repeat(400)}<h2>Chapter 3</h2><p><img></p>`;
    const looks = vi.spyOn(Element.prototype, "matches");
    const headings = new Map();
    const images = [...document.images];
    const found = images.map((img) => isFurniture(img, never, headings));
    expect([found.filter(Boolean).length, found.at(-1)]).toEqual([400, false]);
    expect(looks.mock.calls.length).toBeLessThan(20 * images.length);
    looks.mockRestore();
  });

  test("what holds most of the pictures is the story, whatever its name", () => {
    const img = pictured("<div class='comments'><img id=at></div>");
    expect(isFurniture(img, (element) => element.className === "comments")).toBe(false);
  });
});

describe("links", () => {
  test.each([
    ["/series/other", true],
    ["https://ads.example/", true],
    ["https://cdn.example/8.jpg", false],
    ["#8", false],
    ["/read/rain/3/8", false],
    ["/read/rain/4/1", false],
    ["/read/rain/9/7", true],
    ["javascript:next()", false],
  ])("%s leads away: %s", (href, expected) => {
    expect(leadsAway(pictured(`<a href="${href}"><img id=at></a>`))).toBe(expected);
  });

  test("the address of the link that says next is the next page", () => {
    const html = "<a href='/read/second-day'><img id=at></a><a href='/read/second-day'>Next ›</a>";
    expect(leadsAway(pictured(html))).toBe(false);
  });

  test.each([
    ["/v?id=7&page=3", "/v?id=7&page=4", true],
    ["/3/20", "/4/1", true],
    ["/3/7", "/3/7", false],
    ["/3", "/about", false],
  ])("%s → %s counts on: %s", (from, to, expected) => {
    expect(countsOn(from, to)).toBe(expected);
  });
});

test("a list of chapters", () => {
  document.body.innerHTML = [1, 2, 3, 4, 5].map((at) => `<a href="/c/${at}">Chapter ${at}</a>`).join("");
  expect(listsChapters(document)).toBe(true);
  document.body.innerHTML = "<a href='/c/4'>Chapter 4</a>";
  expect(listsChapters(document)).toBe(false);
});

test.each([
  ["/g/7", "/g/7/2", true],
  ["/g/7/", "/g/7/2/", true],
  ["/c/rain", "/c/rain?page=2", true],
  ["/c/rain/", "/c/rain/?p=02", true],
  ["/c/rain?lang=en", "/c/rain?lang=en&page=2", true],
  ["/c/rain.html", "/c/rain_2.html", true],
  ["/c/rain", "/c/rain-2", true],
  ["/c/rain", "/c/rain/page/2", true],
  ["/c/rain", "/c/rain/3", false],
  ["/c/rain", "/c/rain/12", false],
  ["/c/rain", "/c/rainy2", false],
  ["/c/rain", "/c/rain/chapter-2", false],
  ["/c/rain", "/about/2", false],
])("%s → %s is the second page: %s", (from, to, expected) => {
  expect(addsSecond(from, to)).toBe(expected);
});

test("a link from the first page, which has no number, leads to the second", () => {
  history.pushState(null, "", "/g/7/");
  expect(leadsAway(pictured("<a href='/g/7/2/'><img id=at></a>"))).toBe(false);
  expect(leadsAway(pictured("<a href='/g/8/2/'><img id=at></a>"))).toBe(true);
  history.pushState(null, "", "/");
});

describe("pages that are linked to", () => {
  const linked = (numbers: readonly number[], to = (at: number) => `/g/7/${at}/`) =>
    (document.body.innerHTML = numbers.map((at) => `<a href="${to(at)}"><img></a>`).join(""));

  test.each([
    ["/g/7/", [1, 2, 3, 4, 5, 6], false], // whose first page it may be
    ["/gallery/7", [1, 2, 3, 4, 5, 6], true],
    ["/g/7/3/", [1, 2, 3, 4, 5, 6], false], // a reader with its pages beside
    ["/gallery/7", [1, 2, 4, 5, 6], false],
    ["/gallery/7", [], false],
  ])("%s with %j: %s", (here, numbers, expected) => {
    history.pushState(null, "", here);
    linked(numbers);
    expect(listsPages(document)).toBe(expected);
    history.pushState(null, "", "/");
  });

  test("links of words, and those to another site, are none", () => {
    document.body.innerHTML = [2, 3, 4, 5].map((at) => `<a href="/g/7/${at}">${at}</a>`).join("");
    expect(listsPages(document)).toBe(false);
    document.body.innerHTML = "<a href='/comic/second-day'><img></a>";
    expect(listsPages(document)).toBe(false);
    linked([1, 2, 3, 4, 5], (at) => `https://other.example/g/${at}`);
    expect(listsPages(document)).toBe(false);
  });
});

test.each([
  ["<button>Add to cart</button>", true],
  ["<input type=submit value='カートに入れる'>", true],
  ["<a class=btn-cart href='#'>In den Warenkorb</a>", true],
  ["<div itemscope itemtype='https://schema.org/Product'></div>", true],
  ["<button>Next</button><a href='/cart'>Cart</a>", false],
  ["<p>Add to cart</p>", false],
])("%s sells what it shows: %s", (html, expected) => {
  document.body.innerHTML = html;
  expect(sells(document)).toBe(expected);
});
