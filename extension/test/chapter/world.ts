/** A chapter's run in a world that takes every page: what it asked its host, and what the page's script heard. */

import { vi } from "vitest";
import { ChapterRun, type RunOutside } from "@/lib/chapter/run";
import type { RunState } from "@/lib/chapter/state";
import type { HostNotification } from "@/lib/host/methods";
import type { FoundPage } from "@/lib/messages";
import type { PageDone } from "@/lib/protocol/messages";

export type Asked = { method: string; params: Record<string, unknown> };

export const found = (n: number, visible = false): FoundPage => ({
  pageId: `p${n}`,
  index: n,
  sha256: `${n}`.repeat(64).slice(0, 64),
  visible,
  width: 800,
  height: 1200,
  url: `https://site.example/${n}.jpg`,
});

/** A run whose host takes every page it is told to need; `told` is what the page's script hears. */
export function runWith(need: (pageIds: string[]) => string[] = (ids) => ids) {
  const asked: Asked[] = [];
  const told: { kind: string; params: Record<string, unknown> }[] = [];
  const problems = new Map<string, Error>();
  const gone = vi.fn();
  const remembered = vi.fn();
  let jobs = 0;
  const outside = {
    async ask(method: string, params: Record<string, unknown>) {
      asked.push({ method, params });
      const problem = problems.get(method);
      if (problem) throw problem;
      if (method !== "pipeline.run_chapter") return { accepted: true };
      const ids = (params.pages as { page_id: string }[]).map(({ page_id }) => page_id);
      return { job_id: `j${++jobs}`, need: need(ids) };
    },
    async tell(_frame: number | null, kind: string, params: Record<string, unknown>) {
      told.push({ kind, params });
      const problem = problems.get(kind);
      if (problem) throw problem;
      return kind === "page.bytes" ? new Blob([String(params.pageId)]) : undefined;
    },
    remember: remembered,
    changed: () => undefined,
    tabGone: gone,
  } as unknown as RunOutside;
  const state: RunState = {
    runId: "r",
    tabId: 1,
    name: "running",
    series: "Rain Town",
    chapter: "3",
    engine: null,
    loras: [],
    references: ["ref"],
    pages: {},
    problem: "",
    startedAt: 0,
    original: false,
  };
  return { run: new ChapterRun(state, outside), outside, asked, told, problems, gone, remembered };
}

export const doneWith = (page_id: string): HostNotification => ({
  method: "page.done",
  params: { job_id: "j1", page_id, image: new Uint8Array([1]), mime: "image/png", width: 8, height: 9 } as PageDone,
});
export const methods = (asked: Asked[]) => asked.map(({ method }) => method);
export const stateOf = (run: ChapterRun, id: string) => run.state.pages[id]?.state;

export const progress = (pageId: string): HostNotification => ({
  method: "job.progress",
  params: { job_id: "j1", page_id: pageId, stage: "pass2", fraction: 0.5 },
});
