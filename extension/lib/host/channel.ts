/** One port to one host process: envelopes below, requests and notifications above. Knows no state beyond its port. */

import { reasonOf } from "../reason";
import { i18n } from "#i18n";
import { type Chunk, type Envelope, FrameFault, owedAck, parseEnvelope } from "../protocol/envelope";
import { UNFINISHED_MS } from "../protocol/messages";
import { decodeMessage, encodeMessage, type Params, type RpcMessage } from "../protocol/rpc";
import { Receiver } from "../protocol/receiver";
import { Sender } from "../protocol/sender";
import { HostGone, HostSilent, hostErrorOf } from "./errors";

/** The part of a `runtime.Port` that a channel uses. */
export interface HostPort {
  postMessage(message: Envelope): void;
  disconnect(): void;
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
  timer: ReturnType<typeof setTimeout>;
}

export class Channel {
  readonly #port: HostPort;
  readonly #onNotification: (method: string, params: Params) => void;
  readonly #receiver = new Receiver();
  readonly #sender: Sender;
  readonly #waiting = new Map<number, Waiting>();
  readonly #sweep: ReturnType<typeof setInterval>;
  #lastMsgid = 0;
  #closed = false;

  constructor(port: HostPort, onNotification: (method: string, params: Params) => void) {
    this.#port = port;
    this.#onNotification = onNotification;
    this.#sender = new Sender((chunk: Chunk) => port.postMessage(chunk));
    this.#sweep = setInterval(
      () => this.#receiver.expire().forEach((fault) => this.#tellFault(fault)),
      UNFINISHED_MS / 3,
    );
  }

  /** Ask the host; rejects with `HostError`, `HostGone`, or `HostSilent` after `timeoutMs`. */
  request(method: string, params: Params, timeoutMs: number): Promise<unknown> {
    if (this.#closed) return Promise.reject(new HostGone());
    const msgid = ++this.#lastMsgid;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#settle(msgid)?.reject(new HostSilent(method)), timeoutMs);
      this.#waiting.set(msgid, { resolve, reject, timer });
      this.#sender.send(encodeMessage({ kind: "request", msgid, method, params }));
    });
  }

  notify(method: string, params: Params): void {
    if (!this.#closed) this.#sender.send(encodeMessage({ kind: "notification", method, params }));
  }

  /** Feed one message of the port. */
  receive(value: unknown): void {
    try {
      const envelope = parseEnvelope(value);
      if (envelope.t === "ack") return this.#sender.acked(envelope.id, envelope.q);
      this.#receiveChunk(envelope);
    } catch (fault) {
      if (!(fault instanceof FrameFault)) throw fault;
      if (fault.owed) this.#port.postMessage(fault.owed);
      this.#tellFault(fault);
    }
  }

  /** End every waiting request; the port is closed unless it closed by itself. */
  close(reason: Error = new HostGone()): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#sweep);
    for (const msgid of [...this.#waiting.keys()]) this.#settle(msgid)?.reject(reason);
    this.#port.disconnect();
  }

  #receiveChunk(chunk: Chunk): void {
    const ack = owedAck(chunk);
    try {
      const frame = this.#receiver.take(chunk);
      if (frame) this.#dispatch(chunk.id, frame);
    } finally {
      if (ack && !this.#closed) this.#port.postMessage(ack);
    }
  }

  #dispatch(frameId: number, frame: Uint8Array): void {
    const message = readMessage(frameId, frame);
    if (message.kind === "response") return this.#answer(message.msgid, message.error, message.result);
    if (message.kind === "request") return this.#refuse(message.msgid, message.method);
    if (message.method === "session.fault") this.#sender.drop(Number(message.params.id));
    this.#onNotification(message.method, message.params);
  }

  #answer(msgid: number, error: unknown, result: unknown): void {
    const waiting = this.#settle(msgid);
    if (error === null || error === undefined) waiting?.resolve(result);
    else waiting?.reject(hostErrorOf(error));
  }

  /** The host asks nothing in this version; it still gets an answer. */
  #refuse(msgid: number, method: string): void {
    const error = { code: "E_UNKNOWN_METHOD", message: i18n.t("host.noMethod", [method]), hint: "", retryable: false };
    this.#sender.send(encodeMessage({ kind: "response", msgid, error, result: null }));
  }

  #settle(msgid: number): Waiting | undefined {
    const waiting = this.#waiting.get(msgid);
    this.#waiting.delete(msgid);
    if (waiting) clearTimeout(waiting.timer);
    return waiting;
  }

  #tellFault({ frameId, code, message }: FrameFault): void {
    this.notify("session.fault", { id: frameId, code, message });
  }
}

function readMessage(frameId: number, frame: Uint8Array): RpcMessage {
  try {
    return decodeMessage(frame);
  } catch (fault) {
    throw new FrameFault(frameId, reasonOf(fault));
  }
}
