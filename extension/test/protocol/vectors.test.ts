import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Channel } from "@/lib/host/channel";
import { type Ack, type Chunk, type Envelope, parseEnvelope } from "@/lib/protocol/envelope";
import { Receiver } from "@/lib/protocol/receiver";
import { decodeMessage, encodeMessage, type RpcMessage } from "@/lib/protocol/rpc";
import { chunkOf } from "@/lib/protocol/sender";
import { CHUNK_BYTES } from "@/lib/protocol/messages";
import { decode, encode } from "@msgpack/msgpack";

/** The files that the host's codec runs on too; their README says what each key means. */
const vectors = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../tests/vectors/${name}.json`, import.meta.url), "utf8")) as Vector[];

interface Vector {
  name: string;
  message: unknown;
  exact: boolean;
  frame_hex: string;
  frame_sha256: string;
  frames_hex: string[];
  first_id: number;
  envelopes: Record<string, unknown>[];
  faults: { id: number; code: string }[];
  acks: { id: number; q: number }[];
}

const pattern = (size: number) => Uint8Array.from({ length: size }, (_, at) => (31 * at + 7) % 256);

/** Spell out `$bytes`, `$pattern` and `$base64_pattern`. */
function spelled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(spelled);
  if (typeof value !== "object" || value === null) return value;
  const { $bytes, $pattern, $base64_pattern } = value as Record<string, unknown>;
  if (typeof $bytes === "string") return new Uint8Array(Buffer.from($bytes, "base64"));
  if (typeof $pattern === "number") return pattern($pattern);
  if (typeof $base64_pattern === "number") return Buffer.from(pattern($base64_pattern)).toString("base64");
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, spelled(inner)]));
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const sha256 = (data: Uint8Array | string) => createHash("sha256").update(data).digest("hex");

function rpc([type, ...rest]: unknown[]): RpcMessage {
  if (type === 0) return { kind: "request", msgid: rest[0], method: rest[1], params: rest[2] } as RpcMessage;
  if (type === 1) return { kind: "response", msgid: rest[0], error: rest[1], result: rest[2] } as RpcMessage;
  return { kind: "notification", method: rest[0], params: rest[1] } as RpcMessage;
}

function chunksOf(frame: Uint8Array, id: number): Envelope[] {
  const n = Math.max(1, Math.ceil(frame.length / CHUNK_BYTES));
  return Array.from({ length: n }, (_, q) => chunkOf(id, frame, q, n));
}

describe("messages", () => {
  test.each(vectors("messages"))("$name", ({ message, exact, frame_hex, first_id, envelopes }) => {
    const receiver = new Receiver();
    const frames = envelopes.map((envelope) => receiver.take(parseEnvelope(spelled(envelope)) as never));
    const frame = frames.at(-1) as Uint8Array;
    expect(hex(frame)).toBe(frame_hex);
    const expected = spelled(message) as unknown[];
    expect(decode(frame)).toEqual(expected);
    if (exact) {
      const own = encodeMessage(rpc(expected));
      expect(hex(own)).toBe(frame_hex);
      expect(chunksOf(own, first_id)).toEqual(envelopes);
    }
  });
});

describe("large messages", () => {
  test.each(vectors("large"))("$name", ({ message, frame_sha256, first_id, envelopes }) => {
    const frame = encode(spelled(message));
    expect(sha256(frame)).toBe(frame_sha256);
    const chunks = chunksOf(frame, first_id);
    const summary = chunks.map((chunk) => {
      const { d, ...rest } = chunk as Chunk;
      return { ...rest, d_length: d.length, d_sha256: sha256(d) };
    });
    expect(summary).toEqual(envelopes);
    const receiver = new Receiver();
    const whole = chunks.map((chunk) => receiver.take(chunk as never)).at(-1);
    expect(sha256(whole as Uint8Array)).toBe(frame_sha256);
  });
});

describe("faults", () => {
  test.each(vectors("faults"))("$name", ({ envelopes, faults, acks, frames_hex }) => {
    const heard = listen(envelopes.map(asPosted));
    expect(heard.faults).toEqual(faults.map(({ id, code }) => ({ id, code })));
    expect(heard.acks).toEqual(acks);
    expect(heard.frames).toEqual(frames_hex);
  });
});

/** A browser hands over parsed JSON; text that is none never reaches an extension. */
function asPosted(envelope: Record<string, unknown>): unknown {
  if (typeof envelope.$raw !== "string") return spelled(envelope);
  try {
    return JSON.parse(envelope.$raw);
  } catch {
    return null;
  }
}

function listen(posted: unknown[]) {
  const faults: { id: number; code: string }[] = [];
  const acks: { id: number; q: number }[] = [];
  const frames: string[] = [];
  const receiver = new Receiver();
  const port = {
    postMessage(envelope: Envelope) {
      if (envelope.t === "ack") acks.push({ id: (envelope as Ack).id, q: envelope.q });
      else {
        const told = decodeMessage(new Receiver().take(envelope) as Uint8Array);
        if (told.kind === "notification" && told.method === "session.fault") {
          faults.push({ id: told.params.id as number, code: told.params.code as string });
        }
      }
    },
    disconnect() {},
  };
  const channel = new Channel(port, () => undefined);
  for (const value of posted) {
    try {
      const frame = receiver.take(parseEnvelope(value) as never);
      if (frame) frames.push(hex(frame));
    } catch {
      // the channel reports it
    }
    channel.receive(value);
  }
  channel.close();
  return { faults, acks, frames };
}
