/** The palettes of series between the host, the side panel and the pages that wear them. */

import type { HostConnection } from "../host/connection";
import { type PaletteSheet, sheetOf } from "../palette";
import { bytesOf, type Payload } from "../payload";
import type { PaletteSet, PaletteView } from "../protocol/messages";
import type { Runs } from "./runs";

/** The names of the series that have a palette. */
export async function listPalettes(host: HostConnection): Promise<string[]> {
  return (await host.request("palette.list", {})).map(({ series }) => series);
}

export async function getPalette(host: HostConnection, series: string): Promise<PaletteSheet> {
  return sheetOf(await host.request("palette.get", { series }));
}

export async function setPalette(host: HostConnection, runs: Runs, change: PaletteSet): Promise<PaletteSheet> {
  return worn(runs, await host.request("palette.set", change));
}

export async function mergeCharacters(
  host: HostConnection,
  runs: Runs,
  merge: { series: string; kept: string; gone: string },
): Promise<PaletteSheet> {
  return worn(runs, await host.request("palette.merge", merge));
}

export async function undoPalette(host: HostConnection, runs: Runs, series: string): Promise<PaletteSheet> {
  return worn(runs, await host.request("palette.undo", { series }));
}

/** The palette as its file holds it. */
export async function exportPalette(host: HostConnection, series: string): Promise<string> {
  return new TextDecoder().decode((await host.request("palette.export", { series })).json);
}

export async function importPalette(
  host: HostConnection,
  runs: Runs,
  series: string,
  json: string,
): Promise<PaletteSheet> {
  return worn(runs, await host.request("palette.import", { series, json: new TextEncoder().encode(json) }));
}

/** Make a written list of elements the series', with the pictures that it names. */
export async function takeInElements(
  host: HostConnection,
  runs: Runs,
  { series, json, pictures }: { series: string; json: string; pictures: { name: string; picture: Payload }[] },
): Promise<PaletteSheet> {
  const given = await Promise.all(pictures.map(async ({ name, picture }) => ({ name, image: await bytesOf(picture) })));
  const asked = { series, json: new TextEncoder().encode(json), pictures: given };
  return worn(runs, await host.request("palette.elements", asked));
}

/** Let the pages that a change touches come anew, wherever they are shown. */
function worn(runs: Runs, view: PaletteView): PaletteSheet {
  runs.redress(view.palette.series, view.pages);
  return sheetOf(view);
}
