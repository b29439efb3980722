import { expect, test, vi } from "vitest";
import type { HostConnection } from "@/lib/host/connection";
import type { HostNotification } from "@/lib/host/methods";
import { bytesOf } from "@/lib/payload";
import { Sample } from "@/lib/worker/sample";

const PICTURE = new Blob([new Uint8Array([1, 2, 3])], { type: "image/webp" });
const ERROR = { code: "E_IMAGE", message: "It is none.", hint: "", retryable: false };

function world() {
  const asked: { method: string; params: { page_id: string; sha256: string } }[] = [];
  const request = vi.fn(async (method: string, params: never) => void asked.push({ method, params }));
  const host = { ready: async () => undefined, request } as unknown as HostConnection;
  const sample = new Sample();
  const tell = (method: string, params: object) =>
    sample.hear({ method, params: { job_id: "j", ...params } } as unknown as HostNotification);
  return { asked, host, sample, tell };
}

test("the sample is sent along and comes back in colour", async () => {
  const { asked, host, sample, tell } = world();
  const coloured = sample.colour(host, PICTURE);
  await vi.waitFor(() => expect(asked).toHaveLength(1));
  const [{ method, params }] = asked as [(typeof asked)[number]];
  expect(method).toBe("pipeline.run_page");
  expect(params.sha256).toBe("039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81");
  tell("page.done", { page_id: "another", image: new Uint8Array([9]), mime: "image/png" });
  tell("page.done", { page_id: params.page_id, image: new Uint8Array([7, 8]), mime: "image/png" });
  expect([...(await bytesOf(await coloured))]).toEqual([7, 8]);
});

test.each([
  ["page.failed", { error: ERROR }, "It is none."],
  ["page.skipped", { reason: "blank" }, "blank"],
])("%s is told", async (method, params, words) => {
  const { asked, host, sample, tell } = world();
  const coloured = sample.colour(host, PICTURE);
  await vi.waitFor(() => expect(asked).toHaveLength(1));
  tell(method, { page_id: asked[0]?.params.page_id, ...params });
  await expect(coloured).rejects.toThrow(words);
});

test("a host that goes away ends the wait", async () => {
  const { asked, host, sample } = world();
  const coloured = sample.colour(host, PICTURE);
  await vi.waitFor(() => expect(asked).toHaveLength(1));
  sample.hostLeft();
  await expect(coloured).rejects.toThrow("went away");
});
