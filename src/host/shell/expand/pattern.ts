import { type Element, Program, Work } from './pattern-program.ts'

export interface PatternOptions {
  /** `?(…)` and its like, `shopt -s extglob` or `[[ ]]`. */
  extended?: boolean
  /** `shopt -s nocasematch`, `nocaseglob`. */
  ignoreCase?: boolean
}

/** Beyond so many the `(` of a group stands for itself: one that is not closed is read again as text. */
const MOST_GROUPS = 200
/** Longer patterns have no groups. */
const LONGEST_EXTENDED = 64 * 1024

/** A shell pattern (glob). */
export class Pattern {
  readonly #elements: Element[]
  readonly #program: Program
  readonly #ignoreCase: boolean
  /** The text that it stands for when it has no special characters. */
  readonly literal: string | undefined

  /** @param source with `\` before each character that stands for itself */
  constructor(source: string, options: PatternOptions = {}) {
    this.#elements = new PatternReader(source, options.extended ?? false).read()
    this.#ignoreCase = options.ignoreCase ?? false
    this.#program = new Program([this.#elements], this.#ignoreCase)
    const plain = this.#elements.every((e) => e.kind === 'char') && !this.#ignoreCase
    this.literal = plain ? this.#elements.map((e) => (e.kind === 'char' ? e.char : '')).join('') : undefined
  }

