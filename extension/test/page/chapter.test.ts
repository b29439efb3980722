import { describe, expect, test } from "vitest";
import { chapterKey } from "@/lib/page/find/chapter";

describe("what stays while one turns pages", () => {
  const same = (a: string, b: string) => chapterKey(`https://s.example${a}`) === chapterKey(`https://s.example${b}`);

  test.each([
    ["/read/town/3/1", "/read/town/3/2", true],
    ["/read/town/3?page=1", "/read/town/3?page=2", true],
    ["/read/town/3#1", "/read/town/3#2", true],
    ["/read/town/3/1", "/read/town/4/1", false],
    ["/read?chapter=3&page=1", "/read?chapter=4&page=1", false],
  ])("%s and %s: %s", (a, b, expected) => {
    expect(same(a, b)).toBe(expected);
  });
});
