import { expect, test } from "vitest";
import { commonVersion } from "@/lib/host/version";

test.each([
  [[1, 3], [1, 3], 3],
  [[1, 3], [2, 5], 3],
  [[2, 5], [1, 3], 3],
  [[1, 1], [1, 9], 1],
  [[3, 4], [1, 3], 3],
  [[4, 5], [1, 3], null],
  [[1, 3], [4, 5], null],
] as const)("%j and %j speak %s", (own, peer, version) => expect(commonVersion(own, peer)).toBe(version));
