import { describe, expect, test } from "vitest";
import { chapterKey, namesOf } from "@/lib/page/find/chapter";

describe("names", () => {
  test.each([
    ["Rain Town - Chapter 3 - Comics", "Rain Town", "Chapter 3"],
    ["Chapter 12 | Rain Town | Reader", "Rain Town", "Chapter 12"],
    ["雨の町 第12話 | 漫画", "漫画", "雨の町 第12話"],
    ["Rain Town #7", "Rain Town", "Rain Town #7"],
    ["Rain Town", "Rain Town", "/read/3"],
    ["", "site.example", "/read/3"],
  ])("%s", (title, series, chapter) => {
    expect(namesOf(title, "https://site.example/read/3")).toEqual({ series, chapter });
  });
});

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
