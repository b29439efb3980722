/** What a request to the host can end in besides its result. */

import { i18n } from "#i18n";
import type { ErrorCode, WireError } from "../protocol/messages";
import { reasonOf } from "../reason";
import { sayTold, speaksEnglish } from "./told";

/** The host answered with an error of its table; `message` is in the reader's language. */
export class HostError extends Error {
  override name = "HostError";
  readonly code: string;
  readonly hint: string;
  readonly retryable: boolean;

  constructor(error: WireError) {
    const { message, hint } = inReadersLanguage(error);
    super(message);
    this.code = error.code;
    this.hint = hint;
    this.retryable = error.retryable;
  }
}

/**
 * The host speaks English, and tells by keys and values what went wrong. Where it does not, the code's sentence says what
 * there is to do: its own words are of use in English alone, and in its log.
 */
function inReadersLanguage({ code, message, hint, data }: WireError): Pick<WireError, "message" | "hint"> {
  if (speaksEnglish()) return { message, hint };
  const said = sayTold(data?.told) || sentenceOf(code);
  return said ? { message: said, hint: "" } : { message, hint };
}

/** What a code of the host's table means and what to do; empty for one of a newer host. */
function sentenceOf(code: string): string {
  return i18n.t(`errors.codes.${code as ErrorCode}`) || "";
}

/** The host went away before it answered; ask again once it is back. */
export class HostGone extends Error {
  override name = "HostGone";

  constructor(message = i18n.t("host.wentAway")) {
    super(message);
  }
}

/** The host lives but did not answer in time. */
export class HostSilent extends Error {
  override name = "HostSilent";

  constructor(method: string) {
    super(i18n.t("host.late", [method]));
  }
}

const text = (value: unknown, otherwise: string): string => (typeof value === "string" ? value : otherwise);

/** Read the `error` of a response; whatever it is becomes a `HostError`. */
export function hostErrorOf(value: unknown): HostError {
  const error = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  return new HostError({
    code: text(error.code, "E_INTERNAL"),
    message: text(error.message, i18n.t("host.unknownFailure")),
    hint: text(error.hint, ""),
    retryable: error.retryable === true,
    ...(typeof error.data === "object" && error.data !== null ? { data: error.data as Record<string, unknown> } : {}),
  });
}

/** One line for a reader: what happened and what to do. */
export function sayError(error: unknown): string {
  if (error instanceof HostError) return error.hint ? `${error.message} ${error.hint}` : error.message;
  return reasonOf(error);
}
