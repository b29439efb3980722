/** Base64 between bytes and text: the engine's own routines where it has them, `btoa` and `atob` elsewhere. */

interface NativeEncoder {
  toBase64?(): string;
}
interface NativeDecoder {
  fromBase64?(text: string, options: { lastChunkHandling: "strict" }): Uint8Array<ArrayBuffer>;
}

const SLICE_BYTES = 0x8000; // String.fromCharCode takes its arguments on the stack

/** `bytes` as standard base64 with padding. */
export function toBase64(bytes: Uint8Array): string {
  const native = (bytes as NativeEncoder).toBase64;
  if (native) return native.call(bytes);
  let binary = "";
  for (let at = 0; at < bytes.length; at += SLICE_BYTES) {
    binary += String.fromCharCode(...bytes.subarray(at, at + SLICE_BYTES));
  }
  return btoa(binary);
}

/** The bytes of standard base64; throws `SyntaxError` for anything else, white space included. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  if (text.length % 4 !== 0 || /\s/.test(text)) throw new SyntaxError("not base64"); // both routines forgive these
  const native = (Uint8Array as NativeDecoder).fromBase64;
  if (native) return native.call(Uint8Array, text, { lastChunkHandling: "strict" });
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
