import { Regex, RegexError } from '../../commands/regex/regex.ts'
import type { Steps } from '../outcome.ts'
import type { Php } from '../php.ts'
import { type Key, PhpArray, type Ref, textOf, toInt, type Value } from '../value.ts'
import type { Natives } from './native.ts'

interface Pattern {
  regex: Regex
  names: (string | undefined)[]
}

const s = (value: Value | undefined): string => (value === undefined || value === null ? '' : textOf(value))
const n = (value: Value | undefined, preset: number): number => (value === undefined || value === null ? preset : Number(toInt(value)))
const ENDS: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}', '<': '>' }
const NAMED = /\(\?P?<([A-Za-z_]\w*)>/g

/** `/pattern/flags`; undefined where PHP complains of it. */
function patternOf(php: Php, name: string, written: string): Pattern | undefined {
  const text = written.trimStart()
  const start = text[0] ?? ''
  const end = ENDS[start] ?? start
  if (text === '') return void php.warn(`${name}(): Empty regular expression`)
  if (/[A-Za-z0-9\\]/.test(start)) return void php.warn(`${name}(): Delimiter must not be alphanumeric, backslash, or NUL`)
  const close = text.lastIndexOf(end)
  if (close <= 0) return void php.warn(`${name}(): No ending ${start === end ? '' : 'matching '}delimiter '${end}' found`)
  const flags = text.slice(close + 1).trim()
  const unknown = [...flags].find((flag) => !'imsxuADUXJ\n'.includes(flag))
  if (unknown !== undefined) return void php.warn(`${name}(): Unknown modifier '${unknown}'`)
  let pattern = text.slice(1, close)
  const names: (string | undefined)[] = []
  for (const [group, called] of pattern.matchAll(/\\.|\[(?:\\.|[^\]])*\]|\((?!\?)|\(\?P?<(?![=!])([A-Za-z_]\w*)>/g))
    if (group.startsWith('(')) names.push(called)
  pattern = pattern.replace(NAMED, '(')
  if (flags.includes('x'))
    pattern = pattern.replace(/\\[\s\S]|\[(?:\\.|[^\]])*\]|\s+|#[^\n]*/g, (part) => (/^[\s#]/.test(part) ? '' : part))
  const [first, last] = flags.includes('m') ? ['(?:^|(?<=\\n))', '(?=\\n|$)'] : ['^', '$']
  const signs: Record<string, string> = { '.': flags.includes('s') ? '[\\s\\S]' : '[^\\n]', '^': first, $: last }
  // Only what stands outside of classes and escapes.
  pattern = pattern.replace(/\\[\s\S]|\[\^?\]?(?:\\[\s\S]|\[:\w+:\]|[^\]])*\]|[.^$]/g, (part) => signs[part] ?? part)
  try {
    return { regex: Regex.compile(pattern, 'perl', flags.includes('i')), names }
  } catch (error) {
    if (!(error instanceof RegexError)) throw error
    return void php.warn(`${name}(): Compilation failed: ${error.message.toLowerCase()} at offset ${pattern.length}`)
  }
}

function groupsOf(subject: string, match: readonly number[], names: readonly (string | undefined)[], trims: boolean): PhpArray {
  const groups = new PhpArray()
  const texts: (string | undefined)[] = []
  for (let i = 0; i * 2 < match.length; i++)
    texts.push((match[i * 2] ?? -1) < 0 ? undefined : subject.slice(match[i * 2], match[i * 2 + 1]))
  while (trims && texts.length > 1 && texts.at(-1) === undefined) texts.pop()
  for (const [i, text] of texts.entries()) {
    const name = i > 0 ? names[i - 1] : undefined
    if (name !== undefined) groups.set(name, text ?? '')
    groups.set(i, text ?? '')
  }
  return groups
}

function* matches(php: Php, { regex }: Pattern, subject: string): Steps<number[][]> {
  const all: number[][] = []
  for (let at = 0; at <= subject.length; ) {
    const waiting = php.step()
    if (waiting) yield waiting
    const match = regex.exec(subject, at)
    if (!match) break
    php.item()
    all.push(match)
    at = match[1] === match[0] ? (match[1] as number) + 1 : (match[1] as number)
  }
  return all
}

