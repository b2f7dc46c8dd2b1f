import { parseFormat } from './format-string.ts'
import { bytesOf, takeApart, unescaped } from './literals.ts'
import { parseArguments, parseParameters } from './parameter-parser.ts'
import { type Clause, ELLIPSIS, type Expression, PythonSyntaxError, type Span } from './syntax.ts'
import { point, type Token, Tokenizer } from './tokenizer.ts'

export const KEYWORDS = new Set(
  'False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield'.split(
    ' ',
  ),
)
const BINARY: readonly (readonly string[])[] = [['|'], ['^'], ['&'], ['<<', '>>'], ['+', '-'], ['*', '/', '//', '%', '@']]
const COMPARISONS = new Set(['<', '>', '==', '>=', '<=', '!='])
/** CPython's parser gives up on deeper expressions (MAXSTACK 6000 of its own frames). */
const MOST_DEPTH = 200

/** Reads expressions of Python 3.11 by recursive descent. */
export class ExpressionParser {
  protected readonly tokens: readonly Token[]
  protected readonly tokenizer: Tokenizer
  protected at = 0
  #depth = 0

  constructor(source: string | Tokenizer) {
    this.tokenizer = typeof source === 'string' ? new Tokenizer(source) : source
    this.tokens = this.tokenizer.tokens
  }

  /** The next token; what stopped the tokenizer is thrown when the parser gets there. */
  get token(): Token {
    const token = this.tokens[this.at]
    if (token) return token
    throw this.tokenizer.fault ?? new PythonSyntaxError('invalid syntax', point(1, 0, 1))
  }

  get previous(): Token {
    return this.tokens[Math.max(0, this.at - 1)] as Token
  }

  is(text: string): boolean {
    const { token } = this
    return token.text === text && (token.type === 'operator' || token.type === 'name')
  }

  take(text: string): boolean {
    if (!this.is(text)) return false
    this.at++
    return true
  }

  expect(text: string): void {
    if (!this.take(text)) throw text === ':' ? this.error("expected ':'") : this.error()
  }

  name(): string {
    const { token } = this
    if (token.type !== 'name' || KEYWORDS.has(token.text)) throw this.error()
    this.at++
    return token.text
  }

  error(message = 'invalid syntax', at: Span = this.token): PythonSyntaxError {
    // What the tokenizer cannot read further on goes first, as a bracket that is never closed (Parser/pegen.c).
    const { fault } = this.tokenizer
    if (fault && (!fault.message.endsWith('was never closed') || fault.at.line < at.line)) return fault
    const incomplete = at === this.token && this.token.type === 'end'
    return new PythonSyntaxError(message, at, 'SyntaxError', incomplete)
  }

  spanFrom(start: Span): Span {
    const { endLine, endColumn } = this.previous
    return { line: start.line, column: start.column, endLine, endColumn }
  }

  /** `a, *b, c` without parentheses. */
  expressionList(): Expression {
    const start = this.token
    const first = this.starOrExpression()
    if (!this.is(',')) return first
    const items = [first]
    while (this.take(',')) {
      if (!this.startsExpression()) break
      items.push(this.starOrExpression())
    }
    return { type: 'tuple', items, at: this.spanFrom(start) }
  }

