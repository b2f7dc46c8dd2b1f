/** A regular expression that does not parse; the message is what regerror(3) of glibc says. */
export class RegexError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'RegexError'
  }
}

/** `basic` and `extended` are POSIX with the GNU additions (`\w`, `\<`, `\+` in basic …); `perl` is what `grep -P` and perl share. */
export type Syntax = 'basic' | 'extended' | 'perl'

export type Assertion = 'bol' | 'eol' | 'start' | 'end' | 'word' | 'not-word' | 'word-start' | 'word-end'

export type Node =
  | { type: 'empty' }
  | { type: 'set'; set: Uint8Array }
  | { type: 'assert'; kind: Assertion }
  | { type: 'sequence'; items: Node[] }
  | { type: 'choice'; items: Node[] }
  | { type: 'repeat'; item: Node; min: number; max: number; lazy: boolean }
  | { type: 'group'; item: Node; index: number }
  | { type: 'reference'; index: number }
  | { type: 'look'; item: Node; behind: boolean; negative: boolean }
  | { type: 'keep' }

export interface Parsed {
  root: Node
  groups: number
}

const DUP_MAX = 0x7fff
const MAX_DEPTH = 200

const CLASSES: Record<string, (c: number) => boolean> = {
  alpha: (c) => isUpper(c) || isLower(c),
  digit: (c) => c >= 48 && c <= 57,
  alnum: (c) => isUpper(c) || isLower(c) || (c >= 48 && c <= 57),
  upper: isUpper,
  lower: isLower,
  space: (c) => c === 32 || (c >= 9 && c <= 13),
  blank: (c) => c === 32 || c === 9,
  punct: (c) => c > 32 && c < 127 && !/[A-Za-z0-9]/.test(String.fromCharCode(c)),
  print: (c) => c >= 32 && c < 127,
  graph: (c) => c > 32 && c < 127,
  cntrl: (c) => c < 32 || c === 127,
  xdigit: (c) => /[0-9A-Fa-f]/.test(String.fromCharCode(c)),
}

function isUpper(c: number): boolean {
  return c >= 65 && c <= 90
}

function isLower(c: number): boolean {
  return c >= 97 && c <= 122
}

export function isWordByte(c: number): boolean {
  return isUpper(c) || isLower(c) || (c >= 48 && c <= 57) || c === 95
}

function setOf(test: (c: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, c) => (test(c) ? 1 : 0))
}

/** Bytes of a `[:class:]`, for tr, grep, sed and awk alike; undefined when there is no such class. */
export function classBytes(name: string): Uint8Array | undefined {
  const test = Object.hasOwn(CLASSES, name) ? CLASSES[name] : undefined
  return test && setOf(test)
}

const ESCAPED_CLASSES: Record<string, Uint8Array> = {
  w: setOf(isWordByte),
  W: setOf((c) => !isWordByte(c)),
  s: setOf(CLASSES.space!),
  S: setOf((c) => !CLASSES.space!(c)),
}
const PERL_CLASSES: Record<string, Uint8Array> = {
  ...ESCAPED_CLASSES,
  d: setOf(CLASSES.digit!),
  D: setOf((c) => !CLASSES.digit!(c)),
  h: setOf(CLASSES.blank!),
}
const PERL_ESCAPES: Record<string, number> = { n: 10, t: 9, r: 13, f: 12, e: 27, a: 7, v: 11 }

/**
 * Parses a pattern over byte strings (one character a byte).
 * @throws RegexError
 */
export function parseRegex(pattern: string, syntax: Syntax, ignoreCase: boolean): Parsed {
  return new RegexParser(pattern, syntax, ignoreCase).parse()
}

class RegexParser {
  readonly #pattern: string
  readonly #syntax: Syntax
  #ignoreCase: boolean
  #at = 0
  #groups = 0
  #open = 0
  #depth = 0

  constructor(pattern: string, syntax: Syntax, ignoreCase: boolean) {
    this.#pattern = pattern
    this.#syntax = syntax
    this.#ignoreCase = ignoreCase
  }

