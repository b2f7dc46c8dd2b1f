import type { HostText } from '../command.ts'

/** bash walks its tables of variables and of associative arrays bucket by bucket: hashlib.c, FNV-1 over 1024 buckets, the newest first. */
export function inHashOrder(entries: Iterable<[string, HostText]>): [string, HostText][] {
  return [...entries].reverse().sort(([a], [b]) => bucketOf(a) - bucketOf(b))
}

function bucketOf(name: string): number {
  let hash = 2166136261
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash, 16777619) ^ name.charCodeAt(i)
  return hash & 1023
}
