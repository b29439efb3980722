// @vitest-environment jsdom
import { expect, test } from "vitest";
import { fakeBrowser } from "wxt/testing/fake-browser";
import { changeNaming } from "@/lib/habits";
import { followNaming, toldByEach, toldNames } from "@/lib/page/find/told";

test("names are told as the reader chose for the site, at once and from each change on", async () => {
  fakeBrowser.reset();
  const site = "https://reader.example";
  document.title = "Rain Town - Chapter 3";
  document.body.innerHTML = "<h1>Regenstadt - Kapitel 3</h1>";
  const stop = new AbortController();
  await changeNaming(site, { series: "heading" });
  expect(toldNames().series).toBe("Rain Town"); // nothing was asked yet
  await followNaming("", stop.signal);
  await followNaming(site, stop.signal);
  expect(toldNames()).toEqual({ series: "Regenstadt", chapter: "Chapter 3" });
  await changeNaming(site, { chapter: "heading" });
  expect(toldNames()).toEqual({ series: "Rain Town", chapter: "Kapitel 3" });
  expect(toldByEach().map(({ of }) => of)).toEqual(["title", "heading"]);
  stop.abort();
});
