/** Pictures of the studio in the browser's own hands: their sizes, small copies, and masks. */

/** Width and height of a picture; rejects where the browser cannot show it. */
export async function sizeOf(picture: Blob): Promise<{ width: number; height: number }> {
  const bitmap = await createImageBitmap(picture);
  const { width, height } = bitmap;
  bitmap.close();
  return { width, height };
}

/** A copy whose longer side has at most `longest` pixels, and how large it is compared to the picture. */
export async function smaller(picture: Blob, longest: number): Promise<{ picture: Blob; scale: number }> {
  const bitmap = await createImageBitmap(picture);
  const scale = Math.min(1, longest / Math.max(bitmap.width, bitmap.height));
  const [width, height] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(scale * side)));
  const canvas = new OffscreenCanvas(width ?? 1, height ?? 1);
  const context = canvas.getContext("2d");
  if (context) context.imageSmoothingQuality = "high";
  context?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return { picture: await canvas.convertToBlob({ type: "image/jpeg", quality: 0.92 }), scale };
}

/** What was drawn on a canvas as white on black, PNG; `null` where nothing was. */
export async function maskOf(drawn: HTMLCanvasElement): Promise<Blob | null> {
  const { width, height } = drawn;
  const pixels = drawn.getContext("2d")?.getImageData(0, 0, width, height);
  if (!pixels || !whiten(pixels.data)) return null;
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext("2d")?.putImageData(pixels, 0, 0);
  return canvas.convertToBlob({ type: "image/png" });
}

/** Make RGBA white where it is seen and black elsewhere, opaque; whether anything is seen. */
export function whiten(rgba: Uint8ClampedArray): boolean {
  let any = false;
  for (let at = 0; at < rgba.length; at += 4) {
    const isDrawn = (rgba[at + 3] ?? 0) > 0;
    any ||= isDrawn;
    rgba.fill(isDrawn ? 255 : 0, at, at + 3);
    rgba[at + 3] = 255;
  }
  return any;
}

/** Lay the white of a mask over what is drawn, in `colour`. */
export async function addMask(drawn: HTMLCanvasElement, mask: Blob, colour: readonly number[]): Promise<void> {
  const bitmap = await createImageBitmap(mask);
  const canvas = new OffscreenCanvas(drawn.width, drawn.height);
  const context = canvas.getContext("2d");
  context?.drawImage(bitmap, 0, 0);
  bitmap.close();
  const pixels = context?.getImageData(0, 0, drawn.width, drawn.height);
  if (!context || !pixels) return;
  const { data } = pixels;
  const [red = 0, green = 0, blue = 0] = colour;
  for (let at = 0; at < data.length; at += 4) {
    const isIn = (data[at] ?? 0) > 127;
    data.set([red, green, blue, isIn ? 255 : 0], at);
  }
  context.putImageData(pixels, 0, 0);
  drawn.getContext("2d")?.drawImage(canvas, 0, 0);
}
