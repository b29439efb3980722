/** The host's end of a port, with the real codec: what a test lets the host say and hears it being asked. */

import type { HostPort } from "@/lib/host/channel";
import type { ConnectionState, Outside } from "@/lib/host/connection";
import type { HostNotification } from "@/lib/host/methods";
import { type Envelope, owedAck } from "@/lib/protocol/envelope";
import { Receiver } from "@/lib/protocol/receiver";
import { decodeMessage, encodeMessage, type Params } from "@/lib/protocol/rpc";
import { Sender } from "@/lib/protocol/sender";

type Answer = (method: string, params: Params) => unknown;

export class FakeHost {
  readonly asked: { method: string; params: Params }[] = [];
  readonly told: { method: string; params: Params }[] = [];
  readonly #say: (envelope: Envelope) => void;
  readonly #close: (error?: string) => void;
  readonly #answer: Answer;
  readonly #receiver = new Receiver();
  readonly #sender: Sender;

  constructor(say: (envelope: Envelope) => void, close: (error?: string) => void, answer: Answer) {
    this.#say = say;
    this.#close = close;
    this.#answer = answer;
    this.#sender = new Sender(say);
  }

  /** Say anything at all. */
  raw(value: unknown): void {
    this.#say(value as Envelope);
  }

  notify(method: string, params: Params): void {
    this.#sender.send(encodeMessage({ kind: "notification", method, params }));
  }

  ready(protocol: [number, number] = [1, 1]): void {
    this.notify("session.ready", { protocol, host_version: "0.1.0", pid: 7, log_path: "/log", limits: {} });
  }

  die(error?: string): void {
    this.#close(error);
  }

  hear(envelope: Envelope): void {
    if (envelope.t === "ack") return this.#sender.acked(envelope.id, envelope.q);
    const frame = this.#receiver.take(envelope);
    const ack = owedAck(envelope);
    if (ack) this.#say(ack);
    const message = frame ? decodeMessage(frame) : null;
    if (message?.kind === "notification") this.told.push({ method: message.method, params: message.params });
    if (message?.kind !== "request") return;
    this.asked.push({ method: message.method, params: message.params });
    const answer = this.#answer(message.method, message.params);
    if (answer instanceof Promise) void answer.then((late) => this.#respond(message.msgid, late));
    else this.#respond(message.msgid, answer);
  }

  #respond(msgid: number, answer: unknown): void {
    if (answer === undefined) return; // a host that keeps silent
    const [error, result] = answer instanceof Error ? [JSON.parse(answer.message), null] : [null, answer];
    this.#sender.send(encodeMessage({ kind: "response", msgid, error, result }));
  }
}

export const WELCOME = {
  protocol: 1,
  host_version: "0.1.0",
  engines: [],
  default_engine: "compact",
  device: { kind: "cpu", name: "CPU", memory_mib: 8192 },
  settings: {},
};

/** A browser that starts a `FakeHost` at each connect. */
export function browserWith(answer: Answer, born: (host: FakeHost, start: number) => void) {
  const hosts: FakeHost[] = [];
  const states: ConnectionState[] = [];
  const heard: HostNotification[] = [];
  const outside: Outside = {
    open(onMessage, onClosed): HostPort {
      let open = true;
      const later = (act: () => void) => void setTimeout(() => open && act(), 0);
      const host = new FakeHost(
        (envelope) => later(() => onMessage(structuredClone(envelope))),
        (error) =>
          later(() => {
            open = false;
            onClosed(error);
          }),
        answer,
      );
      hosts.push(host);
      born(host, hosts.length);
      return { postMessage: (envelope) => open && host.hear(envelope), disconnect: () => (open = false) };
    },
    hello: { extension_version: "0.1.0", browser: "test" },
    onState: (state) => states.push(state),
    onNotification: (notification) => heard.push(notification),
  };
  return { outside, hosts, states, heard };
}
