import { type Matcher, RE2JS } from 're2js'
import { index } from '../builtins/functions.ts'
import type { Machine } from '../machine.ts'
import { asInteger } from '../operators.ts'
import { functions, methods } from '../signature.ts'
import { getter } from '../types/others.ts'
import { bytes, dict, exceptionClass, iteratorOf, list, raise, T, tuple, tupleOf, typeError, typeName } from '../types.ts'
import { PyBytes, PyClass, PyObject, type Steps, Unsupported, type Value } from '../value.ts'

const ReError = new PyClass('error', [exceptionClass('Exception')], new Map(), true, T.type)
ReError.module = 're'

export const PATTERN = new PyClass('Pattern', [T.object], new Map(), true, T.type)
export const MATCH = new PyClass('Match', [T.object], new Map(), true, T.type)
PATTERN.module = MATCH.module = 're'

const FLAGS: Readonly<Record<string, bigint>> = {
  I: 2n,
  IGNORECASE: 2n,
  L: 4n,
  M: 8n,
  MULTILINE: 8n,
  S: 16n,
  DOTALL: 16n,
  U: 32n,
  UNICODE: 32n,
  X: 64n,
  VERBOSE: 64n,
  A: 256n,
  ASCII: 256n,
}
/** A longer subject is searched up to here only. */
const MOST_SUBJECT = 4 * 1024 * 1024
const MOST_PATTERN = 20_000

class Pattern extends PyObject {
  readonly source: string
  readonly isBytes: boolean
  readonly flags: bigint
  readonly regex: RE2JS
  readonly groups: number
  readonly names: Record<string, number>

  constructor(source: string, isBytes: boolean, flags: bigint) {
    super(PATTERN)
    this.source = source
    this.isBytes = isBytes
    this.flags = flags
    this.regex = compile(source, flags)
    this.groups = this.regex.groupCount()
    this.names = this.regex.namedGroups()
  }
}

/** A pattern for re2, which is Python's syntax but for a few letters. @throws Raised re.error, Unsupported for what re2 cannot do */
function compile(source: string, flags: bigint): RE2JS {
  if (source.length > MOST_PATTERN) throw raise('OverflowError', 'regular expression code size limit exceeded')
  // Look-around and back references have no place in an automaton.
  if (/\(\?(?:[=!]|<[=!]|P=|\()|\\[1-9]/.test(source.replace(/\\\\/g, '').replace(/\[[^\]]*\]/g, ''))) throw new Unsupported('re')
  const plain = (flags & 64n) === 0n ? source : verbose(source)
  const letters = `${flags & 2n ? 'i' : ''}${flags & 8n ? 'm' : ''}${flags & 16n ? 's' : ''}`
  const ready = plain
    .replace(/\\Z/g, '\\z')
    .replace(/\(\?#[^)]*\)/g, '')
    .replace(/\(\?[aLu]+\)/g, '')
  try {
    return RE2JS.compile(letters ? `(?${letters})${ready}` : ready)
  } catch (error) {
    throw raise(ReError, complaint(source, (error as Error).message))
  }
}

function verbose(source: string): string {
  return source.replace(/\\.|\[(?:\\.|[^\]\\])*\]|#.*|\s+/g, (part) => (/^[\s#]/.test(part) ? '' : part))
}

/** CPython's words for a pattern that cannot be read. */
function complaint(source: string, message: string): string {
  if (/missing closing \)|missing argument to repetition|unexpected \)/.test(message)) {
    const open = source.indexOf('(')
    if (message.includes('unexpected')) return `unbalanced parenthesis at position ${source.lastIndexOf(')')}`
    if (message.includes('missing closing )')) return `missing ), unterminated subpattern at position ${Math.max(0, open)}`
    return `nothing to repeat at position ${Math.max(0, source.search(/[*+?]/))}`
  }
  if (/missing closing \]/.test(message)) return `unterminated character set at position ${source.indexOf('[')}`
  if (/trailing \\/.test(message)) return `bad escape (end of pattern) at position ${source.length - 1}`
  if (/invalid escape/.test(message)) {
    const found = /\\([A-Za-z])/.exec(source)
    return `bad escape \\${found?.[1] ?? ''} at position ${found?.index ?? 0}`
  }
  if (/repetition|nested/.test(message)) return `multiple repeat at position ${Math.max(0, source.search(/[*+?]{2}/) + 1)}`
  return `nothing to repeat at position ${Math.max(0, source.search(/[*+?]/))}`
}

