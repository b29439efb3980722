/** Every language says all that English says, with the same placeholders, and in words that fit where English's do. */

import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseMessagesFile } from "@wxt-dev/i18n/build";
import { describe, expect, test } from "vitest";

const FOLDER = fileURLToPath(new URL("../locales/", import.meta.url));
const LONGER = 1.9; // what stands on a button in half a line; whole sentences wrap
const SHORT = 24; // characters: shorter than this it may be a label on one line
const LABEL_MOST = 40;

type Messages = Map<string, string[]>;

async function messagesOf(file: string): Promise<Messages> {
  const all = await parseMessagesFile(FOLDER + file);
  const parsed = all.filter(({ key }) => !key[0]?.startsWith("@@")); // the browser's own
  const forms = (message: (typeof parsed)[number]): string[] =>
    message.type === "plural" ? Object.values(message.plurals) : [message.type === "simple" ? message.message : ""];
  return new Map(parsed.map((message) => [message.key.join("."), forms(message)]));
}

const placeholders = (text: string) => [...new Set(text.match(/\$\d/g) ?? [])].sort();
const others = readdirSync(FOLDER).filter((file) => file !== "en.yml");
const english = await messagesOf("en.yml");

test("there are five languages", () => {
  expect(others.sort()).toEqual(["de.yml", "es.yml", "ja.yml", "zh_CN.yml"]);
});

describe.each(others)("%s", async (file) => {
  const messages = await messagesOf(file);

  test("says all that English says, and nothing else", () => {
    expect([...messages.keys()].sort()).toEqual([...english.keys()].sort());
    expect([...messages].filter(([, forms]) => forms.some((form) => !form.trim())).map(([key]) => key)).toEqual([]);
  });

  test("puts in what English puts in", () => {
    const wrong = [...messages].filter(([key, forms]) => {
      const wanted = new Set((english.get(key) ?? []).flatMap(placeholders));
      const all = forms.map(placeholders);
      return (
        all.some((one) => one.some((each) => !wanted.has(each))) ||
        [...wanted].some((each) => !all.at(-1)?.includes(each))
      );
    });
    expect(wrong.map(([key]) => key)).toEqual([]);
  });

  test("has as many forms of a number, and labels that fit", () => {
    const odd = [...messages].filter(([key, forms]) => forms.length !== english.get(key)?.length);
    expect(odd.map(([key]) => key)).toEqual([]);
    const long = [...messages].filter(([key, forms]) => {
      const label = english.get(key)?.[0] ?? "";
      const most = Math.max(LABEL_MOST, LONGER * label.length);
      return label.length <= SHORT && forms.some((form) => form.length > most);
    });
    expect(long.map(([key]) => key)).toEqual([]);
  });
});
