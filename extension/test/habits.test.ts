import { beforeEach, describe, expect, test } from "vitest";

import { fakeBrowser } from "wxt/testing/fake-browser";
import {
  changeHabit,
  changeNaming,
  changeRules,
  dropReference,
  forgetHabit,
  habitOf,
  isAwaited,
  loadHabit,
  loadHabits,
  type Mode,
  modeOf,
  NO_HABIT,
  type SiteHabit,
} from "@/lib/habits";
import { siteOf } from "@/lib/sites";

const SITE = "https://reader.example";
const TOWN = "Rain Town";

beforeEach(() => fakeBrowser.reset());

test.each([
  ["https://reader.example/a/b?c#d", "https://reader.example"],
  ["http://127.0.0.1:8080/", "http://127.0.0.1"],
  ["file:///a.html", "file://"],
  ["blob:https://reader.example/0f-1", "https://reader.example"],
  ["blob:null/0f-1", ""],
  ["about:blank", ""],
  ["", ""],
])("the site of %s is %s", (address, site) => {
  expect(siteOf(address)).toBe(site);
});

describe("what happens when a chapter is opened", () => {
  test.each<[Mode, Mode | null, Mode, boolean]>([
    ["never", null, "never", false],
    ["always", null, "always", true],
    ["ask", null, "ask", true],
    ["always", "never", "never", true],
    ["never", "always", "always", true],
    ["never", "ask", "ask", true],
    ["never", "never", "never", false],
  ])("site %s, series %s: %s", async (site, series, mode, awaited) => {
    await changeHabit({ site: SITE, told: null, change: { mode: site } });
    await changeHabit({ site: SITE, told: TOWN, change: { mode: series } });
    const habit = await loadHabit(SITE);
    expect([modeOf(habit, " rain  TOWN "), isAwaited(habit)]).toEqual([mode, awaited]);
    expect(modeOf(habit, "Another")).toBe(site);
  });

  test("what is wished of one site is not of another, nor of another scheme", async () => {
    await changeHabit({ site: SITE, told: TOWN, change: { mode: "always" } });
    for (const other of ["https://evil.example", "http://reader.example", "https://a.reader.example"])
      expect(modeOf(await loadHabit(other), TOWN)).toBe("never");
    expect(await loadHabit("")).toEqual(NO_HABIT);
  });

  test.each(["__proto__", "constructor", "toString", ""])("a series may be called %j", async (told) => {
    expect(modeOf(NO_HABIT, told)).toBe("never");
    await changeHabit({ site: SITE, told, change: { mode: "always" } });
    expect(modeOf(await loadHabit(SITE), told)).toBe("always");
    expect(modeOf(await loadHabit(SITE), TOWN)).toBe("never");
  });
});

test("changes that come at once are all kept", async () => {
  const changes = ["a", "b", "c"].map((told, at) => changeHabit({ site: SITE, told, change: { strength: at / 10 } }));
  await Promise.all([...changes, changeHabit({ site: SITE, told: null, change: { mode: "ask" } })]);
  const habit = await loadHabit(SITE);
  expect(["a", "b", "c"].map((told) => habitOf(habit, told).strength)).toEqual([0, 0.1, 0.2]);
  expect(habit.mode).toBe("ask");
});

test("a series and a site are forgotten, and a reference that has gone", async () => {
  await changeHabit({ site: SITE, told: TOWN, change: { mode: "always", referenceId: "r1" } });
  await changeHabit({ site: SITE, told: "Other", change: { mode: "always", referenceId: "r2" } });
  await dropReference("r1");
  const own = (habit: SiteHabit, told: string) => habitOf(habit, told).referenceId;
  const habit = await loadHabit(SITE);
  expect([own(habit, TOWN), own(habit, "Other")]).toEqual([null, "r2"]);
  await forgetHabit(SITE, "Other");
  expect(Object.keys((await loadHabit(SITE)).series)).toHaveLength(1);
  await forgetHabit(SITE);
  expect(await loadHabits()).toEqual([]);
});

test("how names are told is kept beside what else is known of a site, until nothing is chosen", async () => {
  await changeHabit({ site: SITE, told: TOWN, change: { mode: "always" } });
  await changeRules(SITE, () => [{ isPage: false, pattern: "main > .ad" }]);
  const before = await loadHabit(SITE);
  await changeNaming(SITE, { series: "title", chapter: "" });
  expect(await loadHabit(SITE)).toEqual({ ...before, naming: { series: "title" } });
  await changeNaming(SITE, { series: "", chapter: "" });
  expect(await loadHabit(SITE)).toEqual(before);
});

test("of two hundred rules and more the last ones are kept, for they count", async () => {
  const rules = Array.from({ length: 203 }, (_, at) => ({ isPage: true, pattern: `.page-${at}` }));
  await changeRules(SITE, () => rules);
  expect((await loadHabit(SITE)).pages).toEqual(rules.slice(3));
});

test("names that begin alike for two hundred characters are one series", async () => {
  const name = "x".repeat(200);
  await changeHabit({ site: SITE, told: `${name}a`, change: { mode: "always" } });
  expect(modeOf(await loadHabit(SITE), `${name}b`)).toBe("always");
  expect(modeOf(await loadHabit(SITE), name.slice(1))).toBe("never");
});
