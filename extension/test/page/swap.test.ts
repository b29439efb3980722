// @vitest-environment jsdom
import { beforeEach, expect, test, vi } from "vitest";
import { Swap } from "@/lib/page/swap";

const COLOURED = { url: "blob:coloured", picture: new Blob(), width: 800, height: 1200 };
const PAGE = new URL("/a.jpg", document.baseURI).href;

function page(markup: string): HTMLImageElement {
  document.body.innerHTML = `<main>${markup}</main>`;
  return document.querySelector("img") as HTMLImageElement;
}

const markup = () => document.querySelector("main")?.innerHTML;
const observed = () => new Promise((resolve) => setTimeout(resolve));
const ended = vi.fn();

beforeEach(() => void ended.mockClear());

test("shows the coloured picture and takes it back without a trace", () => {
  const before = `<picture><source srcset="/a.webp 2x" type="image/webp"><img src="/a.jpg" srcset="/a-w.jpg 800w" sizes="100vw" alt=""></picture>`;
  const swap = new Swap(page(before), PAGE, COLOURED, ended);
  expect(swap.img.getAttribute("src")).toBe(COLOURED.url);
  expect(document.querySelector("source")?.getAttribute("srcset")).toBe("");
  swap.restore();
  expect(markup()).toBe(before);
});

test("the intrinsic size stays that of the original, also where its pixels are dense", () => {
  const img = page(`<img src="/a.jpg">`);
  Object.defineProperties(img, {
    complete: { value: true },
    naturalWidth: { value: 400 },
    currentSrc: { value: PAGE },
  });
  const swap = new Swap(img, PAGE, COLOURED, ended);
  expect(img.getAttribute("srcset")).toBe("blob:coloured 2x");
  swap.restore();
  expect(markup()).toBe(`<img src="/a.jpg">`);
});

test("the site's writing of the same page again is answered", async () => {
  const swap = new Swap(page(`<img src="data:image/gif;base64,R0" data-src="/a.jpg">`), PAGE, COLOURED, ended);
  swap.img.setAttribute("src", "/a.jpg");
  await observed();
  expect(swap.img.getAttribute("src")).toBe(COLOURED.url);
  expect(ended).not.toHaveBeenCalled();
  swap.restore();
  expect(swap.img.getAttribute("src")).toBe("/a.jpg"); // as the site last had it
});

test("another page ends the swap and is left alone", async () => {
  const swap = new Swap(page(`<img src="/a.jpg">`), PAGE, COLOURED, ended);
  swap.img.setAttribute("src", "/b.jpg");
  await observed();
  expect(ended).toHaveBeenCalledOnce();
  expect(markup()).toBe(`<img src="/b.jpg">`);
});

test("a corrected picture takes the place of the first, and the way back stays", async () => {
  const before = `<img src="/a.jpg" srcset="/a-w.jpg 800w">`;
  const swap = new Swap(page(before), PAGE, COLOURED, ended);
  swap.replace({ ...COLOURED, url: "blob:corrected" });
  expect(swap.img.getAttribute("src")).toBe("blob:corrected");
  expect(swap.hidesLoadEvent).toBe(true);
  swap.img.setAttribute("src", "/a.jpg");
  await observed();
  expect(swap.img.getAttribute("src")).toBe("blob:corrected");
  swap.restore();
  expect(markup()).toBe(before);
});

test("a site that insists gets its way", async () => {
  const swap = new Swap(page(`<img src="/a.jpg">`), PAGE, COLOURED, ended);
  for (let time = 0; time < 40; time++) {
    swap.img.setAttribute("src", "/a.jpg");
    await observed();
  }
  expect(ended).toHaveBeenCalledOnce();
  expect(swap.img.getAttribute("src")).toBe("/a.jpg");
});
