/** A coloured page out of its document: what its file is called, and onto the clipboard. */

import { titleOf } from "./find/chapter";

const EXTENSIONS: Readonly<Record<string, string>> = { "image/png": "png", "image/jpeg": "jpg", "image/webp": "webp" };
const NO_PART_OF_NAMES = /[\\/:*?"<>|\p{Cc}]+/gu;
const NAME_MAX = 120;

/** What a page's file is called: series, chapter and number, without what file systems forbid. */
export function fileName(series: string, chapter: string, number: number, type: string): string {
  const clean = titleOf(series, chapter)
    .replace(NO_PART_OF_NAMES, " ")
    .replace(/\s+/g, " ")
    .replace(/^[. ]+|[. ]+$/g, "");
  const short = [...(clean || "Irodori")].slice(0, NAME_MAX).join("");
  return `${short} ${String(number).padStart(3, "0")}.${EXTENSIONS[type] ?? "img"}`;
}

/** Put a picture onto the clipboard, as PNG: others are not taken. Rejects where the browser forbids it. */
export async function copy(picture: Blob): Promise<void> {
  const png = picture.type === "image/png" ? picture : asPng(picture);
  await navigator.clipboard.write([new ClipboardItem({ "image/png": png })]);
}

async function asPng(picture: Blob): Promise<Blob> {
  const bitmap = await createImageBitmap(picture);
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
  bitmap.close();
  return canvas.convertToBlob({ type: "image/png" });
}
