// @vitest-environment jsdom
import { beforeEach, expect, test, vi } from "vitest";

import { fakeBrowser } from "wxt/testing/fake-browser";
import { Pace } from "@/lib/page/capture/pace";
import { saveChoices } from "@/lib/state";

class FakeBattery extends EventTarget {
  charging = true;

  becomes(charging: boolean): void {
    this.charging = charging;
    this.dispatchEvent(new Event("chargingchange"));
  }
}

let battery: FakeBattery;
let stop: AbortController;
const changed = vi.fn();

beforeEach(() => {
  fakeBrowser.reset();
  vi.clearAllMocks();
  stop?.abort();
  stop = new AbortController();
  battery = new FakeBattery();
  Object.assign(navigator, { getBattery: async () => battery });
  hide(false);
});

function hide(hidden: boolean): void {
  Object.defineProperty(document, "hidden", { configurable: true, value: hidden });
  document.dispatchEvent(new Event("visibilitychange"));
}

async function pace(): Promise<Pace> {
  const made = new Pace(changed, stop.signal);
  await vi.waitFor(() => expect(changed).toHaveBeenCalled());
  await Promise.resolve();
  return made;
}

test("plugged in there is no bound, and a tab out of sight goes on", async () => {
  const at = await pace();
  hide(true);
  expect([at.ahead, at.isResting, at.foreseen]).toEqual([Number.POSITIVE_INFINITY, false, 4]);
});

test("on a battery only the next pages are coloured, and nothing out of sight", async () => {
  const at = await pace();
  battery.becomes(false);
  expect([at.ahead, at.isResting]).toEqual([4, false]);
  hide(true);
  expect([at.ahead, at.isResting, at.foreseen]).toEqual([0, true, 0]);
  hide(false);
  battery.becomes(true);
  expect(at.ahead).toBe(Number.POSITIVE_INFINITY);
});

test("what the reader chooses counts at once", async () => {
  const at = await pace();
  battery.becomes(false);
  await saveChoices({ savesBattery: false, pagesAhead: 2 });
  await vi.waitFor(() => expect(at.foreseen).toBe(2));
  expect(at.ahead).toBe(Number.POSITIVE_INFINITY);
  await saveChoices({ restsHidden: true });
  hide(true);
  await vi.waitFor(() => expect(at.isResting).toBe(true));
  stop.abort();
  const calls = changed.mock.calls.length;
  battery.becomes(true);
  hide(false);
  expect(changed).toHaveBeenCalledTimes(calls);
});

test("until it is known what the reader chose, nothing is coloured ahead", async () => {
  await saveChoices({ pagesAhead: 2, savesBattery: true });
  const at = new Pace(changed, stop.signal);
  expect([at.ahead, at.foreseen]).toEqual([0, 0]);
  await vi.waitFor(() => expect(changed).toHaveBeenCalled());
  expect([at.ahead, at.foreseen]).toEqual([Number.POSITIVE_INFINITY, 2]);
});
