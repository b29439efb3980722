import { expect, test, vi } from "vitest";
import {
  disconnected,
  FakeOverlay,
  holderAt,
  layout,
  listened,
  mutated,
  observed,
  picture,
  shownCount,
  shownOver,
  signs,
  world,
} from "./presenting"; // first: it stands in for what is outside
import { Entry } from "@/lib/page/capture/entry";
import { disown } from "@/lib/page/holders/roots";
import { hasShapeOf } from "@/lib/page/swap/page-presenter";

test("a coloured page is shown over every holder of it, once, and its bitmap is let go", () => {
  const { presenter, entry, holder } = world();
  const second = holderAt(500);
  entry.holders.add(second);
  const { coloured, closed } = picture();
  presenter.finish(entry, coloured);
  expect([entry.state, shownOver(holder), shownOver(second)]).toEqual(["done", coloured, coloured]);
  expect([presenter.isCovered(holder), coloured.decoded, closed.mock.calls.length]).toEqual([true, null, 1]);
  expect(signs.get(holder)).toEqual({ kind: "done" });
  const before = FakeOverlay.all.get(holder);
  const corrected = picture().coloured;
  presenter.colour(entry, corrected);
  expect([FakeOverlay.all.get(holder) === before, shownOver(holder)]).toEqual([true, corrected]);
});

test("the originals come back and go again, all of them", () => {
  const { presenter, entries, holder } = world(2);
  for (const entry of entries) presenter.finish(entry, picture().coloured);
  presenter.showOriginal(true);
  expect([shownCount(), presenter.isCovered(holder)]).toEqual([0, false]);
  const late = Object.assign(new Entry("p9", "u9"), { state: "sent" as const });
  late.holders.add(holderAt(900));
  presenter.finish(late, picture().coloured); // what comes meanwhile is not shown either
  expect(shownCount()).toBe(0);
  presenter.showOriginal(false);
  expect(shownCount()).toBe(3);
});

test("one page is toggled by itself, until the chapter is", () => {
  const { presenter, entries, entry, holder } = world(2);
  for (const each of entries) presenter.finish(each, picture().coloured);
  presenter.toggle(entry);
  expect([presenter.isCovered(holder), shownCount()]).toEqual([false, 1]);
  const anew = holderAt(900);
  entry.holders.add(anew); // the site made its element anew
  presenter.present(entry);
  expect(presenter.isCovered(anew)).toBe(false);
  presenter.toggle(entry);
  expect(shownCount()).toBe(3);
  presenter.toggle(entry);
  presenter.showOriginal(false);
  expect(shownCount()).toBe(3);
});

test("the originals are peeked at without leaving the document", () => {
  const { presenter, entries, holder } = world(2);
  for (const each of entries) presenter.finish(each, picture().coloured);
  const peeked = () => [...FakeOverlay.all.values()].map(({ isPeeked }) => isPeeked);
  presenter.peek("all");
  expect([peeked(), shownCount()]).toEqual([[true, true], 2]);
  presenter.peek(holder);
  expect(peeked()).toEqual([true, false]);
  presenter.peek(null);
  expect(peeked()).toEqual([false, false]);
});

test("the document is watched while something is in colour, and not before or after", () => {
  const live = new Set<unknown>();
  vi.stubGlobal(
    "MutationObserver",
    class {
      observe = () => live.add(this);
      disconnect = () => live.delete(this);
    },
  );
  const { presenter, entry, holder } = world();
  expect(live.size).toBe(0);
  presenter.finish(entry, picture().coloured);
  expect(live.size).toBe(1);
  presenter.release(holder);
  expect(live.size).toBe(0);
});

test("how much colour there is goes for what is shown and for what comes", () => {
  const { presenter, entries } = world(2);
  const mixed = () => [...FakeOverlay.all.values()].map((overlay) => overlay.mixed);
  presenter.finish(entries[0] as Entry, picture().coloured);
  expect(mixed()).toEqual([0.8]);
  presenter.mix(0.3);
  presenter.finish(entries[1] as Entry, picture().coloured);
  expect(mixed()).toEqual([0.3, 0.3]);
});

