/** What a request to the host can end in besides its result. */

import type { WireError } from "../protocol/messages";

/** The host answered with an error of its table. */
export class HostError extends Error {
  override name = "HostError";
  readonly code: string;
  readonly hint: string;
  readonly retryable: boolean;

  constructor({ code, message, hint, retryable }: WireError) {
    super(message);
    this.code = code;
    this.hint = hint;
    this.retryable = retryable;
  }
}

/** The host went away before it answered; ask again once it is back. */
export class HostGone extends Error {
  override name = "HostGone";

  constructor(message = "Irodori's host went away before it answered.") {
    super(message);
  }
}

/** The host lives but did not answer in time. */
export class HostSilent extends Error {
  override name = "HostSilent";

  constructor(method: string) {
    super(`Irodori's host did not answer ${method} in time.`);
  }
}

const text = (value: unknown, otherwise: string): string => (typeof value === "string" ? value : otherwise);

/** Read the `error` of a response; whatever it is becomes a `HostError`. */
export function hostErrorOf(value: unknown): HostError {
  const error = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  return new HostError({
    code: text(error.code, "E_INTERNAL"),
    message: text(error.message, "Irodori's host reported a failure without saying which."),
    hint: text(error.hint, ""),
    retryable: error.retryable === true,
  });
}

/** One line for a reader: what happened and what to do. */
export function sayError(error: unknown): string {
  if (error instanceof HostError) return error.hint ? `${error.message} ${error.hint}` : error.message;
  return error instanceof Error ? error.message : String(error);
}
