// @vitest-environment jsdom
import { beforeEach, expect, test, vi } from "vitest";
import { illustrate } from "@/lib/page/find/prose";
import type { Box } from "@/lib/page/find/page-classifier";

const STORY = "An article goes on and on about what is to be seen. ".repeat(12);
const ROWS = 1000; // px, of each element in the document's order

/** Lays elements out one below another; what has a `data-on` lies where that one does. */
function lay(html: string, widths: Record<string, number> = {}): void {
  document.body.innerHTML = html;
  const all = [...document.body.querySelectorAll("*")];
  vi.spyOn(Element.prototype, "getBoundingClientRect").mockImplementation(function (this: Element) {
    const on = this.getAttribute("data-on");
    const row = all.indexOf(on ? (document.querySelector(on) as Element) : this);
    return new DOMRect(0, row * ROWS, widths[this.localName] ?? 600, 900);
  });
}

const pictures = () =>
  [...document.images].map((node) => ({ holder: { node, box: (): Box => node.getBoundingClientRect() } }));

beforeEach(() => vi.restoreAllMocks());

test.each([
  ["an article between", `<img><p>${STORY}</p><img>`, true],
  ["one of many parts", `<img>${`<div>${STORY.slice(0, 80)}</div>`.repeat(7)}<img>`, true],
  ["one in ideographs", `<img><p>${"写真は市の記録に残る".repeat(21)}</p><img>`, true],
  ["most of the gaps", `<img><p>${STORY}</p><img><p>${STORY}</p><img><img>`, true],
  ["half of the gaps", `<img><p>${STORY}</p><img><img>`, false],
  ["pages", "<img><img><img>", false],
  ["a word about the chapter", `<img><p>${STORY.slice(0, 300)}</p><img>`, false],
  ["many labels", `<img>${"<p>Chapter 12, page 5</p>".repeat(60)}<img>`, false],
  ["an article below", `<img><img><p>${STORY}</p>`, false],
  ["one picture", `<p>${STORY}</p><img><p>${STORY}</p>`, false],
  ["what a browser without scripts would show", `<img><noscript>${STORY}</noscript><img>`, false],
  ["a script", `<img><script>/* ${STORY} */</script><img>`, false],
  ["words that lie on the page", `<img id=a><p data-on='#a'>${STORY}</p><img>`, false],
])("%s: %s", (_, html, expected) => {
  lay(html);
  expect(illustrate(pictures())).toBe(expected);
});

test("words in a column for nobody do not count, nor do pictures that are hidden", () => {
  const html = `<img><p>${STORY}</p><img>`;
  lay(html, { p: 60 });
  expect(illustrate(pictures())).toBe(false);
  lay(html, { img: 0 });
  expect(illustrate(pictures())).toBe(false);
});

test("pictures in shadow roots of their own have nothing between them", () => {
  lay(`<div></div><p>${STORY}</p><img>`);
  const img = document.createElement("img");
  document.querySelector("div")?.attachShadow({ mode: "open" }).append(img);
  const inside = { holder: { node: img, box: () => new DOMRect(0, 0, 600, 900) } };
  expect(illustrate([inside, ...pictures()])).toBe(false);
});