test("a preview is shown until the page is done, and only one of its shape", () => {
  const { presenter, entry, holder } = world();
  const odd = picture(800, 900);
  presenter.preview(entry, odd.coloured);
  expect([shownOver(holder), odd.closed.mock.calls.length, odd.coloured.decoded]).toEqual([undefined, 1, null]);
  const small = picture(400, 600).coloured;
  presenter.preview(entry, small);
  expect(shownOver(holder)).toBe(small);
  const whole = picture().coloured;
  presenter.finish(entry, whole);
  presenter.preview(entry, picture().coloured);
  expect([shownOver(holder), entry.preview]).toEqual([whole, null]);
});

test("a preview of a page that is left alone after all goes", () => {
  const { presenter, entry, holder } = world();
  presenter.preview(entry, picture().coloured);
  Object.assign(entry, { state: "left", note: "why", failed: true });
  presenter.present(entry);
  expect([shownOver(holder), signs.get(holder)]).toEqual([undefined, { kind: "left", note: "why", failed: true }]);
});

test("the sign says how far a page is, why it was left, or nothing", () => {
  const { presenter, entry, holder } = world();
  entry.fraction = 0.5;
  presenter.present(entry);
  expect(signs.get(holder)).toEqual({ kind: "progress", fraction: 0.5, isPreview: false });
  entry.state = "ignored";
  presenter.present(entry);
  expect(signs.has(holder)).toBe(false);
  presenter.notice(entry, "words");
  expect(signs.get(holder)).toEqual({ kind: "notice", text: "words" });
});

test("what an earlier run made stays until there are new pictures, or the originals are asked for", () => {
  for (const isAsked of [false, true]) {
    const { holder } = world();
    const former = new FakeOverlay(holder, "u0", picture().coloured);
    const { presenter, entry } = world(1, [former]);
    entry.holders.clear();
    entry.holders.add(holder);
    presenter.present(entry);
    expect(shownOver(holder)).toBe(former.coloured);
    if (isAsked) presenter.showOriginal(true);
    else presenter.finish(entry, picture().coloured);
    presenter.showOriginal(true);
    expect(shownOver(holder)).toBeUndefined();
  }
});

test("what is handed over stays on the page; what is cleared or released goes", () => {
  const { presenter, entry, holder } = world();
  presenter.finish(entry, picture().coloured);
  expect(presenter.handOver().map((overlay) => overlay.holder)).toEqual([holder]);
  expect([FakeOverlay.all.size, presenter.isCovered(holder)]).toEqual([1, false]);

  const again = world(2);
  for (const each of again.entries) again.presenter.finish(each, picture().coloured);
  again.presenter.release(again.holder);
  expect([again.presenter.isCovered(again.holder), signs.has(again.holder)]).toEqual([false, false]);
  again.presenter.clear();
  expect(FakeOverlay.all.has([...(again.entries[1] as Entry).holders][0])).toBe(false);
});

test("a site that puts another page into a holder is heard of", () => {
  const { presenter, entry, holder, lost } = world();
  presenter.finish(entry, picture().coloured);
  FakeOverlay.all.get(holder)?.ended();
  expect(lost).toHaveBeenCalledTimes(1);
  expect([presenter.isCovered(holder), signs.has(holder)]).toEqual([false, false]);
});

test.each([
  [50, 50, true],
  [0, 100, true],
  [100, 0, true],
  [101, 50, false],
  [50, 101, false],
  [-1, 50, false],
  [50, -1, false],
])("a point at %d, %d is on the coloured page: %s", (x, y, isOn) => {
  const { presenter, entry, holder } = world();
  expect(presenter.holderAt(entry, 50, 50)).toBeUndefined(); // it has no colour yet
  presenter.finish(entry, picture().coloured);
  expect(presenter.holderAt(entry, x, y)).toBe(isOn ? holder : undefined);
});

