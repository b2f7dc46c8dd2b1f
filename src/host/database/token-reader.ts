import type { LexicalRules, Token } from './lexer.ts'
import { tokenize } from './lexer.ts'
import { SqlError } from './sql-error.ts'

/** Nesting of parentheses, cases and selects. */
const DEEPEST = 100

/** The tokens of a statement text, read from left to right. */
export class TokenReader {
  readonly sql: string
  readonly tokens: readonly Token[]
  #next = 0
  #depth = 0

  constructor(sql: string, rules: LexicalRules) {
    this.sql = sql
    this.tokens = tokenize(sql, rules)
  }

  get token(): Token {
    return this.tokens[this.#next] as Token
  }

  ahead(n = 1): Token {
    return (this.tokens[this.#next + n] ?? this.tokens.at(-1)) as Token
  }

  get position(): number {
    return this.#next
  }

  set position(to: number) {
    this.#next = to
  }

  /** End of the token before. */
  get lastEnd(): number {
    return this.#next > 0 ? (this.tokens[this.#next - 1] as Token).end : 0
  }

  take(): Token {
    const token = this.token
    if (token.kind !== 'end') this.#next++
    return token
  }

  /** Whether the next tokens are these words or symbols, in upper case. */
  sees(...uppers: string[]): boolean {
    return uppers.every((upper, i) => this.ahead(i).upper === upper)
  }

  seesOne(...uppers: string[]): boolean {
    return uppers.includes(this.token.upper)
  }

  /** Takes the tokens when they come next. */
  takes(...uppers: string[]): boolean {
    if (!this.sees(...uppers)) return false
    this.#next += uppers.length
    return true
  }

  expect(...uppers: string[]): void {
    for (const upper of uppers) if (!this.takes(upper)) throw this.error()
  }

  /** Syntax error at the next token. */
  error(token = this.token): SqlError {
    const line = this.sql.slice(0, token.at).split('\n').length
    const atEnd = token.kind === 'end'
    return new SqlError({ kind: 'syntax', at: token.at, end: token.end, near: this.sql.slice(token.at), line, atEnd })
  }

  /** A name of a table, column, alias …; reserved words only when quoted. */
  name(isReserved: (upper: string) => boolean = () => false): string {
    const { token } = this
    if (token.kind !== 'name' && (token.kind !== 'word' || isReserved(token.upper))) throw this.error()
    this.#next++
    return token.text
  }

  string(): string {
    if (this.token.kind !== 'string' && this.token.kind !== 'bytes') throw this.error()
    const token = this.take()
    return token.bytes ? token.bytes.toString('latin1') : token.text
  }

  /** Text between two places of the statement. */
  textFrom(at: number): string {
    return this.sql.slice(at, this.lastEnd)
  }

  /** Reads something that may nest. */
  nested<T>(read: () => T): T {
    if (++this.#depth > DEEPEST) throw new SqlError({ kind: 'too-complex' })
    try {
      return read()
    } finally {
      this.#depth--
    }
  }

  /** `read , read , read`. */
  list<T>(read: () => T): T[] {
    const items = [read()]
    while (this.takes(',')) items.push(read())
    return items
  }

  /** `( read )`. */
  parenthesized<T>(read: () => T): T {
    this.expect('(')
    const inner = read()
    this.expect(')')
    return inner
  }

  /** Skips everything up to the end of the statement. */
  skipStatement(): void {
    while (this.token.kind !== 'end' && this.token.upper !== ';') this.#next++
  }
}
