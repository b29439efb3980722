import { browser } from "wxt/browser";
import { defineBackground } from "wxt/utils/define-background";
import type { HostConnection } from "@/lib/host/connection";
import { isFirstWake, takeUnderWay } from "@/lib/state";
import { ByItself } from "@/lib/worker/by-itself";
import { answerWorkerCalls } from "@/lib/worker/calls";
import { openHost, releaseWhenIdle } from "@/lib/worker/host";
import { answerCommands } from "@/lib/worker/commands";
import { answerMenus, createMenus } from "@/lib/worker/menus";
import { clearRefererRules } from "@/lib/worker/referer-rule";
import { PullWatch } from "@/lib/worker/pulls";
import { Runs, watchTabs } from "@/lib/worker/runs";
import { Sample } from "@/lib/worker/sample";
import { Studio } from "@/lib/worker/studio";

/** Listeners are in place before the first await: an event that wakes the worker comes at once. */
export default defineBackground(() => {
  let host: HostConnection | undefined;
  const runs = new Runs(() => host as HostConnection);
  const sample = new Sample();
  const studio = new Studio();
  const pulls = new PullWatch();

  const wake = async (): Promise<HostConnection> => {
    await clearRefererRules();
    host = await openHost(
      (notification) => {
        runs.hear(notification);
        sample.hear(notification);
        studio.hear(notification);
        pulls.hear(notification);
      },
      (state) => {
        runs.follow(state);
        if (state.name === "ready") return;
        sample.hostLeft();
        studio.hostLeft();
        pulls.hostLeft();
      },
    );
    releaseWhenIdle(host, () => runs.anyActive || studio.isBusy || popups > 0);
    void runs.restore();
    return host;
  };
  const woken = wake();
  const byItself = new ByItself(woken, runs);
  void isFirstWake().then((isFirst) => void (isFirst && byItself.enter())); // an update forgets what was registered, too

  let popups = 0;
  browser.runtime.onConnect.addListener((port) => {
    popups += 1;
    port.onDisconnect.addListener(() => (popups -= 1));
  });
  browser.runtime.onInstalled.addListener(({ reason }) => {
    void createMenus();
    if (reason === "install" && import.meta.env.MODE !== "e2e")
      void browser.tabs.create({ url: browser.runtime.getURL("/welcome.html") });
    if (reason === "update") void woken.then(() => runs.carryOn());
  });
  browser.runtime.onStartup.addListener(() => void takeUnderWay()); // tabs of another day
  answerWorkerCalls(woken, runs, byItself, sample, studio);
  answerMenus(() => woken, runs);
  answerCommands(woken, runs);
  watchTabs(runs);
});
