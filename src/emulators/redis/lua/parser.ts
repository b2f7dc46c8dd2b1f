import { LuaSyntaxError, type Token, tokenize } from './lexer.ts'

export type Expression =
  | { kind: 'constant'; value: string | number | boolean | undefined }
  | { kind: 'vararg' }
  | { kind: 'name'; name: string; line: number }
  | { kind: 'index'; object: Expression; key: Expression; line: number }
  | { kind: 'call'; callee: Expression; args: Expression[]; line: number }
  | { kind: 'method'; object: Expression; name: string; args: Expression[]; line: number }
  | { kind: 'table'; items: { key: Expression | undefined; value: Expression }[] }
  | { kind: 'binary'; operator: string; left: Expression; right: Expression; line: number }
  | { kind: 'unary'; operator: string; operand: Expression; line: number }
  | { kind: 'function'; parameters: string[]; isVariadic: boolean; body: Statement[] }

export type Statement =
  | { kind: 'local'; names: string[]; values: Expression[] }
  | { kind: 'assign'; targets: Expression[]; values: Expression[] }
  | { kind: 'call'; call: Expression }
  | { kind: 'if'; branches: { condition: Expression; body: Statement[] }[]; otherwise: Statement[] }
  | { kind: 'while'; condition: Expression; body: Statement[] }
  | { kind: 'repeat'; condition: Expression; body: Statement[] }
  | { kind: 'count'; name: string; from: Expression; to: Expression; step: Expression | undefined; body: Statement[] }
  | { kind: 'each'; names: string[]; values: Expression[]; body: Statement[] }
  | { kind: 'do'; body: Statement[] }
  | { kind: 'return'; values: Expression[] }
  | { kind: 'break' }

/** Binding powers, left and right; right below left binds to the right (§2.5.6 of the Lua 5.1 manual). */
const POWER: Record<string, [left: number, right: number]> = {
  or: [1, 1],
  and: [2, 2],
  '<': [3, 3],
  '>': [3, 3],
  '<=': [3, 3],
  '>=': [3, 3],
  '~=': [3, 3],
  '==': [3, 3],
  '..': [5, 4],
  '+': [6, 6],
  '-': [6, 6],
  '*': [7, 7],
  '/': [7, 7],
  '%': [7, 7],
  '^': [10, 9],
}
const UNARY_POWER = 8
/** Nesting that a script may have; the C compiler of Lua stops at 200. */
const DEEPEST = 100

/** Parses a chunk of Lua 5.1. @throws LuaSyntaxError */
export function parseLua(source: string): Statement[] {
  const parser = new Parser(tokenize(source))
  return parser.chunk()
}

class Parser {
  readonly #tokens: readonly Token[]
  #at = 0
  #depth = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  chunk(): Statement[] {
    const body = this.#block()
    if (this.#now.kind !== 'eof') this.#fail("'<eof>' expected")
    return body
  }

