// @vitest-environment jsdom
import { expect, test, vi } from "vitest";
import { type Candidate, factsOf, surroundings } from "@/lib/page/find/facts";
import { atOnce } from "@/lib/page/slices";
import type { Holder } from "@/lib/page/holders/holder";

const candidate = (node: Element, isBehind: boolean, width: number, height: number): Candidate => {
  const holder = { node, isBehind, box: () => new DOMRect(0, 0, width, height), natural: { width, height } };
  return { holder: holder as unknown as Holder, url: "/a.png", loaded: true, width, height };
};

test("what pages lie on is no page, what only small things lie on may be one", () => {
  document.body.innerHTML = "<div><main><i></i><b></b></main></div><section><u></u></section>";
  const [wood, page, shown, sign] = ["div", "i", "section", "u"].map((name) => document.querySelector(name) as Element);
  const facts = atOnce(
    factsOf([
      candidate(wood as Element, true, 1000, 1500),
      candidate(page as Element, false, 800, 1200),
      candidate(shown as Element, true, 800, 1200),
      candidate(sign as Element, false, 40, 40),
    ]),
  );
  expect(facts.map(({ isFurniture }) => isFurniture)).toEqual([true, false, false, false]);
});

const shown = (style: string, url: string, width = 700, left = 0): Candidate => {
  const node = document.body.appendChild(document.createElement("img"));
  node.style.cssText = style;
  const holder = {
    node,
    isBehind: false,
    box: () => new DOMRect(left, 0, width, 900),
    natural: { width, height: 900 },
  };
  return { holder: holder as unknown as Holder, url, loaded: true, width: 800, height: 1200 };
};

test.each([
  ["a blurred copy behind the page", "filter: blur(24px)", "/a.png", 0, true],
  ["another one's", "filter: brightness(0.5) blur(24px)", "/small.png", 0, true],
  ["one that is a little soft", "filter: blur(1px)", "/a.png", 0, false],
  ["what waits for a click, with nothing over it", "filter: blur(24px)", "/b.png", 2000, false],
  ["what is there to be dragged", "opacity: 0", "/a.png", 0, true],
  ["another page that fades in", "opacity: 0", "/b.png", 0, false],
  ["the same page elsewhere, not shown yet", "opacity: 0", "/a.png", 2000, false],
  ["a page that is half faded", "opacity: 0.5", "/a.png", 0, false],
])("%s", (_, style, url, left, expected) => {
  document.body.replaceChildren();
  const facts = atOnce(factsOf([shown(style, url, 700, left), shown("", "/a.png", 500)]));
  expect(facts.map(({ isFurniture }) => isFurniture)).toEqual([expected, false]);
});

test("what a heading stands on is no page", () => {
  document.body.innerHTML = "<div><h2>We build bridges</h2></div><p><b>3</b></p>";
  const rect = vi.spyOn(Element.prototype, "getBoundingClientRect").mockReturnValue(new DOMRect(0, 0, 300, 40));
  const [stage, page] = ["div", "p"].map((name) => candidate(document.querySelector(name) as Element, true, 800, 1200));
  const facts = atOnce(factsOf([stage as Candidate, page as Candidate]));
  expect(facts.map(({ isFurniture }) => isFurniture)).toEqual([true, false]);
  rect.mockRestore();
});

test.each([
  ["", false],
  ["<button>Add to cart</button>", true],
  [[1, 2, 3, 4, 5].map((at) => `<a href="/pages/${at}"><img></a>`).join(""), true],
  [[1, 2, 3, 4].map((at) => `<a href="/c/${at}">Chapter ${at}</a>`).join(""), true],
])("a document with %s is about a book: %s", (html, expected) => {
  history.pushState(null, "", "/book");
  document.body.innerHTML = html;
  expect(surroundings().isAbout).toBe(expected);
  history.pushState(null, "", "/");
});
