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
  const head = String.fromCharCode(...new Uint8Array(await blob.slice(0, LONGEST).arrayBuffer()));
  return SIGNATURES.find(([, at, bytes]) => head.startsWith(bytes, at))?.[0] ?? null;
}

/** Lower-case hex SHA-256 of `blob`'s bytes. */
export async function sha256Of(blob: Blob): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
