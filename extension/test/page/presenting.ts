/** Pages that are presented: what stands over their holders and which sign, without a document. */

import { beforeEach, vi } from "vitest";
import type { Coloured } from "@/lib/page/holders/coloured";
import type { Holder } from "@/lib/page/holders/holder";
import type { Overlay } from "@/lib/page/swap/overlay";

const { signs, FakeOverlay, layout } = vi.hoisted(() => {
  /** What stands over a holder: which picture, and whether it is there. */
  class FakeOverlay {
    static readonly all = new Map<unknown, FakeOverlay>();
    ended: () => void = () => undefined;
    constructor(
      readonly holder: unknown,
      readonly url: string,
      public coloured: unknown,
    ) {
      FakeOverlay.all.set(holder, this);
    }
    mixed = -1;
    mix(share: number): void {
      this.mixed = share;
    }
    isPeeked = false;
    peek(isPeeked: boolean): void {
      this.isPeeked = isPeeked;
    }
    isResting = false;
    get isShown(): boolean {
      return !this.isResting;
    }
    rest(isResting: boolean): void {
      this.isResting = isResting;
    }
    readonly did: string[] = [];
    follow(): void {
      this.did.push("follow");
    }
    guard(): void {
      this.did.push("guard");
    }
    replace(coloured: unknown): void {
      this.coloured = coloured;
      this.did.push("replace");
    }
    remove(): void {
      FakeOverlay.all.delete(this.holder);
    }
  }
  const layout = { place: () => undefined as void, asked: vi.fn(), signal: null as AbortSignal | null };
  return { signs: new Map<unknown, { kind: string }>(), FakeOverlay, layout };
});
vi.mock("@/lib/page/swap/follow", () => ({
  followLayout: (place: () => void, signal: AbortSignal) => (Object.assign(layout, { place, signal }), layout.asked),
}));
vi.mock("@/lib/page/swap/marks", () => ({
  Marks: class {
    set = (holder: unknown, sign: { kind: string }) => signs.set(holder, sign);
    drop = (holder: unknown) => signs.delete(holder);
  },
}));
vi.mock("@/lib/page/swap/overlay", () => ({ Overlay: FakeOverlay }));

export { FakeOverlay, layout, signs };

import { Entry } from "@/lib/page/capture/entry";
import { PagePresenter } from "@/lib/page/swap/page-presenter";

export type FakeOverlay = InstanceType<typeof FakeOverlay>;
export const shownOver = (holder: Holder) => {
  const overlay = FakeOverlay.all.get(holder);
  return overlay?.isShown ? overlay.coloured : undefined;
};
export const shownCount = () => [...FakeOverlay.all.values()].filter(({ isShown }) => isShown).length;
const asOverlay = (overlay: FakeOverlay) => overlay as unknown as Overlay;

export let mutated: (records: Partial<MutationRecord>[]) => void = () => undefined;
export const [observed, disconnected, listened] = [vi.fn(), vi.fn(), vi.fn()];

beforeEach(() => {
  signs.clear();
  FakeOverlay.all.clear();
  vi.stubGlobal(
    "MutationObserver",
    class {
      constructor(callback: () => void) {
        mutated = callback as typeof mutated;
      }
      observe = observed;
      disconnect = disconnected;
    },
  );
  for (const each of [observed, disconnected, listened, layout.asked]) each.mockReset();
  vi.stubGlobal("document", { addEventListener: listened });
});

export const holderAt = (left: number) =>
  ({ isConnected: true, box: () => ({ left, right: left + 100, top: 0, bottom: 100 }) }) as unknown as Holder;
export const picture = (width = 800, height = 1200) => {
  const decoded = { close: vi.fn() };
  return { coloured: { width, height, decoded } as unknown as Coloured, closed: decoded.close };
};

export function world(count = 1, former: FakeOverlay[] = []) {
  const entries = Array.from({ length: count }, (_, index) => {
    const entry = Object.assign(new Entry(`p${index}`, `u${index}`), {
      width: 800,
      height: 1200,
      state: "sent" as const,
    });
    entry.holders.add(holderAt(200 * index));
    return entry;
  });
  const lost = vi.fn();
  const presenter = new PagePresenter(
    lost,
    { strength: 0.8, original: false },
    new AbortController().signal,
    former.map(asOverlay),
  );
  const [entry] = entries as [Entry];
  const [holder] = [...entry.holders] as [Holder];
  return { presenter, entries, entry, holder, lost };
}
