/** A document that lays nothing out, for what is laid over its elements: places are what a test says. */

import { beforeEach, vi } from "vitest";
import type { Holder } from "@/lib/page/holders/holder";

const outside = vi.hoisted(() => ({
  host: null as HTMLElement | null,
  clippers: [] as Element[],
  isCutAway: false,
  warp: { matrix: "none", zoom: 1 },
  raise: vi.fn((_host: Element, above: unknown) => above),
  clippersOf: vi.fn(),
}));
vi.mock("@/lib/page/holders/closed-root", () => ({
  raise: outside.raise,
  closedRoot: (host: HTMLElement) => {
    outside.host = host;
    Object.defineProperty(host, "style", { value: new Written() });
    Object.defineProperty(host, "offsetParent", { get: () => document.body });
    return document.createElement("div");
  },
}));
vi.mock("@/lib/page/holders/laid-out", async (original) => ({
  ...(await original<object>()),
  warpOf: () => outside.warp,
}));
vi.mock("@/lib/page/swap/overlay-clip", () => ({
  clippersOf: outside.clippersOf,
  clipPath: (_: Element, clippers: Element[]) => `inset(${clippers.length}px)`,
  isCutAway: () => outside.isCutAway,
}));

import { Place } from "@/lib/page/swap/overlay-place";

/** What is written to the host's style, for a document that lays nothing out. */
export class Written {
  readonly values = new Map<string, string>();
  readonly priorities = new Set<string>();
  count = 0;
  set cssText(_: string) {
    this.values.clear();
  }
  setProperty(name: string, value: string, priority: string): void {
    this.count += 1;
    this.priorities.add(priority);
    this.values.set(name, value);
  }
}
export const style = () => (outside.host as HTMLElement).style as unknown as Written;
export const written = (...names: string[]) => names.map((name) => style().values.get(name));
export const px = (name: string) => Number.parseFloat(style().values.get(name) ?? "0") || 0;

export type Rect = { left: number; top: number; width: number; height: number };
/** Where the host lies in the window, by what was written to it; and how far, standing where it is, it moves others. */
export const site = {
  layout: (own: Rect): Rect => own,
  pushes: (_: Element): number => 0,
};
export const rects = new Map<Element, Rect>();
export const styles = new Map<Element, Record<string, string>>();
export const TARGET = { left: 300, top: 200, width: 400, height: 600 };

export let frame: HTMLElement;
export let parent: HTMLElement;

beforeEach(() => {
  document.body.replaceChildren();
  rects.clear();
  styles.clear();
  Object.assign(site, { layout: (own: Rect) => own, pushes: () => 0 });
  outside.warp = { matrix: "none", zoom: 1 };
  outside.raise.mockReset().mockImplementation((_, above) => above);
  outside.clippers = [];
  outside.clippersOf.mockReset().mockImplementation(() => outside.clippers);
  Element.prototype.getBoundingClientRect = function (this: Element) {
    const own = { left: px("left"), top: px("top"), width: px("width"), height: px("height") };
    const rect = this === outside.host ? site.layout(own) : { ...(rects.get(this) ?? TARGET) };
    if (this !== outside.host) rect.top += site.pushes(this);
    return { ...rect, right: rect.left + rect.width, bottom: rect.top + rect.height } as DOMRect;
  };
  vi.stubGlobal("getComputedStyle", (element: Element) => {
    const own = {
      width: "400px",
      height: "600px",
      position: "static",
      opacity: "1",
      "mix-blend-mode": "normal",
      filter: "none",
      ...styles.get(element),
    };
    const camel = Object.fromEntries(
      Object.entries(own).map(([name, value]) => [name.replace(/-(.)/g, (_, one: string) => one.toUpperCase()), value]),
    );
    return { ...camel, getPropertyValue: (name: string) => (own as Record<string, string>)[name] ?? "" };
  });
  parent = document.body.appendChild(document.createElement("div"));
  frame = parent.appendChild(document.createElement("img"));
});

export const target = (rect: Rect = TARGET) =>
  ({ ...rect, right: rect.left + rect.width, bottom: rect.top + rect.height }) as DOMRect;
export function placeOf(isBehind = false): Place {
  const content = document.createElement("div");
  return new Place({ frame, isBehind, depth: () => "-1" } as unknown as Holder, content);
}
export const host = () => outside.host as HTMLElement;
export const isAtRoot = () => host().parentNode === document.documentElement;

export { outside };
