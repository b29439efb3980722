/**
 * Chapters that turn to colour without a click, on sites where the reader wished it and which the browser lets us read.
 * The page's script is registered for those sites alone, in their own documents and never in frames: who embeds such a
 * site starts nothing.
 */

import { browser } from "wxt/browser";
import { storage } from "wxt/utils/storage";
import {
  changeHabit,
  forgetHabit,
  habitOf,
  type HabitChange,
  isAwaited,
  loadHabit,
  loadHabits,
  modeOf,
  type SiteHabit,
} from "../habits";
import type { HostConnection } from "../host/connection";
import { inTurn } from "../in-turn";
import type { AskedAnswer, ChapterFound, MessageSender, Survey } from "../messages";
import { chapterKey } from "../page/find/chapter";
import { patternOf, siteOf } from "../sites";
import { choiceOf, chosenReferences, loadChoices } from "../state";
import { flashBadge } from "./badge";
import { ensureAgent, makeCallSignOnce } from "./inject";
import type { Runs } from "./runs";
import { surveyTab } from "./survey";

const SCRIPT = "by-itself";
const ANSWERS = "session:answers" as const;
const ANSWERS_MAX = 200;
const FRAMES_MS = [500, 1500, 3000];

/** What the reader answered on a chapter's page, for as long as the browser runs. */
type Answers = Record<string, "once" | "later">;

export class ByItself {
  readonly #woken: Promise<HostConnection>;
  readonly #runs: Runs;
  readonly #oneByOne = inTurn();

  constructor(woken: Promise<HostConnection>, runs: Runs) {
    this.#woken = woken;
    this.#runs = runs;
    browser.permissions.onAdded.addListener(() => void this.sync());
    browser.permissions.onRemoved.addListener(() => void this.sync());
  }

  /** Have the page's script wait where something is wished and allowed, and nowhere else. */
  sync(): Promise<void> {
    return this.#oneByOne(register);
  }

  /** The browser or the extension has just begun: documents that were there before have the page's script, too. */
  async enter(): Promise<void> {
    await this.sync();
    const [script] = await browser.scripting.getRegisteredContentScripts({ ids: [SCRIPT] });
    if (!script?.matches) return;
    const tabs = await browser.tabs.query({ url: script.matches, discarded: false });
    const entered = tabs.map(({ id }) => (id === undefined ? undefined : ensureAgent(id)));
    await Promise.allSettled(entered); // one that went meanwhile is looked at when it comes back
  }

  /** With `tabId`, what is always to be in colour from now on begins with the chapter that this tab shows. */
  async change(change: HabitChange, tabId?: number): Promise<void> {
    const choices = await loadChoices();
    const { engine } = choices;
    const chosen = { ...choiceOf(chosenReferences(choices)), engine };
    const isNew = change.told !== null && !habitOf(await loadHabit(change.site), change.told).mode;
    await changeHabit(isNew ? { ...change, change: { ...chosen, ...change.change } } : change);
    await this.sync();
    await this.#woken;
    if (tabId === undefined || change.change.mode !== "always" || this.#runs.of(tabId)) return;
    await this.#runs.start(tabId, { series: "", engine }); // here: the browser's question may close the popup
  }

  async forget(site: string, told: string | null): Promise<void> {
    await forgetHabit(site, told);
    await this.sync();
  }

  /** A document of some site is there: whether something may happen in it. The host wakes while its pages load. */
  async here(sender: MessageSender): Promise<boolean> {
    const habit = sender.tab?.incognito ? null : await habitFor(sender);
    if (!habit || !isAwaited(habit)) return false;
    if (mayStart(habit)) void this.#woken.then((host) => host.ready()).catch(() => undefined); // its run will say it
    return true;
  }

  /** A document shows a chapter: start it, or tell its script to ask. */
  async arrived(sender: MessageSender, found: ChapterFound): Promise<{ asks: boolean }> {
    const habit = sender.tab?.incognito ? null : await habitFor(sender);
    const mode = habit ? modeOf(habit, found.series) : "never";
    if (mode === "never" || !sender.url) return { asks: false };
    const answer = (await loadAnswers())[chapterKey(sender.url)];
    if (mode === "always" || answer === "once") await this.#start(sender, found);
    return { asks: mode === "ask" && answer === undefined };
  }

  /** The reader answered on the page. */
  async answered(sender: MessageSender, found: ChapterFound, answer: AskedAnswer): Promise<void> {
    const site = siteOf(sender.url ?? "");
    if (!(await habitFor(sender)) || !sender.url) return;
    if (answer === "later" || answer === "once") await keepAnswer(chapterKey(sender.url), answer);
    else await this.change({ site, told: found.series, change: { name: found.series, mode: answer } });
    if (answer === "once" || answer === "always") await this.#start(sender, found);
  }

  async #start({ tab, url = "" }: MessageSender, found: ChapterFound): Promise<void> {
    const tabId = tab?.id;
    if (tabId === undefined) return;
    await this.#woken;
    try {
      if (this.#runs.of(tabId)?.isActive) return; // its frames began
      const known = found.pages > 0 ? surveyFrom(found, url) : await framesOf(tabId);
      if (known.pages === 0) return;
      const { engine } = await loadChoices();
      await this.#runs.start(tabId, { series: "", engine }, { known });
    } catch {
      await flashBadge(tabId, "!", "bad");
    }
  }
}

/** What is wished of the site whose own document asks; `null` for frames and what is not of the web. */
async function habitFor({ url = "", frameId }: MessageSender): Promise<SiteHabit | null> {
  const site = siteOf(url);
  return site && frameId === 0 ? loadHabit(site) : null;
}

function mayStart({ mode, series }: SiteHabit): boolean {
  return mode === "always" || Object.values(series).some((each) => each.mode === "always");
}

function surveyFrom({ pages, series, chapter }: ChapterFound, url: string): Survey {
  return { pages, series, chapter, site: siteOf(url), origins: [], why: null };
}

/** What the frames of a tab show, which come later than the document around them. */
async function framesOf(tabId: number): Promise<Survey> {
  for (const wait of FRAMES_MS) {
    const survey = await surveyTab(tabId);
    if (survey.pages > 0) return survey;
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
  return surveyTab(tabId);
}

async function register(): Promise<void> {
  const wished = (await loadHabits()).filter(([, habit]) => isAwaited(habit)).map(([site]) => patternOf(site));
  const allowed = await Promise.all(wished.map((pattern) => browser.permissions.contains({ origins: [pattern] })));
  const matches = wished.filter((_, at) => allowed[at]);
  const [there] = await browser.scripting.getRegisteredContentScripts({ ids: [SCRIPT] });
  if (matches.length === 0) {
    if (there) await browser.scripting.unregisterContentScripts({ ids: [SCRIPT] });
    return;
  }
  await makeCallSignOnce();
  const wanted = {
    id: SCRIPT,
    matches,
    js: ["agent.js"],
    runAt: "document_end" as const,
    allFrames: false,
    matchOriginAsFallback: true, // documents that the site makes itself: `blob:`
  };
  await (there ? browser.scripting.updateContentScripts([wanted]) : browser.scripting.registerContentScripts([wanted]));
}

async function loadAnswers(): Promise<Answers> {
  return storage.getItem<Answers>(ANSWERS, { fallback: {} });
}

async function keepAnswer(chapter: string, answer: "once" | "later"): Promise<void> {
  const others = Object.entries(await loadAnswers()).filter(([key]) => key !== chapter);
  await storage.setItem(ANSWERS, Object.fromEntries([...others, [chapter, answer]].slice(-ANSWERS_MAX)));
}
