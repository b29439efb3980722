/** A chapter's run as plain data: it is stored at every change and survives the service worker. */

import { i18n } from "#i18n";
import type { FoundPage } from "../messages";
import type { ColourHint, LoraChoice, Options } from "../protocol/messages";

export type PageStateName = "waiting" | "running" | "done" | "skipped" | "failed" | "cancelled";

/**
 * One page of a run; `note` says why it was skipped or failed. `hints` are the reader's corrections; while a page is
 * coloured anew for them, `shown` are those of the picture that stands there meanwhile, else null.
 */
export interface PageRecord extends FoundPage {
  frameId: number;
  state: PageStateName;
  fraction: number;
  cached: boolean;
  note: string;
  hints: ColourHint[];
  shown: ColourHint[] | null;
  /** Names the page's result in the host's cache, once there is one. */
  resultKey?: string;
}

/** The chapter's file, on its way or written. Numbers are of pages as the reader counts them, from 1. */
export interface SavedFile {
  name: "saving" | "saved" | "failed" | "cancelled";
  exportId: string;
  done: number;
  total: number;
  path: string;
  coloured: number;
  asTheyWere: number[];
  missing: number[];
  problem: string;
}

/** `paused` waits for the host to come back; `done` still takes pages that a reader scrolls to. */
export type RunName = "running" | "paused" | "done" | "cancelled" | "failed";

export interface RunState {
  runId: string;
  tabId: number;
  name: RunName;
  series: string;
  chapter: string;
  engine: string | null;
  references: string[];
  loras: LoraChoice[];
  /** What a preset says of it besides, where one was loaded. */
  options?: Options;
  pages: Record<string, PageRecord>;
  problem: string;
  startedAt: number;
  original: boolean;
  /** The share of colour in what the pages show, 0..1; all of it where this is missing. */
  strength?: number;
  /** Where the reader's wishes for the series are kept: the site, and what that calls the series. */
  site?: string;
  told?: string;
  /** Only pictures that the reader pointed at are coloured, not the chapter. */
  isPointed?: boolean;
  /** Some pictures can only be taken from what the page holds, which the reader has not allowed. */
  wishesCapture?: boolean;
  /** The file that the reader last saved the chapter as. */
  saved?: SavedFile | undefined;
}

/** How many pages stand where; slices of a strip count each, as the reader sees them. */
export interface Tally {
  total: number;
  done: number;
  skipped: number;
  failed: number;
  cancelled: number;
  open: number;
  fraction: number;
}

/** What is known of a page when it is found. */
export function recordOf(page: FoundPage & { hints?: ColourHint[] }, frameId: number): PageRecord {
  return { hints: [], ...page, frameId, state: "waiting", fraction: 0, cached: false, note: "", shown: null };
}

/** Whether a run goes on, now or once its host is back. */
export const isUnderWay = ({ name }: RunState): boolean => name === "running" || name === "paused";

export const isOpen = (page: PageRecord): boolean => page.state === "waiting" || page.state === "running";

/** A page ends without a new picture; one that shows a picture already keeps it, and the corrections of that. */
export function endPage(page: PageRecord, state: "skipped" | "failed" | "cancelled", note = ""): void {
  if (page.shown) Object.assign(page, { state: "done", hints: page.shown, shown: null });
  else Object.assign(page, { state, note });
}

export function pagesInOrder(run: RunState): PageRecord[] {
  return Object.values(run.pages).sort((a, b) => a.frameId - b.frameId || a.index - b.index);
}

/** How many pages the reader sees of it. */
const slicesOf = ({ slices }: PageRecord): number => slices?.length ?? 1;

export function tallyOf(run: RunState): Tally {
  const pages = Object.values(run.pages);
  const sum = (each: readonly PageRecord[]) => each.reduce((total, page) => total + slicesOf(page), 0);
  const count = (state: PageStateName) => sum(pages.filter((page) => page.state === state));
  const total = sum(pages);
  const progress = pages.reduce((all, page) => all + slicesOf(page) * (isOpen(page) ? page.fraction : 1), 0);
  return {
    total,
    done: count("done"),
    skipped: count("skipped"),
    failed: count("failed"),
    cancelled: count("cancelled"),
    open: sum(pages.filter(isOpen)),
    fraction: total ? progress / total : 0,
  };
}

/** Why a page was left as it is, for a reader. */
export function sayReason(reason: string): string {
  switch (reason) {
    case "already_coloured":
    case "blank":
    case "text_only":
    case "advertisement":
      return i18n.t(`skipped.${reason}`);
    default: // of a host that is newer
      return reason.replaceAll("_", " ");
  }
}
