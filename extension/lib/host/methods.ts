/** The host's methods with their types, and how long to wait for each. */

import type { Methods, Notifications } from "../protocol/messages";

export type Method = keyof Methods;
export type ParamsOf<M extends Method> = Methods[M]["params"];
export type ResultOf<M extends Method> = Methods[M]["result"];

/** A notification of the host, told apart by `method`. */
export type HostNotification = {
  [N in keyof Notifications]: { method: N; params: Notifications[N] };
}[keyof Notifications];

const USUAL_MS = 15_000;

const TIMEOUTS_MS: Partial<Record<Method, number>> = {
  "session.hello": 10_000,
  "session.ping": 10_000,
  "reference.add": 60_000,
  "reference.search": 60_000,
  "palette.get": 180_000, // the first time it looks at the references of the series
  "palette.elements": 120_000, // its pictures are looked at
  "pipeline.run_chapter": 30_000,
  "pipeline.estimate": 30_000,
  "page.put": 60_000,
  "page.keep": 60_000,
  "page.region": 60_000, // the page is read, and a network may wait for the one that colours
  "chapter.export": 3_600_000, // a PDF of 500 pages takes many minutes; who does not want to wait cancels it
  "studio.start": 60_000,
  "host.doctor": 60_000,
  "history.report": 120_000,
};

/** Milliseconds after which `method` counts as unanswered. */
export function timeoutMs(method: Method): number {
  return TIMEOUTS_MS[method] ?? USUAL_MS;
}
