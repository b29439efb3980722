/** Pages of a chapter as a reader writes them: "3-7, 12", counted from 1. */

const PART = /^(\d+)(?:\s*[-–—~〜]\s*(\d+))?$/;

/** How these numbers are written, those that follow each other as one range. */
export function sayPages(numbers: readonly number[]): string {
  const sorted = [...new Set(numbers)].sort((a, b) => a - b);
  const ranges: [from: number, to: number][] = [];
  for (const number of sorted) {
    const last = ranges.at(-1);
    if (last && number === last[1] + 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(", ");
}

/** The numbers that are written, none above `most`; null where it is no list of pages. */
export function readPages(text: string, most: number): number[] | null {
  const numbers = new Set<number>();
  for (const part of text.normalize("NFKC").split(/[,;、]/)) {
    if (!part.trim()) continue;
    const found = PART.exec(part.trim());
    if (!found) return null;
    const from = Number(found[1]);
    const to = Math.min(Number(found[2] ?? from), most);
    for (let number = Math.max(1, from); number <= to; number++) numbers.add(number);
  }
  return [...numbers].sort((a, b) => a - b);
}
