import { describe, expect, test, vi } from "vitest";
import { disconnected, FakeOverlay, holderAt, layout, mutated, observed, picture, world } from "./presenting"; // first: it stands in for what is outside
import { Entry } from "@/lib/page/capture/entry";
import type { Holder } from "@/lib/page/holders/holder";
import { disown } from "@/lib/page/holders/roots";

/** Two pages in colour. */
function shown() {
  const made = world(2);
  for (const entry of made.entries) made.presenter.finish(entry, picture().coloured);
  const [first, second] = made.entries.map(({ holders }) => [...holders][0]) as [Holder, Holder];
  return { ...made, first, second };
}

test("which holders show colours, and whether anything has any", () => {
  const { presenter, entry, holder } = world();
  expect([presenter.isAnything, presenter.covered]).toEqual([false, []]);
  presenter.finish(entry, picture().coloured);
  expect([presenter.isAnything, presenter.covered]).toEqual([true, [holder]]);
  presenter.showOriginal(true); // what is drawn is kept
  expect([presenter.isAnything, presenter.covered]).toEqual([true, []]);
  presenter.release(holder);
  expect(presenter.isAnything).toBe(false);
});

test("colours are cut where they are", () => {
  const { presenter, first } = shown();
  const cut = vi.fn();
  Object.assign(FakeOverlay.all.get(first) as object, { cut });
  presenter.cut(first, 0.4);
  presenter.cut(first, null);
  presenter.cut(holderAt(900), 0.4); // nothing is there
  expect(cut.mock.calls).toEqual([[0.4], [null]]);
});

test("a page whose element has no colours yet is toggled all the same", () => {
  const { presenter, entries, entry, holder } = world();
  entry.holders.add(holderAt(900));
  presenter.toggle(entry);
  presenter.finish(entries[0] as Entry, picture().coloured);
  expect([entry.original, presenter.isCovered(holder)]).toEqual([true, false]);
});

test("the chapter's choice goes over that for a page: also for what it comes to show later", () => {
  const { presenter, entry, first } = shown();
  presenter.toggle(entry);
  presenter.showOriginal(false);
  expect(entry.original).toBeNull();
  const anew = holderAt(900);
  entry.holders.add(anew);
  presenter.present(entry);
  expect([presenter.isCovered(first), presenter.isCovered(anew)]).toEqual([true, true]);
});

describe("the document is watched until the last colours go", () => {
  test.each<[string, (world: ReturnType<typeof shown>, holder: Holder) => void]>([
    ["they are released", ({ presenter }, holder) => presenter.release(holder)],
    ["the site puts others in their place", (_, holder) => FakeOverlay.all.get(holder)?.ended()],
  ])("%s", (_, end) => {
    const made = shown();
    const { signal } = layout;
    end(made, made.first);
    expect([signal?.aborted, disconnected.mock.calls.length]).toEqual([false, 0]);
    end(made, made.second);
    expect([signal?.aborted, disconnected.mock.calls.length]).toEqual([true, 1]);
    made.presenter.finish(made.entry, picture().coloured);
    expect(observed).toHaveBeenCalledTimes(2);
  });
});

test("of changes that came together one of the site's is enough, and after the end none is looked into", () => {
  const { presenter } = shown();
  const [theirs, ours] = [{} as Element, {} as Element];
  disown(ours);
  const records = [ours, theirs].map((target) => ({ type: "attributes", target }) as Partial<MutationRecord>);
  mutated(records);
  expect(layout.asked).toHaveBeenCalledTimes(1);
  presenter.clear();
  mutated(records); // it was under way
  expect(layout.asked).toHaveBeenCalledTimes(1);
});
