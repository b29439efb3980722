// @vitest-environment jsdom
import { describe, expect, test } from "vitest";
import { laidOut } from "@/lib/page/holders/laid-out";

const ROUNDED = { offsetWidth: 500, offsetHeight: 700 } as HTMLElement;

function styled(properties: Record<string, string>): CSSStyleDeclaration {
  const value = (name: string) => properties[name] ?? "";
  const { width = "auto", height = "auto", boxSizing = "content-box" } = properties;
  return { width, height, boxSizing, getPropertyValue: value } as unknown as CSSStyleDeclaration;
}

describe("the box of an element in its own pixels", () => {
  test.each<[string, Record<string, string>, [number, number, number, number], [number, number]]>([
    ["bare", { width: "500.4px", height: "700.6px" }, [0, 0, 500.4, 700.6], [500.4, 700.6]],
    ["without a size of its own", {}, [0, 0, 500, 700], [500, 700]],
    [
      "bordered and padded",
      { width: "100px", height: "200px", "border-left-width": "3px", "padding-left": "4px", "padding-bottom": "9px" },
      [7, 0, 100, 200],
      [107, 209],
    ],
    [
      "bordered, sized by its border",
      {
        width: "100px",
        height: "200px",
        boxSizing: "border-box",
        "border-top-width": "5px",
        "border-right-width": "10px",
      },
      [0, 5, 90, 195],
      [100, 200],
    ],
  ])("%s", (_, properties, [left, top, width, height], [wide, high]) => {
    const laid = laidOut(ROUNDED, styled(properties));
    expect(laid.content).toEqual({ left, top, width, height });
    expect([laid.width, laid.height]).toEqual([wide, high]);
  });

  test.each<[string, Record<string, string>, string]>([
    ["square", {}, "0px 0px 0px 0px / 0px 0px 0px 0px"],
    ["round", { "border-top-left-radius": "20px" }, "20px 0px 0px 0px / 20px 0px 0px 0px"],
    ["in shares", { "border-bottom-right-radius": "50%" }, "0px 0px 50px 0px / 0px 0px 100px 0px"],
    ["two radii", { "border-top-right-radius": "30px 10px" }, "0px 30px 0px 0px / 0px 10px 0px 0px"],
    [
      "less within a border",
      { "border-top-left-radius": "20px", "border-left-width": "8px", "border-top-width": "30px" },
      "12px 0px 0px 0px / 0px 0px 0px 0px",
    ],
  ])("corners: %s", (_, properties, radius) => {
    expect(laidOut(ROUNDED, styled({ width: "100px", height: "200px", ...properties })).radius).toBe(radius);
  });
});
