/** Coloured pictures, as they come and as they are drawn. */

import { i18n } from "#i18n";

/** A coloured picture; its size in pixels. `decoded` is there once, for the first who draws it at once. */
export interface Coloured {
  picture: Blob;
  width: number;
  height: number;
  decoded: ImageBitmap | null;
}

/** The picture in `blob`; rejects if the browser cannot show it. */
export async function decodedFrom(picture: Blob): Promise<Coloured> {
  const decoded = await createImageBitmap(picture).catch(() => {
    throw new Error(i18n.t("page.notShown"));
  });
  return { picture, width: decoded.width, height: decoded.height, decoded };
}
