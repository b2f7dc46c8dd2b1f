import { escapeHtml } from '../escape-html.ts'
import type { Php } from '../php.ts'
import { isTrue, numberOf, PhpArray, textOf, toInt, type Value } from '../value.ts'
import type { Native, Natives } from './native.ts'

const BLANKS = ' \t\n\r\0\v'

const text =
  (make: (text: string, args: readonly Value[], php: Php) => Value): Native =>
  (args, php) =>
    make(php.text(textOf(args[0] ?? null)), args, php)

const n = (value: Value | undefined, preset = 0): number => (value === undefined || value === null ? preset : Number(toInt(value)))
const s = (value: Value | undefined, preset = ''): string => (value === undefined || value === null ? preset : textOf(value))
const upper = (value: string): string => value.replace(/[a-z]+/g, (part) => part.toUpperCase())
const lower = (value: string): string => value.replace(/[A-Z]+/g, (part) => part.toLowerCase())

function trimmed(value: string, list: string, ends: 'both' | 'left' | 'right'): string {
  const signs = new Set(list.replace(/([\s\S])\.\.([\s\S])/g, (_, a: string, b: string) => range(a.charCodeAt(0), b.charCodeAt(0))))
  let from = 0
  let to = value.length
  while (ends !== 'right' && from < to && signs.has(value[from] as string)) from++
  while (ends !== 'left' && to > from && signs.has(value[to - 1] as string)) to--
  return value.slice(from, to)
}

function range(from: number, to: number): string {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => String.fromCharCode(from + i)).join('')
}

export function substring(value: string, from: number, length: number | undefined): string {
  const start = Math.min(value.length, from < 0 ? Math.max(0, value.length + from) : from)
  const end = length === undefined ? value.length : length < 0 ? value.length + length : start + length
  return value.slice(start, Math.max(start, end))
}

const position =
  (find: (haystack: string, needle: string, from: number) => number, caseless: boolean): Native =>
  ([haystack = '', needle = '', offset], php) => {
    const [where, what] = caseless ? [lower(s(haystack)), lower(s(needle))] : [s(haystack), s(needle)]
    const from = n(offset)
    if (Math.abs(from) > where.length)
      return php.fail('ValueError', 'strpos(): Argument #3 ($offset) must be contained in argument #1 ($haystack)')
    const at = find(where, what, from < 0 ? where.length + from : from)
    return at < 0 ? false : BigInt(at)
  }

const replacing =
  (caseless: boolean): Native =>
  ([search = '', replace = '', subject = ''], php, refs) => {
    let count = 0
    const one = (value: string): string => {
      const searches = search instanceof PhpArray ? search.values().map(textOf) : [textOf(search)]
      const replaces = replace instanceof PhpArray ? replace.values().map(textOf) : undefined
      let result = value
      for (const [i, from] of searches.entries()) {
        if (from === '') continue
        const parts = caseless ? splitCaseless(result, from) : result.split(from)
        count += parts.length - 1
        result = php.text(parts.join(replaces ? (replaces[i] ?? '') : textOf(replace)))
      }
      return result
    }
    const result =
      subject instanceof PhpArray
        ? new PhpArray([...subject.entries()].map(([key, value]) => [key, one(textOf(value))]))
        : one(textOf(subject))
    if (refs[3]) refs[3].value = BigInt(count)
    return result
  }

function splitCaseless(value: string, by: string): string[] {
  const [where, what] = [lower(value), lower(by)]
  const parts: string[] = []
  let from = 0
  for (let at = where.indexOf(what); at >= 0; at = where.indexOf(what, from)) {
    parts.push(value.slice(from, at))
    from = at + by.length
  }
  return [...parts, value.slice(from)]
}

function words(value: string, separators: string): string {
  let result = ''
  let isStart = true
  for (const sign of value) {
    result += isStart ? upper(sign) : sign
    isStart = separators.includes(sign)
  }
  return result
}

const decodeUtf8 = (value: string): string => Buffer.from(value, 'latin1').toString('utf8')
const encodeUtf8 = (value: string): string => Buffer.from(value, 'utf8').toString('latin1')

