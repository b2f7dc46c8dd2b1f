import { AwkError, type Token, tokenize } from './lexer.ts'
import type { AwkFunction, AwkProgram, Expression, Lvalue, Pattern, Rule, Statement } from './syntax.ts'

const ASSIGNMENTS = new Set(['=', '+=', '-=', '*=', '/=', '%=', '^='])
const COMPARISONS = new Set(['<', '<=', '==', '!=', '>', '>='])
/** Tokens that can begin an operand of a concatenation. */
const STARTS = new Set(['number', 'string', 'regex', 'name', 'call', 'builtin', 'length', '$', '!', '(', '-', '+', '++', '--'])
const MAX_DEPTH = 300

/** Parses an awk program. @throws AwkError */
export function parseAwk(source: string): AwkProgram {
  return new AwkParser(tokenize(source)).program()
}

class AwkParser {
  readonly #tokens: Token[]
  #at = 0
  #depth = 0
  /** Inside `for (x in y)` heads and `print > f`, `in` and `>` mean something else. */
  #noIn = 0
  #noGreater = 0

  constructor(tokens: Token[]) {
    this.#tokens = tokens
  }

  get #token(): Token {
    return this.#tokens[this.#at] as Token
  }

  #is(...types: string[]): boolean {
    return types.includes(this.#token.type)
  }

  #take(type: string): boolean {
    if (this.#token.type !== type) return false
    this.#at++
    return true
  }

  #need(type: string): Token {
    const token = this.#token
    if (token.type !== type) this.#fail()
    this.#at++
    return token
  }

  #fail(): never {
    const token = this.#token
    throw new AwkError(
      'syntax error',
      token.line,
      token.type === 'end' || (token.type === 'newline' && token.text === '')
        ? 'end of file'
        : token.type === 'newline'
          ? 'unexpected newline'
          : token.text,
    )
  }

  #newlines(): void {
    while (this.#is('newline')) this.#at++
  }

  #separators(): void {
    while (this.#is('newline', ';')) this.#at++
  }

  program(): AwkProgram {
    const rules: Rule[] = []
    const functions = new Map<string, AwkFunction>()
    this.#separators()
    while (!this.#is('end')) {
      if (this.#take('function')) {
        const made = this.#function()
        functions.set(made.name, made)
      } else rules.push(this.#rule())
      this.#separators()
    }
    return { rules, functions }
  }

  #function(): AwkFunction {
    const name = this.#is('call', 'name') ? (this.#tokens[this.#at++] as Token).text : this.#fail()
    this.#need('(')
    const parameters: string[] = []
    while (!this.#is(')')) {
      parameters.push(this.#need('name').text)
      if (!this.#take(',')) break
      this.#newlines()
    }
    this.#need(')')
    this.#newlines()
    return { name, parameters, body: this.#block() }
  }

  #rule(): Rule {
    const pattern = this.#pattern()
    const action = this.#is('{') ? this.#block() : undefined
    if (!action && (pattern.type === 'BEGIN' || pattern.type === 'END')) this.#fail()
    if (!action && !this.#is('newline', ';', 'end')) this.#fail()
    return { pattern, action }
  }

  #pattern(): Pattern {
    if (this.#is('{')) return { type: 'always' }
    if (this.#take('BEGIN')) return { type: 'BEGIN' }
    if (this.#take('END')) return { type: 'END' }
    const value = this.#expression()
    if (!this.#take(',')) return { type: 'expression', value }
    this.#newlines()
    return { type: 'range', from: value, to: this.#expression(), active: false }
  }

  #block(): Statement {
    this.#need('{')
    const body: Statement[] = []
    this.#separators()
    while (!this.#is('}')) {
      if (this.#is('end')) this.#fail()
      body.push(this.#statement())
      this.#separators()
    }
    this.#at++
    return { type: 'block', body }
  }

  #endOfSimple(): void {
    if (this.#is('}')) return
    if (!this.#take(';') && !this.#take('newline')) this.#fail()
  }

  #statement(): Statement {
    if (++this.#depth > MAX_DEPTH) this.#fail()
    try {
      return this.#anyStatement()
    } finally {
      this.#depth--
    }
  }

  #anyStatement(): Statement {
    if (this.#is('{')) return this.#block()
    if (this.#take(';')) return { type: 'block', body: [] }
    if (this.#take('if')) return this.#if()
    if (this.#take('while')) {
      const test = this.#parenthesised()
      if (this.#take(';')) return { type: 'while', test, body: { type: 'block', body: [] } }
      return { type: 'while', test, body: this.#body() }
    }
    if (this.#take('do')) return this.#do()
    if (this.#take('for')) return this.#for()
    const simple = this.#simple()
    this.#endOfSimple()
    return simple
  }

  #body(): Statement {
    this.#newlines()
    return this.#statement()
  }

  #parenthesised(): Expression {
    this.#need('(')
    const test = this.#expression()
    this.#need(')')
    return test
  }

  #if(): Statement {
    const test = this.#parenthesised()
    const yes = this.#body()
    const mark = this.#at
    this.#separators()
    if (!this.#take('else')) {
      this.#at = mark
      return { type: 'if', test, yes, no: undefined }
    }
    return { type: 'if', test, yes, no: this.#body() }
  }

  #do(): Statement {
    const body = this.#body()
    this.#separators()
    this.#need('while')
    const test = this.#parenthesised()
    this.#endOfSimple()
    return { type: 'do', test, body }
  }

  #for(): Statement {
    this.#need('(')
    const [a, b, c, d] = this.#tokens.slice(this.#at, this.#at + 4) as [Token, Token, Token, Token]
    if (a.type === 'name' && b.type === 'in' && c.type === 'name' && d.type === ')') {
      this.#at += 4
      return { type: 'each', name: a.text, array: c.text, body: this.#body() }
    }
    const start = this.#is(';') ? undefined : this.#simple()
    this.#need(';')
    this.#newlines()
    const test = this.#is(';') ? undefined : this.#expression()
    this.#need(';')
    this.#newlines()
    const step = this.#is(')') ? undefined : this.#simple()
    this.#need(')')
    if (this.#take(';')) return { type: 'for', start, test, step, body: { type: 'block', body: [] } }
    return { type: 'for', start, test, step, body: this.#body() }
  }

  #simple(): Statement {
    const { type } = this.#token
    switch (type) {
      case 'print':
      case 'printf':
        this.#at++
        return this.#print(type)
      case 'break':
      case 'continue':
      case 'next':
      case 'nextfile':
        this.#at++
        return { type }
      case 'exit':
      case 'return':
        this.#at++
        return { type, value: this.#is(';', 'newline', '}') ? undefined : this.#expression() }
      case 'delete': {
        this.#at++
        const array = this.#need('name').text
        if (!this.#take('[')) return { type: 'delete', array, keys: undefined }
        return { type: 'delete', array, keys: this.#keys() }
      }
      default:
        return { type: 'expression', value: this.#expression() }
    }
  }

  #keys(): Expression[] {
    const keys = [this.#expression()]
    while (this.#take(',')) keys.push(this.#expression())
    this.#need(']')
    return keys
  }

  #print(type: 'print' | 'printf'): Statement {
    this.#noGreater++
    const values: Expression[] = []
    if (!this.#is(';', 'newline', '}', '>', '>>', '|')) {
      values.push(this.#expression())
      while (this.#take(',')) {
        this.#newlines()
        values.push(this.#expression())
      }
    }
    this.#noGreater--
    const [only] = values
    const listed = values.length === 1 && only?.type === 'group' ? only.items : values
    for (const how of ['>', '>>', '|'] as const) {
      if (this.#take(how)) return { type, values: listed, redirect: { how, to: this.#concatenation(false) } }
    }
    return { type, values: listed, redirect: undefined }
  }

  #expression(): Expression {
    if (++this.#depth > MAX_DEPTH) this.#fail()
    const value = this.#ternary()
    this.#depth--
    if (ASSIGNMENTS.has(this.#token.type) && isLvalue(value)) {
      const operator = (this.#tokens[this.#at++] as Token).type
      this.#newlines()
      return { type: 'assign', operator, target: value, value: this.#expression() }
    }
    return value
  }

  #ternary(): Expression {
    const test = this.#or()
    if (!this.#is('?')) return test
    this.#at++
    this.#newlines()
    const yes = this.#expression()
    this.#newlines()
    this.#need(':')
    this.#newlines()
    return { type: 'conditional', test, yes, no: this.#expression() }
  }

  #or(): Expression {
    let left = this.#and()
    while (this.#take('||')) {
      this.#newlines()
      left = { type: 'or', left, right: this.#and() }
    }
    return left
  }

  #and(): Expression {
    let left = this.#membership()
    while (this.#take('&&')) {
      this.#newlines()
      left = { type: 'and', left, right: this.#membership() }
    }
    return left
  }

  #membership(): Expression {
    let left = this.#matching()
    while (this.#noIn === 0 && this.#take('in')) {
      const array = this.#need('name').text
      left = { type: 'in', keys: left.type === 'group' ? left.items : [left], array }
    }
    return left
  }

  #matching(): Expression {
    let left = this.#comparison()
    while (this.#is('~', '!~')) {
      const negated = (this.#tokens[this.#at++] as Token).type === '!~'
      left = { type: 'match', negated, left, right: this.#comparison() }
    }
    return left
  }

  #comparison(): Expression {
    let left = this.#concatenation(true)
    while (true) {
      const { type } = this.#token
      if (type === '|' && this.#tokens[this.#at + 1]?.type === 'getline') {
        this.#at += 2
        left = { type: 'getline', source: 'command', from: left, target: this.#optionalLvalue() }
      } else if (COMPARISONS.has(type) && !(type === '>' && this.#noGreater > 0)) {
        this.#at++
        left = { type: 'compare', operator: type, left, right: this.#concatenation(true) }
      } else return left
    }
  }

  #concatenation(pipes: boolean): Expression {
    let left = this.#additive()
    while (STARTS.has(this.#token.type) && !(this.#is('in') && this.#noIn > 0)) {
      left = { type: 'concat', left, right: this.#additive() }
      if (pipes && this.#is('|') && this.#tokens[this.#at + 1]?.type === 'getline') break
    }
    return left
  }

  #additive(): Expression {
    let left = this.#multiplicative()
    while (this.#is('+', '-')) {
      const operator = (this.#tokens[this.#at++] as Token).type
      left = { type: 'arithmetic', operator, left, right: this.#multiplicative() }
    }
    return left
  }

  #multiplicative(): Expression {
    let left = this.#unary()
    while (this.#is('*', '/', '%')) {
      const operator = (this.#tokens[this.#at++] as Token).type
      left = { type: 'arithmetic', operator, left, right: this.#unary() }
    }
    return left
  }

  #unary(): Expression {
    if (++this.#depth > MAX_DEPTH) this.#fail()
    try {
      if (this.#take('!')) return { type: 'not', operand: this.#unary() }
      if (this.#take('-')) return { type: 'minus', operand: this.#unary() }
      if (this.#take('+')) return { type: 'plus', operand: this.#unary() }
      return this.#power()
    } finally {
      this.#depth--
    }
  }

  #power(): Expression {
    const base = this.#postfix()
    if (!this.#take('^')) return base
    return { type: 'arithmetic', operator: '^', left: base, right: this.#is('-', '+', '!') ? this.#unary() : this.#power() }
  }

  #postfix(): Expression {
    const value = this.#primary()
    if (!isLvalue(value)) return value
    if (this.#take('++')) return { type: 'step', by: 1, prefix: false, target: value }
    if (this.#take('--')) return { type: 'step', by: -1, prefix: false, target: value }
    return value
  }

  #lvalue(): Lvalue {
    const value = this.#primary()
    return isLvalue(value) ? value : this.#fail()
  }

  #optionalLvalue(): Lvalue | undefined {
    return this.#is('name', '$') ? this.#lvalue() : undefined
  }

  #primary(): Expression {
    const token = this.#token
    this.#at++
    switch (token.type) {
      case 'number':
        return { type: 'number', value: Number(token.text) }
      case 'string':
        return { type: 'string', value: token.text }
      case 'regex':
        return { type: 'regex', source: token.text }
      case '$':
        if (this.#is('++', '--')) {
          const by = (this.#tokens[this.#at++] as Token).type === '++' ? 1 : -1
          return { type: 'field', index: { type: 'step', by, prefix: true, target: this.#lvalue() } }
        }
        return { type: 'field', index: this.#is('-') ? this.#unary() : this.#primary() }
      case '++':
      case '--':
        return { type: 'step', by: token.type === '++' ? 1 : -1, prefix: true, target: this.#lvalue() }
      case '(':
        return this.#grouping()
      case 'name':
        return this.#take('[') ? { type: 'element', array: token.text, keys: this.#keys() } : { type: 'variable', name: token.text }
      case 'call':
        this.#need('(')
        return { type: 'call', name: token.text, arguments: this.#arguments() }
      case 'length':
      case 'builtin':
        if (!this.#take('(')) return token.type === 'length' ? { type: 'builtin', name: 'length', arguments: [] } : this.#fail()
        return { type: 'builtin', name: token.text, arguments: this.#arguments() }
      case 'getline': {
        const target = this.#optionalLvalue()
        if (!this.#take('<')) return { type: 'getline', source: 'input', from: undefined, target }
        return { type: 'getline', source: 'file', from: this.#postfix(), target }
      }
      default:
        this.#at--
        return this.#fail()
    }
  }

  #grouping(): Expression {
    const [noGreater, noIn] = [this.#noGreater, this.#noIn]
    this.#noGreater = this.#noIn = 0
    const items = [this.#expression()]
    while (this.#take(',')) {
      this.#newlines()
      items.push(this.#expression())
    }
    this.#need(')')
    this.#noGreater = noGreater
    this.#noIn = noIn
    return { type: 'group', items }
  }

  #arguments(): Expression[] {
    const [noGreater, noIn] = [this.#noGreater, this.#noIn]
    this.#noGreater = this.#noIn = 0
    const values: Expression[] = []
    this.#newlines()
    while (!this.#is(')')) {
      values.push(this.#expression())
      this.#newlines()
      if (!this.#take(',')) break
      this.#newlines()
    }
    this.#need(')')
    this.#noGreater = noGreater
    this.#noIn = noIn
    return values
  }
}

function isLvalue(value: Expression): value is Lvalue {
  return value.type === 'variable' || value.type === 'field' || value.type === 'element'
}
