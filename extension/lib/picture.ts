/** Tells encoded pictures by their first bytes, never by a name or a header. */

const SIGNATURES: readonly (readonly [mime: string, at: number, bytes: string])[] = [
  ["image/png", 0, "\x89PNG\r\n\x1a\n"],
  ["image/jpeg", 0, "\xff\xd8\xff"],
  ["image/gif", 0, "GIF8"],
  ["image/webp", 8, "WEBP"],
  ["image/avif", 4, "ftypavif"],
  ["image/avif", 4, "ftypavis"],
];
const LONGEST = 12;

/** The type of the picture in `blob`, or `null` if it is none that the host reads. */
export async function pictureType(blob: Blob): Promise<string | null> {
  return typeOf(await blob.slice(0, LONGEST).arrayBuffer());
}

/** The type of the picture in `bytes`, or `null` if it is none that the host reads. */
export function typeOf(bytes: ArrayBuffer): string | null {
  const head = String.fromCharCode(...new Uint8Array(bytes, 0, Math.min(LONGEST, bytes.byteLength)));
  return SIGNATURES.find(([, at, signature]) => head.startsWith(signature, at))?.[0] ?? null;
}

/** Lower-case hex SHA-256 of `blob`'s bytes. */
export async function sha256Of(blob: Blob): Promise<string> {
  return digestOf(await blob.arrayBuffer());
}

/** Lower-case hex SHA-256 of `bytes`. */
export async function digestOf(bytes: ArrayBuffer): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