function explode([separator = '', value = '', limit]: readonly Value[], php: Php): Value {
  const by = s(separator)
  if (by === '') return php.fail('ValueError', 'explode(): Argument #1 ($separator) cannot be empty')
  const most = n(limit, Number.MAX_SAFE_INTEGER)
  const parts = s(value).split(by)
  for (const _ of parts) php.item()
  if (most < 0) return PhpArray.of(parts.slice(0, most))
  const head = parts.slice(0, Math.max(1, most) - 1)
  return PhpArray.of(parts.length > Math.max(1, most) ? [...head, parts.slice(head.length).join(by)] : parts)
}

function implode([first = '', second]: readonly Value[], php: Php): Value {
  const [glue, list] = first instanceof PhpArray ? [s(second), first] : [s(first), second]
  if (!(list instanceof PhpArray)) return php.fail('TypeError', 'implode(): Argument #2 ($array) must be of type ?array, string given')
  return php.text(
    list
      .values()
      .map((value) => textOf(value))
      .join(glue),
  )
}

function pad([value = '', length, filler, where]: readonly Value[], php: Php): Value {
  const [given, size, by] = [s(value), Math.min(n(length), 8e6), s(filler, ' ')]
  const missing = size - given.length
  if (missing <= 0 || by === '') return given
  const left = n(where, 1) === 0 ? missing : n(where, 1) === 2 ? Math.floor(missing / 2) : 0
  const fill = (count: number): string => by.repeat(Math.ceil(count / by.length)).slice(0, count)
  return php.text(fill(left) + given + fill(missing - left))
}

function translate([value = '', from, to]: readonly Value[], php: Php): Value {
  const given = s(value)
  if (from instanceof PhpArray) {
    const pairs = [...from.entries()].map(([key, one]): [string, string] => [String(key), textOf(one)]).filter(([key]) => key !== '')
    const longest = pairs.sort((a, b) => b[0].length - a[0].length)
    let result = ''
    for (let at = 0; at < given.length; ) {
      const found = longest.find(([key]) => given.startsWith(key, at))
      result += found ? found[1] : given[at]
      at += found ? found[0].length : 1
    }
    return php.text(result)
  }
  const [a, b] = [s(from), s(to)]
  return [...given]
    .map((sign) => {
      const at = a.slice(0, b.length).lastIndexOf(sign)
      return at < 0 ? sign : b[at]
    })
    .join('')
}

function count([haystack = '', needle = '']: readonly Value[]): Value {
  return needle === '' ? 0n : BigInt(s(haystack).split(s(needle)).length - 1)
}

function tail(value: string, needle: string, before: Value | undefined, last = false, caseless = false): Value {
  const at = last ? value.lastIndexOf(needle[0] ?? '') : caseless ? lower(value).indexOf(lower(needle)) : value.indexOf(needle)
  if (at < 0) return false
  return before !== undefined && isTrue(before) ? value.slice(0, at) : value.slice(at)
}

function wrap(value: string, width: number, by: string, cut: boolean): string {
  const lines: string[] = []
  let line = ''
  for (const word of value.split(' ')) {
    let rest = word
    if (line !== '' && line.length + 1 + rest.length > width) {
      lines.push(line)
      line = ''
    } else if (line !== '') {
      line += ` ${rest}`
      continue
    }
    while (cut && rest.length > width) {
      lines.push(rest.slice(0, width))
      rest = rest.slice(width)
    }
    line = rest
  }
  return [...lines, line].join(by)
}

