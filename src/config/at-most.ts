/**
 * Bound of an LRUCache with many entries, of which most stay empty: its `max` would take room for all of them at once, 22 bytes each and 16 more with a
 * time limit, which is 1.5 MB for the tables of one UDP port. A bound by size takes room as entries come.
 *
 * @example new LRUCache<string, Track>({ ...atMost(50_000), ttl: 60_000 })
 */
export function atMost(entries: number): { maxSize: number; sizeCalculation: () => number } {
  return { maxSize: entries, sizeCalculation: () => 1 }
}
