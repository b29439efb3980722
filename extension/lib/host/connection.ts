/** The one connection to the host: an explicit state machine around the port that the service worker owns. */

import { PROTOCOL_RANGE, type SessionReady, type Welcome } from "../protocol/messages";
import type { Params } from "../protocol/rpc";
import { backoffMs } from "./backoff";
import { keepsStopping, noAnswer, type Problem, problemOf, silent, versionProblem } from "./causes";
import { Channel, type HostPort } from "./channel";
import { HostError, HostGone } from "./errors";
import { type HostNotification, type Method, type ParamsOf, type ResultOf, timeoutMs } from "./methods";
import { commonVersion } from "./version";

export const HOST_NAME = "app.irodori.host";
const READY_TIMEOUT_MS = 10_000; // a cold disk and a virus scanner; 250 ms is usual
const PING_EVERY_MS = 5_000;
const SILENT_MS = 5_000; // with the wait before it, a silence is said within ten seconds

/** `disconnected` waits for its next try; `failed` waits for the reader. */
export type ConnectionState =
  | { name: "idle" }
  | { name: "connecting" }
  | { name: "ready"; welcome: Welcome; pid: number; logPath: string; refreshed?: number; problem?: Problem }
  | { name: "disconnected"; problem: Problem }
  | { name: "failed"; problem: Problem };

/** What a connection needs of the browser. */
export interface Outside {
  open(onMessage: (message: unknown) => void, onClosed: (error: string | undefined) => void): HostPort;
  hello: { extension_version: string; browser: string };
  onState(state: ConnectionState): void;
  onNotification(notification: HostNotification): void;
}

export class HostConnection {
  readonly #outside: Outside;
  #state: ConnectionState = { name: "idle" };
  #channel: Channel | null = null;
  #attempt = 0;
  #hasSpoken: boolean;
  #timers: ReturnType<typeof setTimeout>[] = [];
  #readyWaiters: { resolve(): void; reject(error: Error): void }[] = [];

  /** `hasSpoken`: whether a host has greeted since the browser started; only then does a lost one get called back. */
  constructor(outside: Outside, hasSpoken = false) {
    this.#outside = outside;
    this.#hasSpoken = hasSpoken;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Connect unless connected; resolves once the host is ready, rejects with the problem's cause. */
  ready(): Promise<void> {
    if (this.#state.name === "ready") return Promise.resolve();
    const ready = new Promise<void>((resolve, reject) => this.#readyWaiters.push({ resolve, reject }));
    if (this.#state.name !== "connecting") this.#connect();
    return ready;
  }

  /** Ask the host, connecting first where needed. */
  async request<M extends Method>(method: M, params: ParamsOf<M>): Promise<ResultOf<M>> {
    await this.ready();
    return this.#ask(method, params);
  }

  /** Say goodbye and close; nothing reconnects until somebody asks. */
  release(): void {
    this.#channel?.notify("session.bye", { reason: "the extension has nothing to do" });
    this.#drop(new HostGone());
    this.#enter({ name: "idle" });
  }

  #connect(): void {
    this.#drop(new HostGone());
    this.#enter({ name: "connecting" });
    const current = { channel: null as Channel | null };
    const isCurrent = () => current.channel !== null && current.channel === this.#channel;
    const port = this.#outside.open(
      (message) => isCurrent() && current.channel?.receive(message),
      (error) => isCurrent() && this.#lost(problemOf(error)),
    );
    current.channel = new Channel(port, (method, params) => isCurrent() && this.#heard(method, params));
    this.#channel = current.channel;
    this.#after(READY_TIMEOUT_MS, () => this.#lost(noAnswer()));
  }

  #heard(method: string, params: Params): void {
    if (method === "session.ready") void this.#greet(params as unknown as SessionReady);
    else if (method === "session.bye") this.#lost(problemOf(String(params.reason)));
    else if (method === "model.changed") void this.#refreshEngines();
    else this.#outside.onNotification({ method, params } as unknown as HostNotification);
  }

  async #greet(host: SessionReady): Promise<void> {
    const channel = this.#channel;
    this.#hasSpoken = true;
    this.#clearTimers();
    if (commonVersion(PROTOCOL_RANGE, host.protocol) === null) {
      return this.#fail(versionProblem(host.protocol, PROTOCOL_RANGE));
    }
    try {
      const welcome = await this.#ask("session.hello", {
        protocol: [...PROTOCOL_RANGE] as [number, number],
        ...this.#outside.hello,
      });
      if (channel === this.#channel) this.#welcome(welcome, host);
    } catch (error) {
      if (channel === this.#channel) this.#fail(refusal(error));
    }
  }

  #welcome(welcome: Welcome, host: SessionReady): void {
    this.#attempt = 0;
    this.#enter({ name: "ready", welcome, pid: host.pid, logPath: host.log_path });
    this.#readyWaiters.splice(0).forEach(({ resolve }) => resolve());
    this.#pingLater();
  }