class Match extends PyObject {
  readonly pattern: Pattern
  readonly subject: string
  /** Offsets in pairs. */
  readonly spans: number[]
  readonly isBytes: boolean

  constructor(pattern: Pattern, subject: string, matcher: Matcher, isBytes: boolean) {
    super(MATCH)
    this.pattern = pattern
    this.subject = subject
    this.isBytes = isBytes
    this.spans = []
    for (let i = 0; i <= pattern.groups; i++) this.spans.push(matcher.start(i), matcher.end(i))
  }

  text(from: number, to: number): Value {
    const part = this.subject.slice(from, to)
    return this.isBytes ? bytes(part) : part
  }

  group(at: number): Value {
    const from = this.spans[2 * at] as number
    return from < 0 ? null : this.text(from, this.spans[2 * at + 1] as number)
  }

  indexOf(given: Value): number {
    const whole = asInteger(given)
    const at = typeof given === 'string' ? this.pattern.names[given] : whole === undefined ? undefined : Number(whole)
    if (at === undefined || at < 0 || at > this.pattern.groups) throw raise('IndexError', 'no such group')
    return at
  }
}

/** The subject as text, one character a byte for bytes. @throws Raised TypeError */
function subjectOf(pattern: Pattern, given: Value): string {
  if (typeof given === 'string') {
    if (pattern.isBytes) throw typeError('cannot use a bytes pattern on a string-like object')
    return given.slice(0, MOST_SUBJECT)
  }
  if (!(given instanceof PyBytes)) throw typeError(`expected string or bytes-like object, got '${typeName(given)}'`)
  if (!pattern.isBytes) throw typeError('cannot use a string pattern on a bytes-like object')
  return given.data.subarray(0, MOST_SUBJECT).toString('latin1')
}

function* matches(m: Machine, pattern: Pattern, subject: string): Generator<unknown, void, unknown> & Iterable<unknown> {
  const matcher = pattern.regex.matcher(subject)
  let from = 0
  while (from <= subject.length) {
    if (!matcher.find(from)) return
    const found = new Match(pattern, subject, matcher, pattern.isBytes)
    yield found
    const [start = 0, end = 0] = found.spans
    from = end > start ? end : end + 1
    void m
  }
}

function all(m: Machine, pattern: Pattern, subject: string): Match[] {
  const found: Match[] = []
  for (const match of matches(m, pattern, subject)) {
    found.push(match as Match)
    m.allocate(96)
  }
  return found
}

function* paced<R>(m: Machine, length: number, run: () => R): Steps<R> {
  const pause = m.spend(1 + (length >> 6))
  if (pause) yield pause
  return run()
}

function first(pattern: Pattern, given: Value, how: 'search' | 'match' | 'fullmatch', from = 0): Value {
  const subject = subjectOf(pattern, given)
  const matcher = pattern.regex.matcher(subject)
  if (how === 'search') return matcher.find(Math.min(from, subject.length)) ? new Match(pattern, subject, matcher, pattern.isBytes) : null
  if (how === 'match') {
    const rest = from > 0 ? subject.slice(from) : subject
    const inner = pattern.regex.matcher(rest)
    return inner.lookingAt() ? new Match(pattern, rest, inner, pattern.isBytes) : null
  }
  return matcher.matches() ? new Match(pattern, subject, matcher, pattern.isBytes) : null
}

