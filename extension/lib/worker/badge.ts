/** The toolbar button's badge: how far a chapter is while the popup is closed, and a short word when something is done. */

import { browser } from "wxt/browser";
import { type RunState, tallyOf } from "../chapter/state";

const COLOURS = { busy: "#5b5bd6", good: "#2b9a66", bad: "#cd2b31" } as const;
const FLASH_MS = 4000;

interface Badge {
  text: string;
  tone: keyof typeof COLOURS;
}

const settledTabs = new Map<number, Badge>();

/** What the badge says about a run; a chapter without pages is trouble. */
export function badgeOf(run: RunState | null): Badge {
  if (!run) return { text: "", tone: "busy" };
  const { total, done, skipped, failed, open } = tallyOf(run);
  if (run.name === "failed") return { text: "!", tone: "bad" };
  if (run.name === "cancelled") return { text: "", tone: "busy" };
  if (open > 0 || run.name === "running")
    return { text: total ? `${done + skipped + failed}/${total}` : "…", tone: "busy" };
  return failed > 0 || total === 0 ? { text: "!", tone: "bad" } : { text: "✓", tone: "good" };
}

/** Show a run's badge on its tab. */
export async function showBadge(tabId: number, run: RunState | null): Promise<void> {
  const badge = badgeOf(run);
  settledTabs.set(tabId, badge);
  await paint(tabId, badge);
}

/** Show `text` for some seconds, then what was there before. */
export async function flashBadge(tabId: number, text: string, tone: keyof typeof COLOURS): Promise<void> {
  await paint(tabId, { text, tone });
  setTimeout(() => void paint(tabId, settledTabs.get(tabId) ?? { text: "", tone: "busy" }), FLASH_MS);
}

async function paint(tabId: number, { text, tone }: Badge): Promise<void> {
  const gone = () => undefined; // a closed tab has no badge
  await browser.action.setBadgeText({ tabId, text }).catch(gone);
  await browser.action.setBadgeBackgroundColor({ tabId, color: COLOURS[tone] }).catch(gone);
}
