// @vitest-environment jsdom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ancestors, disown, elementsBelow, pathOf } from "@/lib/page/holders/roots";

beforeEach(() => document.body.replaceChildren());
afterEach(() => vi.unstubAllGlobals());

const add = (parent: ParentNode, name: string, id = "") => {
  const element = document.createElement(name);
  element.id = id;
  parent.append(element);
  return element;
};
/** The ids of what is found below the document's body, and how many roots were entered. */
function walk(): { ids: string[]; roots: (Document | ShadowRoot)[] } {
  const roots: (Document | ShadowRoot)[] = [];
  const ids = [...elementsBelow(document, (root) => roots.push(root))].map(({ id }) => id).filter((id) => id !== "");
  return { ids, roots };
}

test("elements come in the document's order, those of a shadow root after its host", () => {
  add(document.body, "img", "a");
  const host = add(document.body, "div", "b");
  add(host, "img", "d");
  const root = host.attachShadow({ mode: "open" });
  add(root, "img", "c");
  add(document.body, "img", "e");
  const { ids, roots } = walk();
  expect(ids).toEqual(["a", "b", "c", "d", "e"]);
  expect(roots).toEqual([document, root]);
});

test("what stands in a host of ours is no part of the document", () => {
  const host = add(document.body, "div", "a");
  add(host.attachShadow({ mode: "open" }), "img", "b");
  disown(host);
  expect(walk().ids).toEqual(["a"]);
});

test("closed roots are entered where the browser opens them to this script, of elements that may have one", () => {
  const opened = vi.fn((element: Element) => {
    if (!["a", "b"].includes(element.id)) return null;
    const fragment = document.createDocumentFragment();
    add(fragment, "img", `${element.id}-in`);
    return fragment;
  });
  vi.stubGlobal("chrome", { dom: { openOrClosedShadowRoot: opened } });
  for (const [name, id] of [
    ["div", "a"],
    ["manga-page", "b"],
    ["img", "c"],
    ["table", "d"],
  ] as const)
    add(document.body, name, id);
  document.body.append(document.createElementNS("http://www.w3.org/2000/svg", "svg"));
  expect(walk().ids).toEqual(["a", "a-in", "b", "b-in", "c", "d"]);
  expect(opened.mock.calls.map(([{ localName }]) => localName).sort()).toEqual(["body", "div", "manga-page"]);
});

test("a browser that opens none has none", () => {
  add(document.body, "div", "a");
  vi.stubGlobal("chrome", {});
  expect(walk().ids).toEqual(["a"]);
});

test("the way up and the path down lead through shadow roots", () => {
  const host = add(add(document.body, "main"), "section");
  const image = add(add(host.attachShadow({ mode: "open" }), "div"), "img");
  expect([...ancestors(image)].map(({ localName }) => localName)).toEqual([
    ...["img", "div", "section", "main", "body", "html"],
  ]);
  expect(pathOf(image)).toBe("main>section>div>img");
  expect(pathOf(document.body)).toBe("");
});
