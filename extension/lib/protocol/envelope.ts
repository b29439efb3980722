/** The JSON objects that cross native messaging: a chunk of a frame, or the acknowledgement of one. */

import { FRAME_BYTES } from "./messages";

/** Chunk `q` of `n` of frame `id`; `z` (bytes) and `c` (CRC-32) of the whole frame stand in chunk 0 only. */
export interface Chunk {
  t: "chunk";
  id: number;
  q: number;
  n: number;
  z?: number;
  c?: number;
  d: string;
}

/** Chunk `q` of frame `id` has been consumed. */
export interface Ack {
  t: "ack";
  id: number;
  q: number;
}

export type Envelope = Chunk | Ack;

/** A frame that cannot be used; it becomes a `session.fault` to the peer. */
export class FrameFault extends Error {
  override name = "FrameFault";

  constructor(
    readonly frameId: number,
    message: string,
    readonly code: "E_FRAME" | "E_TOO_LARGE" = "E_FRAME",
    /** The acknowledgement that gives the sender its credit back, where the faulty envelope spent one. */
    readonly owed: Ack | null = null,
  ) {
    super(message);
  }
}

const isCount = (value: unknown, least: number, most: number = Number.MAX_SAFE_INTEGER): value is number =>
  typeof value === "number" && Number.isInteger(value) && value >= least && value <= most;

const isOptionalCount = (value: unknown, most?: number): value is number | undefined =>
  value === undefined || isCount(value, 0, most);

/** Check the shape of one envelope; throws `FrameFault` for any other value. */
export function parseEnvelope(value: unknown): Envelope {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new FrameFault(0, "not an object");
  const { t, id, q, n, z, c, d } = value as Record<string, unknown>;
  if (t === "ack") {
    if (!isCount(id, 1) || !isCount(q, 0, FRAME_BYTES)) throw new FrameFault(0, "an acknowledgement of nothing");
    return { t, id, q };
  }
  const frameId = isCount(id, 1) ? id : 0;
  const owed = frameId && isCount(q, 0) && isCount(n, 2) ? { t: "ack" as const, id: frameId, q } : null;
  const refuse = (what: string) => new FrameFault(frameId, what, "E_FRAME", owed);
  if (t !== "chunk") throw refuse("unknown type of envelope");
  if (!isCount(id, 1) || !isCount(q, 0, FRAME_BYTES)) throw refuse("id or q is not a count");
  if (!isCount(n, 1, FRAME_BYTES)) throw refuse("n is not a count");
  if (!isOptionalCount(z) || !isOptionalCount(c, 0xffffffff)) throw refuse("z or c is not a count");
  if (typeof d !== "string") throw refuse("d is not text");
  return { t, id, q, n, d, ...(z === undefined ? {} : { z }), ...(c === undefined ? {} : { c }) };
}

/** The acknowledgement that a chunk is owed; a frame of one chunk gets none. */
export function owedAck({ id, q, n }: Chunk): Ack | null {
  return n > 1 ? { t: "ack", id, q } : null;
}
