/** Shows what became of each page: the coloured picture over what holds it, and the sign in its corner. */

import type { Coloured } from "../holders/coloured";
import type { Entry } from "../capture/entry";
import { followLayout } from "./follow";
import type { Holder } from "../holders/holder";
import type { Size } from "../holders/place";
import { isOurs } from "../holders/roots";
import { Marks } from "./marks";
import { Overlay } from "./overlay";

const SAME_SHAPE = 0.02;

/** How pages are shown that are in colour. */
export interface Look {
  strength: number;
  original: boolean;
}

export class PagePresenter {
  readonly #marks: Marks;
  readonly #overlays: Map<Holder, Overlay>;
  readonly #former: Set<Holder>; // they show what an earlier run made of them
  #watching: { stop: AbortController; follow: () => void } | null = null; // while there are pictures, which may outlive the signs
  readonly #lost: () => void;
  readonly #entries = new Map<Holder, Entry>(); // whose colours stand there
  #original: boolean;
  #strength: number;

  /**
   * `lost` is called when the site put another page into a holder that showed one of ours; `former` are those of an
   * earlier run, which stay until there are new pictures. `strength` is the share of colour in what is shown, 0..1; with
   * `original` pages are shown as they were.
   */
  constructor(lost: () => void, { strength, original }: Look, signal: AbortSignal, former: Overlay[] = []) {
    this.#lost = lost;
    this.#original = original;
    this.#strength = strength;
    this.#overlays = new Map(former.map((overlay) => [overlay.holder, overlay]));
    this.#former = new Set(this.#overlays.keys());
    for (const overlay of former) this.#adopt(overlay);
    this.#marks = new Marks(signal);
  }

  isCovered(holder: Holder): boolean {
    return this.#overlays.get(holder)?.isShown ?? false;
  }

  /** Whether anything is in colour, or was before the reader wanted the originals. */
  get isAnything(): boolean {
    return this.#overlays.size > 0;
  }

