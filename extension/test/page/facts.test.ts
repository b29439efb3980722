// @vitest-environment jsdom
import { expect, test } from "vitest";
import { type Candidate, factsOf } from "@/lib/page/find/facts";
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
