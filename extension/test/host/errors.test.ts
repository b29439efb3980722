import { readFileSync } from "node:fs";
import { afterEach, expect, test, vi } from "vitest";
import { parseMessagesFile } from "@wxt-dev/i18n/build";
import { HostError, hostErrorOf, sayError } from "@/lib/host/errors";
import { sayDetail, sayDevice, sayLabel, sayNotReady, sayShortly } from "@/lib/host/told";

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

test("in another language the code's sentence stands alone where the host tells no other", async () => {
  await speak("ja");
  expect(sayError(new HostError(BUSY))).toBe("ホストの仕事が多すぎます。少し待ってからお試しください。");
  const remote = { code: "E_REMOTE", message: "http://127.0.0.1:8188 said 500.", hint: "", retryable: true };
  expect(sayError(new HostError(remote))).toBe("設定したサーバーから正しい答えがありませんでした。");
});

test("what the host tells by key and values is said whole, and names them", async () => {
  const told = ["picture_over_limit", "5000", "70000", "60000000", "65500"];
  const error = { code: "E_IMAGE", message: "Too large: 5000 x 70000.", hint: "Split it.", retryable: false };
  expect(sayError(hostErrorOf({ ...error, data: { told } }))).toBe("Too large: 5000 x 70000. Split it.");
  await speak("ja");
  expect(sayError(hostErrorOf({ ...error, data: { told } }))).toBe(
    "画像が大きすぎます：5000 × 70000。1ページは 60000000 画素まで、一辺 65500 までです。分けてください。",
  );
  expect(sayError(hostErrorOf({ ...error, data: { told: ["of_a_newer_host", "1"] } }))).not.toContain("Too large");
  expect(sayError(hostErrorOf({ ...error, data: { told: "no list" } }))).not.toContain("Too large");
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
  for (const code of table) expect(sayError(new HostError({ ...BUSY, code })), code).toMatch(/^[A-ZÁÉÍÓÚ¿][^(]+/);
});

test("engines that are not ready and models are said without a word of English", async () => {
  const waiting = { told: ["not_installed", "torch", "pip install torch"], reason: "torch is not installed" };
  const shipped = { told: ["file_vae", "FLUX.2"], detail: "FLUX.2's autoencoder" };
  expect([sayNotReady(waiting), sayDetail(shipped)]).toEqual(["torch is not installed", "FLUX.2's autoencoder"]);
  await speak("ja");
  expect(sayNotReady(waiting)).toBe("torch が入っていません：pip install torch");
  expect(sayNotReady({ told: [], reason: "torch is not installed" })).toMatch(/^このエンジンは/);
  expect(sayDetail(shipped)).toBe("FLUX.2 のオートエンコーダー");
  expect(sayDetail({ detail: "said by an older host" })).toBe("");
});

test("a device, a model's name and a check are said in the reader's language", async () => {
  await speak("en");
  expect(sayDevice("AMD EPYC (2 threads)")).toBe("AMD EPYC (2 threads)");
  expect(sayShortly(["cache_holds", "6", "7", "4096"])).toBe("6 pages, 7 of 4096 MiB");
  await speak("ja");
  expect(sayDevice("AMD EPYC (2 threads)")).toBe("AMD EPYC（2スレッド）");
  expect(sayDevice("NVIDIA H200")).toBe("NVIDIA H200");
  expect(sayLabel({ model_id: "flux2-vae", label: "FLUX.2 klein, autoencoder" })).toBe(
    "FLUX.2 klein のオートエンコーダー",
  );
  expect(sayLabel({ model_id: "flux2/my vae.safetensors", label: "my vae" })).toBe("my vae");
  expect(sayShortly(undefined)).toBe("");
});

test.each([
  [BUSY, { code: "E_BUSY", message: "40 pages wait.", hint: "Try again.", retryable: true }],
  [{ ...BUSY, retryable: false }, { retryable: false }],
  [
    { code: "E_BUSY", retryable: 1 },
    { code: "E_BUSY", hint: "", retryable: false, message: expect.stringMatching(/\w/) },
  ],
  [
    { code: 7, message: 8, hint: 9 },
    { code: "E_INTERNAL", hint: "", message: expect.stringMatching(/\w/) },
  ],
  ["trouble", { code: "E_INTERNAL", retryable: false }],
  [undefined, { code: "E_INTERNAL", retryable: false }],
])("what a host answers with in place of a result is an error: %j", (value, facts) => {
  expect(hostErrorOf(value)).toMatchObject(facts);
});
