/** Puts frames together from the chunks that arrive. Whatever it is fed ends in a frame, in silence, or in a `FrameFault`. */

import { fromBase64 } from "./base64";
import { crc32 } from "./crc32";
import { type Chunk, FrameFault } from "./envelope";
import { CHUNK_BYTES, FRAME_BYTES, UNFINISHED_MS } from "./messages";

const REMEMBERED_DROPS = 1024;

interface Unfinished {
  bytes: Uint8Array<ArrayBuffer>;
  filled: number;
  chunks: number;
  n: number;
  crc: number;
  touchedAt: number;
}

export class Receiver {
  readonly #unfinished = new Map<number, Unfinished>();
  readonly #dropped = new Set<number>();

  /**
   * Take one chunk; the whole frame once it is complete. Throws `FrameFault` and drops the frame, whose rest is
   * then ignored until a chunk 0 begins it anew.
   */
  take(chunk: Chunk, now: number = Date.now()): Uint8Array<ArrayBuffer> | null {
    const begun = this.#unfinished.get(chunk.id);
    if (!begun && chunk.q > 0 && this.#dropped.has(chunk.id)) return null;
    try {
      const frame = begun ?? this.#begin(chunk, now);
      append(frame, chunk, now);
      if (frame.chunks < frame.n) return null;
      this.#unfinished.delete(chunk.id);
      return finished(frame, chunk.id);
    } catch (fault) {
      this.#drop(chunk.id);
      throw fault;
    }
  }

  /** Drop the frames that got no chunk for 30 s; a fault for each. */
  expire(now: number = Date.now()): FrameFault[] {
    const late = [...this.#unfinished].filter(([, frame]) => now - frame.touchedAt >= UNFINISHED_MS);
    return late.map(([id]) => {
      this.#drop(id);
      return new FrameFault(id, "no new chunk for 30 s; the frame is unfinished");
    });
  }

  #begin({ id, q, n, z, c }: Chunk, now: number): Unfinished {
    if (q > 0) throw new FrameFault(id, `chunk ${q} of a frame whose chunk 0 has not come`);
    if (z === undefined || c === undefined) throw new FrameFault(id, "chunk 0 lacks z or c");
    if (z > FRAME_BYTES) throw new FrameFault(id, `a frame of ${z} bytes is over the limit`, "E_TOO_LARGE");
    const fewest = Math.max(1, Math.ceil(z / CHUNK_BYTES));
    if (n < fewest || n > Math.max(1, z)) throw new FrameFault(id, `${z} bytes do not make ${n} chunks`);
    const frame = { bytes: new Uint8Array(z), filled: 0, chunks: 0, n, crc: c, touchedAt: now };
    this.#dropped.delete(id);
    this.#unfinished.set(id, frame);
    return frame;
  }

  #drop(id: number): void {
    this.#unfinished.delete(id);
    this.#dropped.add(id);
    const [oldest] = this.#dropped;
    if (this.#dropped.size > REMEMBERED_DROPS && oldest !== undefined) this.#dropped.delete(oldest);
  }
}

function append(frame: Unfinished, chunk: Chunk, now: number): void {
  const { id, q, n } = chunk;
  if (q !== frame.chunks || n !== frame.n) {
    throw new FrameFault(id, `chunk ${q} of ${n} where ${frame.chunks} of ${frame.n} is due`);
  }
  if ((chunk.z ?? frame.bytes.length) !== frame.bytes.length || (chunk.c ?? frame.crc) !== frame.crc) {
    throw new FrameFault(id, "a later chunk contradicts z or c of chunk 0");
  }
  const part = bytesOf(chunk);
  if (frame.filled + part.length > frame.bytes.length) {
    throw new FrameFault(id, `more than the ${frame.bytes.length} bytes announced`);
  }
  frame.bytes.set(part, frame.filled);
  frame.filled += part.length;
  frame.chunks += 1;
  frame.touchedAt = now;
}

function bytesOf({ id, d }: Chunk): Uint8Array {
  if (d.length > Math.ceil(CHUNK_BYTES / 3) * 4) {
    throw new FrameFault(id, "a chunk over the limit", "E_TOO_LARGE");
  }
  try {
    return fromBase64(d);
  } catch {
    throw new FrameFault(id, "d is not base64");
  }
}

function finished(frame: Unfinished, id: number): Uint8Array<ArrayBuffer> {
  if (frame.filled !== frame.bytes.length) {
    throw new FrameFault(id, `${frame.filled} bytes where ${frame.bytes.length} are announced`);
  }
  if (crc32(frame.bytes) !== frame.crc) throw new FrameFault(id, "the CRC-32 does not match");
  return frame.bytes;
}