test("a picture stands for a page of its shape, of any size", () => {
  const page = { width: 800, height: 1200 };
  for (const [width, height, isAlike] of [
    [1600, 2400, true],
    [800, 1216, true],
    [800, 1230, false],
    [830, 1200, false],
  ] as const)
    expect(hasShapeOf(page, { width, height }), `${width} ${height}`).toBe(isAlike);
});

test("the pictures follow the layout: at once, and after what may have moved it", () => {
  const { presenter, entries } = world(2);
  for (const entry of entries) presenter.finish(entry, picture().coloured);
  const overlays = [...FakeOverlay.all.values()];
  expect(overlays.map(({ did }) => did)).toEqual([["follow"], ["follow"]]);
  layout.place();
  expect(overlays.map(({ did }) => did.length)).toEqual([2, 2]);
  const options = { capture: true, signal: layout.signal };
  expect(listened.mock.calls).toEqual(
    ["load", "transitionend", "animationend"].map((event) => [event, layout.asked, options]),
  );
});

test("a change of the document is looked into before the next frame: nobody takes a picture elsewhere", () => {
  const { presenter, entry } = world();
  presenter.finish(entry, picture().coloured);
  const [overlay] = [...FakeOverlay.all.values()];
  const watched = { childList: true, subtree: true, attributeFilter: ["class", "style", "hidden"] };
  expect(observed.mock.calls).toEqual([[document, watched]]);
  const [theirs, ours] = [{} as Element, {} as Element];
  disown(ours);
  const nodes = (...all: Node[]) => all as unknown as NodeList;
  const change = (added: Node[], removed: Node[] = []) =>
    mutated([{ type: "childList", addedNodes: nodes(...added), removedNodes: nodes(...removed) }]);
  change([theirs]);
  expect([overlay?.did, layout.asked.mock.calls.length]).toEqual([["follow", "guard"], 1]);
  change([ours]); // what we laid there moves nothing
  mutated([{ type: "attributes", target: ours }]);
  expect([overlay?.did.length, layout.asked.mock.calls.length]).toEqual([4, 1]);
  change([], [ours]);
  change([ours, theirs]);
  mutated([{ type: "attributes", target: theirs }]);
  expect([overlay?.did.length, layout.asked.mock.calls.length]).toEqual([7, 4]);
  presenter.clear();
  expect([disconnected.mock.calls.length, layout.signal?.aborted]).toEqual([1, true]);
});

test("what is shown already is not drawn anew", () => {
  const { presenter, entry } = world();
  const { coloured } = picture();
  presenter.finish(entry, coloured);
  presenter.present(entry);
  expect([...FakeOverlay.all.values()][0]?.did).toEqual(["follow"]);
});

test("the sign says that a preview is one, for as long as it is all there is", () => {
  const { presenter, entry, holder } = world();
  presenter.preview(entry, picture().coloured);
  expect(signs.get(holder)).toMatchObject({ kind: "progress", isPreview: true });
  for (const better of ["coloured", "former"] as const) {
    Object.assign(entry, { coloured: null, former: null, [better]: picture().coloured });
    presenter.present(entry);
    expect(signs.get(holder)).toMatchObject({ isPreview: false });
  }
});

test.each<[string, object]>([
  ["is over", { state: "left" }],
  ["has its colours", { coloured: {} }],
  ["shows what an earlier run made", { former: {} }],
])("a preview of a page that %s is none", (_, facts) => {
  const { presenter, entry } = world();
  Object.assign(entry, facts);
  presenter.preview(entry, picture().coloured);
  expect(entry.preview).toBeNull();
});

test("pictures that nobody decoded are shown as well", () => {
  const { presenter, entry } = world();
  const plain = { ...picture().coloured, decoded: null };
  presenter.preview(entry, { ...plain });
  presenter.finish(entry, { ...plain });
  expect(entry.state).toBe("done");
});

test("a run without a former one begins with nothing on the page", () => {
  world().presenter.handOver();
  expect(world().presenter.handOver()).toEqual([]);
});
