import { toBytes } from '../text.ts'
import { SqlError } from './sql-error.ts'

/** What differs between the dialects in how text becomes tokens. */
export interface LexicalRules {
  doubleQuotes: 'string' | 'name'
  backticks: boolean
  brackets: boolean
  /** Whether a backslash escapes in every string, or only in those with an E before them. */
  backslashes: 'always' | 'e-strings'
  dollarQuotes: boolean
  hashComments: boolean
  /** `--` needs a blank after it to begin a comment. */
  dashesNeedBlank: boolean
  nestedComments: boolean
  /** `/*! … *\/` is read as code. */
  versionComments: boolean
  /** `0xff` is a value. */
  hexNumbers: boolean
  /** `q'[…]'` is a string. */
  alternativeQuotes?: boolean
  parameters: 'question' | 'dollar' | 'colon' | 'none'
  /** Characters besides letters, digits and `_` that a name may have. */
  nameExtras: string
}

export type TokenKind = 'word' | 'name' | 'string' | 'bytes' | 'number' | 'parameter' | 'variable' | 'symbol' | 'end'

export interface Token {
  kind: TokenKind
  /** Content: without its quotes, escapes resolved. Of a word as it was written. */
  text: string
  /** Of a word and a symbol: in upper case, for comparing. Empty otherwise. */
  upper: string
  /** Where it stands in the statement, in UTF-16 units. */
  at: number
  end: number
  bytes?: Buffer
}

/** Tokens of one statement text; more is refused. */
const MOST_TOKENS = 50_000

const SYMBOLS = [
  '!~~*',
  '!~~',
  '!~*',
  '<=>',
  '->>',
  '#>>',
  '~~*',
  '!~',
  '~*',
  '~~',
  '<>',
  '!=',
  '>=',
  '<=',
  '||',
  '&&',
  ':=',
  '::',
  '<<',
  '>>',
  '->',
  '@>',
  '<@',
  '+=',
  '-=',
]
const SPACE = /[ \t\r\n\f\v\0\u00a0]/
const WORD_START = /[A-Za-z_\u0080-\uffff]/
/** Brackets of Oracle's own quotes; any other character closes itself. */
const CLOSING: Record<string, string> = { '[': ']', '(': ')', '{': '}', '<': '>' }
const ESCAPES: Record<string, string> = { 0: '\0', b: '\b', n: '\n', r: '\r', t: '\t', Z: '\x1a', f: '\f' }

/** Cuts SQL into tokens. @throws SqlError for a string or comment that has no end */
export function tokenize(sql: string, rules: LexicalRules): Token[] {
  return new Lexer(sql, rules).run()
}

class Lexer {
  readonly #sql: string
  readonly #rules: LexicalRules
  readonly #tokens: Token[] = []
  #at = 0
  /** Inside `/*! … *\/`. */
  #inVersionComment = false

  constructor(sql: string, rules: LexicalRules) {
    this.#sql = sql
    this.#rules = rules
  }

