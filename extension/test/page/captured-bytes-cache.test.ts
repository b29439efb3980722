import { expect, test } from "vitest";
import { CapturedBytesCache } from "@/lib/page/capture/captured-bytes-cache";

const blob = (bytes: number) => new Blob([new Uint8Array(bytes)]);
const held = (cache: CapturedBytesCache) => ["a", "b", "c", "d"].filter((id) => cache.get(id));

test("what does not fit is not kept", () => {
  const cache = new CapturedBytesCache(100);
  cache.put("a", blob(60));
  cache.put("b", blob(60));
  expect(held(cache)).toEqual(["a"]);
  cache.drop("a");
  cache.put("b", blob(60));
  expect(held(cache)).toEqual(["b"]);
});

test("bytes that the host has had stay until others need their place, the oldest first", () => {
  const cache = new CapturedBytesCache(100);
  for (const id of ["a", "b", "c"]) cache.put(id, blob(30));
  cache.markEvictable("b");
  cache.markEvictable("a");
  cache.put("d", blob(30));
  expect(held(cache)).toEqual(["a", "c", "d"]);
  cache.put("b", blob(90)); // it would need the place of bytes that are still to be sent
  expect(held(cache)).toEqual(["c", "d"]);
});

test("what fits to the last byte is kept, and makes room for itself no further than it must", () => {
  const cache = new CapturedBytesCache(100);
  cache.put("a", blob(60));
  cache.put("b", blob(40));
  expect(held(cache)).toEqual(["a", "b"]);
  cache.markEvictable("a");
  cache.markEvictable("b");
  cache.put("c", blob(60));
  expect(held(cache)).toEqual(["b", "c"]);
});

test("what was not held when it was let go is not let go later", () => {
  const cache = new CapturedBytesCache(100);
  cache.markEvictable("a");
  cache.put("a", blob(60));
  cache.put("b", blob(60));
  expect(held(cache)).toEqual(["a"]);
});

test("bytes that come anew take the place of those at their address, and are to be sent again", () => {
  const cache = new CapturedBytesCache(100);
  for (const size of [60, 70, 40]) cache.put("a", blob(size));
  cache.put("b", blob(60));
  expect([held(cache), cache.get("a")?.size]).toEqual([["a", "b"], 40]);
  cache.markEvictable("a");
  cache.put("a", blob(40));
  cache.put("c", blob(30));
  expect(held(cache)).toEqual(["a", "b"]);
  for (const id of ["a", "a", "b"]) cache.drop(id);
  cache.put("c", blob(100));
  expect(held(cache)).toEqual(["c"]);
});
