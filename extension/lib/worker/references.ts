/** The reader's library of style references, as the popup shows it. */

import { i18n } from "#i18n";
import { browser } from "wxt/browser";
import { dropReference } from "../habits";
import type { HostConnection } from "../host/connection";
import type { ReferenceCard } from "../messages";
import { bytesOf, type Payload } from "../payload";
import { pictureType } from "../picture";
import { toBase64 } from "../protocol/base64";
import type { Reference } from "../protocol/messages";
import { choiceOf, chosenReferences, loadChoices, saveChoices } from "../state";
import { fetchPicture } from "./fetch-picture";
import { surveyTab } from "./survey";

const PALETTE_SHOWN = 6;

export async function listReferences(host: HostConnection): Promise<ReferenceCard[]> {
  const references = await host.request("reference.list", { thumbnails: false });
  const chosen = chosenReferences(await loadChoices());
  const left = chosen.filter((one) => references.some(({ reference_id }) => reference_id === one));
  if (left.length < chosen.length) await saveChoices(choiceOf(left));
  return Promise.all(references.map(cardOf));
}

/** The thumbnails of some references, as addresses that images show; those that have gone are left out. */
export async function thumbnailsOf(host: HostConnection, referenceIds: string[]): Promise<Record<string, string>> {
  const found = await host.request("reference.thumbnails", { reference_ids: referenceIds });
  const shown = found.map(async ({ reference_id, thumbnail }) => [reference_id, await addressOf(thumbnail)] as const);
  return Object.fromEntries(await Promise.all(shown));
}

/** Keep a picture in the library and choose it. */
export async function addReference(
  host: HostConnection,
  picture: Payload,
  about: { name?: string; series?: string; source_url?: string },
): Promise<ReferenceCard> {
  const known = Object.fromEntries(Object.entries(about).filter(([, value]) => value));
  const reference = await host.request("reference.add", { image: await bytesOf(picture), ...known });
  await saveChoices(choiceOf([reference.reference_id]));
  return cardOf(reference);
}

/** Keep the picture that the tab's document calls its series' cover, and choose it; rejects with a reason for a reader. */
export async function addCover(host: HostConnection, tabId: number, series: string): Promise<ReferenceCard> {
  const survey = await surveyTab(tabId);
  const { cover } = survey;
  const { url: document } = await browser.tabs.get(tabId);
  if (!cover || !document) throw new Error(i18n.t("references.noCover"));
  const { origin } = new URL(document);
  const referer = new URL(cover).origin === origin ? document : `${origin}/`; // what browsers tell by default
  const { picture } = await fetchPicture(cover, referer, [document]);
  const about = { name: i18n.t("references.coverOf", [series || survey.series]), series: series || survey.series };
  return addReference(host, picture, { ...about, source_url: cover.slice(0, 4096) });
}

export async function removeReference(host: HostConnection, referenceId: string): Promise<void> {
  await host.request("reference.remove", { reference_id: referenceId });
  const chosen = chosenReferences(await loadChoices());
  if (chosen.includes(referenceId)) await saveChoices(choiceOf(chosen.filter((one) => one !== referenceId)));
  await dropReference(referenceId);
}

/** Call a reference otherwise. */
export async function changeReference(
  host: HostConnection,
  referenceId: string,
  change: { name?: string; series?: string; character?: string },
): Promise<ReferenceCard> {
  return cardOf(await host.request("reference.change", { reference_id: referenceId, ...change }));
}

async function cardOf({
  reference_id,
  name = "",
  series = "",
  character = "",
  thumbnail,
  palette,
}: Reference): Promise<ReferenceCard> {
  return {
    referenceId: reference_id,
    name: name || character || series || i18n.t("references.unnamed"),
    series,
    character,
    thumbnail: await addressOf(thumbnail),
    palette: palette.slice(0, PALETTE_SHOWN).map(({ rgb: [red, green, blue] }) => `rgb(${red} ${green} ${blue})`),
  };
}

async function addressOf(thumbnail: Uint8Array): Promise<string> {
  if (thumbnail.length === 0) return "";
  const mime = (await pictureType(new Blob([thumbnail as Uint8Array<ArrayBuffer>]))) ?? "image/webp";
  return `data:${mime};base64,${toBase64(thumbnail)}`;
}
