import { expect, test } from "vitest";
import { CapturedBytesCache } from "@/lib/page/capture/entry";

const blob = (bytes: number) => new Blob([new Uint8Array(bytes)]);
const held = (shelf: CapturedBytesCache) => ["a", "b", "c", "d"].filter((id) => shelf.get(id));

test("what does not fit is not kept", () => {
  const shelf = new CapturedBytesCache(100);
  shelf.put("a", blob(60));
  shelf.put("b", blob(60));
  expect(held(shelf)).toEqual(["a"]);
  shelf.drop("a");
  shelf.put("b", blob(60));
  expect(held(shelf)).toEqual(["b"]);
});

test("bytes that the host has had stay until others need their place, the oldest first", () => {
  const shelf = new CapturedBytesCache(100);
  for (const id of ["a", "b", "c"]) shelf.put(id, blob(30));
  shelf.markEvictable("b");
  shelf.markEvictable("a");
  shelf.put("d", blob(30));
  expect(held(shelf)).toEqual(["a", "c", "d"]);
  shelf.put("b", blob(90)); // it would need the place of bytes that are still to be sent
  expect(held(shelf)).toEqual(["c", "d"]);
});
