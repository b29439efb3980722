// @vitest-environment jsdom
import { beforeEach, describe, expect, test, vi } from "vitest";

vi.hoisted(() => {
  globalThis.CSSStyleSheet = class {
    text = "";
    replaceSync(text: string): void {
      this.text = text;
    }
  } as unknown as typeof CSSStyleSheet;
});
import { closedRoot, raise } from "@/lib/page/holders/closed-root";
import { elementsBelow } from "@/lib/page/holders/roots";

test("a root of ours is closed, on no paper, and no part of the site's document", () => {
  const host = document.createElement("div");
  const root = closedRoot(host);
  root.append(document.createElement("img"));
  document.body.replaceChildren(host);
  expect([root.mode, host.shadowRoot]).toEqual(["closed", null]);
  const [sheet] = root.adoptedStyleSheets as unknown as { text: string }[];
  expect(sheet?.text).toMatch(/@media print \{ :host \{ display: none !important \} \}/);
  expect([...elementsBelow(document, () => undefined)].some(({ localName }) => localName === "img")).toBe(false);
});

describe("over what the site shows in full screen or as a dialog", () => {
  let host: HTMLElement;
  let top: Element[]; // what the browser shows on top, from below
  const shown = vi.fn();
  const hidden = vi.fn();

  beforeEach(() => {
    host = document.createElement("div");
    document.body.replaceChildren(host);
    top = [];
    shown.mockReset();
    hidden.mockReset();
    document.querySelectorAll = (() => top) as unknown as typeof document.querySelectorAll;
    const isOpen = () => shown.mock.calls.length > hidden.mock.calls.length;
    Object.assign(host, { showPopover: shown, hidePopover: hidden, matches: isOpen });
    Object.defineProperty(host, "popover", { set: (kind: string) => host.setAttribute("popover", kind) });
  });
  const dialog = () => document.body.appendChild(document.createElement("dialog"));

  test("the host is a popover for as long as there is something", () => {
    expect(raise(host, null)).toBeNull();
    expect(shown).not.toHaveBeenCalled();
    top = [dialog()];
    expect(raise(host, null)).toBe(top[0]);
    expect([shown.mock.calls.length, host.getAttribute("popover")]).toEqual([1, "manual"]);
    const [above] = top as [Element];
    top = [above, host];
    expect(raise(host, above)).toBe(above);
    expect(shown).toHaveBeenCalledTimes(1); // it is there already
    top = [];
    expect(raise(host, above)).toBeNull();
    expect([hidden.mock.calls.length, host.hasAttribute("popover")]).toEqual([1, false]);
    expect(raise(host, null)).toBeNull();
    expect(hidden).toHaveBeenCalledTimes(1);
  });

  test("it goes over the uppermost, again for each that comes", () => {
    top = [dialog(), dialog()];
    const first = raise(host, null);
    expect(first).toBe(top[1]);
    top = [...top, host, dialog()];
    expect(raise(host, first)).toBe(top[3]);
    expect([shown.mock.calls.length, hidden.mock.calls.length]).toEqual([2, 1]);
  });

  test("one in which the host itself stands does not count", () => {
    const around = dialog();
    around.append(host);
    top = [around];
    expect(raise(host, null)).toBeNull();
    expect(shown).not.toHaveBeenCalled();
  });

  test("a host that lost its place is lifted anew", () => {
    top = [dialog()];
    const above = raise(host, null);
    host.removeAttribute("popover"); // by the site
    raise(host, above);
    expect(shown).toHaveBeenCalledTimes(2);
  });
});
