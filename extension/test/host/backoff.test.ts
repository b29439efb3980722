import { expect, test } from "vitest";
import { backoffMs } from "@/lib/host/backoff";

test("each wait is twice the one before, no longer than a quarter of a minute, and there is an end", () => {
  const waits = Array.from({ length: 10 }, (_, attempt) => backoffMs(attempt));
  expect(waits).toEqual([250, 500, 1000, 2000, 4000, 8000, 15_000, 15_000, null, null]);
});