  get #now(): Token {
    return this.#tokens[this.#at] as Token
  }

  #fail(message: string): never {
    throw new LuaSyntaxError(`${message} near '${this.#now.text}'`, this.#now.line)
  }

  #is(text: string): boolean {
    return (this.#now.kind === 'symbol' || this.#now.kind === 'keyword') && this.#now.text === text
  }

  #accept(text: string): boolean {
    if (!this.#is(text)) return false
    this.#at++
    return true
  }

  #expect(text: string): void {
    if (!this.#accept(text)) this.#fail(`'${text}' expected`)
  }

  #name(): string {
    if (this.#now.kind !== 'name') this.#fail('<name> expected')
    return (this.#tokens[this.#at++] as Token).text
  }

  #block(): Statement[] {
    if (++this.#depth > DEEPEST) throw new LuaSyntaxError('chunk has too many syntax levels', this.#now.line)
    const body: Statement[] = []
    while (!['end', 'else', 'elseif', 'until'].some((word) => this.#is(word)) && this.#now.kind !== 'eof') {
      const statement = this.#statement()
      body.push(statement)
      this.#accept(';')
      if (statement.kind === 'return' || statement.kind === 'break') break
    }
    this.#depth--
    return body
  }

  #statement(): Statement {
    if (this.#accept('if')) return this.#if()
    if (this.#accept('while')) {
      const condition = this.#expression()
      this.#expect('do')
      return { kind: 'while', condition, body: this.#bodyToEnd() }
    }
    if (this.#accept('do')) return { kind: 'do', body: this.#bodyToEnd() }
    if (this.#accept('for')) return this.#for()
    if (this.#accept('repeat')) {
      const body = this.#block()
      this.#expect('until')
      return { kind: 'repeat', body, condition: this.#expression() }
    }
    if (this.#accept('function')) return this.#namedFunction()
    if (this.#accept('local')) return this.#local()
    if (this.#accept('break')) return { kind: 'break' }
    if (this.#accept('return')) {
      const ends = ['end', 'else', 'elseif', 'until', ';'].some((word) => this.#is(word)) || this.#now.kind === 'eof'
      return { kind: 'return', values: ends ? [] : this.#expressions() }
    }
    return this.#expressionStatement()
  }

  #bodyToEnd(): Statement[] {
    const body = this.#block()
    this.#expect('end')
    return body
  }

  #if(): Statement {
    const branches: { condition: Expression; body: Statement[] }[] = []
    do {
      const condition = this.#expression()
      this.#expect('then')
      branches.push({ condition, body: this.#block() })
    } while (this.#accept('elseif'))
    const otherwise = this.#accept('else') ? this.#block() : []
    this.#expect('end')
    return { kind: 'if', branches, otherwise }
  }

  #for(): Statement {
    const name = this.#name()
    if (this.#accept('=')) {
      const from = this.#expression()
      this.#expect(',')
      const to = this.#expression()
      const step = this.#accept(',') ? this.#expression() : undefined
      this.#expect('do')
      return { kind: 'count', name, from, to, step, body: this.#bodyToEnd() }
    }
    const names = [name]
    while (this.#accept(',')) names.push(this.#name())
    if (!this.#accept('in')) this.#fail("'=' or 'in' expected")
    const values = this.#expressions()
    this.#expect('do')
    return { kind: 'each', names, values, body: this.#bodyToEnd() }
  }

  #local(): Statement {
    if (this.#accept('function')) return { kind: 'local', names: [this.#name()], values: [this.#function()] }
    const names = [this.#name()]
    while (this.#accept(',')) names.push(this.#name())
    return { kind: 'local', names, values: this.#accept('=') ? this.#expressions() : [] }
  }

  #namedFunction(): Statement {
    const line = this.#now.line
    let target: Expression = { kind: 'name', name: this.#name(), line }
    while (this.#accept('.')) target = { kind: 'index', object: target, key: { kind: 'constant', value: this.#name() }, line }
    return { kind: 'assign', targets: [target], values: [this.#function()] }
  }

  #expressionStatement(): Statement {
    const first = this.#suffixed()
    if (first.kind === 'call' || first.kind === 'method') return { kind: 'call', call: first }
    const targets: Expression[] = [first]
    while (this.#accept(',')) targets.push(this.#suffixed())
    this.#expect('=')
    return { kind: 'assign', targets, values: this.#expressions() }
  }

  #expressions(): Expression[] {
    const list = [this.#expression()]
    while (this.#accept(',')) list.push(this.#expression())
    return list
  }

  #expression(power = 0): Expression {
    if (++this.#depth > DEEPEST) throw new LuaSyntaxError('chunk has too many syntax levels', this.#now.line)
    let left = this.#operand()
    for (;;) {
      const { text: operator, line, kind } = this.#now
      const binding = kind === 'symbol' || kind === 'keyword' ? POWER[operator] : undefined
      if (!binding || binding[0] <= power) break
      this.#at++
      left = { kind: 'binary', operator, left, right: this.#expression(binding[1]), line }
    }
    this.#depth--
    return left
  }

  #operand(): Expression {
    const { kind, text, line } = this.#now
    if (kind === 'number') return this.#constant(Number(text))
    if (kind === 'string') return this.#constant(text)
    if (this.#is('nil')) return this.#constant(undefined)
    if (this.#is('true') || this.#is('false')) return this.#constant(text === 'true')
    if (this.#is('not') || this.#is('-') || this.#is('#')) {
      this.#at++
      return { kind: 'unary', operator: text, operand: this.#expression(UNARY_POWER), line }
    }
    if (this.#accept('...')) return { kind: 'vararg' }
    if (this.#accept('function')) return this.#function()
    if (this.#is('{')) return this.#table()
    return this.#suffixed()
  }

  #constant(value: string | number | boolean | undefined): Expression {
    this.#at++
    return { kind: 'constant', value }
  }

  #function(): Expression {
    const parameters: string[] = []
    let isVariadic = false
    this.#expect('(')
    while (!this.#is(')')) {
      isVariadic = this.#accept('...')
      if (isVariadic) break
      parameters.push(this.#name())
      if (!this.#accept(',')) break
    }
    this.#expect(')')
    return { kind: 'function', parameters, isVariadic, body: this.#bodyToEnd() }
  }

  #table(): Expression {
    this.#expect('{')
    const items: { key: Expression | undefined; value: Expression }[] = []
    while (!this.#is('}')) {
      items.push(this.#tableItem())
      if (!this.#accept(',') && !this.#accept(';')) break
    }
    this.#expect('}')
    return { kind: 'table', items }
  }

  #tableItem(): { key: Expression | undefined; value: Expression } {
    if (this.#accept('[')) {
      const key = this.#expression()
      this.#expect(']')
      this.#expect('=')
      return { key, value: this.#expression() }
    }
    const next = this.#tokens[this.#at + 1]
    if (this.#now.kind === 'name' && next?.kind === 'symbol' && next.text === '=') {
      const key: Expression = { kind: 'constant', value: this.#name() }
      this.#expect('=')
      return { key, value: this.#expression() }
    }
    return { key: undefined, value: this.#expression() }
  }

  /** A name or a parenthesis with its `.x`, `[x]`, `(x)`, `:x(y)`. */
  #suffixed(): Expression {
    let expression = this.#primary()
    for (;;) {
      const { line, kind, text } = this.#now
      if (this.#accept('.')) expression = { kind: 'index', object: expression, key: { kind: 'constant', value: this.#name() }, line }
      else if (this.#accept('[')) {
        const key = this.#expression()
        this.#expect(']')
        expression = { kind: 'index', object: expression, key, line }
      } else if (this.#accept(':')) {
        expression = { kind: 'method', object: expression, name: this.#name(), args: this.#arguments(), line }
      } else if (kind === 'string' || (kind === 'symbol' && (text === '(' || text === '{'))) {
        expression = { kind: 'call', callee: expression, args: this.#arguments(), line }
      } else return expression
    }
  }

  #primary(): Expression {
    const { kind, line } = this.#now
    if (kind === 'name') return { kind: 'name', name: this.#name(), line }
    if (!this.#accept('(')) this.#fail('unexpected symbol')
    const inner = this.#expression()
    this.#expect(')')
    return inner
  }

  #arguments(): Expression[] {
    if (this.#now.kind === 'string') return [this.#constant(this.#now.text)]
    if (this.#is('{')) return [this.#table()]
    if (!this.#accept('(')) this.#fail('function arguments expected')
    const args = this.#is(')') ? [] : this.#expressions()
    this.#expect(')')
    return args
  }
}