  run(): Token[] {
    for (;;) {
      this.#skipBlanks()
      if (this.#at >= this.#sql.length) break
      if (this.#tokens.length >= MOST_TOKENS) throw new SqlError({ kind: 'too-complex' })
      this.#next()
    }
    this.#push('end', '', this.#sql.length)
    return this.#tokens
  }

  #push(kind: TokenKind, text: string, at: number, bytes?: Buffer): void {
    const upper = kind === 'word' || kind === 'symbol' ? text.toUpperCase() : ''
    this.#tokens.push({ kind, text, upper, at, end: this.#at, ...(bytes && { bytes }) })
  }

  #skipBlanks(): void {
    const sql = this.#sql
    for (;;) {
      const c = sql[this.#at]
      if (c === undefined) return
      if (SPACE.test(c)) this.#at++
      else if (this.#inVersionComment && sql.startsWith('*/', this.#at)) {
        this.#inVersionComment = false
        this.#at += 2
      } else if (c === '#' && this.#rules.hashComments) this.#skipLine()
      else if (c === '-' && sql[this.#at + 1] === '-' && this.#isDashComment()) this.#skipLine()
      else if (c === '/' && sql[this.#at + 1] === '*') this.#comment()
      else return
    }
  }

  #isDashComment(): boolean {
    const after = this.#sql[this.#at + 2]
    return !this.#rules.dashesNeedBlank || after === undefined || SPACE.test(after)
  }

  #skipLine(): void {
    const end = this.#sql.indexOf('\n', this.#at)
    this.#at = end < 0 ? this.#sql.length : end + 1
  }

  #comment(): void {
    const code = this.#rules.versionComments && /^\/\*M?!\d{0,6}/.exec(this.#sql.slice(this.#at, this.#at + 10))
    if (code) {
      this.#inVersionComment = true
      this.#at += code[0].length
      return
    }
    const start = this.#at
    this.#at += 2
    for (let depth = 1; depth > 0; ) {
      const close = this.#sql.indexOf('*/', this.#at)
      if (close < 0) {
        // MySQL takes a comment without an end as one that lasts to the end; the others refuse.
        if (this.#rules.nestedComments) throw this.#unterminated(start)
        this.#at = this.#sql.length
        return
      }
      const open = this.#rules.nestedComments ? this.#sql.indexOf('/*', this.#at) : -1
      const isNested = open >= 0 && open < close
      depth += isNested ? 1 : -1
      this.#at = (isNested ? open : close) + 2
    }
  }

  #unterminated(at: number): SqlError {
    const near = this.#sql.slice(at)
    const line = this.#sql.slice(0, at).split('\n').length
    return new SqlError({ kind: 'syntax', at, end: this.#sql.length, near, line, atEnd: false })
  }

  #next(): void {
    const sql = this.#sql
    const start = this.#at
    const c = sql[start] as string
    const after = sql[start + 1] ?? ''
    const rules = this.#rules
    if (c === "'") this.#string(start, "'", rules.backslashes === 'always')
    else if (c === '"' && rules.doubleQuotes === 'string') this.#string(start, '"', rules.backslashes === 'always')
    else if (c === '"' || (c === '`' && rules.backticks)) this.#quotedName(start, c)
    else if (c === '[' && rules.brackets) this.#quotedName(start, ']')
    else if (/[0-9]/.test(c) || (c === '.' && /[0-9]/.test(after))) this.#number(start)
    else if (c === '@') this.#variable(start)
    else if (c === '$' && rules.dollarQuotes && this.#dollarQuote(start)) return
    else if (c === '$' && rules.parameters === 'dollar' && /[0-9]/.test(after)) this.#numberedParameter(start)
    else if (c === '?' && rules.parameters === 'question') {
      this.#at++
      this.#push('parameter', '', start)
    } else if (c === ':' && rules.parameters === 'colon' && /[A-Za-z0-9_]/.test(after)) this.#namedParameter(start)
    else if (rules.alternativeQuotes && /^n?q'/i.test(sql.slice(start, start + 3))) this.#alternativeQuote(start)
    else if (after === "'" && /[nNxXbBeE]/.test(c)) this.#prefixedString(start, c)
    else if (rules.dollarQuotes && /^u&'/i.test(sql.slice(start, start + 3))) {
      this.#at += 2
      this.#string(start, "'", false)
    } else if (WORD_START.test(c) || rules.nameExtras.includes(c)) this.#word(start)
    else this.#symbol(start)
  }

  #string(start: number, quote: string, backslashes: boolean): void {
    this.#push('string', this.#quoted(start, this.#at + 1, quote, backslashes), start)
  }

  /** Reads up to the closing quote; a doubled quote stands for one. */
  #quoted(start: number, from: number, quote: string, backslashes: boolean): string {
    const sql = this.#sql
    let text = ''
    let at = from
    for (let plain = at; ; ) {
      const c = sql[at]
      if (c === undefined) throw this.#unterminated(start)
      if (c === quote) {
        text += sql.slice(plain, at)
        if (sql[at + 1] !== quote) break
        text += quote
        at += 2
        plain = at
      } else if (c === '\\' && backslashes) {
        text += sql.slice(plain, at)
        const escaped = sql[at + 1]
        if (escaped === undefined) throw this.#unterminated(start)
        // `\%` and `\_` stay as they are: LIKE reads them.
        text += escaped === '%' || escaped === '_' ? `\\${escaped}` : (ESCAPES[escaped] ?? escaped)
        at += 2
        plain = at
      } else at++
    }
    this.#at = at + 1
    return text
  }

  #quotedName(start: number, close: string): void {
    this.#push('name', this.#quoted(start, start + 1, close, false), start)
  }

  #prefixedString(start: number, prefix: string): void {
    const p = prefix.toLowerCase()
    this.#at++
    const text = this.#quoted(start, this.#at + 1, "'", p === 'e' || (p === 'n' && this.#rules.backslashes === 'always'))
    if (p === 'x' && /^[0-9a-f]*$/i.test(text)) this.#push('bytes', text, start, Buffer.from(text.length % 2 ? `0${text}` : text, 'hex'))
    else if (p === 'b' && /^[01]{1,64}$/.test(text)) this.#push('bytes', text, start, bitBytes(text))
    else this.#push('string', text, start)
  }

  #number(start: number): void {
    const rest = this.#sql.slice(start, start + 2)
    if (this.#rules.hexNumbers && /^0x/i.test(rest)) {
      let end = start + 2
      while (/[0-9a-f]/i.test(this.#sql[end] ?? '')) end++
      const digits = this.#sql.slice(start + 2, end)
      this.#at = end
      if (!WORD_START.test(this.#sql[end] ?? '')) {
        this.#push('bytes', digits, start, Buffer.from(digits.length % 2 ? `0${digits}` : digits, 'hex'))
        return
      }
      this.#at = start
    }
    let end = start
    const digits = (): void => {
      while (/[0-9]/.test(this.#sql[end] ?? '')) end++
    }
    digits()
    if (this.#sql[end] === '.') {
      end++
      digits()
    }
    if (/^[eE][+-]?[0-9]/.test(this.#sql.slice(end, end + 3))) {
      end += 2
      digits()
    }
    // MySQL takes names such as `1st`: only when nothing but digits came before.
    if (WORD_START.test(this.#sql[end] ?? '') && this.#rules.backticks && /^[0-9]+$/.test(this.#sql.slice(start, end))) {
      this.#word(start)
      return
    }
    this.#at = end
    this.#push('number', this.#sql.slice(start, end), start)
  }

  #variable(start: number): void {
    const sql = this.#sql
    let end = start + 1
    if (sql[end] === '@') end++
    if (sql[end] === '`' || sql[end] === "'" || sql[end] === '"') {
      const quote = sql[end] as string
      const text = this.#quoted(start, end + 1, quote, false)
      this.#push('variable', sql.slice(start, end) + text, start)
      return
    }
    while (/[A-Za-z0-9_$.#\u0080-\uffff]/.test(sql[end] ?? '')) end++
    this.#at = end
    const isBare = end === start + 1
    this.#push(isBare ? 'symbol' : 'variable', sql.slice(start, end), start)
  }

  #dollarQuote(start: number): boolean {
    const tag = /^\$[A-Za-z_]{0,32}\$/.exec(this.#sql.slice(start, start + 40))?.[0]
    if (!tag) return false
    const close = this.#sql.indexOf(tag, start + tag.length)
    if (close < 0) throw this.#unterminated(start)
    this.#at = close + tag.length
    this.#push('string', this.#sql.slice(start + tag.length, close), start)
    return true
  }

  #numberedParameter(start: number): void {
    let end = start + 1
    while (/[0-9]/.test(this.#sql[end] ?? '') && end < start + 6) end++
    this.#at = end
    this.#push('parameter', this.#sql.slice(start + 1, end), start)
  }

  /** `:name`; each occurrence is a parameter of its own. */
  #namedParameter(start: number): void {
    let end = start + 1
    while (/[A-Za-z0-9_$#]/.test(this.#sql[end] ?? '')) end++
    this.#at = end
    this.#push('parameter', '', start)
  }

  /** `q'[it's]'`, `nq'!text!'`. */
  #alternativeQuote(start: number): void {
    const from = this.#sql.indexOf("'", start) + 2
    const open = this.#sql[from - 1] ?? ''
    const close = `${CLOSING[open] ?? open}'`
    const end = open === '' ? -1 : this.#sql.indexOf(close, from)
    if (end < 0) throw this.#unterminated(start)
    this.#at = end + close.length
    this.#push('string', this.#sql.slice(from, end), start)
  }

  #word(start: number): void {
    let end = start
    const sql = this.#sql
    while (
      end < sql.length &&
      (/[A-Za-z0-9_\u0080-\uffff]/.test(sql[end] as string) || this.#rules.nameExtras.includes(sql[end] as string))
    )
      end++
    this.#at = end
    this.#push('word', sql.slice(start, end), start)
  }

  #symbol(start: number): void {
    const symbol = SYMBOLS.find((s) => this.#sql.startsWith(s, start)) ?? (this.#sql[start] as string)
    this.#at = start + symbol.length
    this.#push('symbol', symbol, start)
  }
}

function bitBytes(bits: string): Buffer {
  const padded = bits.padStart(Math.ceil(bits.length / 8) * 8, '0')
  return Buffer.from((padded.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
}

/** Bytes of a token's text, for strings that stand for bytes. */
export function tokenBytes(token: Token): Buffer {
  return token.bytes ?? toBytes(token.text)
}
