import { expect, test, vi } from "vitest";

vi.mock("wxt/browser", () => ({ browser: {} }));

import type { HostConnection } from "@/lib/host/connection";
import { rgbOf, sheetOf } from "@/lib/palette";
import type { PaletteView } from "@/lib/protocol/messages";
import {
  exportPalette,
  getPalette,
  importPalette,
  listPalettes,
  setPalette,
  takeInElements,
  undoPalette,
} from "@/lib/worker/palettes";
import type { Runs } from "@/lib/worker/runs";

const AT = { page: "a".repeat(64), point: [0.25, 0.5] as [number, number] };
const VIEW: PaletteView = {
  palette: {
    version: 1,
    series: "Rain Town",
    characters: [
      {
        character_id: "aki",
        name: "Aki",
        face: new Uint8Array([1, 2, 3]),
        hair: { rgb: [200, 60, 5], origin: "reader" },
        skin: { rgb: [255, 0, 16], origin: "page", sure: 0.62 },
      },
      { character_id: "who" },
    ],
    places: [{ place_id: "h", name: "Harbour", mood: "dusk", shown: ["e".repeat(64)] }, { place_id: "x" }],
  },
  seen: [{ character_id: "aki", pages: 2, unsure: [{ figure: AT, hair: [1, 2, 3] }] }],
  others: [{ figure: AT, face: new Uint8Array(), name: "Hero", pages: 3 }],
  undo: true,
  pages: ["b".repeat(64), "c".repeat(64), "d".repeat(64)],
  touched: 2,
  about: "aki",
  places: [{ place_id: "h", pages: ["b".repeat(64)] }],
};

function world() {
  const asked: [string, unknown][] = [];
  const redressed: [string, readonly string[]][] = [];
  const answers: Record<string, unknown> = {
    "palette.list": [{ series: "Rain Town", characters: 2, pages: 3 }],
    "palette.export": { series: "Rain Town", json: new TextEncoder().encode('{"é":1}') },
  };
  const request = async (method: string, params: unknown) => (asked.push([method, params]), answers[method] ?? VIEW);
  const host = { request } as unknown as HostConnection;
  const redress = (series: string, pages: readonly string[]) => void redressed.push([series, pages]);
  return { host, runs: { redress } as unknown as Runs, asked, redressed };
}

test("a palette is shown with pictures and colours that a document takes", () => {
  const { characters, others, canUndo, touched, maybe } = sheetOf(VIEW);
  expect(characters[0]).toMatchObject({
    characterId: "aki",
    face: "data:image/webp;base64,AQID",
    colours: {
      hair: { hex: "#c83c05", origin: "reader", sure: 1 },
      skin: { hex: "#ff0010", origin: "page", sure: 0.62 },
    },
    pages: 2,
    unsure: [{ colours: { hair: "#010203" } }],
  });
  expect(characters[1]).toMatchObject({ name: "", face: "", colours: {}, pages: 0, unsure: [] });
  expect(others).toMatchObject([{ name: "Hero", face: "", pages: 3 }]);
  expect([canUndo, touched, maybe]).toEqual([true, 2, 1]);
  expect(sheetOf(VIEW).places).toEqual([
    { placeId: "h", name: "Harbour", mood: "dusk", pages: ["b".repeat(64)] },
    { placeId: "x", name: "", mood: "", pages: [] },
  ]);
  expect(rgbOf("#c83c05")).toEqual([200, 60, 5]);
});

test("a change lets the pages that it touches come anew, and looking does not", async () => {
  const { host, runs, asked, redressed } = world();
  await getPalette(host, "Rain Town");
  expect(redressed).toEqual([]);
  const change = { series: "Rain Town", character_id: "aki", hair: [1, 2, 3] as [number, number, number] };
  expect((await setPalette(host, runs, change)).touched).toBe(2);
  await undoPalette(host, runs, "Rain Town");
  expect(redressed).toEqual([["Rain Town", VIEW.pages], ["Rain Town", VIEW.pages]]); // prettier-ignore
  expect(asked.map(([method]) => method)).toEqual(["palette.get", "palette.set", "palette.undo"]);
});

test("files are text here and bytes on the wire", async () => {
  const { host, runs, asked } = world();
  expect(await exportPalette(host, "Rain Town")).toBe('{"é":1}');
  await importPalette(host, runs, "Rain Town", '{"é":1}');
  expect(asked.at(-1)).toEqual(["palette.import", { series: "Rain Town", json: new TextEncoder().encode('{"é":1}') }]);
  expect(await listPalettes(host)).toEqual(["Rain Town"]);
});

test("a list of elements goes to the host with the bytes of its pictures, and pages that it touches come anew", async () => {
  const { host, runs, asked, redressed } = world();
  const picture = new Blob([new Uint8Array([7, 8])], { type: "image/png" });
  const pictures = [{ name: "aki.png", picture }];
  const { touched } = await takeInElements(host, runs, { series: "Rain Town", json: '{"é":1}', pictures });
  expect(touched).toBe(2);
  expect(redressed).toEqual([["Rain Town", VIEW.pages]]);
  const json = new TextEncoder().encode('{"é":1}');
  const sent = { series: "Rain Town", json, pictures: [{ name: "aki.png", image: new Uint8Array([7, 8]) }] };
  expect(asked).toEqual([["palette.elements", sent]]);
});