  startsExpression(): boolean {
    const { token } = this
    if (token.type === 'number' || token.type === 'string') return true
    if (token.type === 'name') return !KEYWORDS.has(token.text) || /^(?:None|True|False|not|lambda|await|yield)$/.test(token.text)
    return token.type === 'operator' && /^(?:[([{~+\-*]|\.\.\.)$/.test(token.text)
  }

  starOrExpression(): Expression {
    const start = this.token
    if (!this.take('*')) return this.namedExpression()
    const value = this.#binary(0)
    return { type: 'star', value, at: this.spanFrom(start) }
  }

  namedExpression(): Expression {
    const start = this.token
    const name = this.expression()
    if (!this.is(':=')) return name
    if (name.type !== 'name') throw this.error(`cannot use assignment expressions with ${describe(name)}`, name.at)
    this.at++
    const value = this.expression()
    return { type: 'walrus', name, value, at: this.spanFrom(start) }
  }

  expression(): Expression {
    if (++this.#depth > MOST_DEPTH) throw this.error('too many nested parentheses')
    try {
      if (this.is('lambda')) return this.#lambda()
      const start = this.token
      const yes = this.#or()
      if (!this.take('if')) return yes
      const test = this.#or()
      if (!this.take('else')) throw this.error("expected 'else' after 'if' expression", this.spanFrom(start))
      const no = this.expression()
      return { type: 'conditional', test, yes, no, at: this.spanFrom(start) }
    } finally {
      this.#depth--
    }
  }

  yieldExpression(): Expression {
    const start = this.token
    this.expect('yield')
    if (this.take('from')) {
      const value = this.expression()
      return { type: 'yield-from', value, at: this.spanFrom(start) }
    }
    const value = this.startsExpression() ? this.expressionList() : undefined
    return { type: 'yield', value, at: this.spanFrom(start) }
  }

  #lambda(): Expression {
    const start = this.token
    this.at++
    const parameters = parseParameters(this, ':')
    this.expect(':')
    const body = this.expression()
    return { type: 'lambda', parameters, body, at: this.spanFrom(start) }
  }

  #or(): Expression {
    return this.#logical('or', () => this.#logical('and', () => this.#not()))
  }

  #logical(type: 'and' | 'or', next: () => Expression): Expression {
    const start = this.token
    const items = [next()]
    while (this.take(type)) items.push(next())
    return items.length === 1 ? (items[0] as Expression) : { type, items, at: this.spanFrom(start) }
  }

  #not(): Expression {
    const start = this.token
    if (!this.take('not')) return this.#comparison()
    if (++this.#depth > MOST_DEPTH) throw this.error('too many nested parentheses')
    const operand = this.#not()
    this.#depth--
    return { type: 'unary', operator: 'not', operand, at: this.spanFrom(start) }
  }

  #comparison(): Expression {
    const start = this.token
    const first = this.#binary(0)
    const rest: { operator: string; value: Expression }[] = []
    for (let operator = this.#comparator(); operator; operator = this.#comparator()) rest.push({ operator, value: this.#binary(0) })
    return rest.length === 0 ? first : { type: 'compare', first, rest, at: this.spanFrom(start) }
  }

  #comparator(): string | undefined {
    const { token } = this
    if (token.type === 'operator' && COMPARISONS.has(token.text)) {
      this.at++
      return token.text
    }
    if (this.take('in')) return 'in'
    if (this.take('is')) return this.take('not') ? 'is not' : 'is'
    if (this.is('not') && this.tokens[this.at + 1]?.text === 'in') {
      this.at += 2
      return 'not in'
    }
    return undefined
  }

  /** Operators of a level of {@link BINARY} and all that bind closer. */
  bitwise(): Expression {
    return this.#binary(0)
  }

