import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Channel } from "@/lib/host/channel";
import { HostError, HostGone, HostSilent } from "@/lib/host/errors";
import type { Chunk, Envelope } from "@/lib/protocol/envelope";
import { CHUNK_BYTES, UNFINISHED_MS, WINDOW_CHUNKS } from "@/lib/protocol/messages";
import { Receiver } from "@/lib/protocol/receiver";
import { decodeMessage, encodeMessage, type RpcMessage } from "@/lib/protocol/rpc";
import { Sender } from "@/lib/protocol/sender";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A channel on a port that keeps what is posted: envelopes, and the messages that whole frames of them make. */
function opened() {
  const posted: Envelope[] = [];
  const said: RpcMessage[] = [];
  const heard: [string, unknown][] = [];
  const disconnect = vi.fn();
  const receiver = new Receiver();
  const channel = new Channel(
    {
      postMessage(envelope) {
        posted.push(envelope);
        const frame = envelope.t === "chunk" ? receiver.take(envelope) : null;
        if (frame) said.push(decodeMessage(frame));
      },
      disconnect,
    },
    (method, params) => heard.push([method, params]),
  );
  const sender = new Sender((chunk) => channel.receive(chunk));
  const say = (message: RpcMessage) => sender.send(encodeMessage(message));
  return { channel, posted, said, heard, disconnect, say };
}

const PIECE: Chunk = { t: "chunk", id: 9, q: 0, n: 2, z: CHUNK_BYTES + 1, c: 1, d: "AAAA" };

test.each([
  ["a good one", PIECE, true],
  ["of another kind", { ...PIECE, t: "piece" }, true],
  ["whose bytes are no base64", { ...PIECE, d: "!!" }, true],
  ["out of its order", { ...PIECE, q: 1 }, true],
  ["without its bytes", { ...PIECE, d: null }, true],
  ["of a frame of one", { ...PIECE, n: 1, z: 3 }, false],
  ["of nobody's frame", { ...PIECE, id: 0 }, false],
])("a chunk %s gives the host its credit back, where it spent one", (_, chunk, isOwed) => {
  const { channel, posted } = opened();
  channel.receive(chunk);
  const acks = posted.filter(({ t }) => t === "ack");
  expect(acks).toEqual(isOwed ? [{ t: "ack", id: 9, q: chunk.q }] : []);
  channel.close();
});

test("what the host drops of a frame gives its credits back: the next one goes out", async () => {
  const { channel, posted, say } = opened();
  const large = new Uint8Array(CHUNK_BYTES * 2 * WINDOW_CHUNKS);
  const ends = [channel.request("page.put", { image: large }, 1e6), channel.request("page.put", { image: large }, 1e6)];
  const chunks = () => posted.filter(({ t, id }) => t === "chunk" && id === 2).length;
  const first = chunks();
  say({ kind: "notification", method: "session.fault", params: { id: 1, code: "E_FRAME", message: "" } });
  expect([posted.filter(({ t, id }) => t === "chunk" && id === 1).length, chunks()]).toEqual([
    WINDOW_CHUNKS - first,
    WINDOW_CHUNKS,
  ]);
  channel.close();
  for (const end of ends) await expect(end).rejects.toBeInstanceOf(HostGone);
});

test("an answer ends its own request, once; what comes after it is nobody's", async () => {
  const { channel, say } = opened();
  const [one, two] = [channel.request("a", {}, 100), channel.request("b", {}, 100)];
  const error = { code: "E_BUSY", message: "Busy.", hint: "", retryable: true };
  say({ kind: "response", msgid: 2, error: null, result: "two" });
  say({ kind: "response", msgid: 2, error, result: null });
  say({ kind: "response", msgid: 1, error, result: null });
  say({ kind: "response", msgid: 7, error: null, result: "nobody's" });
  await expect(two).resolves.toBe("two");
  await expect(one).rejects.toMatchObject({ code: "E_BUSY", retryable: true });
  await expect(one).rejects.toBeInstanceOf(HostError);
  channel.close();
});

test("who answers too late is silent, and not heard any more", async () => {
  const { channel, say } = opened();
  const late = expect(channel.request("job.status", {}, 100)).rejects.toBeInstanceOf(HostSilent);
  await vi.advanceTimersByTimeAsync(101);
  await late;
  say({ kind: "response", msgid: 1, error: null, result: [] });
  const next = channel.request("job.status", {}, 100);
  say({ kind: "response", msgid: 2, error: null, result: ["next"] });
  await expect(next).resolves.toEqual(["next"]);
  channel.close();
});

test("a host that asks something is told that nobody answers such requests here", () => {
  const { channel, said, heard, say } = opened();
  say({ kind: "request", msgid: 4, method: "tab.close", params: {} });
  expect(said).toMatchObject([{ kind: "response", msgid: 4, error: { code: "E_UNKNOWN_METHOD" }, result: null }]);
  expect(heard).toEqual([]);
  channel.close();
});

test("a frame that stays unfinished, or is no message, is told to the host", async () => {
  const { channel, said } = opened();
  channel.receive(PIECE);
  channel.receive({ t: "chunk", id: 10, q: 0, n: 1, z: 1, c: 0xe8b7be43, d: "YQ==" }); // "a"
  const faults = () => said.map((one) => one.kind === "notification" && [one.method, one.params.id]);
  expect(faults()).toEqual([["session.fault", 10]]);
  await vi.advanceTimersByTimeAsync(2 * UNFINISHED_MS);
  expect(faults()).toEqual([
    ["session.fault", 10],
    ["session.fault", 9],
  ]);
  channel.close();
});

test("once it is closed nothing is said, what waited ends with the reason, and the port is left once", async () => {
  const { channel, posted, disconnect } = opened();
  const waiting = channel.request("job.status", {}, 1e6);
  channel.close(new HostGone("The host left."));
  channel.close();
  await expect(waiting).rejects.toThrow("The host left.");
  const before = posted.length;
  await expect(channel.request("job.status", {}, 1e6)).rejects.toBeInstanceOf(HostGone);
  channel.notify("session.bye", {});
  channel.receive(PIECE);
  expect(posted).toHaveLength(before);
  expect(disconnect).toHaveBeenCalledOnce();
  expect(vi.getTimerCount()).toBe(0);
});
