import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromBase64, toBase64 } from "@/lib/protocol/base64";
import { crc32 } from "@/lib/protocol/crc32";
import { type Chunk, FrameFault, parseEnvelope } from "@/lib/protocol/envelope";
import { CHUNK_BYTES, FRAME_BYTES, UNFINISHED_MS, WINDOW_CHUNKS } from "@/lib/protocol/messages";
import { Receiver } from "@/lib/protocol/receiver";
import { decodeMessage } from "@/lib/protocol/rpc";
import { Sender } from "@/lib/protocol/sender";

const bytes = (least = 0, most = 2000) => fc.uint8Array({ minLength: least, maxLength: most });

/** Send everything, acknowledging at once what is owed. */
function delivered(frames: Uint8Array[]): (Uint8Array | null)[] {
  const receiver = new Receiver();
  const whole: (Uint8Array | null)[] = [];
  const queue: Chunk[] = [];
  const sender = new Sender((chunk) => queue.push(chunk));
  frames.forEach((frame) => sender.send(frame));
  for (let chunk = queue.shift(); chunk; chunk = queue.shift()) {
    const frame = receiver.take(chunk);
    if (frame) whole[chunk.id - 1] = frame;
    if (chunk.n > 1) sender.acked(chunk.id, chunk.q);
  }
  return whole;
}

describe("crc32 and base64", () => {
  test("the check value of the standard", () => {
    expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926);
  });

  test("base64 is what Node makes and comes back", () => {
    fc.assert(
      fc.property(bytes(), (data) => {
        expect(toBase64(data)).toBe(Buffer.from(data).toString("base64"));
        expect(fromBase64(toBase64(data))).toEqual(data);
      }),
    );
  });

  test.each(["A", "AAA", "AA AA", "AAAA\n", "A===", "????"])("%j is refused", (text) => {
    expect(() => fromBase64(text)).toThrow();
  });
});

describe("sender and receiver", () => {
  test("frames of every size around a chunk arrive whole", () => {
    const sizes = [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 10 * CHUNK_BYTES + 5];
    const frames = sizes.map((size) => new Uint8Array(size).fill(size % 251));
    const arrived = delivered(frames).map((frame) => Buffer.from(frame ?? []));
    expect(arrived.map((frame, at) => frame.equals(frames[at] as Uint8Array))).toEqual(sizes.map(() => true));
  });

  test("at most the window is on its way, and small frames pass it", () => {
    const posted: Chunk[] = [];
    const sender = new Sender((chunk) => posted.push(chunk));
    sender.send(new Uint8Array(20 * CHUNK_BYTES));
    sender.send(new Uint8Array(20 * CHUNK_BYTES));
    expect(posted).toHaveLength(WINDOW_CHUNKS);
    sender.send(new Uint8Array(3));
    expect(posted.at(-1)).toMatchObject({ id: 3, n: 1 });
    sender.acked(1, 0);
    sender.acked(1, 0); // an acknowledgement counts once
    expect(posted).toHaveLength(WINDOW_CHUNKS + 2);
  });

  test("a dropped frame gives its credits back", () => {
    const posted: Chunk[] = [];
    const sender = new Sender((chunk) => posted.push(chunk));
    const first = sender.send(new Uint8Array(20 * CHUNK_BYTES));
    const second = sender.send(new Uint8Array(20 * CHUNK_BYTES));
    sender.drop(first);
    sender.drop(first);
    expect(posted.filter(({ id }) => id === second).length).toBe(WINDOW_CHUNKS - 4 + 4);
  });

  test("a frame over the limit is not begun", () => {
    expect(() => new Sender(() => undefined).send(new Uint8Array(FRAME_BYTES + 1))).toThrow(FrameFault);
  });

  test("a frame without a new chunk for 30 s is dropped, and its rest ignored", () => {
    const receiver = new Receiver();
    const chunk = (q: number): Chunk => ({ t: "chunk", id: 1, q, n: 2, ...(q ? {} : { z: 6, c: 0 }), d: "AAAA" });
    receiver.take(chunk(0), 1000);
    expect(receiver.expire(1000 + UNFINISHED_MS - 1)).toEqual([]);
    expect(receiver.expire(1000 + UNFINISHED_MS).map(({ frameId }) => frameId)).toEqual([1]);
    expect(receiver.take(chunk(1))).toBeNull();
  });

  test("a frame that was dropped can begin anew, and is a frame like others then", () => {
    const receiver = new Receiver();
    const frame = new TextEncoder().encode("ab");
    const chunk = (q: number): Chunk => ({
      ...{ t: "chunk", id: 1, q, n: 2, d: toBase64(frame.subarray(q, q + 1)) },
      ...(q ? {} : { z: 2, c: crc32(frame) }),
    });
    receiver.take(chunk(0), 0);
    expect(receiver.expire(UNFINISHED_MS)).toHaveLength(1);
    expect(receiver.take(chunk(1))).toBeNull();
    expect(receiver.take(chunk(0))).toBeNull();
    expect(receiver.take(chunk(1))).toEqual(frame);
    expect(() => receiver.take(chunk(1))).toThrow(/chunk 0 has not come/);
  });

  test("a frame that ends short is refused, also where its sum is that of zeros in their place", () => {
    const receiver = new Receiver();
    const c = crc32(new Uint8Array([97, 98, 0]));
    receiver.take({ t: "chunk", id: 1, q: 0, n: 2, z: 3, c, d: "YQ==" });
    expect(() => receiver.take({ t: "chunk", id: 1, q: 1, n: 2, d: "Yg==" })).toThrow("2 bytes where 3 are announced");
  });

  test("any change to a chunk ends in the same bytes, in silence or in a fault", () => {
    const change = fc.record({
      at: fc.nat(5),
      key: fc.constantFrom("t", "id", "q", "n", "z", "c", "d"),
      value: fc.oneof(fc.anything(), fc.integer({ min: -1, max: 9 }), fc.base64String()),
    });
    fc.assert(
      fc.property(bytes(1, 30), fc.array(change, { maxLength: 3 }), (frame, changes) => {
        const n = Math.min(3, frame.length);
        const size = Math.ceil(frame.length / n);
        const chunks = Array.from({ length: n }, (_, q): Record<string, unknown> => ({
          t: "chunk",
          id: 1,
          q,
          n,
          ...(q ? {} : { z: frame.length, c: crc32(frame) }),
          d: toBase64(frame.subarray(q * size, (q + 1) * size)),
        }));
        for (const { at, key, value } of changes) (chunks[at % n] as Record<string, unknown>)[key] = value;
        const receiver = new Receiver();
        for (const chunk of chunks) {
          try {
            const envelope = parseEnvelope(chunk);
            const whole = envelope.t === "chunk" ? receiver.take(envelope) : null;
            if (whole) expect(crc32(whole)).toBe(changes.some(({ key }) => key === "c") ? crc32(whole) : crc32(frame));
          } catch (fault) {
            expect(fault).toBeInstanceOf(FrameFault);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });
});

test("any bytes are a message or a TypeError", () => {
  fc.assert(
    fc.property(bytes(0, 60), (frame) => {
      try {
        expect(decodeMessage(frame).kind).toBeTypeOf("string");
      } catch (fault) {
        expect(fault).toBeInstanceOf(TypeError);
      }
    }),
    { numRuns: 3000 },
  );
});