  #binary(level: number): Expression {
    const operators = BINARY[level]
    if (!operators) return this.#unary()
    const start = this.token
    let left = this.#binary(level + 1)
    for (;;) {
      const { token } = this
      if (token.type !== 'operator' || !operators.includes(token.text)) return left
      this.at++
      const right = this.#binary(level + 1)
      left = { type: 'binary', operator: token.text, left, right, at: this.spanFrom(start) }
    }
  }

  #unary(): Expression {
    const { token } = this
    if (token.type !== 'operator' || !/^[-+~]$/.test(token.text)) return this.#power()
    if (++this.#depth > MOST_DEPTH) throw this.error('too many nested parentheses')
    this.at++
    const operand = this.#unary()
    this.#depth--
    return { type: 'unary', operator: token.text, operand, at: this.spanFrom(token) }
  }

  #power(): Expression {
    const start = this.token
    const isAwaited = this.take('await')
    const primary = this.#primary()
    const left: Expression = isAwaited ? { type: 'await', value: primary, at: this.spanFrom(start) } : primary
    if (!this.take('**')) return left
    const right = this.#unary()
    return { type: 'binary', operator: '**', left, right, at: this.spanFrom(start) }
  }

  #primary(): Expression {
    const start = this.token
    let value = this.#atom()
    for (;;) {
      if (this.take('.')) {
        const name = this.name()
        value = { type: 'attribute', object: value, name, at: this.spanFrom(start) }
      } else if (this.take('(')) {
        const args = parseArguments(this)
        value = { type: 'call', function: value, args, at: this.spanFrom(start) }
      } else if (this.take('[')) {
        const index = this.#subscript()
        this.expect(']')
        value = { type: 'subscript', object: value, index, at: this.spanFrom(start) }
      } else return value
    }
  }

  #subscript(): Expression {
    const start = this.token
    const items = [this.#sliceOrIndex()]
    if (!this.is(',')) return items[0] as Expression
    while (this.take(',')) {
      if (this.is(']')) break
      items.push(this.#sliceOrIndex())
    }
    return { type: 'tuple', items, at: this.spanFrom(start) }
  }

  #sliceOrIndex(): Expression {
    const start = this.token
    const from = this.is(':') ? undefined : this.starOrExpression()
    if (!this.take(':')) {
      if (!from) throw this.error()
      return from
    }
    const to = this.is(':') || this.is(']') || this.is(',') ? undefined : this.expression()
    const step = this.take(':') && !this.is(']') && !this.is(',') ? this.expression() : undefined
    return { type: 'slice', from, to, step, at: this.spanFrom(start) }
  }

  #atom(): Expression {
    const { token } = this
    if (token.type === 'number') {
      this.at++
      return { type: 'constant', value: numberOf(token.text), at: this.spanFrom(token) }
    }
    if (token.type === 'string') return this.#strings()
    if (token.type === 'name') return this.#word(token)
    if (token.type !== 'operator') throw this.error()
    this.at++
    switch (token.text) {
      case '(':
        return this.#parenthesised(token)
      case '[':
        return this.#bracketed(token)
      case '{':
        return this.#braced(token)
      case '...':
        return { type: 'constant', value: ELLIPSIS, at: this.spanFrom(token) }
      default:
        this.at--
        throw this.error()
    }
  }

  #word(token: Token): Expression {
    const at = { line: token.line, column: token.column, endLine: token.endLine, endColumn: token.endColumn }
    if (!KEYWORDS.has(token.text)) {
      this.at++
      return { type: 'name', name: token.text.normalize('NFKC'), at }
    }
    const value = token.text === 'None' ? null : token.text === 'True' ? true : token.text === 'False' ? false : undefined
    if (value === undefined) throw this.error()
    this.at++
    return { type: 'constant', value, at }
  }

  #strings(): Expression {
    const start = this.token
    const tokens: Token[] = []
    while (this.token.type === 'string') tokens.push(this.tokens[this.at++] as Token)
    const at = this.spanFrom(start)
    const pieces = tokens.map((token) => ({ token, ...takeApart(token.text) }))
    if (pieces.some(({ bytes }) => bytes)) {
      if (!pieces.every(({ bytes }) => bytes)) throw this.error('cannot mix bytes and nonbytes literals', at)
      return { type: 'constant', value: Buffer.concat(pieces.map((piece) => bytesOf(piece, at))), at }
    }
    if (!pieces.some(({ format }) => format))
      return { type: 'constant', value: pieces.map(({ raw, body }) => (raw ? body : unescaped(body, at))).join(''), at }
    const parts = pieces.flatMap((piece) =>
      piece.format
        ? parseFormat(piece, piece.token, (text, line, column) => new ExpressionParser(text).embedded(line, column))
        : [piece.raw ? piece.body : unescaped(piece.body, at)],
    )
    return { type: 'format', parts, at }
  }

  /** The expression of a replacement field, its places moved to where the field stands. */
  embedded(line: number, column: number): Expression {
    try {
      if (this.is('yield')) this.yieldExpression()
      else this.expressionList()
      if (this.token.type !== 'newline' && this.token.type !== 'end') throw this.error('f-string: invalid syntax')
    } catch (error) {
      if (!(error instanceof PythonSyntaxError)) throw error
      throw new PythonSyntaxError(error.message.startsWith('f-string') ? error.message : `f-string: ${error.message}`, {
        line: error.at.line - 1 + line,
        column: error.at.column + (error.at.line === 1 ? column - 1 : 0),
        endLine: error.at.endLine - 1 + line,
        endColumn: error.at.endColumn + (error.at.line === 1 ? column - 1 : 0),
      })
    }
    for (const token of this.tokens) {
      if (token.line === 1) token.column += column
      if (token.endLine === 1) token.endColumn += column
      token.line += line - 1
      token.endLine += line - 1
    }
    this.at = 0
    return this.is('yield') ? this.yieldExpression() : this.expressionList()
  }

  #parenthesised(open: Token): Expression {
    if (this.take(')')) return { type: 'tuple', items: [], at: this.spanFrom(open) }
    if (this.is('yield')) {
      const value = this.yieldExpression()
      this.expect(')')
      return { ...value, at: this.spanFrom(open) }
    }
    const first = this.starOrExpression()
    if (this.startsClauses()) {
      const clauses = this.clauses()
      this.closing(')', first)
      return { type: 'comprehension', kind: 'generator', item: first, clauses, at: this.spanFrom(open) }
    }
    if (!this.is(',')) {
      this.closing(')', first)
      if (first.type === 'star') throw this.error('cannot use starred expression here', first.at)
      // The place stays that of the inside, as CPython has it.
      return first
    }
    const items = [first]
    while (this.take(',')) {
      if (this.is(')')) break
      items.push(this.starOrExpression())
    }
    this.closing(')', items.at(-1) as Expression)
    return { type: 'tuple', items, at: this.spanFrom(open) }
  }

  #bracketed(open: Token): Expression {
    if (this.take(']')) return { type: 'list', items: [], at: this.spanFrom(open) }
    const first = this.starOrExpression()
    if (this.startsClauses()) {
      const clauses = this.clauses()
      this.expect(']')
      return { type: 'comprehension', kind: 'list', item: first, clauses, at: this.spanFrom(open) }
    }
    const items = [first]
    while (this.take(',')) {
      if (this.is(']')) break
      items.push(this.starOrExpression())
    }
    this.closing(']', items.at(-1) as Expression)
    return { type: 'list', items, at: this.spanFrom(open) }
  }

  #braced(open: Token): Expression {
    if (this.take('}')) return { type: 'dict', entries: [], at: this.spanFrom(open) }
    if (this.is('**')) return this.#dict(open, [])
    const first = this.starOrExpression()
    if (this.take(':')) {
      const value = this.expression()
      if (this.startsClauses()) {
        const clauses = this.clauses()
        this.expect('}')
        return { type: 'comprehension', kind: 'dict', item: first, value, clauses, at: this.spanFrom(open) }
      }
      return this.#dict(open, [{ key: first, value }])
    }
    if (this.startsClauses()) {
      const clauses = this.clauses()
      this.expect('}')
      return { type: 'comprehension', kind: 'set', item: first, clauses, at: this.spanFrom(open) }
    }
    const items = [first]
    while (this.take(',')) {
      if (this.is('}')) break
      items.push(this.starOrExpression())
    }
    this.closing('}', items.at(-1) as Expression)
    return { type: 'set', items, at: this.spanFrom(open) }
  }

  #dict(open: Token, entries: { key: Expression | undefined; value: Expression }[]): Expression {
    if (entries.length > 0 && !this.is(',')) this.closing('}', (entries[0] as { value: Expression }).value)
    else {
      if (entries.length > 0) this.at++
      while (!this.is('}')) {
        if (this.take('**')) entries.push({ key: undefined, value: this.#binary(0) })
        else {
          const key = this.expression()
          if (!this.is(':')) throw this.error("':' expected after dictionary key", this.previous)
          this.at++
          if (this.is('}') || this.is(',')) throw this.error("expression expected after dictionary key and ':'", this.previous)
          entries.push({ key, value: this.expression() })
        }
        if (!this.take(',')) break
      }
      this.closing('}', (entries.at(-1) as { value: Expression } | undefined)?.value)
    }
    return { type: 'dict', entries, at: this.spanFrom(open) }
  }

  /** Takes a closing bracket; another expression in its place looks like a forgotten comma. */
  closing(bracket: string, last: Expression | undefined): void {
    if (this.take(bracket)) return
    if (last && this.startsExpression() && !this.is('*') && !this.is('-') && !this.is('+')) {
      const next = this.token
      const isNameString = last.type === 'name' && next.type === 'string'
      const from = this.at
      if (!isNameString) {
        let end: Span | undefined
        try {
          end = this.expression().at
        } catch (error) {
          if (!(error instanceof PythonSyntaxError)) throw error
        }
        this.at = from
        if (end)
          throw this.error('invalid syntax. Perhaps you forgot a comma?', {
            line: last.at.line,
            column: last.at.column,
            endLine: end.endLine,
            endColumn: end.endColumn,
          })
      }
    }
    throw this.error()
  }

  startsClauses(): boolean {
    return this.is('for') || (this.is('async') && this.tokens[this.at + 1]?.text === 'for')
  }

  clauses(): Clause[] {
    const clauses: Clause[] = []
    while (this.startsClauses()) {
      this.take('async')
      this.at++
      const target = this.targetList()
      if (!this.take('in')) throw this.error()
      const iterable = this.#or()
      const conditions: Expression[] = []
      while (this.take('if')) conditions.push(this.#conditionOfClause())
      clauses.push({ target, iterable, conditions })
    }
    return clauses
  }

  #conditionOfClause(): Expression {
    const start = this.token
    const name = this.#or()
    if (name.type !== 'name' || !this.take(':=')) return name
    return { type: 'walrus', name, value: this.#or(), at: this.spanFrom(start) }
  }

  /** Targets of a `for`. */
  targetList(): Expression {
    const start = this.token
    const one = (): Expression => {
      const from = this.token
      if (this.take('*')) return { type: 'star', value: this.#binary(0), at: this.spanFrom(from) }
      return this.#binary(0)
    }
    const first = one()
    if (!this.is(',')) return this.assignable(first)
    const items = [first]
    while (this.take(',')) {
      if (this.is('in') || this.is('=')) break
      items.push(one())
    }
    return this.assignable({ type: 'tuple', items, at: this.spanFrom(start) })
  }

  /** @throws PythonSyntaxError when a value cannot stand left of `=` */
  assignable(target: Expression, statement = 'assign to', hint = ''): Expression {
    if (target.type === 'name' || target.type === 'attribute' || target.type === 'subscript') return target
    if (target.type === 'star') return { ...target, value: this.assignable(target.value, statement) }
    if (target.type === 'tuple' || target.type === 'list') {
      for (const item of target.items) this.assignable(item, statement)
      return target
    }
    throw this.error(`cannot ${statement} ${describe(target)}${hint}`, target.at)
  }
}

function numberOf(text: string): bigint | number | { imaginary: number } {
  const plain = text.replaceAll('_', '')
  if (/[jJ]$/.test(plain)) return { imaginary: Number(plain.slice(0, -1)) }
  if (/^0[xXoObB]/.test(plain) || /^\d+$/.test(plain)) return BigInt(plain)
  return Number(plain)
}

/** What CPython calls an expression that cannot be assigned to. */
export function describe(value: Expression): string {
  switch (value.type) {
    case 'constant':
      return value.value === null
        ? 'None'
        : value.value === true
          ? 'True'
          : value.value === false
            ? 'False'
            : value.value === ELLIPSIS
              ? 'ellipsis'
              : 'literal'
    case 'call':
      return 'function call'
    case 'format':
      return 'f-string expression'
    case 'binary':
    case 'unary':
    case 'and':
    case 'or':
      return 'expression'
    case 'compare':
      return 'comparison'
    case 'conditional':
      return 'conditional expression'
    case 'comprehension':
      return value.kind === 'generator' ? 'generator expression' : `${value.kind} comprehension`
    case 'dict':
      return 'dict literal'
    case 'set':
      return 'set display'
    case 'walrus':
      return 'named expression'
    case 'yield':
    case 'yield-from':
      return 'yield expression'
    case 'await':
      return 'await expression'
    case 'attribute':
    case 'subscript':
    case 'lambda':
    case 'name':
    case 'tuple':
    case 'list':
      return value.type
    default:
      return 'starred'
  }
}
