import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

const generated = "lib/protocol/messages.ts";
const [, table = ""] = /export interface Methods \{\n([^]*?)\n\}\n/.exec(read(generated)) ?? [];
const methods = [...table.matchAll(/^ {2}"([a-z]+\.[a-z_]+)":/gm)].map(([, name]) => name ?? "");
const sources = ["lib", "entrypoints"]
  .flatMap((folder) =>
    (readdirSync(join(ROOT, folder), { recursive: true }) as string[]).map((file) => join(folder, file)),
  )
  .filter((file) => /\.(?:ts|svelte)$/.test(file) && ![generated, "lib/host/methods.ts"].includes(file));
const said = sources.map(read).join("\n");

test("every method of the wire is called here, or the protocol says why it is not", () => {
  expect(methods.length).toBeGreaterThan(20);
  const uncalled = methods.filter((name) => !said.includes(`"${name}"`));
  const [paragraph = ""] = /Methods that the extension does not call[^]*?\n\n/.exec(read("../docs/PROTOCOL.md")) ?? [];
  const named = [...paragraph.matchAll(/`([a-z]+\.[a-z_]+)`/g)]
    .map(([, name]) => name ?? "")
    .filter((name) => methods.includes(name));
  expect(named.sort()).toEqual(uncalled.sort());
});
