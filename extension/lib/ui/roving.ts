/** One tab stop for a row of things: the arrow keys, Home and End move between them. */

/** Where a key leads from the item `at` of `count` in rows of `columns`; `null` for keys that do not move. */
export function movedBy(key: string, at: number, count: number, columns: number): number | null {
  const moves: Record<string, number> = {
    ArrowRight: at + 1,
    ArrowLeft: at - 1,
    ArrowDown: at + columns,
    ArrowUp: at - columns,
    Home: 0,
    End: count - 1,
  };
  const to = moves[key];
  return to === undefined ? null : Math.max(0, Math.min(count - 1, to));
}

/** How many items stand in the first row. */
export function columnsOf(items: readonly HTMLElement[]): number {
  const top = items[0]?.getBoundingClientRect().top;
  return Math.max(1, items.filter((item) => item.getBoundingClientRect().top === top).length);
}
