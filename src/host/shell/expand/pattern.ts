/** One element of a shell pattern. */
type Element =
  | { kind: 'char'; char: string }
  | { kind: 'any' }
  | { kind: 'star' }
  | { kind: 'set'; negated: boolean; has: (char: string) => boolean }
  | { kind: 'group'; repeat: '?' | '*' | '+' | '@' | '!'; choices: Element[][] }

export interface PatternOptions {
  /** `?(…)` and its like, `shopt -s extglob` or `[[ ]]`. */
  extended?: boolean
  /** `shopt -s nocasematch`, `nocaseglob`. */
  ignoreCase?: boolean
}

/** Longest text times pattern that is looked at; more would hold up everybody else. */
const MOST_WORK = 40_000_000

/**
 * A shell pattern (glob). Matching follows all choices at once, so that its cost is bounded by the lengths of text and
 * pattern, whatever an attacker writes.
 */
export class Pattern {
  readonly #elements: Element[]
  readonly #ignoreCase: boolean
  /** The text that it stands for when it has no special characters. */
  readonly literal: string | undefined

  /** @param source with `\` before each character that stands for itself */
  constructor(source: string, options: PatternOptions = {}) {
    this.#elements = new PatternReader(source, options.extended ?? false).read()
    this.#ignoreCase = options.ignoreCase ?? false
    const plain = this.#elements.every((e) => e.kind === 'char') && !this.#ignoreCase
    this.literal = plain ? this.#elements.map((e) => (e.kind === 'char' ? e.char : '')).join('') : undefined
  }

  matches(text: string): boolean {
    if (this.literal !== undefined) return text === this.literal
    const units = unitsOf(text)
    return this.#ends(this.#elements, units, 0)[units.length] === 1
  }

  /** Length of the shortest or longest beginning that matches, in UTF-16 units; -1 for none. */
  prefix(text: string, longest: boolean): number {
    const units = unitsOf(text)
    const end = pick(this.#ends(this.#elements, units, 0), longest)
    return end < 0 ? -1 : lengthOf(units, 0, end)
  }

  /** Length of the shortest or longest ending that matches. */
  suffix(text: string, longest: boolean): number {
    const units = [...unitsOf(text)].reverse()
    const end = pick(this.#ends(reversed(this.#elements), units, 0), longest)
    return end < 0 ? -1 : lengthOf(units, 0, end)
  }

  /** All longest matches that do not overlap, or only the first, as [from, to] in UTF-16 units. */
  find(text: string, all: boolean): [number, number][] {
    if (this.literal !== undefined) return findLiteral(text, this.literal, all)
    const units = unitsOf(text)
    const found: [number, number][] = []
    let offset = 0
    const width = this.#elements.length + 1
    const far = this.#elements.some((e) => e.kind === 'star' || e.kind === 'group')
    let work = 0
    for (let at = 0; at <= units.length; ) {
      work += far ? width * (units.length - at) : width
      if (work > MOST_WORK) break
      const end = pick(this.#ends(this.#elements, units, at), true)
      // An empty match replaces nothing, except in an empty text.
      if (end > at || (end === at && units.length === 0)) {
        const length = lengthOf(units, at, end)
        found.push([offset, offset + length])
        if (!all) break
        offset += length
        at = Math.max(end, at + 1)
      } else {
        offset += lengthOf(units, at, at + 1)
        at++
      }
    }
    return found
  }

  /** Marks every place where a match that begins at `start` can end. */
  #ends(elements: readonly Element[], units: ArrayLike<string>, start: number): Uint8Array {
    let reach = new Uint8Array(units.length + 1)
    reach[start] = 1
    for (const element of elements) {
      const next = this.#step(element, units, reach, start)
      if (!next) return new Uint8Array(units.length + 1)
      reach = next
    }
    return reach
  }

  #step(element: Element, units: ArrayLike<string>, reach: Uint8Array, start: number): Uint8Array<ArrayBuffer> | undefined {
    const next = new Uint8Array(reach.length)
    let any = false
    if (element.kind === 'star') {
      const first = reach.indexOf(1, start)
      if (first < 0) return undefined
      return next.fill(1, first)
    }
    for (let at = reach.indexOf(1, start); at >= 0; at = reach.indexOf(1, at + 1)) {
      if (element.kind === 'group') {
        const ends = this.#groupEnds(element, units, at)
        for (let i = at; i < ends.length; i++) {
          if (ends[i] === 1) {
            next[i] = 1
            any = true
          }
        }
      } else if (at < units.length && this.#fits(element, units[at] as string)) {
        next[at + 1] = 1
        any = true
      }
    }
    return any ? next : undefined
  }

  #fits(element: Element, char: string): boolean {
    if (element.kind === 'any') return true
    if (element.kind === 'char') return element.char === char || (this.#ignoreCase && element.char.toLowerCase() === char.toLowerCase())
    if (element.kind !== 'set') return false
    if (element.has(char) !== element.negated) return true
    return this.#ignoreCase && (element.has(char.toLowerCase()) || element.has(char.toUpperCase())) !== element.negated
  }

  #groupEnds(group: Extract<Element, { kind: 'group' }>, units: ArrayLike<string>, start: number): Uint8Array {
    const once = (from: number) => {
      const ends = new Uint8Array(units.length + 1)
      for (const choice of group.choices) for (const [i, end] of this.#ends(choice, units, from).entries()) if (end) ends[i] = 1
      return ends
    }
    if (group.repeat === '@') return once(start)
    if (group.repeat === '!') return once(start).map((end, i) => (i >= start && end === 0 ? 1 : 0))
    const reach = new Uint8Array(units.length + 1)
    if (group.repeat !== '+') reach[start] = 1
    const queue = [start]
    const seen = new Set(queue)
    while (queue.length > 0) {
      const from = queue.pop() as number
      for (const [i, end] of once(from).entries()) {
        if (!end) continue
        reach[i] = 1
        if (group.repeat !== '?' && !seen.has(i)) {
          seen.add(i)
          queue.push(i)
        }
      }
    }
    return reach
  }
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

function pick(ends: Uint8Array, longest: boolean): number {
  return longest ? ends.lastIndexOf(1) : ends.indexOf(1)
}

function findLiteral(text: string, literal: string, all: boolean): [number, number][] {
  if (literal === '') return text === '' ? [[0, 0]] : []
  const found: [number, number][] = []
  for (let at = text.indexOf(literal); at >= 0; at = text.indexOf(literal, at + literal.length)) {
    found.push([at, at + literal.length])
    if (!all) break
  }
  return found
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

  constructor(source: string, extended: boolean) {
    this.#chars = Array.from(source)
    this.#extended = extended
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
    this.#at += 2
    const choices: Element[][] = []
    for (;;) {
      choices.push(this.read(true))
      const end = this.#chars[this.#at++]
      if (end === ')') return { kind: 'group', repeat, choices }
      if (end !== '|') break
    }
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
