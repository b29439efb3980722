// @vitest-environment jsdom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Panel } from "@/lib/page/correct/panel";
import { ImgHolder } from "@/lib/page/holders/img";

const acts = {
  use: vi.fn(),
  undo: vi.fn(),
  clear: vi.fn(),
  moved: vi.fn(),
  turned: vi.fn(),
  closed: vi.fn(),
  holds: vi.fn(() => true),
};
const siteHears = vi.fn();
let stop: AbortController;
let root: ShadowRoot;
let panel: Panel;

/** A page of 400 x 600 pixels with the panel open in its middle; the closed root is looked into as nobody else can. */
beforeEach(() => {
  vi.clearAllMocks();
  acts.holds.mockReturnValue(true);
  stop = new AbortController();
  document.body.innerHTML = `<button>site</button><img src="/a.jpg">`;
  document.addEventListener("keydown", siteHears);
  document.querySelector("button")?.focus();
  const img = document.querySelector("img") as HTMLImageElement;
  const sizes = { offsetWidth: 400, offsetHeight: 600 };
  for (const [name, value] of Object.entries(sizes)) Object.defineProperty(img, name, { value });
  img.getBoundingClientRect = () => new DOMRect(0, 0, 400, 600);
  const attach = vi.spyOn(Element.prototype, "attachShadow");
  panel = new Panel(new ImgHolder(img), [0.5, 0.5], acts, stop.signal);
  root = attach.mock.results[0]?.value as ShadowRoot;
});

afterEach(() => {
  stop.abort();
  document.removeEventListener("keydown", siteHears);
});

const part = (text: string) =>
  [...root.querySelectorAll("button")].find(
    (button) => button.textContent === text || button.getAttribute("aria-label")?.startsWith(text),
  ) as HTMLButtonElement;
const press = (element: Element, key: string, shiftKey = false) =>
  element.dispatchEvent(
    new KeyboardEvent("keydown", { key, shiftKey, bubbles: true, composed: true, cancelable: true }),
  );

test("takes the focus, and gives it back to where it was", () => {
  expect(document.activeElement?.localName).toBe("div");
  expect(root.activeElement).toBe(root.querySelector("input"));
  press(root.querySelector("input") as Element, "Escape");
  expect(document.querySelector("div")).toBeNull();
  expect(document.activeElement).toBe(document.querySelector("button")); // the body has the same text
  expect(acts.closed).toHaveBeenCalledOnce();
});

test("every part has a name, and the text is announced", () => {
  expect(root.querySelector("[role=dialog]")?.getAttribute("aria-label")).toBe("Correct a colour");
  expect(root.querySelector("input")?.labels?.[0]?.textContent).toBe("Colour");
  for (const button of root.querySelectorAll("button")) {
    expect(button.getAttribute("aria-label") ?? button.textContent).toMatch(/\w{3}/);
  }
  expect(root.querySelector("[role=status]")).not.toBeNull();
});

test("its keys are not the site's", () => {
  press(root.querySelector("input") as Element, "ArrowRight");
  expect(siteHears).not.toHaveBeenCalled();
});

test("the arrow keys move the place, with Shift finely, and never off the page", () => {
  press(part("Place"), "ArrowRight");
  press(part("Place"), "ArrowUp", true);
  expect(panel.point[0] * 400).toBeCloseTo(210);
  expect(panel.point[1] * 600).toBeCloseTo(298);
  for (let n = 0; n < 50; n++) press(part("Place"), "ArrowRight");
  expect(panel.point[0]).toBe(1);
  expect(acts.moved).toHaveBeenCalledTimes(52);
});

test("a button that does nothing now keeps its place in the order of keys", () => {
  panel.show({ canUse: false, canUndo: true, text: "1 correction on this page." });
  part("Use this colour").click();
  part("Undo last").click();
  expect(acts.use).not.toHaveBeenCalled();
  expect(acts.undo).toHaveBeenCalledOnce();
  expect(part("Use this colour").disabled).toBe(false);
  expect(part("Use this colour").getAttribute("aria-disabled")).toBe("true");
});

test("closes when the reader points elsewhere, the chapter ends, or the picture is another", async () => {
  document.body.dispatchEvent(new Event("pointerdown", { bubbles: true }));
  expect(acts.closed).toHaveBeenCalledTimes(1);

  const img = document.querySelector("img") as HTMLImageElement;
  new Panel(new ImgHolder(img), [0.5, 0.5], acts, stop.signal);
  stop.abort();
  expect(acts.closed).toHaveBeenCalledTimes(2);

  new Panel(new ImgHolder(img), [0.5, 0.5], acts, new AbortController().signal);
  acts.holds.mockReturnValue(false);
  await vi.waitFor(() => expect(acts.closed).toHaveBeenCalledTimes(3));
});

test("a colour goes to the place alone, or to a part of the figure everywhere", () => {
  const where = root.querySelector("select") as HTMLSelectElement;
  expect(where.getAttribute("aria-label")).toBe("Where the colour goes");
  expect(panel.where).toBe("here");
  expect([...where.options].map(({ value }) => value)).toEqual(["here", "hair", "skin", "clothes"]);
  where.value = "hair";
  expect(panel.where).toBe("hair");
});
