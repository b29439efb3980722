import * as fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { bytesOf, learnFrom, pack, probe, unpack } from "@/lib/payload";

afterEach(() => learnFrom(null));

test("a picture crosses as text, whatever its bytes", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (bytes) => {
      const packed = await pack(new Blob([bytes as Uint8Array<ArrayBuffer>], { type: "image/png" }));
      const crossed = JSON.parse(JSON.stringify(packed)) as typeof packed;
      expect(await bytesOf(crossed)).toEqual(bytes);
      expect(unpack(crossed).type).toBe("image/png");
    }),
  );
});

test("where a probe crosses as it is, pictures do as well; where it comes as nothing they do not", async () => {
  const picture = new Blob(["a"], { type: "image/png" });
  learnFrom(probe());
  expect(await pack(picture)).toBe(picture);
  expect(unpack(picture)).toBe(picture);
  learnFrom(JSON.parse(JSON.stringify({ probe: {} })));
  expect(await pack(picture)).toEqual({ base64: "YQ==", mime: "image/png" });
});
