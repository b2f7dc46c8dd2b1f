/**
 * Bound of an LRUCache with many entries, of which most stay empty: its `max` would take room for all of them at once (25 to 40 bytes each), which
 * for the tables of every port came to 60 MB of an idle sensor. A bound by size takes room as entries come.
 *
 * @example new LRUCache<string, Track>({ ...atMost(50_000), ttl: 60_000 })
 */
export function atMost(entries: number): { maxSize: number; sizeCalculation: () => number } {
  return { maxSize: entries, sizeCalculation: () => 1 }
}
