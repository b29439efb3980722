import * as fc from "fast-check";
import { expect, test } from "vitest";
import { keyOf } from "@/lib/page/holders/pixels";

test("equal pixels have one key, one changed pixel has another", () => {
  const words = fc.uint32Array({ minLength: 1, maxLength: 64 });
  fc.assert(
    fc.property(words, fc.nat(), (pixels, nth) => {
      const other = pixels.slice();
      other[nth % other.length]! ^= 1;
      expect(keyOf(pixels.slice())).toBe(keyOf(pixels));
      expect(keyOf(other)).not.toBe(keyOf(pixels));
    }),
  );
});