  matches(text: string): boolean {
    if (this.literal !== undefined) return text === this.literal
    const units = unitsOf(text)
    return lastEnd(this.#program, units, 0, true, new Work()) === units.length
  }

  /** Length of the shortest or longest beginning that matches, in UTF-16 units; -1 for none. */
  prefix(text: string, longest: boolean): number {
    const units = unitsOf(text)
    const end = lastEnd(this.#program, units, 0, longest, new Work())
    return end < 0 ? -1 : lengthOf(units, 0, end)
  }

  /** Length of the shortest or longest ending that matches. */
  suffix(text: string, longest: boolean): number {
    const units = [...unitsOf(text)].reverse()
    const program = new Program([reversed(this.#elements)], this.#ignoreCase)
    const end = lastEnd(program, units, 0, longest, new Work())
    return end < 0 ? -1 : lengthOf(units, 0, end)
  }

  /** All longest matches that do not overlap, or only the first, as [from, to] in UTF-16 units. */
  *find(text: string, all: boolean): Generator<[number, number]> {
    if (this.literal !== undefined) {
      yield* findLiteral(text, this.literal, all)
      return
    }
    const units = unitsOf(text)
    const work = new Work()
    let offset = 0
    for (let at = 0; at <= units.length; ) {
      const end = lastEnd(this.#program, units, at, true, work)
      if (work.exhausted) return
      // An empty match replaces nothing, except in an empty text.
      if (end > at || (end === at && units.length === 0)) {
        const length = lengthOf(units, at, end)
        yield [offset, offset + length]
        if (!all) return
        offset += length
        at = Math.max(end, at + 1)
      } else {
        offset += lengthOf(units, at, at + 1)
        at++
      }
    }
  }
}

/** Where the longest or shortest match that begins at `start` ends; -1 for none. */
function lastEnd(program: Program, units: ArrayLike<string>, start: number, longest: boolean, work: Work): number {
  let last = -1
  program.ends(units, start, work, (end) => {
    last = end
    return longest
  })
  return work.exhausted ? -1 : last
}

/** Whether a pattern's text could match anything but itself. */
export function hasSpecial(source: string, extended: boolean): boolean {
  return /(^|[^\\])(\\\\)*[*?[]/.test(source) || (extended && /[?*+@!]\(/.test(source))
}

/** Puts `\` before what is special in a pattern, so that the text stands for itself. */
export function escapePattern(text: string): string {
  return text.replace(/[\\*?[\]()|!+@^-]/g, '\\$&')
}

/** The text of a pattern without its backslashes. */
export function unescapePattern(source: string): string {
  return source.replace(/\\([\s\S])/g, '$1')
}

function unitsOf(text: string): ArrayLike<string> & Iterable<string> {
  return /[\ud800-\udbff][\udc00-\udfff]/.test(text) ? Array.from(text) : text
}

function lengthOf(units: ArrayLike<string>, from: number, to: number): number {
  if (typeof units === 'string') return to - from
  let length = 0
  for (let i = from; i < to && i < units.length; i++) length += (units[i] as string).length
  return length
}

function* findLiteral(text: string, literal: string, all: boolean): Generator<[number, number]> {
  if (literal === '') {
    if (text === '') yield [0, 0]
    return
  }
  for (let at = text.indexOf(literal); at >= 0; at = text.indexOf(literal, at + literal.length)) {
    yield [at, at + literal.length]
    if (!all) return
  }
}

function reversed(elements: readonly Element[]): Element[] {
  return [...elements].reverse().map((e) => (e.kind === 'group' ? { ...e, choices: e.choices.map(reversed) } : e))
}

const CLASSES: Readonly<Record<string, RegExp>> = {
  alpha: /\p{L}/u,
  digit: /[0-9]/,
  alnum: /[\p{L}\p{Nd}]/u,
  upper: /\p{Lu}/u,
  lower: /\p{Ll}/u,
  space: /[\s]/,
  blank: /[ \t]/,
  punct: /[!-/:-@[-`{-~]/,
  print: /[^\p{Cc}]/u,
  graph: /[^\p{Cc}\s]/u,
  cntrl: /\p{Cc}/u,
  xdigit: /[0-9A-Fa-f]/,
  word: /[\p{L}\p{Nd}_]/u,
  ascii: /[\0-\x7f]/,
}

class PatternReader {
  readonly #chars: string[]
  readonly #extended: boolean
  #at = 0
  #groups = 0

  constructor(source: string, extended: boolean) {
    this.#chars = Array.from(source)
    this.#extended = extended && source.length <= LONGEST_EXTENDED
  }

  read(inGroup = false): Element[] {
    const elements: Element[] = []
    while (this.#at < this.#chars.length) {
      const char = this.#chars[this.#at] as string
      if (inGroup && (char === '|' || char === ')')) break
      if (this.#extended && '?*+@!'.includes(char) && this.#chars[this.#at + 1] === '(') {
        const group = this.#group(char as '?')
        if (group) {
          elements.push(group)
          continue
        }
      }
      this.#at++
      if (char === '\\' && this.#at < this.#chars.length) elements.push({ kind: 'char', char: this.#chars[this.#at++] as string })
      else if (char === '?') elements.push({ kind: 'any' })
      else if (char === '*') {
        if (elements.at(-1)?.kind !== 'star') elements.push({ kind: 'star' })
      } else elements.push((char === '[' && this.#set()) || { kind: 'char', char })
    }
    return elements
  }

  #group(repeat: '?' | '*' | '+' | '@' | '!'): Element | undefined {
    const before = this.#at
    if (this.#groups++ >= MOST_GROUPS) return undefined
    this.#at += 2
    const choices: Element[][] = []
    let end: string | undefined
    do {
      choices.push(this.read(true))
      end = this.#chars[this.#at++]
    } while (end === '|')
    if (end === ')') return { kind: 'group', repeat, choices }
    this.#at = before
    return undefined
  }

  /** A bracket expression; undefined (and nothing read) when its `]` is missing. */
  #set(): Element | undefined {
    let at = this.#at
    const negated = this.#chars[at] === '!' || this.#chars[at] === '^'
    if (negated) at++
    const tests: ((char: string) => boolean)[] = []
    for (let first = true; ; first = false) {
      let char = this.#chars[at]
      if (char === undefined) return undefined
      if (char === ']' && !first) break
      const named = char === '[' ? this.#named(at) : undefined
      if (named) {
        tests.push(named.test)
        at = named.end
        continue
      }
      if (char === '\\' && at + 1 < this.#chars.length) char = this.#chars[++at] as string
      at++
      let to = this.#chars[at + 1]
      if (this.#chars[at] === '-' && to !== undefined && to !== ']') {
        at += 2
        if (to === '\\') to = this.#chars[at++] ?? '\\'
        const [low, high] = [char.codePointAt(0) as number, to.codePointAt(0) as number]
        tests.push((c) => (c.codePointAt(0) as number) >= low && (c.codePointAt(0) as number) <= high)
      } else {
        const only = char
        tests.push((c) => c === only)
      }
    }
    this.#at = at + 1
    return { kind: 'set', negated, has: (char) => tests.some((test) => test(char)) }
  }

  /** `[:alpha:]`, `[=a=]`, `[.a.]` within brackets. */
  #named(at: number): { test: (char: string) => boolean; end: number } | undefined {
    const mark = this.#chars[at + 1]
    if (mark !== ':' && mark !== '=' && mark !== '.') return undefined
    let end = at + 2
    while (end < this.#chars.length && !(this.#chars[end] === mark && this.#chars[end + 1] === ']')) end++
    if (end >= this.#chars.length) return undefined
    const name = this.#chars.slice(at + 2, end).join('')
    const known = CLASSES[name]
    if (mark === ':') return { test: (char) => known?.test(char) ?? false, end: end + 2 }
    return { test: (char) => char === name, end: end + 2 }
  }
}
