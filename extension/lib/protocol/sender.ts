/** Splits frames into chunks and keeps to the peer's credits; one-chunk frames never wait for large ones. */

import { toBase64 } from "./base64";
import { crc32 } from "./crc32";
import { type Chunk, FrameFault } from "./envelope";
import { CHUNK_BYTES, FRAME_BYTES, WINDOW_CHUNKS } from "./messages";

interface Outgoing {
  id: number;
  bytes: Uint8Array;
  n: number;
  next: number;
}

/** Chunk `q` of a frame of `n` chunks. */
export function chunkOf(id: number, bytes: Uint8Array, q: number, n: number): Chunk {
  const d = toBase64(bytes.subarray(q * CHUNK_BYTES, (q + 1) * CHUNK_BYTES));
  return q === 0 ? { t: "chunk", id, q, n, z: bytes.length, c: crc32(bytes), d } : { t: "chunk", id, q, n, d };
}

export class Sender {
  readonly #post: (chunk: Chunk) => void;
  readonly #waiting: Outgoing[] = [];
  readonly #unacked = new Map<number, Set<number>>();
  #credits: number = WINDOW_CHUNKS;
  #lastId = 0;

  constructor(post: (chunk: Chunk) => void) {
    this.#post = post;
  }

  /** Send one frame, at once or as acknowledgements come in; its id. Throws `FrameFault` over the size limit. */
  send(bytes: Uint8Array): number {
    if (bytes.length > FRAME_BYTES) throw new FrameFault(0, "frame is over the limit", "E_TOO_LARGE");
    const id = ++this.#lastId;
    const n = Math.max(1, Math.ceil(bytes.length / CHUNK_BYTES));
    if (n === 1) {
      this.#post(chunkOf(id, bytes, 0, 1));
    } else {
      this.#waiting.push({ id, bytes, n, next: 0 });
      this.#flush();
    }
    return id;
  }

  /** The peer consumed a chunk; an acknowledgement of nothing is ignored. */
  acked(id: number, q: number): void {
    const chunks = this.#unacked.get(id);
    if (!chunks?.delete(q)) return;
    if (chunks.size === 0) this.#unacked.delete(id);
    this.#credits += 1;
    this.#flush();
  }

  /** The peer dropped this frame: send no more of it and take its credits back. */
  drop(id: number): void {
    const at = this.#waiting.findIndex((frame) => frame.id === id);
    if (at >= 0) this.#waiting.splice(at, 1);
    this.#credits += this.#unacked.get(id)?.size ?? 0;
    this.#unacked.delete(id);
    this.#flush();
  }

  #flush(): void {
    while (this.#credits > 0) {
      const frame = this.#waiting.shift();
      if (!frame) return;
      const q = frame.next++;
      if (frame.next < frame.n) this.#waiting.push(frame); // the frames take turns
      this.#credits -= 1;
      this.#unacked.set(frame.id, (this.#unacked.get(frame.id) ?? new Set()).add(q));
      this.#post(chunkOf(frame.id, frame.bytes, q, frame.n));
    }
  }
}
