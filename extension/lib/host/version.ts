/** The choice of a protocol version that both sides speak. */

export type VersionRange = readonly [least: number, most: number];

/** The highest version in both ranges, or `null`. */
export function commonVersion(own: VersionRange, peer: VersionRange): number | null {
  const highest = Math.min(own[1], peer[1]);
  return highest >= Math.max(own[0], peer[0]) ? highest : null;
}
