/** A document: what the client sent, and what the index says of it. */
export interface Doc {
  id: string
  type: string
  source: Record<string, unknown>
  version: number
  seqNo: number
}

const FIELD_DEPTH = 32

/** Values of a field such as `user.name` or `user.name.keyword`; arrays are walked into. */
export function valuesOf(source: unknown, field: string): unknown[] {
  const path = field.replace(/\.keyword$/, '').split('.', FIELD_DEPTH)
  let level: unknown[] = [source]
  for (const name of path) {
    level = level.flatMap((value) => memberOf(value, name))
    level = level.flatMap((value) => (Array.isArray(value) ? value : [value]))
  }
  return level.filter((value) => value !== null && value !== undefined)
}

function memberOf(value: unknown, name: string): unknown[] {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return []
  return [(value as Record<string, unknown>)[name]]
}

/** Every value of a document, for queries that name no field. */
export function allValues(source: unknown, depth = 0): unknown[] {
  if (typeof source !== 'object' || source === null) return source === null ? [] : [source]
  if (depth > FIELD_DEPTH) return []
  return Object.values(source).flatMap((value) => allValues(value, depth + 1))
}

const texts = new WeakMap<object, string>()

/** All of a document in small letters, to see at once that a word is not in it. Kept: nobody changes a document. */
export function textOf(source: object): string {
  const known = texts.get(source)
  if (known !== undefined) return known
  const text = allValues(source).join('\n').toLowerCase()
  texts.set(source, text)
  return text
}

/** Words as the standard analyser makes them. */
export function wordsOf(value: unknown): string[] {
  return (
    String(value)
      .toLowerCase()
      .match(/[\p{L}\p{N}_]+/gu) ?? []
  )
}

/** Keeps or drops members of a `_source` by patterns such as `user.*`. */
export function filterSource(source: Record<string, unknown>, includes: readonly string[], excludes: readonly string[]): unknown {
  return pick(source, '', includes, excludes, 0) ?? {}
}

function pick(value: unknown, path: string, includes: readonly string[], excludes: readonly string[], depth: number): unknown {
  if (path !== '' && excludes.some((pattern) => matchesWildcard(pattern, path))) return undefined
  const isIncluded =
    includes.length === 0 || (path !== '' && includes.some((p) => matchesWildcard(p, path) || matchesWildcard(`${p}.*`, path)))
  if (typeof value !== 'object' || value === null || Array.isArray(value) || depth > FIELD_DEPTH) return isIncluded ? value : undefined
  const kept = Object.entries(value).flatMap(([name, member]): [string, unknown][] => {
    const inner = pick(member, path === '' ? name : `${path}.${name}`, includes, excludes, depth + 1)
    return inner === undefined ? [] : [[name, inner]]
  })
  return kept.length > 0 || isIncluded ? Object.fromEntries(kept) : undefined
}

/** `*` is anything, `?` one character; linear but for the last star, which alone is tried again. */
export function matchesWildcard(pattern: string, text: string): boolean {
  let p = 0
  let t = 0
  let star = -1
  let resume = 0
  while (t < text.length) {
    if (pattern[p] === '*') {
      star = p++
      resume = t
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === text[t])) {
      p++
      t++
    } else if (star >= 0) {
      p = star + 1
      t = ++resume
    } else return false
  }
  while (pattern[p] === '*') p++
  return p === pattern.length
}
