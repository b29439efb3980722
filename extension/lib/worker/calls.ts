/** What the service worker answers to the popup and to the pages' scripts. */

import { i18n } from "#i18n";
import { browser } from "wxt/browser";
import { changeNaming, changeRules, withRule } from "../habits";
import type { HostConnection } from "../host/connection";
import {
  answerCalls,
  askPage,
  type ChapterChoice,
  type ChapterIntent,
  type FoundPage,
  isOurDocument,
  type MessageSender,
  type WorkerCalls,
} from "../messages";
import { bytesOf, learnFrom, pack, probe, unpack } from "../payload";
import { sha256Of } from "../picture";
import type { ColourHint } from "../protocol/messages";
import { siteOf } from "../sites";
import { loadHints, saveChoices } from "../state";
import { wordSettingsOf } from "../word-settings";
import { flashBadge } from "./badge";
import type { ByItself } from "./by-itself";
import { costOf } from "./cost";
import { fetchPicture, NotAllowed, Refused } from "./fetch-picture";
import { couldCapture, heldBy, wouldCapture } from "./held";
import { windowOf } from "./look";
import {
  exportPalette,
  getPalette,
  importPalette,
  listPalettes,
  mergeCharacters,
  setPalette,
  undoPalette,
  takeInElements,
} from "./palettes";
import { pointed, startPointing } from "./pointing";
import { addCover, addReference, changeReference, listReferences, removeReference, thumbnailsOf } from "./references";
import type { Runs } from "./runs";
import type { Sample } from "./sample";
import type { Studio } from "./studio";
import { surveyTab } from "./survey";

const POPUP_GRACE_MS = 800; // some browsers close the popup for the permission's question: then the worker starts
const INTENT_MS = 120_000; // a question that is older was not the one that was answered