  /** The holders that show a page in colour, in no order. */
  get covered(): Holder[] {
    return [...this.#overlays.keys()].filter((holder) => this.isCovered(holder));
  }

  /** Let the originals be seen for a moment: of all pages, of one holder's, or with `null` of none. */
  peek(at: "all" | Holder | null): void {
    for (const [holder, overlay] of this.#overlays) overlay.peek(at === "all" || at === holder);
  }

  /** Show a page's colours only beyond a share of its width; `null` for all of it. */
  cut(holder: Holder, share: number | null): void {
    this.#overlays.get(holder)?.cut(share);
  }

  /** Show one page as it was, or in colour again, whatever the chapter is shown in. */
  toggle(entry: Entry): void {
    entry.original = !(entry.original ?? this.#original);
    for (const holder of entry.holders) this.#overlays.get(holder)?.rest(this.#isOriginal(holder));
  }

  /** What is at a point of the window and shows a page in colour. */
  holderAt(entry: Entry, x: number, y: number): Holder | undefined {
    return [...entry.holders].find((holder) => {
      const { left, right, top, bottom } = holder.box();
      return this.isCovered(holder) && left <= x && x <= right && top <= y && y <= bottom;
    });
  }

  /** Show every coloured page as it was, or coloured again: at once, for what is drawn is kept. */
  showOriginal(original: boolean): void {
    this.#original = original;
    for (const [holder, overlay] of this.#overlays) {
      const entry = this.#entries.get(holder);
      if (entry) entry.original = null;
      overlay.rest(original);
    }
  }

  /** Mix the site's own pictures into the coloured ones; `strength` is the share of colour, 0..1. */
  mix(strength: number): void {
    this.#strength = strength;
    for (const overlay of this.#overlays.values()) overlay.mix(strength);
  }

  /** Show what can be seen of a page that is still being coloured, if it has the page's shape. */
  preview(entry: Entry, preview: Coloured): void {
    if (entry.isOpen && !entry.coloured && !entry.former && hasShapeOf(entry, preview)) {
      entry.preview = preview;
      this.present(entry);
    }
    preview.decoded?.close(); // nobody draws it now
    preview.decoded = null;
  }

  /** A page's coloured picture came, the first one or a corrected one. */
  finish(entry: Entry, coloured: Coloured): void {
    entry.state = "done";
    entry.preview = entry.former = null;
    this.colour(entry, coloured);
    for (const holder of entry.holders) this.#marks.set(holder, { kind: "done" });
  }

  /** Show other colours of a page. */
  colour(entry: Entry, coloured: Coloured): void {
    entry.coloured = coloured;
    this.present(entry);
    coloured.decoded?.close(); // nobody draws it now
    coloured.decoded = null;
  }

  /** Bring every holder of a page to what the page is now. */
  present(entry: Entry): void {
    const shown = entry.coloured ?? entry.former ?? (entry.isOpen ? entry.preview : null);
    for (const holder of entry.holders) {
      if (shown) this.#cover(holder, entry, shown);
      else if (!this.#former.has(holder)) this.#uncover(holder);
      this.#sign(holder, entry);
    }
  }

  /** Take back what stands over `holder`, which shows nothing of ours any more. */
  release(holder: Holder): void {
    this.#marks.drop(holder);
    this.#uncover(holder);
  }

  /** Say something on a page. */
  notice(entry: Entry, text: string): void {
    for (const holder of entry.holders) this.#marks.set(holder, { kind: "notice", text });
  }

  /** Give what is shown to a run that follows this one. */
  handOver(): Overlay[] {
    const overlays = [...this.#overlays.values()];
    this.#overlays.clear();
    this.#entries.clear();
    this.clear();
    return overlays;
  }

  /** Take everything back. */
  clear(): void {
    for (const holder of [...this.#overlays.keys()]) this.#uncover(holder);
    this.#unwatch();
  }

  #watch(): void {
    if (this.#watching) return;
    const stop = new AbortController();
    const { signal } = stop;
    const follow = followLayout(() => this.#place(), signal);
    for (const event of ["load", "transitionend", "animationend"])
      document.addEventListener(event, follow, { capture: true, signal });
    const observer = new MutationObserver((records) => this.#mutated(records));
    observer.observe(document, { childList: true, subtree: true, attributeFilter: ["class", "style", "hidden"] });
    signal.addEventListener("abort", () => observer.disconnect(), { once: true });
    this.#watching = { stop, follow };
  }

  /** Nothing is watched where nothing is in colour. */
  #unwatch(): void {
    this.#watching?.stop.abort();
    this.#watching = null;
  }

  #cover(holder: Holder, entry: Entry, coloured: Coloured): void {
    this.#former.delete(holder);
    this.#entries.set(holder, entry);
    const there = this.#overlays.get(holder);
    if (there) return there.coloured === coloured ? undefined : there.replace(coloured);
    const overlay = new Overlay(holder, entry.url, coloured);
    this.#overlays.set(holder, overlay);
    this.#adopt(overlay);
    overlay.follow();
  }

  #adopt(overlay: Overlay): void {
    this.#watch();
    overlay.mix(this.#strength);
    overlay.rest(this.#isOriginal(overlay.holder));
    overlay.ended = () => {
      this.#overlays.delete(overlay.holder);
      this.#entries.delete(overlay.holder);
      this.#former.delete(overlay.holder);
      this.#marks.drop(overlay.holder);
      if (this.#overlays.size === 0) this.#unwatch();
      this.#lost();
    };
  }

  #uncover(holder: Holder): void {
    this.#former.delete(holder);
    this.#overlays.get(holder)?.remove();
    this.#overlays.delete(holder);
    this.#entries.delete(holder);
    if (this.#overlays.size === 0) this.#unwatch();
  }

  #isOriginal(holder: Holder): boolean {
    return this.#entries.get(holder)?.original ?? this.#original;
  }

  #place(): void {
    for (const overlay of [...this.#overlays.values()]) overlay.follow();
  }

  #mutated(records: readonly MutationRecord[]): void {
    for (const overlay of this.#overlays.values()) overlay.guard();
    if (!records.every(isOfOurs)) this.#watching?.follow();
  }

  #sign(holder: Holder, entry: Entry): void {
    const { isOpen, state, fraction, note, failed } = entry;
    const isPreview = entry.preview !== null && !entry.coloured && !entry.former;
    if (isOpen) this.#marks.set(holder, { kind: "progress", fraction, isPreview });
    else if (state === "left") this.#marks.set(holder, { kind: "left", note, failed });
    else this.#marks.drop(holder);
  }
}

/** What we laid there, or moved, moves nothing of the site's. */
function isOfOurs({ type, target, addedNodes, removedNodes }: MutationRecord): boolean {
  const isOwn = (node: Node) => isOurs(node as Element);
  return type === "attributes" ? isOwn(target) : removedNodes.length === 0 && [...addedNodes].every(isOwn);
}

/** Whether a picture may stand for the page: what the engine draws on may be larger than the page. */
export function hasShapeOf(page: Size, picture: Size): boolean {
  return Math.abs((picture.width * page.height) / (picture.height * page.width) - 1) <= SAME_SHAPE;
}
