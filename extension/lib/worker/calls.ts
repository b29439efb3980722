/** What the service worker answers to the popup and to the pages' scripts. */

import { browser } from "wxt/browser";
import type { HostConnection } from "../host/connection";
import {
  answerCalls,
  askPage,
  type ChapterChoice,
  type FoundPage,
  type MessageSender,
  type WorkerCalls,
} from "../messages";
import { learnFrom, pack, probe, unpack } from "../payload";
import { sha256Of } from "../picture";
import type { ColourHint } from "../protocol/messages";
import { loadHints, saveChoices } from "../state";
import { fetchPicture } from "./fetch-picture";
import { ensureAgent } from "./inject";
import { addReference, listReferences, removeReference } from "./references";
import type { Runs } from "./runs";

const POPUP_GRACE_MS = 800; // some browsers close the popup for the permission's question: then the worker starts

/** Answer calls; each waits until the worker has `woken`: its host is there and its runs are restored. */
export function answerWorkerCalls(woken: Promise<HostConnection>, runs: Runs): void {
  const intended = new Map<number, ChapterChoice>();

  const start = async (tabId: number, choice: ChapterChoice) => {
    await woken;
    intended.delete(tabId);
    await saveChoices({ engine: choice.engine });
    await runs.start(tabId, choice);
  };

  const runOf = async (sender: MessageSender, runId: string) => {
    await woken;
    return runs.find(sender.tab?.id, runId);
  };

  answerCalls<WorkerCalls>("worker", {
    "host.connect": async (params) => {
      learnFrom(params.probe);
      await (await woken).ready().catch(() => undefined); // the stored state says why
      return { probe: probe() };
    },
    "page.survey": async ({ tabId }) => {
      await ensureAgent(tabId);
      return askPage(tabId, 0, "page.survey", {});
    },
    "reference.list": async () => listReferences(await woken),
    "reference.add": async ({ picture, name, series }) => addReference(await woken, picture, { name, series }),
    "reference.remove": async ({ referenceId }) => removeReference(await woken, referenceId),
    "model.dropped": async () => (await (await woken).request("model.list", {})).filter(({ role }) => role),
    "chapter.intend": ({ tabId, choice }) => void intended.set(tabId, choice),
    "chapter.start": ({ tabId, choice }) => start(tabId, choice),
    "chapter.cancel": async ({ tabId }) => (await woken, runs.cancel(tabId)),
    "chapter.show": async ({ tabId, original }) => (await woken, runs.show(tabId, original)),

    "agent.pages": async ({ runId, pages }, sender) =>
      void (await runOf(sender, runId))?.add(await withHints(pages), sender.frameId ?? 0),
    "agent.unreadable": async ({ runId, page, reason }, sender) =>
      (await runOf(sender, runId))?.unreadable(page, sender.frameId ?? 0, reason),
    "agent.correct": async ({ runId, pageId, change }, sender) => {
      const run = await runOf(sender, runId);
      if (!run) throw new Error("This chapter is not being coloured any more. Colorize it again.");
      run.correct(pageId, change);
    },
    "agent.visible": async ({ runId, pageIds }, sender) => (await runOf(sender, runId))?.prioritize(pageIds),
    "agent.alive": async ({ runId, probe: arrived }, sender) => {
      learnFrom(arrived);
      return { known: (await runOf(sender, runId)) !== undefined, probe: probe() };
    },
    "agent.left": async ({ runId }, sender) => {
      const run = await runOf(sender, runId);
      if (run && (sender.frameId ?? 0) === 0) await runs.forget(run.state.tabId);
    },
    "agent.hash": async ({ picture }) => sha256Of(unpack(picture)),
    "agent.fetch": async ({ url, referer }) => pack(await fetchPicture(url, referer)),
  });

  browser.permissions.onAdded.addListener(async () => {
    await woken;
    setTimeout(() => {
      for (const [tabId, choice] of intended) void start(tabId, choice).catch(() => undefined);
    }, POPUP_GRACE_MS);
    await runs.retryUnreadable();
  });
}

/** The pages with the corrections that the reader made to them before. */
async function withHints(pages: FoundPage[]): Promise<(FoundPage & { hints?: ColourHint[] })[]> {
  const known = await loadHints(pages.map(({ sha256 }) => sha256));
  return pages.map((page) => ({ ...page, hints: known.get(page.sha256) ?? [] }));
}
