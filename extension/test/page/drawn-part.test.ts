import { expect, test } from "vitest";
import { opaquePart } from "@/lib/page/holders/drawn-part";

/** Words of RGBA from rows of signs, of which a space is clear. */
const words = (...rows: string[]) =>
  Uint32Array.from(rows.join(""), (sign) => (sign === " " ? 0x00ffffff : 0x01000000));

test.each<[string, string[], number[]]>([
  ["a page in the middle", ["      ", "  xx  ", "  xx  ", "      "], [2, 1, 2, 2]],
  ["all of it", ["xx", "xx"], [0, 0, 2, 2]],
  ["holes within do not count", ["x x ", "    ", "  x "], [0, 0, 3, 3]],
  ["a point", ["   ", "  x"], [2, 1, 1, 1]],
  ["nothing", ["   ", "   "], [0, 0, 0, 0]],
])("the part that is not clear: %s", (_, rows, [left, top, width, height]) =>
  expect(opaquePart(words(...rows), rows[0]?.length ?? 0)).toEqual({ left, top, width, height }),
);
