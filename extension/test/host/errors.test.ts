import { readFileSync } from "node:fs";
import { afterEach, expect, test, vi } from "vitest";
import { parseMessagesFile } from "@wxt-dev/i18n/build";
import { HostError, hostErrorOf, sayError } from "@/lib/host/errors";

const BUSY = { code: "E_BUSY", message: "40 pages wait.", hint: "Try again.", retryable: true };
const { i18n } = (globalThis as unknown as { chrome: { i18n: { getMessage(...given: unknown[]): string } } }).chrome;

afterEach(() => vi.restoreAllMocks());

async function speak(language: string): Promise<void> {
  const file = `${import.meta.dirname}/../../locales/${language}.yml`;
  const texts = new Map(
    (await parseMessagesFile(file)).map((one) => [one.key.join("_"), one.type === "simple" ? one.message : ""]),
  );
  vi.spyOn(i18n, "getMessage").mockImplementation((name, values = []) =>
    (texts.get(name as string) ?? "").replace(/\$(\d)/g, (_, at: string) => [values].flat()[Number(at) - 1] as string),
  );
}

test("in English the host's own words stand", () => {
  const error = new HostError(BUSY);
  expect([error.message, error.hint, error.code, error.retryable]).toEqual([
    "40 pages wait.",
    "Try again.",
    "E_BUSY",
    true,
  ]);
  expect(sayError(error)).toBe("40 pages wait. Try again.");
});

test("in another language the code's sentence comes first, and the host's words behind it", async () => {
  await speak("ja");
  expect(sayError(new HostError(BUSY))).toBe(
    "ホストの仕事が多すぎます。少し待ってからお試しください。（40 pages wait. Try again.）",
  );
  expect(new HostError(BUSY).message).toContain("40 pages wait.");
});

test("a code of a newer host is said in the host's words", async () => {
  await speak("de");
  expect(sayError(hostErrorOf({ ...BUSY, code: "E_TOMORROW" }))).toBe("40 pages wait. Try again.");
});

test("every code of the wire has its sentence", async () => {
  const protocol = readFileSync(`${import.meta.dirname}/../../../docs/PROTOCOL.md`, "utf8");
  const table = [...protocol.matchAll(/^\| `(E_[A-Z_]+)` \|/gm)].map(([, code]) => code ?? "");
  expect(table.length).toBeGreaterThan(15);
  await speak("es");
  for (const code of table) expect(sayError(new HostError({ ...BUSY, code })), code).toMatch(/ \(40 pages wait/);
});
