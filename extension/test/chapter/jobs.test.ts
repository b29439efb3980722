import { describe, expect, it, vi } from "vitest";
import { Jobs } from "../../lib/chapter/jobs";
import type { Outside } from "../../lib/chapter/save";
import { HostError, HostGone } from "../../lib/host/errors";

function made(answer: () => Promise<unknown> = () => Promise.resolve({})) {
  const ask = vi.fn(answer);
  const jobs = new Jobs({ ask } as unknown as Outside);
  jobs.begin("a", ["1", "2"]);
  jobs.begin("b", ["3"]);
  return { ask, jobs };
}

describe("Jobs", () => {
  it("know whose a page is until its job ends", () => {
    const { jobs } = made();
    expect([jobs.has("a", "1"), jobs.has("b", "1"), jobs.has("c", "1")]).toEqual([true, false, false]);
    expect([jobs.hasPage("3"), jobs.hasPage("4"), jobs.isKnown("a"), jobs.isKnown("c")]).toEqual([
      true,
      false,
      true,
      false,
    ]);
    expect(jobs.end("a")).toEqual(["1", "2"]);
    expect([jobs.end("a"), jobs.ids, jobs.hasPage("1")]).toEqual([[], ["b"], false]);
  });

  it("release pages without a word to the host", () => {
    const { ask, jobs } = made();
    jobs.release(["1", "3"]);
    expect([jobs.pagesOf("a"), jobs.pagesOf("b")]).toEqual([["2"], []]);
    expect(ask).not.toHaveBeenCalled();
  });

  it("take back pages at once, and tell the host of each job that had any", async () => {
    const { ask, jobs } = made();
    const told = jobs.cancelPages((id) => id !== "3");
    expect([jobs.pagesOf("a"), jobs.pagesOf("b")]).toEqual([[], ["3"]]);
    await told;
    expect(ask.mock.calls).toEqual([["job.cancel", { job_id: "a", page_ids: ["1", "2"] }]]);
  });

  it("are forgotten before the host has heard that they are cancelled", async () => {
    const { ask, jobs } = made();
    const told = jobs.cancel();
    expect(jobs.ids).toEqual([]);
    await told;
    expect(ask.mock.calls).toEqual([
      ["job.cancel", { job_id: "a" }],
      ["job.cancel", { job_id: "b" }],
    ]);
  });

  it("go first where the reader asks for it", async () => {
    const { ask, jobs } = made();
    await jobs.first();
    expect(ask.mock.calls[1]).toEqual(["job.prioritize", { job_id: "b", page_ids: [], first: true }]);
  });

  it.each([new HostGone(), new HostError({ code: "E_NOT_FOUND", message: "no such job", hint: "", retryable: false })])(
    "need no host that knows them: %s",
    async (fault) => {
      const { jobs } = made(() => Promise.reject(fault));
      await Promise.all([jobs.first(), jobs.cancelPages(() => true)]);
      await jobs.cancel();
    },
  );

  it("hide no fault of ours", async () => {
    const { jobs } = made(() => Promise.reject(new TypeError("ours")));
    await expect(jobs.cancel()).rejects.toThrow("ours");
  });
});
