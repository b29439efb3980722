// @vitest-environment jsdom
import { beforeEach, describe, expect, test } from "vitest";
import type { Holder } from "@/lib/page/holders/holder";
import { disown } from "@/lib/page/holders/roots";
import { mayShowPage } from "@/lib/page/holders/unread";

let canvas: HTMLElement;
let over: Element[] = [];
let under: Element[] = [];
let box = { left: 100, top: 50, width: 500, height: 600 };

beforeEach(() => {
  document.body.replaceChildren();
  canvas = document.body.appendChild(document.createElement("canvas"));
  canvas.getBoundingClientRect = () => box as DOMRect;
  [over, under] = [[], []];
  box = { left: 100, top: 50, width: 500, height: 600 };
  document.elementsFromPoint = () => [...over, canvas, ...under, document.body];
});

const mayShow = () => mayShowPage({ node: canvas } as unknown as Holder);
const element = (name: string, style = "") => {
  const made = document.body.appendChild(document.createElement(name));
  made.style.cssText = style;
  return made;
};

describe("a canvas that reads empty", () => {
  test("may show a page where it stands alone, whatever of ours lies over it", () => {
    expect(mayShow()).toBe(true);
    over = [element("div")];
    disown(over[0] as Element);
    expect(mayShow()).toBe(true);
  });

  test.each<[string, () => void]>([
    ["is smaller than a page", () => (box.height = 300)],
    ["is out of the window", () => (box.top = 5000)],
    ["lets clicks through", () => (canvas.style.pointerEvents = "none")],
    ["can hardly be seen", () => (canvas.style.opacity = "0.2")],
    ["lies under something", () => (over = [element("div")])],
    ["lies over a picture", () => (under = [element("div"), element("img")])],
    ["lies over a background", () => (under = [element("div", "background-image: url(https://cdn.example/1.png)")])],
  ])("shows none where it %s", (_, change) => {
    change();
    expect(mayShow()).toBe(false);
  });
});
