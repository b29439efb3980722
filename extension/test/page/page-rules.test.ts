// @vitest-environment jsdom
import { expect, test } from "vitest";
import { fakeBrowser } from "wxt/testing/fake-browser";
import { changeRules, loadHabit, type PageRule, withRule } from "@/lib/habits";
import { followRules, isPattern, matches, patternFor, ruledBy } from "@/lib/page/find/page-rules";
import type { Holder } from "@/lib/page/holders/holder";

const ADS = "https://cdn.example/promo/banner-12.jpg";
const page = (n: number) => `https://cdn.example/town/3/00${n}.jpg`;
const pictured = (address: string, markup = "<main><img></main>"): Pick<Holder, "node" | "address"> => {
  const root = document.createElement("div");
  root.innerHTML = markup;
  return { address, node: root.querySelector("img, canvas") as Element };
};

test.each([
  ["https://cdn.example/promo/*", ADS, true],
  ["https://cdn.example/promo/*", `${ADS}?t=9#x`, true],
  ["https://cdn.example/*/banner-*.jpg", ADS, true],
  ["https://cdn.example/promo/banner-1.jpg", ADS, false],
  ["https://cdn+example/promo/*", ADS, false], // no regular expression
  ["*://cdn.example/*?t=9", `${ADS}?t=9`, true],
  ["main > img", ADS, true],
  ["main > .ad", ADS, false],
  ["main >> [", ADS, false],
])("%s means %s: %s", (pattern, address, expected) => {
  expect(matches(pattern, pictured(address))).toBe(expected);
});

test("the last word counts, and of others nothing is said", () => {
  const rules: PageRule[] = [
    { isPage: false, pattern: "https://cdn.example/promo/*" },
    { isPage: true, pattern: ADS },
  ];
  expect(ruledBy(pictured(ADS), rules)).toBe(true);
  expect(ruledBy(pictured(`${ADS}x`), rules)).toBe(false);
  expect(ruledBy(pictured(page(1)), rules)).toBeNull();
});

test.each<[string, string, string, string[], string]>([
  [
    "its like in other chapters",
    ADS,
    "<main><img></main>",
    [page(1), page(2)],
    "https://cdn.example/promo/banner-*.jpg",
  ],
  [
    "where it stands, if pages have such addresses",
    page(9),
    '<div class="end ad-3"><p class="credits"><img></p></div>',
    [page(1)],
    "div > div.end > p.credits > img",
  ],
  [
    "itself, of a host with numbers",
    "http://127.0.0.1:80/a.jpg",
    "<main><img></main>",
    [],
    "http://127.0.0.1:80/a.jpg",
  ],
  ["itself alone, if pages stand there too", page(9), "<main><img></main>", [page(1)], page(9)],
  [
    "what stands there, if it has no address",
    "canvas:1x1:ab",
    '<div id="viewer"><canvas></canvas></div>',
    [],
    "div > div#viewer > canvas",
  ],
])("a picture is remembered as %s", (_, address, markup, others, expected) => {
  const picked = pictured(address, markup);
  const unlike = others.map((other) => pictured(other));
  const pattern = patternFor(picked, unlike);
  expect(pattern.replace(/^div > (?=div)/, "")).toBe(expected.replace(/^div > (?=div)/, ""));
  expect(matches(pattern, picked)).toBe(true);
  expect(unlike.some((other) => matches(pattern, other))).toBe(false);
});

test.each([
  ["", false],
  ["main > img.ad", true],
  ["main >> [", false],
  ["https://cdn.example/*", true],
  [`https://${"x".repeat(500)}`, false],
])("%s can be a pattern: %s", (pattern, expected) => {
  expect(isPattern(pattern)).toBe(expected);
});

test("what was said of a site is kept, once for each pattern, and followed", async () => {
  fakeBrowser.reset();
  const site = "https://reader.example";
  const stop = new AbortController();
  let changes = 0;
  await followRules(site, () => changes++, stop.signal);
  for (const isPage of [true, false])
    await changeRules(site, (rules) => withRule(rules, { isPage, pattern: "https://cdn.example/promo/*" }));
  expect((await loadHabit(site)).pages).toEqual([{ isPage: false, pattern: "https://cdn.example/promo/*" }]);
  expect([ruledBy(pictured(ADS)), changes]).toEqual([false, 2]);
  await changeRules(site, () => []);
  expect(ruledBy(pictured(ADS))).toBeNull();
  stop.abort();
});
