/** What the host is asked for a chapter's pages. */

import type { ParamsOf } from "../host/methods";
import type { PageRecord, RunState } from "./state";

/** `seen`: pages that the reader looks at besides those that were in view when they were found. */
export function questionOf(
  { series, chapter, references, engine, loras, options: said = {} }: RunState,
  pages: readonly PageRecord[],
  seen: ReadonlySet<string> = new Set(),
): ParamsOf<"pipeline.run_chapter"> {
  const options = loras.length ? { ...said, loras } : said;
  return {
    series,
    chapter,
    direction: "auto",
    references,
    ...(engine ? { engine } : {}),
    ...(Object.keys(options).length ? { options } : {}),
    pages: pages.map(({ pageId, index, sha256, visible, hints }) => ({
      page_id: pageId,
      index,
      sha256,
      visible: visible || seen.has(pageId),
      ...(hints.length ? { hints } : {}),
    })),
  };
}
