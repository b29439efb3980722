// @vitest-environment jsdom
import { expect, test } from "vitest";
import { coverOf } from "@/lib/page/find/cover";

const READ = "https://site.example/read/3";
const cover = (html: string) => coverOf(new DOMParser().parseFromString(html, "text/html"), READ);

test.each([
  ["<title>Rain Town</title>", null],
  ['<meta property="og:image" content="/covers/rain.jpg">', "https://site.example/covers/rain.jpg"],
  ['<meta name="og:image" content=" https://cdn.example/a.jpg ">', "https://cdn.example/a.jpg"],
  ['<meta name="twitter:image" content="../b.png">', "https://site.example/b.png"],
  ['<link rel="icon image_src" href="//cdn.example/c.webp">', "https://cdn.example/c.webp"],
  ['<div itemprop="isPartOf"><img itemprop="image" src="d.jpg"></div>', "https://site.example/read/d.jpg"],
  ['<div itemprop="partOfSeries"><img itemprop="image" src="e.jpg"></div>', "https://site.example/read/e.jpg"],
  ['<img itemprop="image" src="page-1.jpg">', null],
  ['<meta property="og:image" content="data:image/png;base64,AA">', null],
  ['<meta property="og:image" content="https://[">', null],
  ['<meta property="og:image" content="">', null],
])("%s", (html, told) => expect(cover(html)).toBe(told));

test("what is named for the series comes first, then what is the safest, and nothing hides what can be read", () => {
  const all = [
    '<link rel="image_src" href="/5">',
    '<meta name="twitter:image" content="/4">',
    '<meta property="og:image" content="/3">',
    '<meta property="og:image:secure_url" content="/2">',
    '<b itemprop="isPartOf"><img itemprop="image" src="/1"></b>',
  ];
  const first = [1, 2, 3, 4, 5].map((least) => cover(all.slice(0, 6 - least).join("")));
  expect(first).toEqual([1, 2, 3, 4, 5].map((one) => `https://site.example/${one}`));
  expect(cover('<meta property="og:image" content="data:,"><link rel="image_src" href="/5">')).toBe(
    "https://site.example/5",
  );
});
