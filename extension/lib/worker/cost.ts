/** What another choice would cost the chapter of a tab, told before it is made. */

import { questionOf } from "../chapter/question";
import { pagesInOrder, type RunState } from "../chapter/state";
import type { HostConnection } from "../host/connection";
import type { ChapterChoice } from "../messages";
import type { Estimate } from "../protocol/messages";
import { chosenReferences, loadChoices, loadConnection } from "../state";
import { lorasOf, optionsOf } from "./new-run";

/** How many pages would come anew and how long that takes; null where the choice is the one that they have. */
export async function costOf(
  host: HostConnection,
  run: RunState | undefined,
  { series, engine }: ChapterChoice,
): Promise<Estimate | null> {
  const pages = run ? pagesInOrder(run).filter(({ sha256, state }) => sha256 && state === "done") : [];
  if (!run || pages.length === 0) return null;
  const [choices, connection] = await Promise.all([loadChoices(), loadConnection()]);
  const changed: RunState = {
    ...run,
    series: series || run.series,
    engine,
    references: chosenReferences(choices),
    loras: lorasOf(choices, connection, engine),
    options: optionsOf(choices),
  };
  const asked = questionOf(changed, pages);
  const isAsItIs = JSON.stringify(asked) === JSON.stringify(questionOf(run, pages));
  return isAsItIs ? null : host.request("pipeline.estimate", asked);
}
