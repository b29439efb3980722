// @vitest-environment jsdom
import { describe, expect, test } from "vitest";
import { knownUrls, largestOf, lazyUrl, sourceOf } from "@/lib/page/holders/sources";

/** jsdom loads no pictures: `shown` says what the element would show. */
function image(markup: string, shown?: { url: string; width: number; height: number }): HTMLImageElement {
  document.body.innerHTML = markup;
  const img = document.querySelector("img") as HTMLImageElement;
  Object.defineProperties(img, {
    currentSrc: { value: shown?.url ?? "" },
    complete: { value: shown !== undefined },
    naturalWidth: { value: shown?.width ?? 0 },
    naturalHeight: { value: shown?.height ?? 0 },
  });
  return img;
}

const once = () => 1;
const at = (path: string) => new URL(path, document.baseURI).href;

describe("the picture that an element stands for", () => {
  test("what it shows", () => {
    const img = image(`<img src="/a.jpg">`, { url: at("/a.jpg"), width: 800, height: 1200 });
    expect(sourceOf(img, once)).toEqual({ url: at("/a.jpg"), loaded: true });
  });

  test.each([
    "data-src",
    "data-lazy-src",
    "data-cfsrc",
    "data-original",
    "data-manga-src",
    "data-sec-src",
    "data-pagespeed-lazy-src",
    "data-url",
    "data-anything",
  ])("what %s will bring, while a dot stands in", (name) => {
    const img = image(`<img src="data:image/gif;base64,R0lGOD" ${name}="/b.webp?x=1">`, {
      url: "data:image/gif;base64,R0lGOD",
      width: 1,
      height: 1,
    });
    expect(sourceOf(img, once)).toEqual({ url: at("/b.webp?x=1"), loaded: false });
  });

  test("a placeholder as large as a page stands for nothing by itself", () => {
    const shown = { url: at("/loading.svg"), width: 800, height: 1200 };
    expect(sourceOf(image(`<img src="/loading.svg" data-src="/c.jpg">`, shown), once)?.url).toBe(at("/c.jpg"));
    const repeated = { url: at("/wait.jpg"), width: 800, height: 1200 };
    expect(sourceOf(image(`<img src="/wait.jpg" data-src="/c.jpg">`, repeated), () => 9)?.url).toBe(at("/c.jpg"));
  });

  test("a page that has loaded counts more than its lazy attribute", () => {
    const img = image(`<img src="/a.jpg" data-src="/a-small.jpg">`, { url: at("/a.jpg"), width: 800, height: 1200 });
    expect(sourceOf(img, once)?.url).toBe(at("/a.jpg"));
  });

  test("a picture that is still to load, by its own address", () => {
    expect(sourceOf(image(`<img src="/late.jpg" loading="lazy">`), once)).toEqual({
      url: at("/late.jpg"),
      loaded: false,
    });
  });

  test("nothing", () => {
    expect(sourceOf(image(`<img alt="x">`), once)).toBeNull();
    expect(sourceOf(image(`<img src="data:image/svg+xml,x">`), once)).toBeNull();
  });
});

test("words in attributes are no addresses", () => {
  expect(lazyUrl(image(`<img data-title="a page.jpg of mine" data-id="7">`))).toBeNull();
});

test("the largest candidate of a srcset", () => {
  expect(largestOf("/s.jpg 400w, /l.jpg 1600w, /m.jpg 800w")).toBe("/l.jpg");
  expect(largestOf("/one.jpg, /two.jpg 2x")).toBe("/two.jpg");
  expect(largestOf("")).toBeNull();
});

test("all addresses that may bring the same page", () => {
  const img = image(
    `<picture><source srcset="/a.webp 1x, /a2.webp 2x"><img src="/a.jpg" srcset="/a-w.jpg 800w" data-src="/a-lazy.jpg"></picture>`,
    { url: at("/a.webp"), width: 800, height: 1200 },
  );
  const paths = ["/a.webp", "/a2.webp", "/a.jpg", "/a-w.jpg", "/a-lazy.jpg"];
  expect([...knownUrls(img)].sort()).toEqual(paths.map(at).sort());
});
