import { expect, test, vi } from "vitest";

vi.mock("wxt/browser", () => ({ browser: {} }));

import type { Survey, WhyNone } from "@/lib/messages";
import { sayCheck, sayCost, sayFound, sayMissing } from "@/lib/ui/words";
import { sayNoEntry } from "@/lib/worker/inject";
import { sumOf } from "@/lib/worker/survey";

const survey = (pages: number, why: WhyNone | null, origins: string[] = []): Survey => ({
  pages,
  why,
  origins,
  site: "https://site",
  series: "Rain",
  chapter: "3",
});

test.each<[Survey, RegExp]>([
  [survey(1, null), /^1 page found here$/],
  [survey(4, null), /^4 pages found here$/],
  [survey(0, "none"), /Open a chapter/],
  [survey(0, "canvas"), /canvas.*another reading mode/],
  [survey(0, "unloaded"), /scroll/],
  [survey(0, "frame"), /allow that site/],
  [survey(2, "file"), /Allow access to file URLs/],
])("%j: %s", (found, words) => {
  expect(sayFound(found)).toMatch(words);
});

test.each<[string[], boolean, RegExp]>([
  [[], true, /^$/],
  [["https://cdn.example/*"], false, /^Pictures come from cdn\.example\. The browser will ask/],
  [
    ["https://a.example/*", "http://b.example/*"],
    true,
    /not allowed Irodori to read a\.example and b\.example, .*asked again/,
  ],
  [["https://a/*", "https://b/*", "https://c/*"], true, /a and 2 more sites/],
])("missing %j, asked before %s: %s", (patterns, wasAsked, words) => {
  expect(sayMissing(patterns, wasAsked)).toMatch(words);
});

test.each<[string, string, boolean, RegExp]>([
  ["chrome://settings/", "Cannot access a chrome:// URL", false, /belongs to the browser itself/],
  ["", "Cannot access a chrome:// URL", false, /belongs to the browser itself/],
  ["https://chromewebstore.google.com/", "The extensions gallery cannot be scripted.", false, /belongs to the browser/],
  ["file:///a.html", "Cannot access contents of the page.", false, /Allow access to file URLs/],
  ["", 'Cannot access contents of url "file:///a".', false, /Allow access to file URLs/],
  ["https://a.example/", "Cannot access contents of the page.", false, /press Irodori's button/],
])("%s %s: says why it may not enter", (url, error, allowsFiles, words) => {
  expect(sayNoEntry(url, error, allowsFiles)).toMatch(words);
});

test("frames add up, and the telling reason wins", () => {
  const top = survey(0, "none", ["https://site"]);
  expect(sumOf(top, [survey(3, null, ["https://frame"]), survey(1, null, ["https://frame"])])).toEqual(
    survey(4, null, ["https://site", "https://frame"]),
  );
  expect(sumOf(top, [survey(0, "canvas")]).why).toBe("canvas");
  expect(sumOf(survey(0, "unloaded"), []).why).toBe("unloaded");
});

test.each([
  [{ fresh: 0, cached: 3 }, /^This choice is there already: its pages/],
  [{ fresh: 1, cached: 2, seconds: 0.2 }, /^With this choice 1 page comes anew .* That takes about 1 s\.$/],
  [{ fresh: 3, cached: 0, seconds: 59.4 }, /3 pages come anew .* about 59 s\.$/],
  [{ fresh: 90, cached: 0, seconds: 150 }, /about 3 min\.$/],
  [{ fresh: 2, cached: 0 }, /2 pages come anew when you colorize again\.$/],
])("a cost of %j is said", (cost, words) => {
  expect(sayCost(cost)).toMatch(words);
});

test("checks have names, and those of a newer host their own", () => {
  expect([sayCheck("disk"), sayCheck("moon")]).toEqual(["Room on the disk", "moon"]);
});