export const STRINGS: Natives = {
  strlen: (args, php) => {
    if (args.length !== 1) return php.fail('ArgumentCountError', `strlen() expects exactly 1 argument, ${args.length} given`)
    if (args[0] instanceof PhpArray) {
      // It is an instruction rather than a call: no trace names it.
      php.frames.pop()
      return php.fail('TypeError', 'strlen(): Argument #1 ($string) must be of type string, array given')
    }
    return BigInt(s(args[0]).length)
  },
  strtoupper: text((v) => upper(v)),
  strtolower: text((v) => lower(v)),
  ucfirst: text((v) => upper(v.slice(0, 1)) + v.slice(1)),
  lcfirst: text((v) => lower(v.slice(0, 1)) + v.slice(1)),
  ucwords: text((v, [, by]) => words(v, s(by, ' \t\r\n\f\v'))),
  trim: text((v, [, list]) => trimmed(v, s(list, BLANKS), 'both')),
  ltrim: text((v, [, list]) => trimmed(v, s(list, BLANKS), 'left')),
  rtrim: text((v, [, list]) => trimmed(v, s(list, BLANKS), 'right')),
  chop: text((v, [, list]) => trimmed(v, s(list, BLANKS), 'right')),
  strrev: text((v) => [...v].reverse().join('')),
  str_repeat: (args, php) => {
    const [value, times] = [s(args[0]), n(args[1])]
    if (times < 0) return php.fail('ValueError', 'str_repeat(): Argument #2 ($times) must be greater than or equal to 0')
    if (value.length * times > 8e6) return php.outOfMemory(value.length * times + 32)
    return php.text(value.repeat(times))
  },
  str_replace: replacing(false),
  str_ireplace: replacing(true),
  substr: text((v, [, from, length]) => substring(v, n(from), length === undefined || length === null ? undefined : n(length))),
  substr_count: (args) => count(args),
  substr_replace: text((v, [, by, from, length]) => {
    const start = n(from) < 0 ? Math.max(0, v.length + n(from)) : Math.min(n(from), v.length)
    const end = length === undefined || length === null ? v.length : n(length) < 0 ? v.length + n(length) : start + n(length)
    return v.slice(0, start) + s(by) + v.slice(Math.max(start, end))
  }),
  strpos: position((h, x, from) => h.indexOf(x, from), false),
  stripos: position((h, x, from) => h.indexOf(x, from), true),
  strrpos: position((h, x) => h.lastIndexOf(x), false),
  strripos: position((h, x) => h.lastIndexOf(x), true),
  str_contains: text((v, [, x]) => v.includes(s(x))),
  str_starts_with: text((v, [, x]) => v.startsWith(s(x))),
  str_ends_with: text((v, [, x]) => v.endsWith(s(x))),
  strstr: text((v, [, x, before]) => tail(v, s(x), before)),
  stristr: text((v, [, x, before]) => tail(v, s(x), before, false, true)),
  strchr: text((v, [, x, before]) => tail(v, s(x), before)),
  strrchr: text((v, [, x]) => tail(v, s(x), undefined, true)),
  strcmp: text((v, [, x]) => BigInt(Math.sign(v < s(x) ? -1 : v > s(x) ? 1 : 0))),
  strcasecmp: text((v, [, x]) => BigInt(lower(v) < lower(s(x)) ? -1 : lower(v) > lower(s(x)) ? 1 : 0)),
  strncmp: text((v, [, x, size]) =>
    BigInt(v.slice(0, n(size)) < s(x).slice(0, n(size)) ? -1 : v.slice(0, n(size)) > s(x).slice(0, n(size)) ? 1 : 0),
  ),
  strncasecmp: text((v, [, x, size]) => {
    const [a, b] = [lower(v).slice(0, n(size)), lower(s(x)).slice(0, n(size))]
    return BigInt(a < b ? -1 : a > b ? 1 : 0)
  }),
  explode: (args, php) => explode(args, php),
  implode: (args, php) => implode(args, php),
  join: (args, php) => implode(args, php),
  str_split: text((v, [, size], php) => {
    const length = Math.max(1, n(size, 1))
    const parts = v === '' ? [''] : Array.from({ length: Math.ceil(v.length / length) }, (_, i) => v.slice(i * length, (i + 1) * length))
    for (const _ of parts) php.item()
    return PhpArray.of(parts)
  }),
  chunk_split: text((v, [, size, end]) =>
    Array.from(
      { length: Math.ceil(v.length / Math.max(1, n(size, 76))) },
      (_, i) => v.substr(i * Math.max(1, n(size, 76)), Math.max(1, n(size, 76))) + s(end, '\r\n'),
    ).join(''),
  ),
  str_pad: (args, php) => pad(args, php),
  strtr: (args, php) => translate(args, php),
  wordwrap: text((v, [, width, by, cut]) => wrap(v, n(width, 75), s(by, '\n'), cut !== undefined && isTrue(cut))),
  nl2br: text((v) => v.replace(/\r\n|\n|\r/g, (end) => `<br />${end}`)),
  str_word_count: text((v) => BigInt(v.match(/[A-Za-z'-]+/g)?.length ?? 0)),
  str_shuffle: text((v) => [...v].sort(() => Math.random() - 0.5).join('')),
  str_rot13: text((v) => v.replace(/[a-z]/gi, (c) => String.fromCharCode(c.charCodeAt(0) + (c.toLowerCase() < 'n' ? 13 : -13)))),
  chr: ([code]) => String.fromCharCode(((n(code) % 256) + 256) % 256),
  ord: text((v) => BigInt(v.charCodeAt(0) || 0)),
  addslashes: text((v) => v.replace(/['"\\]/g, '\\$&').replaceAll('\0', '\\0')),
  stripslashes: text((v) => v.replace(/\\(.?)/gs, (_, sign: string) => (sign === '0' ? '\0' : sign))),
  quotemeta: text((v) => v.replace(/[.\\+*?[^\]$()]/g, '\\$&')),
  htmlspecialchars: text((v) => escapeHtml(v)),
  htmlentities: text((v) => escapeHtml(v)),
  htmlspecialchars_decode: text((v) => unescapeHtml(v)),
  html_entity_decode: text((v) => unescapeHtml(v)),
  strip_tags: text((v) => v.replace(/<[^>]{0,4000}>/g, '')),
  number_format: ([value, decimals, point, thousands]) => {
    const fixed = Math.abs(numberOf(value ?? 0)).toFixed(Math.min(20, Math.max(0, n(decimals))))
    const [whole = '0', part] = fixed.split('.')
    const grouped = whole.replace(/\B(?=(\d{3})+$)/g, s(thousands, ','))
    const sign = numberOf(value ?? 0) < 0 && /[1-9]/.test(fixed) ? '-' : ''
    return sign + grouped + (part === undefined ? '' : s(point, '.') + part)
  },
  similar_text: text((v, [, x]) => BigInt(similar(v.slice(0, 500), s(x).slice(0, 500)))),
  levenshtein: text((v, [, x]) => BigInt(distance(v.slice(0, 255), s(x).slice(0, 255)))),
  ctype_digit: ([v]) => typeof v === 'string' && /^\d+$/.test(v),
  ctype_alpha: ([v]) => typeof v === 'string' && /^[A-Za-z]+$/.test(v),
  ctype_alnum: ([v]) => typeof v === 'string' && /^[A-Za-z0-9]+$/.test(v),
  ctype_upper: ([v]) => typeof v === 'string' && /^[A-Z]+$/.test(v),
  ctype_lower: ([v]) => typeof v === 'string' && /^[a-z]+$/.test(v),
  ctype_space: ([v]) => typeof v === 'string' && /^[ \t-\r]+$/.test(v),
  ctype_xdigit: ([v]) => typeof v === 'string' && /^[0-9A-Fa-f]+$/.test(v),
  ctype_punct: ([v]) => typeof v === 'string' && /^[!-/:-@[-`{-~]+$/.test(v),
  utf8_encode: text((v) => encodeUtf8(v)),
  utf8_decode: text((v) => [...decodeUtf8(v)].map((sign) => (sign.charCodeAt(0) < 256 ? sign : '?')).join('')),
  iconv: ([, , value]) => s(value),
}

function unescapeHtml(value: string): string {
  const signs: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#039': "'", apos: "'" }
  return value.replace(/&(amp|lt|gt|quot|#039|apos);/g, (_, name: string) => signs[name] ?? '')
}

function similar(a: string, b: string): number {
  let [best, atA, atB] = [0, 0, 0]
  for (let i = 0; i < a.length; i++) {
    for (let j = 0; j < b.length; j++) {
      let k = 0
      while (i + k < a.length && j + k < b.length && a[i + k] === b[j + k]) k++
      if (k > best) [best, atA, atB] = [k, i, j]
    }
  }
  if (best === 0) return 0
  return best + similar(a.slice(0, atA), b.slice(0, atB)) + similar(a.slice(atA + best), b.slice(atB + best))
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min((row[j] as number) + 1, (next[j - 1] as number) + 1, (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1))
    row = next
  }
  return row[b.length] as number
}
