// @vitest-environment jsdom
import { describe, expect, test } from "vitest";
import { namesOf, RULES, tableOf } from "@/lib/page/find/naming";

const READ = "https://site.example/read/3";

function told(html: string, address = READ): [string, string] {
  const { series, chapter } = namesOf(new DOMParser().parseFromString(html, "text/html"), address);
  return [series, chapter];
}

describe("titles", () => {
  test.each([
    ["Rain Town - Chapter 3 - Comics", "Rain Town", "Chapter 3"],
    ["Chapter 12 | Rain Town | Reader", "Rain Town", "Chapter 12"],
    ["雨の町 第12話 | 漫画", "雨の町", "第12話"],
    ["Rain Town #7", "Rain Town", "#7"],
    ["Rain Town", "Rain Town", "/read/3"],
    ["", "site.example", "/read/3"],
    ["Read Rain Town Chapter 3 Online Free", "Rain Town", "Chapter 3"],
    ["Rain Town Ch. 3.5: The Storm | Site", "Rain Town", "Ch. 3.5: The Storm"],
    ["Rain Town Vol. 2 Ch. 13 - Site", "Rain Town", "Vol. 2 Ch. 13"],
    ["Rain Town, Episode 41 - page 3 of 20", "Rain Town", "Episode 41"],
    ["Site » Rain Town » Chapter 9", "Rain Town", "Chapter 9"],
    ["비의 마을 12화", "비의 마을", "12화"],
    ["La ville - Chapitre 7 (Page 3)", "La ville", "Chapitre 7"],
    ["March comes - 3", "March comes - 3", "/read/3"],
  ])("%s", (title, series, chapter) => {
    expect(told(`<title>${title}</title>`)).toEqual([series, chapter]);
  });

  test("the site's own name is no series, by its metadata or its address", () => {
    const site = '<meta property="og:site_name" content="Manga Place">';
    expect(told(`${site}<title>Manga Place - Rain Town - Chapter 3</title>`)[0]).toBe("Rain Town");
    expect(told("<title>Comicworld | Chapter 3 | Rain Town</title>", "https://www.comicworld.net/x")[0]).toBe(
      "Rain Town",
    );
  });
});

describe("readers, metadata, addresses", () => {
  const script = (data: unknown) => `<script type="application/ld+json">${JSON.stringify(data)}</script>`;

  test.each<[string, string, string, string, string?]>([
    [
      "Madara",
      "<ol class=breadcrumb><li><a>Home</a><li><a>Rain Town</a><li class=active>Chapter 3</ol><title>x</title>",
      "Rain Town",
      "Chapter 3",
    ],
    [
      "MangaStream",
      "<div class=headpost><h1>Rain Town Chapter 3</h1><div class=allc>All in <a>Rain Town</a></div></div>",
      "Rain Town",
      "Rain Town Chapter 3",
    ],
    [
      "Webtoons",
      "<div class=subj_info><a class=subj>Rain Town</a><h1 class=subj_episode>Ep. 3</h1></div>",
      "Rain Town",
      "Ep. 3",
    ],
    ["data attributes", '<main data-series-title="Rain Town" data-chapter-title="Ch 3"></main>', "Rain Town", "Ch 3"],
    [
      "a comic issue that is part of a series",
      script({
        "@type": "ComicIssue",
        name: "The storm",
        issueNumber: 3,
        isPartOf: { "@type": "ComicSeries", name: "Rain Town" },
      }),
      "Rain Town",
      "The storm",
    ],
    [
      "a graph with breadcrumbs",
      script({
        "@graph": [
          {
            "@type": "BreadcrumbList",
            itemListElement: [
              { position: 3, name: "Rain Town Chapter 3" },
              { position: 1, item: { name: "Home" } },
              { position: 2, item: { name: "Rain Town" } },
            ],
          },
        ],
      }),
      "Rain Town",
      "Chapter 3",
    ],
    [
      "broken data",
      "<script type='application/ld+json'>{oh</script><title>Rain Town - Chapter 3</title>",
      "Rain Town",
      "Chapter 3",
    ],
    [
      "marked breadcrumbs",
      "<nav aria-label=Breadcrumb><ol><li>Home<li>Rain Town<li>Chapter 3</ol></nav><title>Page 3</title>",
      "Rain Town",
      "Chapter 3",
    ],
    [
      "Open Graph",
      '<meta property="og:title" content="Rain Town - Chapter 3"><title>Reader</title>',
      "Rain Town",
      "Chapter 3",
    ],
    [
      "an address with folders",
      "<title></title>",
      "Rain Town",
      "Chapter 3",
      "https://s.example/manga/rain-town/chapter-3/",
    ],
    ["a mixed slug", "<title></title>", "Rain Town", "Chapter 3.5", "https://s.example/rain-town-chapter-3-5/"],
    ["a coded slug", "<title></title>", "Rain Town", "Chapter 3", "https://s.example/series/1842-rain-town-a81f3c/ch3"],
    ["a damaged address", "<title></title>", "s.example", "/%E0%A4%A/3", "https://s.example/%E0%A4%A/3"],
  ])("%s", (_, html, series, chapter, address = READ) => {
    expect(told(html, address)).toEqual([series, chapter]);
  });

  test("what a page says is cut to a bearable length", () => {
    expect(told(`<title>${"a ".repeat(5000)}</title>`)[0].length).toBeLessThanOrEqual(200);
  });

  test("every rule has a name of its own", () => {
    expect(new Set(RULES.map(({ of }) => of)).size).toBe(RULES.length);
  });
});

describe("what the reader chose for the site", () => {
  const html =
    '<meta property="og:title" content="Rain Town - Chapter 3"><title>Regenstadt - Kapitel 3</title>' +
    "<h1 class=name> Rain  Town! </h1><p data-volume='Volume 2'>x</p>";
  const page = new DOMParser().parseFromString(html, "text/html");
  const address = "https://s.example/manga/rain-town/chapter-3/";
  const named = (chosen: { series?: string; chapter?: string }) => Object.values(namesOf(page, address, chosen));

  test("the table tells what each rule finds, in its order", () => {
    expect(tableOf(page, address)).toEqual([
      { of: "OpenGraph", series: "Rain Town", chapter: "Chapter 3" },
      { of: "title", series: "Regenstadt", chapter: "Kapitel 3" },
      { of: "address", series: "Rain Town", chapter: "Chapter 3" },
    ]);
  });

  test.each<[{ series?: string; chapter?: string }, string, string]>([
    [{}, "Rain Town", "Chapter 3"],
    [{ series: "title" }, "Regenstadt", "Chapter 3"],
    [{ series: "=h1.name", chapter: "title" }, "Rain Town!", "Kapitel 3"],
    [{ chapter: "=[data-volume]" }, "Rain Town", "Volume 2"],
    [{ series: "JSON-LD" }, "Rain Town", "Chapter 3"], // it tells nothing here
    [{ series: "=.missing", chapter: "=][" }, "Rain Town", "Chapter 3"],
    [{ series: "a rule of another version" }, "Rain Town", "Chapter 3"],
  ])("%j", (chosen, series, chapter) => {
    expect(named(chosen)).toEqual([series, chapter]);
  });
});
