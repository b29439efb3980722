import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseMessagesFile } from "@wxt-dev/i18n/build";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const SENTENCE = /^[A-Z][a-z']+[ ,…][^{}=;]*$|^[A-Z][a-z]+ [a-z][^{}=;]*$/;
const STRINGS = /"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g;
const OUR_NAME = "Irodori";

const files = (readdirSync(ROOT + "lib", { recursive: true }) as string[])
  .map((path) => `lib/${path.replaceAll("\\", "/")}`)
  .filter((path) => /\.(?:ts|svelte)$/.test(path) && !path.startsWith("lib/protocol/"));

const codeOf = (path: string) =>
  readFileSync(ROOT + path, "utf8")
    .replace(/<style>[\s\S]*<\/style>/, "")
    .replace(/\/\*[\s\S]*?\*\/|(^|\s)\/\/ .*$/gm, "");

test("what a reader reads stands in the locale, not in the code", () => {
  const found = files.flatMap((path) => {
    const strings = [...codeOf(path).matchAll(STRINGS)].map(([, plain, template]) => plain ?? template ?? "");
    const markup = path.endsWith(".svelte")
      ? [
          ...codeOf(path)
            .replace(/<script[\s\S]*<\/script>/, "")
            .matchAll(/>\s*([A-Za-z][^<>{}]*)</g),
        ].map(([, text]) => text ?? "")
      : [];
    return [...strings.filter((text) => SENTENCE.test(text)), ...markup.filter((text) => text !== OUR_NAME)].map(
      (text) => `${path}: ${text.trim()}`,
    );
  });
  expect(found).toEqual([]);
});

test("every text of the locale is used, and every one that is used is there", async () => {
  const keys = (await parseMessagesFile(`${ROOT}locales/en.yml`))
    .map(({ key }) => key.join("."))
    .filter((key) => !key.startsWith("@@"));
  const code = files.map(codeOf).join("\n");
  const used = [...code.matchAll(/i18n\.t\(\s*"([\w.]+)"/g)].map(([, key]) => key ?? "");
  const families = [...code.matchAll(/i18n\.t\(\s*`([\w.]+\.)\$\{/g)].map(([, start]) => start ?? "");
  expect(used.filter((key) => !keys.includes(key))).toEqual([]);
  const isUsed = (key: string) => used.includes(key) || families.some((start) => key.startsWith(start));
  expect(keys.filter((key) => !isUsed(key) && !key.startsWith("manifest."))).toEqual([]);
});