function findAll(m: Machine, pattern: Pattern, given: Value): Value {
  return list(
    all(m, pattern, subjectOf(pattern, given)).map((match) => {
      const empty = pattern.isBytes ? bytes('') : ''
      if (pattern.groups === 0) return match.group(0)
      if (pattern.groups === 1) return match.group(1) ?? empty
      return tupleOf(Array.from({ length: pattern.groups }, (_, i) => match.group(i + 1) ?? empty))
    }),
  )
}

/** A replacement with its references filled in. */
function expand(template: string, match: Match): string {
  return template.replace(/\\(?:g<([^>]*)>|(\d{1,2})|(.))/gs, (whole, name?: string, number?: string, letter?: string) => {
    if (name !== undefined || number !== undefined) {
      const key = name ?? (number as string)
      const at = /^\d+$/.test(key) ? Number(key) : match.pattern.names[key]
      if (at === undefined) throw raise('IndexError', `unknown group name '${key}'`)
      if (at > match.pattern.groups) throw raise(ReError, `invalid group reference ${at} at position 1`)
      const value = match.group(at)
      return value === null ? '' : value instanceof PyBytes ? value.data.toString('latin1') : String(value)
    }
    const simple = ({ n: '\n', t: '\t', r: '\r', a: '\x07', f: '\f', v: '\v', '\\': '\\' } as Record<string, string>)[letter as string]
    if (simple === undefined && /[A-Za-z]/.test(letter as string))
      throw raise(ReError, `bad escape \\${letter} at position ${template.indexOf(whole)}`)
    return simple ?? whole
  })
}

function* substitute(
  m: Machine,
  pattern: Pattern,
  by: Value,
  given: Value,
  count: Value | undefined,
): Steps<{ text: Value; times: bigint }> {
  const subject = subjectOf(pattern, given)
  const most = count === undefined ? 0 : Number(index(count))
  let [out, at, times] = ['', 0, 0n]
  for (const match of yield* paced(m, subject.length, () => all(m, pattern, subject))) {
    if (most > 0 && times >= BigInt(most)) break
    const [from = 0, to = 0] = match.spans
    const value =
      typeof by === 'string'
        ? expand(by, match)
        : by instanceof PyBytes
          ? expand(by.data.toString('latin1'), match)
          : yield* m.call(by, [match])
    out += subject.slice(at, from) + (value instanceof PyBytes ? value.data.toString('latin1') : String(value ?? ''))
    m.allocated(out)
    at = to
    times++
  }
  out += subject.slice(at)
  return { text: pattern.isBytes ? bytes(out) : out, times }
}

function split(m: Machine, pattern: Pattern, given: Value, maxsplit: Value | undefined): Value {
  const subject = subjectOf(pattern, given)
  const most = maxsplit === undefined ? 0 : Number(index(maxsplit))
  const wrap = (text: string): Value => (pattern.isBytes ? bytes(text) : text)
  const parts: Value[] = []
  let at = 0
  let times = 0
  for (const match of all(m, pattern, subject)) {
    if (most > 0 && times >= most) break
    const [from = 0, to = 0] = match.spans
    parts.push(wrap(subject.slice(at, from)))
    for (let i = 1; i <= pattern.groups; i++) parts.push(match.group(i))
    at = to
    times++
  }
  parts.push(wrap(subject.slice(at)))
  return list(parts)
}

const one = (
  how: 'search' | 'match' | 'fullmatch',
): [string, (m: Machine, self: Pattern, given: Value, pos: Value | undefined) => Steps<Value>] => [
  'self, string, pos=, endpos=',
  (m, self, given, pos) => paced(m, 64, () => first(self, given, how, pos === undefined ? 0 : Number(index(pos)))),
]