function* replace(
  php: Php,
  name: string,
  patterns: Value,
  subject: Value,
  limit: number,
  make: (groups: PhpArray, index: number) => Steps<string>,
): Steps<Value> {
  const one = function* (value: string): Steps<string | null> {
    let text = value
    for (const [index, written] of (patterns instanceof PhpArray ? patterns.values() : [patterns]).entries()) {
      const pattern = patternOf(php, name, s(written))
      if (!pattern) return null
      let result = ''
      let from = 0
      for (const match of (yield* matches(php, pattern, text)).slice(0, limit < 0 ? undefined : limit)) {
        result += text.slice(from, match[0]) + (yield* make(groupsOf(text, match, pattern.names, false), index))
        from = match[1] as number
        php.text(result)
      }
      text = result + text.slice(from)
    }
    return text
  }
  if (!(subject instanceof PhpArray)) return yield* one(s(subject))
  const made = new PhpArray()
  for (const [key, value] of subject.entries()) made.set(key, yield* one(s(value)))
  return made
}

function* matchAll([written, text, , flags]: readonly Value[], php: Php, refs: readonly (Ref | undefined)[]): Steps<Value> {
  const pattern = patternOf(php, 'preg_match_all', s(written))
  if (!pattern) return false
  const subject = s(text)
  const found = yield* matches(php, pattern, subject)
  const rows = found.map((match) => groupsOf(subject, match, pattern.names, false))
  if (refs[2]) {
    if (n(flags, 1) & 2) refs[2].value = PhpArray.of(rows)
    else {
      const keys: Key[] = [0]
      for (let i = 1; i <= pattern.regex.groups; i++) {
        const name = pattern.names[i - 1]
        if (name !== undefined) keys.push(name)
        keys.push(i)
      }
      refs[2].value = new PhpArray(keys.map((key) => [key, PhpArray.of(rows.map((row) => row.get(key) ?? ''))]))
    }
  }
  return BigInt(found.length)
}

export const REGEX: Natives = {
  preg_match: ([written, text, , , offset], php, refs) => {
    const pattern = patternOf(php, 'preg_match', s(written))
    if (!pattern) return false
    const match = pattern.regex.exec(s(text), n(offset, 0))
    if (refs[2]) refs[2].value = match ? groupsOf(s(text), match, pattern.names, true) : new PhpArray()
    return match ? 1n : 0n
  },
  preg_match_all: matchAll,
  preg_replace: ([patterns = '', by = '', subject = '', limit], php) =>
    replace(php, 'preg_replace', patterns, subject, n(limit, -1), function* (groups, index) {
      const template = by instanceof PhpArray ? s(by.values()[index]) : s(by)
      return template.replace(/\\(\d{1,2})|\$(\d{1,2})|\$\{(\d{1,2})\}/g, (_, a?: string, b?: string, c?: string) =>
        s(groups.get(Number(a ?? b ?? c))),
      )
    }),
  preg_replace_callback: ([patterns = '', callee = null, subject = '', limit], php) =>
    replace(php, 'preg_replace_callback', patterns, subject, n(limit, -1), function* (groups) {
      return s(yield* php.callValue(callee, [groups]))
    }),
  preg_split: function* ([written, text, limit, flags], php): Steps<Value> {
    const pattern = patternOf(php, 'preg_split', s(written))
    if (!pattern) return false
    const subject = s(text)
    const most = n(limit, -1) <= 0 ? Number.POSITIVE_INFINITY : n(limit, -1)
    const parts: string[] = []
    let from = 0
    for (const match of yield* matches(php, pattern, subject)) {
      if (parts.length + 1 >= most) break
      if (match[0] === match[1] && (match[0] === 0 || match[0] === subject.length)) continue
      parts.push(subject.slice(from, match[0]))
      if (n(flags, 0) & 2) for (const group of groupsOf(subject, match, [], true).values().slice(1)) parts.push(s(group))
      from = match[1] as number
    }
    parts.push(subject.slice(from))
    return PhpArray.of(n(flags, 0) & 1 ? parts.filter((part) => part !== '') : parts)
  },
  preg_grep: ([written, list], php) => {
    const pattern = patternOf(php, 'preg_grep', s(written))
    if (!pattern || !(list instanceof PhpArray)) return false
    return new PhpArray([...list.entries()].filter(([, value]) => pattern.regex.test(s(value))))
  },
  preg_quote: ([text, delimiter]) =>
    s(text).replace(/[.\\+*?[^\]$(){}=!<>|:\-#/]/g, (sign) => (sign !== '/' || s(delimiter) === '/' ? `\\${sign}` : sign)),
  preg_last_error: () => 0n,
  preg_last_error_msg: () => 'No error',
}
