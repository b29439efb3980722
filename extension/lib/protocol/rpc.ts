/** MessagePack-RPC: the documents inside the frames. */

import { decode, encode } from "@msgpack/msgpack";

export type Params = Record<string, unknown>;

export type RpcMessage =
  | { kind: "request"; msgid: number; method: string; params: Params }
  | { kind: "response"; msgid: number; error: unknown; result: unknown }
  | { kind: "notification"; method: string; params: Params };

const isParams = (value: unknown): value is Params =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);

/** The bytes of a message; keys that are `undefined` are left out. */
export function encodeMessage(message: RpcMessage): Uint8Array {
  const options = { ignoreUndefined: true };
  switch (message.kind) {
    case "request":
      return encode([0, message.msgid, message.method, message.params], options);
    case "response":
      return encode([1, message.msgid, message.error, message.result], options);
    case "notification":
      return encode([2, message.method, message.params], options);
  }
}

/** Read one message; throws `TypeError` for bytes that are none. */
export function decodeMessage(frame: Uint8Array): RpcMessage {
  const value = readDocument(frame);
  if (!Array.isArray(value)) throw new TypeError("a message is an array");
  const [type, first, second, third] = value as unknown[];
  if (type === 0 && value.length === 4 && typeof first === "number" && typeof second === "string" && isParams(third)) {
    return { kind: "request", msgid: first, method: second, params: third };
  }
  if (type === 1 && value.length === 4 && typeof first === "number") {
    return { kind: "response", msgid: first, error: second, result: third };
  }
  if (type === 2 && value.length === 3 && typeof first === "string" && isParams(second)) {
    return { kind: "notification", method: first, params: second };
  }
  throw new TypeError("neither request, response nor notification");
}

function readDocument(frame: Uint8Array): unknown {
  try {
    return decode(frame);
  } catch (cause) {
    throw new TypeError("not one MessagePack document", { cause });
  }
}