methods(PATTERN, {
  search: one('search'),
  match: one('match'),
  fullmatch: one('fullmatch'),
  findall: ['self, string', (m, self: Pattern, given: Value) => paced(m, 256, () => findAll(m, self, given))],
  finditer: ['self, string', (m, self: Pattern, given: Value) => iteratorOf(all(m, self, subjectOf(self, given)))],
  sub: [
    'self, repl, string, count=',
    function* (m: Machine, self: Pattern, by: Value, given: Value, count: Value | undefined): Steps<Value> {
      return (yield* substitute(m, self, by, given, count)).text
    },
  ],
  subn: [
    'self, repl, string, count=',
    function* (m: Machine, self: Pattern, by: Value, given: Value, count: Value | undefined): Steps<Value> {
      const { text, times } = yield* substitute(m, self, by, given, count)
      return tuple(text, times)
    },
  ],
  split: ['self, string, maxsplit=', (m, self: Pattern, given: Value, most: Value | undefined) => split(m, self, given, most)],
  __repr__: ['self', (m, self: Pattern) => patternRepr(m, self)],
})
getter(PATTERN, 'pattern', (self: Pattern) => (self.isBytes ? bytes(self.source) : self.source))
getter(PATTERN, 'flags', (self: Pattern) => self.flags | (self.isBytes ? 0n : 32n))
getter(PATTERN, 'groups', (self: Pattern) => BigInt(self.groups))
getter(PATTERN, 'groupindex', (self: Pattern) => dict(Object.entries(self.names).map(([name, at]): [Value, Value] => [name, BigInt(at)])))

function* patternRepr(m: Machine, self: Pattern): Steps<string> {
  const shown = yield* m.repr(self.isBytes ? bytes(self.source) : self.source)
  const names = Object.entries(FLAGS)
    .filter(([name, bit]) => name.length > 1 && name !== 'UNICODE' && (self.flags & bit) !== 0n)
    .map(([name]) => `re.${name}`)
  return `re.compile(${shown}${names.length > 0 ? `, ${names.join('|')}` : ''})`
}

methods(MATCH, {
  group: [
    'self, *args',
    (_m, self: Match, args: Value[]) => {
      if (args.length === 0) return self.group(0)
      const values = args.map((arg) => self.group(self.indexOf(arg)))
      return values.length === 1 ? (values[0] as Value) : tupleOf(values)
    },
  ],
  groups: [
    'self, default=',
    (_m, self: Match, usual: Value | undefined) =>
      tupleOf(Array.from({ length: self.pattern.groups }, (_, i) => self.group(i + 1) ?? usual ?? null)),
  ],
  groupdict: [
    'self, default=',
    (_m, self: Match, usual: Value | undefined) =>
      dict(Object.entries(self.pattern.names).map(([name, at]): [Value, Value] => [name, self.group(at) ?? usual ?? null])),
  ],
  start: ['self, group=', (_m, self: Match, at: Value | undefined) => BigInt(self.spans[2 * self.indexOf(at ?? 0n)] as number)],
  end: ['self, group=', (_m, self: Match, at: Value | undefined) => BigInt(self.spans[2 * self.indexOf(at ?? 0n) + 1] as number)],
  span: [
    'self, group=',
    (_m, self: Match, at: Value | undefined) =>
      tuple(BigInt(self.spans[2 * self.indexOf(at ?? 0n)] as number), BigInt(self.spans[2 * self.indexOf(at ?? 0n) + 1] as number)),
  ],
  expand: ['self, template', (_m, self: Match, template: Value) => expand(String(template), self)],
  __getitem__: ['self, group', (_m, self: Match, at: Value) => self.group(self.indexOf(at))],
  __repr__: [
    'self',
    function* (m: Machine, self: Match): Steps<Value> {
      return `<re.Match object; span=(${self.spans[0]}, ${self.spans[1]}), match=${yield* m.repr(self.group(0))}>`
    },
  ],
})
getter(MATCH, 'string', (self: Match) => self.text(0, self.subject.length))
getter(MATCH, 're', (self: Match) => self.pattern)
getter(MATCH, 'pos', () => 0n)
getter(MATCH, 'endpos', (self: Match) => BigInt(self.subject.length))
getter(MATCH, 'lastindex', (self: Match) => {
  for (let i = self.pattern.groups; i > 0; i--) if (self.group(i) !== null) return BigInt(i)
  return null
})

