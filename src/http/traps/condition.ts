import { RE2JS } from 're2js'
import type { RequestFields } from './fields.ts'
import type { Match, Test, TextTest } from './schema.ts'

/** Values of named groups, filled by the tests that match. */
export type Captures = Map<string, string>

/** What this source did before, as far as conditions ask. */
export interface Remembered {
  value(name: string): string | undefined
}

export type Condition = (fields: RequestFields, captures: Captures, remembered: Remembered) => boolean
type TextCheck = (text: string | undefined, captures: Captures) => boolean

/** Makes a condition of what a trap says about a request. Cheap parts come first, so that most requests end at the first. */
export function compileMatch(match: Match): Condition {
  const checks: Condition[] = []
  const { method, size } = match
  if (method !== undefined) {
    const methods = new Set([method].flat())
    if (methods.has('GET')) methods.add('HEAD')
    checks.push(({ request }) => methods.has(request.method))
  }
  if (size)
    checks.push(({ request }) => request.bodyBytes >= (size.min ?? 0) && request.bodyBytes <= (size.max ?? Number.POSITIVE_INFINITY))
  const part = (test: Test | undefined, read: (fields: RequestFields) => string | undefined): void => {
    if (test === undefined) return
    const check = compileTest(test)
    checks.push((fields, captures) => check(read(fields), captures))
  }
  const named = (tests: Record<string, Test> | undefined, read: (fields: RequestFields, name: string) => string | undefined): void => {
    for (const [name, test] of Object.entries(tests ?? {})) part(test, (fields) => read(fields, name))
  }
  part(match.path, ({ request }) => request.path)
  part(match.target, ({ request }) => request.target)
  part(match.url, ({ url }) => url)
  part(match.host, ({ request }) => request.host)
  named(match.header, (fields, name) => fields.header(name))
  named(match.cookie, (fields, name) => fields.cookie(name))
  named(match.query, (fields, name) => fields.query(name))
  named(match.form, (fields, name) => fields.form(name))
  named(match.field, (fields, name) => fields.field(name))
  named(match.json, (fields, pointer) => fields.json(pointer))
  part(match.body, ({ body }) => body)
  if (match.upload !== undefined) {
    const check = compileTest(match.upload)
    checks.push((fields, captures) => fields.uploads().some((name) => check(name, captures)))
  }
  for (const [name, test] of Object.entries(match.state ?? {})) {
    const check = compileTest(test)
    checks.push((_, captures, remembered) => check(remembered.value(name), captures))
  }
  checks.push(...(match.all ?? []).map(compileMatch))
  if (match.any) {
    const any = match.any.map(compileMatch)
    checks.push((...given) => any.some((one) => one(...given)))
  }
  if (match.not) {
    const not = compileMatch(match.not)
    checks.push((fields, _, remembered) => !not(fields, new Map(), remembered))
  }
  return (...given) => checks.every((check) => check(...given))
}

function compileTest(test: Test): TextCheck {
  if (Array.isArray(test)) {
    const any = test.map((one) => compileTest(one))
    return (text, captures) => any.some((check) => check(text, captures))
  }
  return typeof test === 'string' ? (text) => text === test : compileTextTest(test)
}

function compileTextTest({ present, ignoreCase = false, matches, ...words }: TextTest): TextCheck {
  if (present === false) return (text) => text === undefined
  const fold = (text: string): string => (ignoreCase ? text.toLowerCase() : text)
  const folded = (given: string | readonly string[] | undefined): string[] => (given === undefined ? [] : [given].flat().map(fold))
  const [is] = folded(words.is)
  const [starts = ''] = folded(words.starts)
  const [ends = ''] = folded(words.ends)
  const contains = folded(words.contains)
  const containsAny = folded(words.containsAny)
  const pattern = matches === undefined ? undefined : compilePattern(matches)
  return (given, captures) => {
    if (given === undefined) return false
    const text = fold(given)
    if (is !== undefined && text !== is) return false
    if (!text.startsWith(starts) || !text.endsWith(ends)) return false
    if (!contains.every((word) => text.includes(word))) return false
    if (containsAny.length > 0 && !containsAny.some((word) => text.includes(word))) return false
    return pattern?.(given, captures) ?? true
  }
}

function compilePattern(source: string): (text: string, captures: Captures) => boolean {
  const pattern = RE2JS.compile(source)
  const names = Object.entries(pattern.namedGroups())
  if (names.length === 0) return (text) => pattern.test(text)
  return (text, captures) => {
    const found = pattern.exec(text) as (string | undefined)[] | null
    if (!found) return false
    for (const [name, group] of names) if (typeof found[group] === 'string') captures.set(name, found[group])
    return true
  }
}
