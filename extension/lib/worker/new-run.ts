/** The state of a run that begins: what the reader chose now, and what they chose for this series before. */

import type { RunState } from "../chapter/state";
import { changeHabit, habitOf, loadHabit, type SeriesHabit, seriesKey } from "../habits";
import type { ChapterChoice, Survey } from "../messages";
import type { LoraChoice, Options } from "../protocol/messages";
import { type Choices, type ConnectionView, choiceOf, chosenReferences, loadChoices, loadConnection } from "../state";

/** `isByItself`: nobody clicked; the series has the reference and the engine that it had the last time. */
interface Kind {
  isPointed: boolean;
  isByItself: boolean;
}

export async function newRun(
  tabId: number,
  choice: ChapterChoice,
  survey: Survey,
  { isPointed, isByItself }: Kind,
): Promise<RunState> {
  const { site, series: told } = survey;
  const [choices, connection, habit] = await Promise.all([loadChoices(), loadConnection(), loadHabit(site)]);
  const own = habitOf(habit, told);
  const kept: Partial<SeriesHabit> = isByItself ? own : {};
  const { engine = choice.engine } = kept;
  const references = chosenReferences(kept.referenceId === undefined ? choices : kept);
  if (!isByItself && !isPointed) await remember(site, told, choice, references, seriesKey(told) in habit.series);
  return {
    runId: crypto.randomUUID(),
    tabId,
    name: "running",
    series: choice.series || own.name,
    chapter: choice.chapter || survey.chapter,
    engine,
    references,
    loras: lorasOf(choices, connection, engine),
    options: optionsOf(choices),
    pages: {},
    problem: "",
    startedAt: Date.now(),
    original: own.original ?? false,
    strength: own.strength,
    site,
    told,
    isPointed,
  };
}

/** The LoRAs that were chosen, for an engine that takes some. */
export function lorasOf({ loras }: Choices, connection: ConnectionView, engine: string | null): LoraChoice[] {
  const { engines, defaultEngine } = connection;
  const takesLoras = engines.find(({ id }) => id === (engine ?? defaultEngine))?.supports.lora ?? false;
  return takesLoras ? Object.entries(loras).map(([name, weight]) => ({ name, weight })) : [];
}

/** What a loaded preset says besides engine and LoRAs, which stand in the choices. */
export function optionsOf({ preset }: Choices): Options {
  const { loras: _, ...options } = preset?.options ?? {};
  return options;
}

/** Of a series that the reader said something about, what it was coloured with; of others nothing is written down. */
async function remember(
  site: string,
  told: string,
  { series, engine }: ChapterChoice,
  references: readonly string[],
  isKnown: boolean,
): Promise<void> {
  const isRenamed = series !== "" && series !== told;
  if (!site || !(isKnown || isRenamed)) return;
  const change: Partial<SeriesHabit> = { ...choiceOf(references), engine, ...(series ? { name: series } : {}) };
  await changeHabit({ site, told, change });
}
