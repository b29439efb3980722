// @vitest-environment jsdom
import { describe, expect, test } from "vitest";
import { pagesAhead } from "@/lib/page/find/ahead";

const SHOWN = "https://cdn.example/town/3/002.jpg";
const of = (...numbers: number[]) => numbers.map((n) => `https://cdn.example/town/3/00${n}.jpg`);

function ahead(html: string, asked: string[] = [], shown = SHOWN, most = 3): string[] {
  const page = new DOMParser().parseFromString(`<base href="https://cdn.example/">${html}`, "text/html");
  return pagesAhead(page, shown, asked, most).map(({ url }) => url);
}

const script = (pages: string[]) => `<script>reader.run(${JSON.stringify({ pages })})</script>`;

describe("the pages to which a reader will turn", () => {
  test.each<[string, string, string[], string[]]>([
    ["what the site has preloaded", "", of(1, 2, 4, 3), of(3, 4)],
    ["what it asks the browser for", '<link rel=preload as=image href="/town/3/003.jpg">', [], of(3)],
    ["what it lists", script(of(1, 2, 3, 4, 5, 6)), [], of(3, 4, 5)],
    [
      "escaped lists",
      script(of(1, 2, 3))
        .replaceAll("/", "\\/")
        .replace("<\\/script>", "</script>"),
      [],
      of(3),
    ],
    ["a list without an order in its names", script([SHOWN, ...of(9, 4)]), [], of(9, 4)],
    ["lazy neighbours", '<img data-src="/town/3/002.jpg"><img data-src="/town/3/003.jpg">', [], of(3)],
    ["nothing of another chapter", "", ["https://cdn.example/town/4/003.jpg"], []],
    ["nothing of another site", "", ["https://evil.example/town/3/003.jpg"], []],
    ["nothing that is no picture", script([SHOWN, "https://cdn.example/town/3/delete"]), [], []],
    ["no list that the page is not in", script(of(7, 8, 9)), [], []],
    ["nothing at all", "", [], []],
  ])("%s", (_, html, asked, expected) => {
    expect(ahead(html, asked)).toEqual(expected);
  });

  test("files of the computer and pictures that the page made itself", () => {
    const files = [1, 2, 3].map((n) => `file:///comics/town/00${n}.jpg`);
    expect(ahead(script(files), [], files[1])).toEqual([files[2]]);
    expect(ahead(script(files), [], "file:///comics/other/002.jpg")).toEqual([]);
    const blobs = ["0a-1", "ff-2", "b3-9"].map((id) => `blob:https://cdn.example/${id}`);
    const listed = blobs.map((url) => `<option value="${url}">`).join("");
    expect(ahead(`<select>${listed}</select>`, [], blobs[0])).toEqual(blobs.slice(1));
    expect(ahead(`<select>${listed}</select>`, [], "blob:https://evil.example/0a-1")).toEqual([]);
  });

  test("names without numbers count in one folder", () => {
    const [one, other] = ["https://cdn.example/a/f00baa.webp", "https://cdn.example/a/baaf00.webp"] as const;
    expect(ahead(script([one, other, "https://cdn.example/b/other.webp"]), [], one)).toEqual([other]);
  });

  test.each(["blob:https://cdn.example/1", "data:image/png;base64,AAAA"])("none for %s", (shown) => {
    expect(ahead(script(of(1, 2)), of(1, 2), shown)).toEqual([]);
  });

  test("as many as are wished, and whether the page has asked for them", () => {
    expect(ahead(script(of(1, 2, 3, 4)), [], SHOWN, 1)).toEqual(of(3));
    expect(ahead(script(of(1, 2, 3, 4)), [], SHOWN, 0)).toEqual([]);
    const page = new DOMParser().parseFromString(script(of(1, 2, 3, 4)), "text/html");
    expect(pagesAhead(page, SHOWN, of(2, 3), 2).map(({ wasAsked }) => wasAsked)).toEqual([true, false]);
  });
});
