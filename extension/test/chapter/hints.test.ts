import fc from "fast-check";
import { expect, test } from "vitest";
import { changeHints } from "@/lib/chapter/hints";
import type { ColourHint } from "@/lib/protocol/messages";

const at = (x: number, y: number, red = 0): ColourHint => ({ points: [[x, y]], rgb: [red, 0, 0] });
const share = fc.double({ min: 0, max: 1, noNaN: true });
const hint = fc.record({
  points: fc.tuple(fc.tuple(share, share)),
  rgb: fc.constant<[number, number, number]>([1, 2, 3]),
});

test("a correction where another stands takes its place; elsewhere they add up", () => {
  const first = [at(0.5, 0.5, 1), at(0.2, 0.2, 2)];
  expect(changeHints(first, { kind: "set", hint: at(0.505, 0.495, 3) })).toEqual([
    at(0.2, 0.2, 2),
    at(0.505, 0.495, 3),
  ]);
  expect(changeHints(first, { kind: "set", hint: at(0.5, 0.52, 3) })).toEqual([...first, at(0.5, 0.52, 3)]);
});

test("what is set last is undone first, and the given corrections are never changed", () => {
  fc.assert(
    fc.property(fc.array(hint, { maxLength: 8 }), hint, (hints, next) => {
      const before = structuredClone(hints);
      const set = changeHints(hints, { kind: "set", hint: next });
      expect(set.at(-1)).toEqual(next);
      expect(changeHints(set, { kind: "undo" })).toEqual(set.slice(0, -1));
      expect(changeHints(set, { kind: "clear" })).toEqual([]);
      expect(hints).toEqual(before);
    }),
  );
});

test("a page takes as many corrections as the wire, and says so", () => {
  const many = Array.from({ length: 256 }, (_, n) => at((n % 16) / 16, Math.floor(n / 16) / 16));
  expect(() => changeHints(many, { kind: "set", hint: at(0.99, 0.99) })).toThrow("256");
  expect(changeHints(many, { kind: "set", hint: at(0, 0, 9) })).toHaveLength(256);
});
