import type { ParamsOf } from "../host/methods";
import type { PageRecord, RunState } from "./state";

/** What the host is asked for a run's pages; `seen`: the ids of those that the reader looks at now. */
export function questionOf(
  { series, chapter, references, engine, loras }: RunState,
  pages: readonly PageRecord[],
  seen: ReadonlySet<string>,
): ParamsOf<"pipeline.run_chapter"> {
  return {
    series,
    chapter,
    direction: "auto",
    references,
    ...(engine ? { engine } : {}),
    ...(loras.length ? { options: { loras } } : {}),
    pages: pages.map(({ pageId, index, sha256, visible, hints }) => ({
      page_id: pageId,
      index,
      sha256,
      visible: visible || seen.has(pageId),
      ...(hints.length ? { hints } : {}),
    })),
  };
}
