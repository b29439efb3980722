import { expect, test } from "vitest";
import { choiceOfPreset, isSameName, presetOf } from "@/lib/presets";
import type { Preset } from "@/lib/protocol/messages";
import { NO_CHOICES } from "@/lib/state";

const PALE: Preset = {
  name: "Pale",
  engine: "compact",
  options: { strength: 0.4, quality: "best", loras: [{ name: "ink", weight: 0.5 }, { name: "rain" }] },
};

test("a preset that is loaded and kept under another name is the same", () => {
  const choices = { ...NO_CHOICES, ...choiceOfPreset(PALE) };
  expect(choices.loras).toEqual({ ink: 0.5, rain: 1 });
  const kept = presetOf("Pale too", choices, "compact");
  expect(kept).toEqual({
    name: "Pale too",
    engine: "compact",
    options: {
      strength: 0.4,
      quality: "best",
      loras: [
        { name: "ink", weight: 0.5 },
        { name: "rain", weight: 1 },
      ],
    },
  });
  expect(choiceOfPreset(kept).loras).toEqual(choices.loras);
});

test("what was chosen besides a preset goes before it", () => {
  const choices = { ...NO_CHOICES, ...choiceOfPreset(PALE), loras: {} };
  expect(presetOf("Bare", choices, "sdxl")).toEqual({
    name: "Bare",
    engine: "sdxl",
    options: { strength: 0.4, quality: "best" },
  });
  expect(presetOf("Nothing", NO_CHOICES, "")).toEqual({ name: "Nothing", options: {} });
});

test("neither case nor spaces tell two names apart", () => {
  expect(isSameName("  Pale  pages", "pale PAGES ")).toBe(true);
  expect(isSameName("Pale", "Pale 2")).toBe(false);
});
