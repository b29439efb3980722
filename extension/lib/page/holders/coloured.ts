/** Coloured pictures, as they come, as they are kept within a budget, and as they are drawn. */

import { i18n } from "#i18n";

const BUDGET_BYTES = 96 * 1024 * 1024; // of a document; some forty pages

/**
 * The bytes of a coloured picture. Of a long chapter only those that were wanted last are held; the others are asked for
 * `again` when they are wanted. What cannot be had again is held for good.
 */
export class Kept {
  readonly #again: (() => Promise<Blob>) | null;
  #blob: Blob | null = null;
  #coming: Promise<Blob> | null = null;

  constructor(blob: Blob | null, again: (() => Promise<Blob>) | null) {
    this.#again = again;
    if (blob) this.#hold(blob);
  }

  /** The bytes; rejects where they are gone and cannot be had again. */
  get(): Promise<Blob> {
    if (this.#blob) return Promise.resolve(this.#hold(this.#blob));
    this.#coming ??= this.#ask().finally(() => (this.#coming = null));
    return this.#coming;
  }

  /** Nobody wants it any more. */
  drop(): void {
    this.#blob = null;
    held.delete(this);
  }

  get isHeld(): boolean {
    return this.#blob !== null;
  }

  async #ask(): Promise<Blob> {
    if (!this.#again) throw new Error(i18n.t("page.gone"));
    return this.#hold(await this.#again());
  }

  #hold(blob: Blob): Blob {
    this.#blob = blob;
    if (!this.#again) return blob;
    held.delete(this);
    held.set(this, blob.size);
    let sum = [...held.values()].reduce((total, size) => total + size, 0);
    for (const [other, size] of held) {
      if (sum <= BUDGET_BYTES || other === this) break;
      other.drop();
      sum -= size;
    }
    return blob;
  }
}

const held = new Map<Kept, number>(); // what was wanted longest ago comes first

/** Nothing is in colour any more. */
export function dropKept(): void {
  for (const kept of [...held.keys()]) kept.drop();
}

/**
 * A coloured picture; its size in pixels. `decoded` is there once, for the first who draws it at once; `lost` is called
 * when the browser cannot show it.
 */
export interface Coloured {
  picture: Kept;
  width: number;
  height: number;
  decoded: ImageBitmap | null;
  lost?: () => void;
}

/** The browser cannot show these bytes. */
export class NotShown extends Error {
  override name = "NotShown";
}

/** The picture in its bytes; rejects if the browser cannot show it. */
export async function decodedFrom(picture: Kept): Promise<Coloured> {
  const decoded = await bitmapOf(picture);
  return { picture, width: decoded.width, height: decoded.height, decoded };
}

/** The pixels of the picture in its bytes, at its own size or at `size`; rejects with `NotShown` if there are none. */
export async function bitmapOf(picture: Kept, size?: ImageBitmapOptions): Promise<ImageBitmap> {
  const bytes = await picture.get();
  return (size ? createImageBitmap(bytes, size) : createImageBitmap(bytes)).catch(() => {
    throw new NotShown(i18n.t("page.notShown"));
  });
}