/** Answer calls; each waits until the worker has `woken`: its host is there and its runs are restored. */
export function answerWorkerCalls(
  woken: Promise<HostConnection>,
  runs: Runs,
  byItself: ByItself,
  sample: Sample,
  studio: Studio,
): void {
  const intended = new Map<number, Intent>();

  const start = async (tabId: number, choice: ChapterChoice) => {
    await woken;
    intended.delete(tabId);
    await saveChoices({ engine: choice.engine });
    await runs.start(tabId, choice);
  };

  const startIntended = () => {
    for (const [tabId, { choice }] of intended) void start(tabId, choice).catch(() => flashBadge(tabId, "!", "bad"));
  };

  const leave = async (tabId: number) => {
    await woken;
    await runs.forgetLeft(tabId);
  };

  const runOf = async (sender: MessageSender, runId: string) => {
    await woken;
    return runs.find(sender.tab?.id, runId);
  };

  answerCalls<WorkerCalls>("worker", {
    "host.connect": async (params) => {
      learnFrom(params.probe);
      const host = await woken;
      await host.ready().then(
        () => runs.revive(),
        () => undefined, // the stored state says why
      );
      return { probe: probe() };
    },
    "page.survey": ({ tabId }) => surveyTab(tabId).catch((error) => leave(tabId).then(() => Promise.reject(error))),
    "page.point": async ({ tabId, purpose }) => startPointing(tabId, purpose),
    "page.capture": ({ tabId, frameId, url }) => askPage(tabId, frameId, "page.capture", { url }),
    "studio.run": async ({ order, picture, mask }) => studio.run(await woken, order, picture, mask),
    "studio.chapter": async ({ tabId, taskId }) => {
      const host = await woken;
      const { title, series, pages } = await runs.lendChapter(tabId);
      return studio.run(host, { task_id: taskId, tool: "storyboard", words: title, series, pages }, null, null);
    },
    "studio.look": async ({ picture, filters, scale }) => {
      const host = await woken;
      const seen = await host.request("studio.look", { image: await bytesOf(picture), filters, scale });
      return pack(new Blob([seen.image as Uint8Array<ArrayBuffer>], { type: seen.mime }));
    },
    "studio.networks": async () => studio.networks(await woken),
    "studio.first": async ({ taskId }) => studio.first(await woken, taskId),
    "studio.clear": async () => studio.clear(),
    "studio.cancel": async ({ taskId }) => studio.cancel(await woken, taskId),
    "reference.list": async () => listReferences(await woken),
    "reference.thumbnails": async ({ referenceIds }) => thumbnailsOf(await woken, referenceIds),
    "reference.add": async ({ picture, name, series }) => addReference(await woken, picture, { name, series }),
    "reference.addCover": async ({ tabId, series }) => addCover(await woken, tabId, series),
    "reference.change": async ({ referenceId, change }) => changeReference(await woken, referenceId, change),
    "reference.remove": async ({ referenceId }) => removeReference(await woken, referenceId),
    "preset.list": async () => (await woken).request("preset.list", {}),
    "preset.save": async (preset) => (await woken).request("preset.save", preset),
    "preset.remove": async ({ name }) => (await woken).request("preset.remove", { name }),
    "model.dropped": async () => (await (await woken).request("model.list", {})).filter(({ role }) => role),
    "model.catalogue": async () => (await (await woken).request("model.list", {})).filter(({ role }) => !role),
    "model.pull": async ({ modelId, licenceAccepted }) =>
      void (await (await woken).request("model.pull", { model_id: modelId, licence_accepted: licenceAccepted })),
    "model.remove": async ({ modelId }) => void (await (await woken).request("model.remove", { model_id: modelId })),
    "host.doctor": async () => (await woken).request("host.doctor", {}),
    "words.settings": async () => wordSettingsOf(await (await woken).request("settings.get", {})),
    "words.change": async (change) => wordSettingsOf(await (await woken).request("settings.set", change)),
    "words.models": async ({ ollama }) => (await woken).request("words.list", { ollama }),
    "sample.colour": async ({ picture }) => sample.colour(await woken, picture),
    "history.list": async () => (await woken).request("history.list", {}),
    "history.report": async ({ series }) => {
      const host = await woken;
      await runs.lend(series);
      return host.request("history.report", { series });
    },
    "history.forget": async ({ series }) =>
      void (await (await woken).request("history.forget", series === null ? {} : { series })),
    "cache.stats": async () => (await woken).request("cache.stats", {}),
    "cache.clear": async () => void (await (await woken).request("cache.clear", {})),
    "palette.list": async () => listPalettes(await woken),
    "palette.get": async ({ series }) => getPalette(await woken, series),
    "palette.set": async (change) => setPalette(await woken, runs, change),
    "palette.merge": async (merge) => mergeCharacters(await woken, runs, merge),
    "palette.undo": async ({ series }) => undoPalette(await woken, runs, series),
    "palette.export": async ({ series }) => exportPalette(await woken, series),
    "palette.import": async ({ series, json }) => importPalette(await woken, runs, series, json),
    "palette.elements": async (asked) => takeInElements(await woken, runs, asked),
    "chapter.start": ({ tabId, choice }) => start(tabId, choice),
    "chapter.cost": async ({ tabId, choice }) => costOf(await woken, runs.of(tabId)?.state, choice),
    "chapter.cancel": async ({ tabId }) => (await woken, runs.cancel(tabId)),
    "chapter.first": async ({ tabId }) => (await woken, runs.first(tabId)),
    "chapter.save": async ({ tabId, format }) => void (await (await woken, runs.save(tabId, format))),
    "chapter.cancelSave": async ({ tabId }) => (await woken, runs.cancelSave(tabId)),
    "chapter.toggleOriginal": async ({ tabId }) => (await woken, runs.toggleOriginal(tabId)),
    "series.show": async ({ tabId, original }) => (await woken, runs.showSeries(tabId, original)),
    "chapter.mix": async ({ tabId, strength }) => (await woken, runs.mix(tabId, strength)),
    "habit.change": ({ tabId, ...change }) => byItself.change(change, tabId),
    "habit.forget": ({ site, told = null }) => byItself.forget(site, told),
    "habit.rules": ({ site, rules }) => changeRules(site, () => rules),
    "habit.naming": ({ site, naming }) => changeNaming(site, naming),

    "agent.here": async ({ probe: arrived }, sender) => {
      learnFrom(arrived);
      return { isAwaited: await byItself.here(sender), probe: probe() };
    },
    "agent.arrived": (found, sender) => byItself.arrived(sender, found),
    "agent.answered": ({ found, answer }, sender) => byItself.answered(sender, found, answer),
    "agent.pages": async ({ runId, pages }, sender) =>
      void (await runOf(sender, runId))?.add(await withHints(pages), sender.frameId ?? 0),
    "agent.unreadable": async ({ runId, page, reason }, sender) =>
      (await runOf(sender, runId))?.unreadable(page, sender.frameId ?? 0, reason),
    "agent.correct": async ({ runId, pageId, change }, sender) => {
      const run = await runOf(sender, runId);
      if (run?.frameOf(pageId) !== (sender.frameId ?? 0)) throw new Error(i18n.t("run.over"));
      run.correct(pageId, change);
    },
    "agent.region": async ({ runId, pageId, point }, sender) => {
      const run = await runOf(sender, runId);
      if (run?.frameOf(pageId) !== (sender.frameId ?? 0)) throw new Error(i18n.t("run.over"));
      return run.regionAt(pageId, point);
    },
    "agent.dress": async ({ runId, pageId, point, part, rgb }, sender) => {
      const run = await runOf(sender, runId);
      const page = run?.frameOf(pageId) === (sender.frameId ?? 0) ? run.state.pages[pageId]?.sha256 : undefined;
      if (!run || !page) throw new Error(i18n.t("run.over"));
      const { series } = run.state;
      if (!series) throw new Error(i18n.t("correct.noSeries"));
      const change = { series, figure: { page, point }, [part]: rgb };
      const { touched, maybe } = await setPalette(await woken, runs, change);
      return { pages: touched, maybe };
    },
    "agent.rule": async (rule, { url }) => {
      const site = siteOf(url ?? "");
      if (site) await changeRules(site, (rules) => withRule(rules, rule));
    },
    "agent.dropped": async ({ runId, pageIds }, sender) => {
      const run = await runOf(sender, runId);
      run?.drop(pageIds.filter((id) => run.frameOf(id) === (sender.frameId ?? 0)));
    },
    "agent.again": async ({ runId, pageId }, sender) => {
      const run = await runOf(sender, runId);
      if (run?.frameOf(pageId) !== (sender.frameId ?? 0)) throw new Error(i18n.t("run.over"));
      return run.again(pageId);
    },
    "agent.pointed": async ({ purpose, url }, sender) => void (await pointed(await woken, runs, sender, purpose, url)),
    "agent.visible": async ({ runId, pageIds }, sender) => (await runOf(sender, runId))?.prioritize(pageIds),
    "agent.rest": async ({ runId, isResting }, sender) => (await runOf(sender, runId))?.rest(isResting),
    "agent.alive": async ({ runId, probe: arrived }, sender) => {
      learnFrom(arrived);
      return { known: (await runOf(sender, runId)) !== undefined, probe: probe() };
    },
    "agent.left": async ({ runId }, sender) => {
      const run = await runOf(sender, runId);
      if (run && (sender.frameId ?? 0) === 0) await runs.forget(run.state.tabId);
    },
    "agent.hash": async ({ picture }) => sha256Of(unpack(picture)),
    "agent.held": async ({ urls }, { tab }) => {
      const held = tab?.id === undefined ? null : await heldBy(tab.id, urls);
      return held && pack(held);
    },
    "agent.look": async (_, { tab }) => {
      const shown = tab?.id === undefined ? null : await windowOf(tab.id);
      return shown && pack(shown);
    },
    "agent.replaced": async (_, { tab }) => {
      if (!(await couldCapture())) return "";
      await woken;
      runs.wishCapture(tab?.id);
      return i18n.t("picture.givenOnce");
    },
    "agent.fetch": async ({ url, referer }, { url: document, tab }) => {
      if (!document) throw new Error(i18n.t("tab.gone"));
      const ownReferer = referer !== null && new URL(referer).origin === new URL(document).origin ? referer : null;
      try {
        const { picture, isOpen } = await fetchPicture(url, ownReferer, tab?.url ? [document, tab.url] : [document]);
        return { picture: await pack(picture), isOpen };
      } catch (error) {
        if (error instanceof NotAllowed) return null;
        if (!(error instanceof Refused) || !(await wouldCapture(error.status))) throw error;
        await woken;
        runs.wishCapture(tab?.id);
        throw new Error(`${error.message} ${i18n.t("picture.givenOnce")}`, { cause: error });
      }
    },
  });

  // The browser's question may close the popup, and a refusal is no event: the chapter starts with what may be read,
  // and what is allowed later joins.
  browser.runtime.onConnect.addListener((popup) => {
    if (!popup.sender || !isOurDocument(popup.sender)) return;
    popup.onMessage.addListener(({ tabId, choice }: ChapterIntent) => intended.set(tabId, { choice, at: Date.now() }));
    popup.onDisconnect.addListener(startIntended);
  });
  browser.permissions.onAdded.addListener(async ({ origins = [] }) => {
    await woken;
    setTimeout(async () => {
      for (const [tabId, intent] of intended) {
        if (await isAnswer(tabId, intent, origins)) void start(tabId, intent.choice).catch(() => undefined);
      }
    }, POPUP_GRACE_MS);
    await runs.retryUnreadable();
  });
}

/** A chapter that waits for the reader's answer to the permission's question. */
interface Intent {
  choice: ChapterChoice;
  at: number;
}

/** Whether what was allowed is what the tab's chapter asked for, not another site at another time. */
async function isAnswer(tabId: number, { at }: Intent, allowed: string[]): Promise<boolean> {
  if (Date.now() - at > INTENT_MS) return false;
  const survey = await askPage(tabId, 0, "page.survey", {}).catch(() => null);
  const wanted = new Set(survey?.origins.map((origin) => new URL(origin).hostname));
  return allowed.some((pattern) => pattern.includes("://*/") || wanted.has(/:\/\/([^/:]*)/.exec(pattern)?.[1] ?? ""));
}

/** The pages with the corrections that the reader made to them before. */
async function withHints(pages: FoundPage[]): Promise<(FoundPage & { hints?: ColourHint[] })[]> {
  const known = await loadHints(pages.map(({ sha256 }) => sha256));
  return pages.map((page) => ({ ...page, hints: known.get(page.sha256) ?? [] }));
}
