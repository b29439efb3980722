import { beforeEach, describe, expect, test, vi } from "vitest";
import type { HostConnection } from "@/lib/host/connection";
import type { MessageSender } from "@/lib/messages";
import type { Runs } from "@/lib/worker/runs";

const outside = vi.hoisted(() => ({
  askPage: vi.fn(),
  ensureAgent: vi.fn(),
  setReference: vi.fn(),
  colorizePage: vi.fn(),
  sayTrouble: vi.fn(),
}));
vi.mock("wxt/browser", () => ({ browser: { tabs: { TAB_ID_NONE: -1 } } }));
vi.mock("@/lib/messages", () => ({ askPage: outside.askPage }));
vi.mock("@/lib/worker/inject", () => ({ ensureAgent: outside.ensureAgent }));
vi.mock("@/lib/worker/menus", () => ({
  ...{ setReference: outside.setReference, colorizePage: outside.colorizePage, sayTrouble: outside.sayTrouble },
}));

import { pointed, startPointing } from "@/lib/worker/pointing";

const host = {} as HostConnection;
const runs = {} as Runs;
const sender = { tab: { id: 7 }, frameId: 3 } as unknown as MessageSender;

beforeEach(() => {
  for (const each of Object.values(outside)) each.mockReset().mockResolvedValue(undefined);
});

test("every frame of the tab waits", async () => {
  await startPointing(7, "page");
  expect(outside.ensureAgent).toHaveBeenCalledWith(7);
  expect(outside.askPage.mock.calls).toEqual([[7, null, "page.point", { purpose: "page" }]]);
});

describe("what was pointed at", () => {
  const stops = [7, null, "page.point", { purpose: null }];

  test("a reference is kept", async () => {
    await pointed(host, runs, sender, "reference", "1.png");
    expect(outside.setReference).toHaveBeenCalledWith(host, 7, 3, "1.png");
    expect([outside.askPage.mock.calls, outside.colorizePage.mock.calls]).toEqual([[stops], []]);
  });

  test("a page is coloured", async () => {
    await pointed(host, runs, sender, "page", "1.png");
    expect(outside.colorizePage).toHaveBeenCalledWith(runs, 7, "1.png");
    expect([outside.askPage.mock.calls, outside.setReference.mock.calls]).toEqual([[stops], []]);
  });

  test("a colour is corrected in the frame that shows it", async () => {
    await pointed(host, runs, sender, "correct", "1.png");
    expect(outside.askPage.mock.calls).toEqual([stops, [7, 3, "page.correct", { url: "1.png" }]]);
    expect([outside.setReference.mock.calls, outside.colorizePage.mock.calls]).toEqual([[], []]);
  });

  test("nothing: the other frames stop waiting, and that is all", async () => {
    outside.askPage.mockRejectedValue(new Error("gone"));
    await pointed(host, runs, sender, "page", null);
    expect([outside.askPage.mock.calls, outside.colorizePage.mock.calls]).toEqual([[stops], []]);
  });

  test("trouble is said at the picture", async () => {
    const error = new Error("why");
    outside.colorizePage.mockRejectedValue(error);
    await pointed(host, runs, { tab: { id: 7 } } as unknown as MessageSender, "page", "1.png");
    expect(outside.sayTrouble).toHaveBeenCalledWith(7, 0, "1.png", error);
    await pointed(host, runs, {}, "page", "1.png");
    expect(outside.colorizePage).toHaveBeenLastCalledWith(runs, -1, "1.png");
  });
});
