import { expect, test } from "vitest";
import { pictureType, sha256Of } from "@/lib/picture";

const blob = (bytes: string) => new Blob([Uint8Array.from(bytes, (each) => each.charCodeAt(0))], { type: "image/png" });

test.each([
  ["\x89PNG\r\n\x1a\nrest", "image/png"],
  ["\xff\xd8\xff\xe0", "image/jpeg"],
  ["GIF89a", "image/gif"],
  ["GIF87a", "image/gif"],
  ["RIFF\x10\0\0\0WEBPVP8 ", "image/webp"],
  ["\0\0\0\x20ftypavif", "image/avif"],
  ["\0\0\0\x20ftypavis", "image/avif"],
  ["\0\0\0\x20ftypheic", null],
  ["RIFF\x10\0\0\0WAVE", null],
  ["WEBP", null],
  ["<html>\x89PNG\r\n\x1a\n", null],
  ["\x89PNG\r\n\x1a", null],
  ["", null],
])("what begins with %j is %s, whatever it is called", async (head, mime) =>
  expect(await pictureType(blob(head))).toBe(mime),
);

test("a digest is that of the bytes, in lower case with its zeros", async () => {
  expect(await sha256Of(new Blob(["abc"]))).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  expect(await sha256Of(new Blob())).toMatch(/^e3b0c44298fc1c149afbf4c8996fb924/);
});
