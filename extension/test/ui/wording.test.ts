import { beforeEach, expect, test, vi } from "vitest";
import type { WordModel } from "@/lib/protocol/messages";

const answers = vi.hoisted(() => ({ asked: [] as unknown[], of: new Map<string, (params: object) => unknown>() }));

vi.mock("@/lib/messages", () => ({
  askWorker: async (kind: string, params: object) => {
    answers.asked.push([kind, params]);
    return Promise.resolve().then(() => answers.of.get(kind)?.(params));
  },
}));

const { wordSettingsOf } = await import("@/lib/word-settings");
const { WordsModel } = await import("@/lib/ui/options/words-model.svelte");

const OFF = wordSettingsOf({ caption_model: "florence-2-base", enhance_model: "qwen3-1.7b", ollama_model: "" });
const model = (step: string, name: string, more: Partial<WordModel> = {}): WordModel => ({
  ...{ step, provider: "local", model: name, label: name, ready: false, language: "", sees: false, ...more },
});
const MODELS = [
  model("translate", "opus-mt-ja-en", { language: "ja" }),
  model("translate", "opus-mt-de-en", { language: "de", ready: true }),
  model("enhance", "qwen3-0.6b"),
  model("enhance", "qwen3-1.7b", { ready: true }),
];
const SEER = model("enhance", "gemma3", { provider: "ollama", ready: true, sees: true });

beforeEach(() => {
  answers.asked = [];
  answers.of = new Map<string, (params: object) => unknown>([
    ["words.settings", () => OFF],
    ["words.change", (change) => ({ ...OFF, ...change })],
    ["words.models", ({ ollama }: { ollama?: boolean }) => ({ models: ollama ? [...MODELS, SEER] : MODELS })],
  ]);
});

test("a host's settings are taken as what they should be, and one that knows none has all of it off", () => {
  const none = { translate: false, caption: false, enhance: "off", caption_model: "" };
  expect(wordSettingsOf({})).toEqual({ ...none, enhance_model: "", ollama_model: "" });
  expect(wordSettingsOf({ translate: 1, caption: "yes", enhance: "magic", caption_model: 7 })).toMatchObject(none);
  expect(wordSettingsOf({ translate: true, enhance: "ollama" })).toMatchObject({ translate: true, enhance: "ollama" });
});

test("what is here stands first, and languages are those whose translators are here", async () => {
  const words = new WordsModel();
  await words.open();
  expect(answers.asked).toEqual([
    ["words.settings", {}],
    ["words.models", { ollama: false }],
  ]);
  expect(words.of("enhance").map((one) => one.model)).toEqual(["qwen3-1.7b", "qwen3-0.6b"]);
  expect(words.languages).toEqual(["de"]);
});

test("Ollama is asked for its models once it is chosen, and what it does not answer is said", async () => {
  const words = new WordsModel();
  await words.open();
  answers.asked = [];
  await words.change({ translate: true });
  expect(answers.asked).toEqual([["words.change", { translate: true }]]);
  await words.change({ enhance: "ollama" });
  expect(words.of("enhance", "ollama")).toEqual([SEER]);
  expect(words.ollamaTrouble).toBe("");
  answers.of.set("words.models", () => ({ models: MODELS, trouble: "no Ollama answers" }));
  await words.change({ enhance: "ollama" });
  expect([words.of("enhance", "ollama"), words.ollamaTrouble]).toEqual([[], "no Ollama answers"]);
});

test("a change that is refused leaves what was", async () => {
  const words = new WordsModel();
  await words.open();
  answers.of.set("words.change", () => Promise.reject(new Error("no")));
  await words.change({ caption: true });
  expect(words.settings).toEqual(OFF);
  expect(words.trouble).not.toBe("");
});

test("without its host nothing is asked of it again", async () => {
  answers.of.set("words.settings", () => Promise.reject(new Error("gone")));
  const words = new WordsModel();
  await words.open();
  expect(answers.asked).toEqual([["words.settings", {}]]);
  expect(words.settings).toBeNull();
});
