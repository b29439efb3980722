import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../lib", import.meta.url));
const IMPORT = /(?:from|import)\s+"(\.{1,2}\/[^"]+)"/g;

const files = (readdirSync(ROOT, { recursive: true }) as string[]).filter((path) => /\.(?:ts|svelte)$/.test(path));

const importsOf = new Map(
  files.map((path) => {
    const text = readFileSync(join(ROOT, path), "utf8");
    const named = [...text.matchAll(IMPORT)].map(([, to]) => normalize(join(dirname(path), to ?? "")));
    return [path, named.flatMap((to) => files.filter((file) => [to, `${to}.ts`].includes(file)))];
  }),
);

/** The files on a way that comes back to where it was, if there is one. */
function circle(from: string, way: string[], clear: Set<string>): string[] {
  if (way.includes(from)) return [...way.slice(way.indexOf(from)), from];
  if (clear.has(from)) return [];
  for (const to of importsOf.get(from) ?? []) {
    const found = circle(to, [...way, from], clear);
    if (found.length) return found;
  }
  clear.add(from);
  return [];
}

test("no file stands in a circle of imports, of types neither", () => {
  expect([...importsOf.values()].flat().length).toBeGreaterThan(100);
  const clear = new Set<string>();
  expect(files.flatMap((file) => circle(file, [], clear))).toEqual([]);
});