export function* reModule(m: Machine): Iterable<readonly [string, Value]> {
  yield ['error', ReError]
  yield ['Pattern', PATTERN]
  yield ['Match', MATCH]
  yield* Object.entries(FLAGS)
  const cache = new Map<string, Pattern>()
  const patternOf = (given: Value, flags: Value | undefined): Pattern => {
    if (given instanceof Pattern) return given
    const isBytes = given instanceof PyBytes
    if (typeof given !== 'string' && !isBytes) throw typeError('first argument must be string or compiled pattern')
    const source = isBytes ? given.data.toString('latin1') : given
    const bits = flags === undefined ? 0n : index(flags)
    const key = `${isBytes} ${bits} ${source}`
    const known = cache.get(key)
    if (known) return known
    const made = new Pattern(source, isBytes, bits)
    if (cache.size > 256) cache.clear()
    cache.set(key, made)
    return made
  }
  const by = (
    how: 'search' | 'match' | 'fullmatch',
  ): [string, (machine: Machine, pattern: Value, given: Value, flags: Value | undefined) => Steps<Value>] => [
    'pattern, string, flags=',
    (machine, pattern, given, flags) => paced(machine, 64, () => first(patternOf(pattern, flags), given, how)),
  ]
  void m
  yield* functions(
    {
      compile: ['pattern, flags=', (_m, pattern: Value, flags: Value | undefined) => patternOf(pattern, flags)],
      search: by('search'),
      match: by('match'),
      fullmatch: by('fullmatch'),
      findall: [
        'pattern, string, flags=',
        (machine, pattern: Value, given: Value, flags: Value | undefined) =>
          paced(machine, 256, () => findAll(machine, patternOf(pattern, flags), given)),
      ],
      finditer: [
        'pattern, string, flags=',
        (machine, pattern: Value, given: Value, flags: Value | undefined) =>
          iteratorOf(all(machine, patternOf(pattern, flags), subjectOf(patternOf(pattern, flags), given))),
      ],
      sub: [
        'pattern, repl, string, count=, flags=',
        function* (
          machine: Machine,
          pattern: Value,
          repl: Value,
          given: Value,
          count: Value | undefined,
          flags: Value | undefined,
        ): Steps<Value> {
          return (yield* substitute(machine, patternOf(pattern, flags), repl, given, count)).text
        },
      ],
      subn: [
        'pattern, repl, string, count=, flags=',
        function* (
          machine: Machine,
          pattern: Value,
          repl: Value,
          given: Value,
          count: Value | undefined,
          flags: Value | undefined,
        ): Steps<Value> {
          const { text, times } = yield* substitute(machine, patternOf(pattern, flags), repl, given, count)
          return tuple(text, times)
        },
      ],
      split: [
        'pattern, string, maxsplit=, flags=',
        (machine, pattern: Value, given: Value, most: Value | undefined, flags: Value | undefined) =>
          split(machine, patternOf(pattern, flags), given, most),
      ],
      escape: [
        'pattern',
        (_m, text: Value) => (text instanceof PyBytes ? bytes(escaped(text.data.toString('latin1'))) : escaped(String(text))),
      ],
      purge: ['', () => null],
    },
    'py:re',
  )
}

function escaped(text: string): string {
  return text.replace(/[\t\n\v\f\r !"#$%&'()*+,\-./:;<=>?@[\\\]^`{|}~]/g, (c) => (/["'!%,/:;<=>@`]/.test(c) ? c : `\\${c}`))
}
