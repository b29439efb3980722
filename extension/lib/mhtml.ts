/** Reads what a page holds from its MHTML document (RFC 2557), as browsers save it. */

import { fromBase64 } from "./protocol/base64";

interface Body {
  start: number;
  end: number;
  encoding: string;
}

export class Mhtml {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #text: string;
  readonly #bodies = new Map<string, Body>();

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#bytes = bytes;
    this.#text = new TextDecoder("latin1").decode(bytes); // a character a byte
    const boundary = /^content-type:[^]*?boundary="([^"\r\n]+)"/im.exec(this.#text.slice(0, this.#headEnd(0)))?.[1];
    if (boundary) this.#index(`--${boundary}`);
  }

  /** The bytes that stand at one of `urls`, the first that is there; `null` if none is. */
  at(urls: readonly string[]): Uint8Array<ArrayBuffer> | null {
    const body = urls.map((url) => this.#bodies.get(withoutFragment(url))).find((found) => found !== undefined);
    if (!body) return null;
    const { start, end, encoding } = body;
    if (encoding === "base64") return fromBase64(this.#text.slice(start, end).replace(/\s+/g, ""));
    return encoding === "binary" || encoding === "8bit" ? this.#bytes.slice(start, end) : null;
  }

  #index(delimiter: string): void {
    const text = this.#text;
    let at = text.indexOf(`\n${delimiter}`, this.#headEnd(0) - 2);
    while (at >= 0) {
      const next = text.indexOf(`\n${delimiter}`, at + 1);
      const start = this.#headEnd(at);
      if (next > start) this.#add(text.slice(at + 1 + delimiter.length, start), start, next);
      at = next;
    }
  }

  #add(head: string, start: number, end: number): void {
    const plain = head.replace(/\r?\n[ \t]+/g, " "); // a header may go on in the next line
    const field = (name: string) => new RegExp(`^${name}:[ \\t]*(.*?)\\s*$`, "im").exec(plain)?.[1] ?? "";
    const url = withoutFragment(field("content-location"));
    const last = this.#text[end - 1] === "\r" ? end - 1 : end;
    if (url && !this.#bodies.has(url))
      this.#bodies.set(url, { start, end: last, encoding: field("content-transfer-encoding").toLowerCase() });
  }

  /** Where the body begins whose headers begin at `from`. */
  #headEnd(from: number): number {
    const end = this.#text.indexOf("\r\n\r\n", from);
    return end < 0 ? this.#text.length : end + 4;
  }
}

function withoutFragment(url: string): string {
  return url.split("#", 1)[0] ?? url;
}