  /** Weights came or went, and with them what engines are ready. */
  async #refreshEngines(): Promise<void> {
    const engines = await this.#ask("engine.list", {}).catch(() => null);
    const state = this.#state;
    if (engines && state.name === "ready")
      this.#enter({ ...state, welcome: { ...state.welcome, engines }, refreshed: Date.now() });
  }

  #pingLater(): void {
    this.#after(PING_EVERY_MS, () => {
      const channel = this.#channel;
      const silence = setTimeout(() => channel === this.#channel && this.#says(silent()), SILENT_MS);
      const answered = (act: () => void) => () => {
        clearTimeout(silence);
        if (channel === this.#channel) act();
      };
      const heard = answered(() => (this.#says(null), this.#pingLater()));
      this.#ask("session.ping", {}).then(
        heard,
        answered(() => this.#lost(noAnswer())),
      );
    });
  }

  /** The host is there but keeps silent, or speaks again. */
  #says(problem: Problem | null): void {
    const state = this.#state;
    if (state.name !== "ready" || (state.problem ?? null) === problem) return;
    const { problem: _, ...well } = state;
    this.#enter(problem ? { ...well, problem } : well);
  }

  #ask<M extends Method>(method: M, params: ParamsOf<M>): Promise<ResultOf<M>> {
    const answer = this.#channel?.request(method, params as unknown as Params, timeoutMs(method));
    return (answer ?? Promise.reject(new HostGone())) as Promise<ResultOf<M>>;
  }

  #lost(problem: Problem): void {
    const wait = this.#hasSpoken && !problem.lasting ? backoffMs(this.#attempt++) : null;
    if (wait === null) return this.#fail(this.#hasSpoken && !problem.lasting ? keepsStopping() : problem);
    this.#drop(new HostGone());
    this.#enter({ name: "disconnected", problem });
    this.#after(wait, () => this.#connect());
  }

  #fail(problem: Problem): void {
    this.#attempt = 0;
    this.#drop(new HostGone(problem.cause));
    this.#enter({ name: "failed", problem });
    this.#readyWaiters.splice(0).forEach(({ reject }) => reject(new HostGone(problem.cause)));
  }

  #drop(reason: Error): void {
    const channel = this.#channel;
    this.#channel = null;
    this.#clearTimers();
    channel?.close(reason);
  }

  #enter(state: ConnectionState): void {
    this.#state = state;
    this.#outside.onState(state);
  }

  #after(ms: number, act: () => void): void {
    this.#timers.push(setTimeout(act, ms));
  }

  #clearTimers(): void {
    this.#timers.splice(0).forEach(clearTimeout);
  }
}

function refusal(error: unknown): Problem {
  if (error instanceof HostError) return { cause: error.message, fix: error.hint, lasting: error.code === "E_VERSION" };
  return noAnswer();
}
