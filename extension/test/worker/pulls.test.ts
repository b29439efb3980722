import { beforeEach, expect, test } from "vitest";
import { fakeBrowser } from "wxt/testing/fake-browser";
import type { HostNotification } from "@/lib/host/methods";
import { loadPulls, savePulls } from "@/lib/state";
import { PullWatch } from "@/lib/worker/pulls";

type Told = "pulling" | "verifying" | "ready" | "failed";

const progress = (model_id: string, bytes: number, state: Told = "pulling"): HostNotification => ({
  method: "model.progress",
  params: { task_id: "t", model_id, bytes, total_bytes: 1000, state },
});
const rest = () => new Promise((resolve) => setTimeout(resolve, 20));

beforeEach(() => fakeBrowser.reset());

test("the latest of each download is kept, steps that nobody sees are left out, and its end never is", async () => {
  const watch = new PullWatch();
  for (const bytes of [0, 4, 5, 9]) watch.hear(progress("klein", bytes));
  watch.hear(progress("vae", 1000, "verifying"));
  watch.hear({ method: "job.progress", params: { job_id: "j", page_id: "p", stage: "pass1", fraction: 1 } });
  await rest();
  expect(await loadPulls()).toEqual({
    klein: { bytes: 5, totalBytes: 1000, state: "pulling" },
    vae: { bytes: 1000, totalBytes: 1000, state: "verifying" },
  });
  watch.hear(progress("klein", 3));
  watch.hear(progress("vae", 1000, "ready"));
  await rest();
  expect(await loadPulls()).toEqual({
    klein: { bytes: 3, totalBytes: 1000, state: "pulling" },
    vae: { bytes: 1000, totalBytes: 1000, state: "ready" },
  });
});

test("why a download failed is kept with it, until it is begun anew", async () => {
  const watch = new PullWatch();
  const error = { code: "E_DISK_FULL", message: "m", hint: "h", retryable: false };
  const failed = progress("klein", 7, "failed");
  watch.hear({ ...failed, params: { ...failed.params, error } } as HostNotification);
  await rest();
  expect(await loadPulls()).toEqual({ klein: { bytes: 7, totalBytes: 1000, state: "failed", error } });
  watch.hear(progress("klein", 7));
  await rest();
  expect(await loadPulls()).toEqual({ klein: { bytes: 7, totalBytes: 1000, state: "pulling" } });
});

test("what was under way ends with the host, and what had ended stays as it was", async () => {
  const watch = new PullWatch();
  const pull = (state: Told) => ({ bytes: 1, totalBytes: 2, state });
  await savePulls({ a: pull("pulling"), b: pull("verifying"), c: pull("ready") });
  watch.hostLeft();
  watch.hostLeft();
  await rest();
  expect(await loadPulls()).toEqual({ a: pull("failed"), b: pull("failed"), c: pull("ready") });
});
