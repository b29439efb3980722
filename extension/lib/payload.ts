/**
 * Pictures between the extension's own contexts. Where the browser clones structures (Firefox; Chrome from 148 with
 * `message_serialization`), a Blob crosses by reference; elsewhere it crosses as base64.
 */

import { fromBase64, toBase64 } from "./protocol/base64";

export type Payload = Blob | { base64: string; mime: string };

let blobsCross = false;

/** Send this along with a first message; the other side learns from what arrives. */
export function probe(): Blob {
  return new Blob(["irodori"]);
}

/** Learn from a probe that crossed: JSON turns a Blob into an empty object. */
export function learnFrom(arrived: unknown): void {
  blobsCross = arrived instanceof Blob;
}

/** Make `blob` fit for a message. */
export async function pack(blob: Blob): Promise<Payload> {
  if (blobsCross) return blob;
  return { base64: toBase64(new Uint8Array(await blob.arrayBuffer())), mime: blob.type };
}

/** The Blob of a message. */
export function unpack(payload: Payload): Blob {
  return payload instanceof Blob ? payload : new Blob([fromBase64(payload.base64)], { type: payload.mime });
}

/** The bytes of a message's picture. */
export async function bytesOf(payload: Payload): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await unpack(payload).arrayBuffer());
}
