import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Mhtml } from "@/lib/mhtml";
import { toBase64 } from "@/lib/protocol/base64";

interface Part {
  url: string;
  bytes: Uint8Array;
  encoding?: "base64" | "binary";
}

/** As Blink saves it: base64 in lines of 76, headers and boundaries in CRLF. */
function saved(parts: Part[]): Uint8Array<ArrayBuffer> {
  const boundary = "----MultipartBoundary--x----";
  const chunks: (string | Uint8Array)[] = [
    `From: <Saved by Blink>\r\nSubject: boundary="no"\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related;\r\n\ttype="text/html";\r\n\tboundary="${boundary}"\r\n\r\n\r\n`,
  ];
  for (const { url, bytes, encoding = "base64" } of parts) {
    chunks.push(
      `--${boundary}\r\nContent-Type: image/jpeg\r\nContent-Transfer-Encoding: ${encoding}\r\nContent-Location: ${url}\r\n\r\n`,
      encoding === "binary" ? bytes : toBase64(new Uint8Array(bytes)).replace(/.{76}/g, "$&\r\n"),
      "\r\n",
    );
  }
  const all = [...chunks, `--${boundary}--\r\n`].map((chunk) =>
    typeof chunk === "string" ? Uint8Array.from(chunk, (letter) => letter.charCodeAt(0)) : chunk,
  );
  return new Uint8Array(all.flatMap((chunk) => [...chunk]));
}

test("each picture's bytes come back from its address, whatever they are", () => {
  const bytes = fc.uint8Array({ maxLength: 300 });
  const encoding = fc.constantFrom("base64" as const, "binary" as const);
  const parts = fc.array(fc.record({ bytes, encoding }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(parts, (each) => {
      const page = new Mhtml(saved(each.map((part, at) => ({ ...part, url: `https://cdn.example/${at}.jpg?t=1` }))));
      each.forEach((part, at) => {
        expect(page.at([`https://cdn.example/${at}.jpg?t=1#x`])).toEqual(part.bytes);
      });
    }),
  );
});

test("the first address that is there counts, and nothing stands at others", () => {
  const page = new Mhtml(saved([{ url: "https://a.example/1.png", bytes: Uint8Array.of(1, 2) }]));
  expect(page.at(["https://b.example/", "https://a.example/1.png"])).toEqual(Uint8Array.of(1, 2));
  expect(page.at(["https://b.example/"])).toBeNull();
});

test("no bytes that are no such document throw", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(new Mhtml(new Uint8Array(bytes)).at(["x"])).toBeNull();
    }),
  );
});
