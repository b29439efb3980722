/** Reads the pictures out of computed values of `background-image` and `content`. */

/** An address, and how many of the picture's pixels make one of CSS. */
export interface CssPicture {
  url: string;
  density: number;
}

const PER_UNIT: Record<string, number> = { x: 1, dppx: 1, dpi: 1 / 96, dpcm: 2.54 / 96 };

/** The picture of each layer, from the top on; `null` for gradients and what this does not know. */
export function layersOf(value: string, screen: number): (CssPicture | null)[] {
  return split(value, ",").map((layer) => pictureOf(layer, screen));
}

/** The picture that `content` replaces an element with, or `null`. */
export function contentOf(value: string, screen: number): CssPicture | null {
  const [picture] = split(value, "/"); // what follows is the text for those who do not see it
  return picture ? pictureOf(picture, screen) : null;
}

/** The n-th of a list of values that begins anew where it is too short. */
export function nth(value: string, at: number): string {
  const all = split(value, ",");
  return all[at % all.length] ?? "";
}

/** Parts of `value` between separators that stand in no brackets and no quotes. */
export function split(value: string, separator: string): string[] {
  const parts = [""];
  let [depth, quote] = [0, ""];
  for (let at = 0; at < value.length; at++) {
    const char = value[at] as string;
    if (char === "\\") parts.push(`${parts.pop()}${char}${value[++at] ?? ""}`);
    else {
      if (quote) quote = char === quote ? "" : quote;
      else if (char === '"' || char === "'") quote = char;
      else if (char === "(") depth += 1;
      else if (char === ")") depth -= 1;
      if (char === separator && !quote && depth === 0) parts.push("");
      else parts.push(`${parts.pop()}${char}`);
    }
  }
  return parts.map((part) => part.trim()).filter(Boolean);
}

function pictureOf(layer: string, screen: number): CssPicture | null {
  const url = urlOf(layer);
  if (url !== null) return { url, density: 1 };
  const set = /^(?:-webkit-)?image-set\(([^]*)\)$/i.exec(layer)?.[1];
  if (set === undefined) return null;
  const options = split(set, ",").flatMap((option) => optionOf(option) ?? []);
  const sorted = options.sort((a, b) => a.density - b.density);
  return sorted.find(({ density }) => density >= screen) ?? sorted.at(-1) ?? null;
}

function optionOf(option: string): CssPicture | null {
  const [picture = "", ...rest] = split(option, " ");
  const url = urlOf(picture) ?? /^(["'])([^]*)\1$/.exec(picture)?.[2] ?? null;
  if (url === null) return null;
  const [, number, unit] = /^([\d.]+)(x|dppx|dpi|dpcm)$/i.exec(rest.find((each) => /^[\d.]/.test(each)) ?? "1x") ?? [];
  return { url: plain(url), density: Number(number ?? 1) * (PER_UNIT[unit?.toLowerCase() ?? "x"] ?? 1) };
}

function urlOf(text: string): string | null {
  const [, quoted, bare] = /^url\((?:"((?:[^"\\]|\\[^])*)"|([^"]*))\)$/i.exec(text) ?? [];
  const url = quoted ?? bare;
  return url === undefined ? null : plain(url);
}

/** Without the escapes of CSS. */
function plain(text: string): string {
  return text.replace(/\\(?:([0-9a-f]{1,6})\s?|([^]))/gi, (_, code?: string, char?: string) =>
    code ? String.fromCodePoint(Number.parseInt(code, 16)) : (char ?? ""),
  );
}
