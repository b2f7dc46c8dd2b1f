/** The same records from another one on, as BIND answers each time. */
export function rotated<T>(records: readonly T[]): T[] {
  const first = Math.floor(Math.random() * records.length)
  return [...records.slice(first), ...records.slice(0, first)]
}
