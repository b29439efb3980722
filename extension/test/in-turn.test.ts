import { expect, test } from "vitest";
import { inTurn } from "@/lib/in-turn";

test("each step begins when the one before it has ended, well or not, and gives its own answer", async () => {
  const one = inTurn();
  const told: string[] = [];
  const ends: (() => void)[] = [];
  const step =
    (name: string, fails = false) =>
    () =>
      new Promise<string>((resolve, reject) => {
        told.push(name);
        ends.push(() => (fails ? reject(new Error(name)) : resolve(name)));
      });
  const results = Promise.allSettled([one(step("a")), one(step("b", true)), one(step("c"))]);
  for (const begun of [["a"], ["a", "b"], ["a", "b", "c"]]) {
    await new Promise((resolve) => setTimeout(resolve));
    expect(told).toEqual(begun);
    ends.at(-1)?.();
  }
  expect((await results).map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(await one(async () => 7)).toBe(7);
});