  parse(): Parsed {
    const root = this.#choice()
    if (this.#at < this.#pattern.length) {
      throw new RegexError(this.#syntax === 'basic' ? 'Unmatched ) or \\)' : 'Unmatched ) or \\)')
    }
    return { root, groups: this.#groups }
  }

  #sees(token: string): boolean {
    return this.#pattern.startsWith(token, this.#at)
  }

  #takes(token: string): boolean {
    if (!this.#sees(token)) return false
    this.#at += token.length
    return true
  }

  get #bar(): string {
    return this.#syntax === 'basic' ? '\\|' : '|'
  }

  get #opening(): string {
    return this.#syntax === 'basic' ? '\\(' : '('
  }

  get #closing(): string {
    return this.#syntax === 'basic' ? '\\)' : ')'
  }

  #choice(): Node {
    if (++this.#depth > MAX_DEPTH) throw new RegexError('Regular expression too big')
    const items = [this.#sequence()]
    while (this.#takes(this.#bar)) items.push(this.#sequence())
    this.#depth--
    return items.length === 1 ? items[0]! : { type: 'choice', items }
  }

  #endOfSequence(): boolean {
    if (this.#at >= this.#pattern.length || this.#sees(this.#bar)) return true
    // A `)` that closes nothing is an ordinary character in POSIX extended syntax (regex(7)), an error in the others.
    return this.#sees(this.#closing) && (this.#open > 0 || this.#syntax !== 'extended')
  }

  #sequence(): Node {
    const items: Node[] = []
    while (!this.#endOfSequence()) {
      const start = items.length === 0
      items.push(this.#repeats(this.#atom(start), start))
    }
    return items.length === 1 ? items[0]! : items.length ? { type: 'sequence', items } : { type: 'empty' }
  }

  #repeats(atom: Node, first: boolean): Node {
    let node = atom
    for (;;) {
      const bounds = this.#quantifier(first)
      if (!bounds) return node
      const lazy = this.#syntax === 'perl' && this.#takes('?')
      if (!lazy && this.#syntax === 'perl') this.#takes('+')
      node = { type: 'repeat', item: node, min: bounds[0], max: bounds[1], lazy }
    }
  }

  #quantifier(first: boolean): [number, number] | undefined {
    if (this.#takes('*')) return [0, Number.POSITIVE_INFINITY]
    if (this.#syntax === 'basic') {
      if (this.#takes('\\+')) return [1, Number.POSITIVE_INFINITY]
      if (this.#takes('\\?')) return [0, 1]
      if (this.#takes('\\{')) return this.#bounds('\\}')
      return undefined
    }
    if (this.#takes('+')) return [1, Number.POSITIVE_INFINITY]
    if (this.#takes('?')) return [0, 1]
    if (!this.#sees('{')) return undefined
    // A brace that begins no bound is an ordinary character for GNU and Perl.
    if (!/^\{(\d{1,6}(,\d{0,6})?|,\d{1,6})\}/.test(this.#pattern.slice(this.#at, this.#at + 16))) return undefined
    void first
    this.#at++
    return this.#bounds('}')
  }

  #bounds(close: string): [number, number] {
    const end = this.#pattern.indexOf(close, this.#at)
    if (end < 0) throw new RegexError('Unmatched { or \\{')
    const text = this.#pattern.slice(this.#at, end)
    const found = /^(\d{0,6})(,(\d{0,6}))?$/.exec(text)
    if (!found || text === '') throw new RegexError('Invalid content of \\{\\}')
    this.#at = end + close.length
    const min = Number(found[1] || 0)
    const max = found[2] === undefined ? min : found[3] ? Number(found[3]) : Number.POSITIVE_INFINITY
    if (min > DUP_MAX || (max !== Number.POSITIVE_INFINITY && max > DUP_MAX)) throw new RegexError('Regular expression too big')
    if (max < min) throw new RegexError('Invalid content of \\{\\}')
    return [min, max]
  }

  #atom(first: boolean): Node {
    if (this.#sees(this.#opening)) return this.#group()
    const c = this.#pattern[this.#at]!
    if (c === '[') return this.#bracket()
    if (c === '\\') return this.#escape()
    if (c === '.') return this.#single(setOf(this.#syntax === 'perl' ? (b) => b !== 10 : () => true))
    if (c === '^' && (first || this.#syntax !== 'basic')) return this.#assertion('bol', 1)
    if (c === '$' && (this.#syntax !== 'basic' || this.#dollarEnds())) return this.#assertion('eol', 1)
    // `*` that follows nothing is itself in basic syntax; GNU takes it so in extended syntax too.
    if (this.#syntax === 'perl' && first && (c === '*' || c === '+' || c === '?')) {
      throw new RegexError('quantifier does not follow a repeatable item')
    }
    return this.#single(this.#literal(c.charCodeAt(0) & 0xff))
  }

  #dollarEnds(): boolean {
    const next = this.#pattern.slice(this.#at + 1, this.#at + 3)
    return next === '' || next === '\\)' || next === '\\|'
  }

  #assertion(kind: Assertion, length: number): Node {
    this.#at += length
    return { type: 'assert', kind }
  }

  #single(set: Uint8Array): Node {
    this.#at++
    return { type: 'set', set }
  }

  #literal(byte: number): Uint8Array {
    const set = new Uint8Array(256)
    set[byte] = 1
    if (this.#ignoreCase) foldCase(set)
    return set
  }

  #group(): Node {
    this.#at += this.#opening.length
    if (this.#syntax === 'perl' && this.#takes('?')) return this.#perlGroup()
    const index = ++this.#groups
    return { type: 'group', item: this.#inside(), index }
  }

  #inside(): Node {
    this.#open++
    const item = this.#choice()
    if (!this.#takes(this.#closing)) {
      throw new RegexError(this.#syntax === 'perl' ? 'missing closing parenthesis' : 'Unmatched ( or \\(')
    }
    this.#open--
    return item
  }

  #perlGroup(): Node {
    for (const [mark, behind, negative] of [
      ['=', false, false],
      ['!', false, true],
      ['<=', true, false],
      ['<!', true, true],
    ] as const) {
      if (this.#takes(mark)) return { type: 'look', item: this.#inside(), behind, negative }
    }
    if (this.#takes(':') || this.#takes('>')) return this.#inside()
    const named = /^P?<\w{1,32}>/.exec(this.#pattern.slice(this.#at, this.#at + 40))
    if (named) {
      this.#at += named[0].length
      const index = ++this.#groups
      return { type: 'group', item: this.#inside(), index }
    }
    const flags = /^([a-z]*)(?:-[a-z]+)?([:)])/.exec(this.#pattern.slice(this.#at, this.#at + 16))
    if (!flags) throw new RegexError('unrecognized character after (? or (?-')
    this.#at += flags[0].length
    if (flags[1]!.includes('i')) this.#ignoreCase = true
    return flags[2] === ':' ? this.#inside() : { type: 'empty' }
  }

  #escape(): Node {
    const c = this.#pattern[this.#at + 1]
    if (c === undefined) throw new RegexError('Trailing backslash')
    this.#at++
    const classes = this.#syntax === 'perl' ? PERL_CLASSES : ESCAPED_CLASSES
    if (Object.hasOwn(classes, c)) return this.#single(classes[c]!)
    if (c === 'b') return this.#assertion('word', 1)
    if (c === 'B') return this.#assertion('not-word', 1)
    if (this.#syntax === 'perl') return this.#perlEscape(c)
    if (c === '<') return this.#assertion('word-start', 1)
    if (c === '>') return this.#assertion('word-end', 1)
    if (c === '`') return this.#assertion('start', 1)
    if (c === "'") return this.#assertion('end', 1)
    if (c >= '1' && c <= '9') return this.#reference(Number(c))
    return this.#single(this.#literal(c.charCodeAt(0) & 0xff))
  }

  #reference(index: number): Node {
    if (index > this.#groups) throw new RegexError('Invalid back reference')
    this.#at++
    return { type: 'reference', index }
  }

  #perlEscape(c: string): Node {
    if (c === 'A') return this.#assertion('start', 1)
    if (c === 'z' || c === 'Z') return this.#assertion('end', 1)
    if (c === 'K') {
      this.#at++
      return { type: 'keep' }
    }
    if (c >= '1' && c <= '9') return this.#reference(Number(c))
    if (c === 'x') {
      const hex = /^x\{?([0-9a-fA-F]{1,2})\}?/.exec(this.#pattern.slice(this.#at, this.#at + 6))
      if (hex) {
        this.#at += hex[0].length
        return { type: 'set', set: this.#literal(Number.parseInt(hex[1]!, 16)) }
      }
    }
    return this.#single(this.#literal(Object.hasOwn(PERL_ESCAPES, c) ? PERL_ESCAPES[c]! : c.charCodeAt(0) & 0xff))
  }

  #bracket(): Node {
    const unmatched = 'Unmatched [, [^, [:, [., or [='
    let at = this.#at + 1
    const negative = this.#pattern[at] === '^'
    if (negative) at++
    const set = new Uint8Array(256)
    for (let first = true; ; first = false) {
      const c = this.#pattern[at]
      if (c === undefined) throw new RegexError(this.#syntax === 'perl' ? 'missing terminating ] for character class' : unmatched)
      if (c === ']' && !first) break
      if (c === '[' && this.#pattern[at + 1] === ':') {
        const end = this.#pattern.indexOf(':]', at + 2)
        if (end < 0) throw new RegexError(unmatched)
        const bytes = classBytes(this.#pattern.slice(at + 2, end))
        if (!bytes) throw new RegexError('Invalid character class name')
        merge(set, bytes)
        at = end + 2
        continue
      }
      if (this.#syntax === 'perl' && c === '\\') {
        const name = this.#pattern[at + 1] ?? ''
        if (Object.hasOwn(PERL_CLASSES, name)) {
          merge(set, PERL_CLASSES[name]!)
          at += 2
          continue
        }
      }
      const [low, afterLow] = this.#bracketByte(at)
      const dash = this.#pattern[afterLow] === '-' && this.#pattern[afterLow + 1] !== ']' && this.#pattern[afterLow + 1] !== undefined
      const [high, after] = dash ? this.#bracketByte(afterLow + 1) : [low, afterLow]
      if (high < low) throw new RegexError('Invalid range end')
      for (let b = low; b <= high; b++) set[b] = 1
      at = after
    }
    if (this.#ignoreCase) foldCase(set)
    if (negative) for (let b = 0; b < 256; b++) set[b] = set[b] ? 0 : 1
    this.#at = at + 1
    return { type: 'set', set }
  }

  #bracketByte(at: number): [byte: number, next: number] {
    const c = this.#pattern[at]!
    if (c === '[' && (this.#pattern[at + 1] === '.' || this.#pattern[at + 1] === '=')) {
      const end = this.#pattern.indexOf(`${this.#pattern[at + 1]}]`, at + 2)
      if (end !== at + 3) throw new RegexError('Invalid collation character')
      return [this.#pattern.charCodeAt(at + 2) & 0xff, end + 2]
    }
    if (this.#syntax === 'perl' && c === '\\' && at + 1 < this.#pattern.length) {
      const name = this.#pattern[at + 1]!
      return [Object.hasOwn(PERL_ESCAPES, name) ? PERL_ESCAPES[name]! : name.charCodeAt(0) & 0xff, at + 2]
    }
    return [c.charCodeAt(0) & 0xff, at + 1]
  }
}

function merge(into: Uint8Array, from: Uint8Array): void {
  for (let b = 0; b < 256; b++) if (from[b]) into[b] = 1
}

function foldCase(set: Uint8Array): void {
  for (let b = 65; b <= 90; b++) if (set[b] || set[b + 32]) set[b] = set[b + 32] = 1
}
