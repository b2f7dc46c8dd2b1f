import { type Token, tokensOf } from './lexer.ts'

export type Expression =
  | { is: 'literal'; value: string | number | boolean | null }
  | { is: 'variable'; name: string }
  | { is: 'name'; name: string }
  | { is: 'index'; of: Expression; at: Expression }
  | { is: 'call'; name: string; args: Expression[] }
  | { is: 'command'; text: Expression }
  | { is: 'unary'; operator: string; of: Expression }
  | { is: 'binary'; operator: string; left: Expression; right: Expression }
  | { is: 'choice'; test: Expression; yes: Expression | undefined; no: Expression }
  | { is: 'assign'; name: string; value: Expression }
  | { is: 'array'; items: { key: Expression | undefined; value: Expression }[] }

export type Statement =
  | { is: 'echo'; values: Expression[] }
  | { is: 'expression'; value: Expression }
  | { is: 'if'; test: Expression; yes: Statement[]; no: Statement[] }
  | { is: 'exit'; value: Expression | undefined }
  /** What this parser does not know: PHP would go on, we do not. */
  | { is: 'unknown' }

/** From what binds least to what binds most. PHP 8: `.` binds less than `+` and `-`. */
const LEVELS: readonly (readonly string[])[] = [
  ['or'],
  ['and'],
  ['??'],
  ['||'],
  ['&&'],
  ['==', '!=', '===', '!=='],
  ['<', '>', '<=', '>='],
  ['.'],
  ['+', '-'],
  ['*', '/', '%'],
]
const DEEPEST = 40
const ESCAPES: Record<string, string> = { n: '\n', t: '\t', r: '\r', e: '\x1b', '0': '\0', '"': '"', '\\': '\\', $: '$' }

/** The statements of a PHP file, as far as they are known: what an attacker uploads to see whether code runs, and forms of a site. */
export function parsePhp(file: string): Statement[] {
  return new Parser(tokensOf(file)).file()
}

/** The statements of code without its `<?php`, as eval takes it. */
export function parseCode(code: string): Statement[] {
  return parsePhp(`<?php ${code}`)
}

class Parser {
  readonly #tokens: readonly Token[]
  #at = 0
  #depth = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  file(): Statement[] {
    const statements: Statement[] = []
    while (this.#token.kind !== 'end') {
      try {
        const statement = this.#statement()
        if (statement) statements.push(statement)
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error
        return [...statements, { is: 'unknown' }]
      }
    }
    return statements
  }

  get #token(): Token {
    return this.#tokens[this.#at] as Token
  }

  #is(text: string): boolean {
    const { kind, text: found } = this.#token
    return (kind === 'operator' || kind === 'name') && found.toLowerCase() === text
  }

  #take(text: string): boolean {
    if (!this.#is(text)) return false
    this.#at++
    return true
  }

  #need(text: string): void {
    if (!this.#take(text)) throw new SyntaxError(`${text} is missing`)
  }

  #statement(): Statement | undefined {
    const { kind, text } = this.#token
    if (kind === 'html') {
      this.#at++
      return { is: 'echo', values: [{ is: 'literal', value: text }] }
    }
    if (this.#take(';')) return undefined
    if (this.#take('echo')) return this.#ended({ is: 'echo', values: this.#list(';') })
    if (this.#take('if')) return this.#if()
    if (this.#take('exit') || this.#take('die')) return this.#ended({ is: 'exit', value: this.#argument() })
    return this.#ended({ is: 'expression', value: this.#expression() })
  }

  #ended(statement: Statement): Statement {
    if (this.#token.kind !== 'end' && this.#token.kind !== 'html' && !this.#is('}')) this.#need(';')
    return statement
  }

  #argument(): Expression | undefined {
    if (!this.#take('(')) return undefined
    if (this.#take(')')) return undefined
    const value = this.#expression()
    this.#need(')')
    return value
  }

  #if(): Statement {
    this.#need('(')
    const test = this.#expression()
    this.#need(')')
    const yes = this.#block()
    if (this.#take('elseif')) return { is: 'if', test, yes, no: [this.#if()] }
    if (!this.#take('else')) return { is: 'if', test, yes, no: [] }
    return { is: 'if', test, yes, no: this.#take('if') ? [this.#if()] : this.#block() }
  }

  #block(): Statement[] {
    return this.#deeper(() => {
      if (!this.#take('{')) return [this.#statement() ?? { is: 'echo', values: [] }]
      const statements: Statement[] = []
      while (!this.#take('}')) {
        if (this.#token.kind === 'end') throw new SyntaxError('a block does not end')
        const statement = this.#statement()
        if (statement) statements.push(statement)
      }
      return statements
    })
  }

  #list(end: string): Expression[] {
    const values: Expression[] = []
    while (!this.#is(end)) {
      values.push(this.#expression())
      if (!this.#take(',')) break
    }
    return values
  }

  #expression(): Expression {
    return this.#deeper(() => {
      const value = this.#binary(0)
      if (!this.#take('?')) return value
      const yes = this.#is(':') ? undefined : this.#expression()
      this.#need(':')
      return { is: 'choice', test: value, yes, no: this.#expression() }
    })
  }

  #deeper<T>(parse: () => T): T {
    if (++this.#depth > DEEPEST) throw new SyntaxError('too deep')
    const result = parse()
    this.#depth--
    return result
  }

  #binary(level: number): Expression {
    const operators = LEVELS[level]
    if (!operators) return this.#unary()
    let left = this.#binary(level + 1)
    for (;;) {
      const operator = operators.find((one) => this.#is(one))
      if (operator === undefined) return left
      this.#at++
      left = { is: 'binary', operator, left, right: this.#binary(level + 1) }
    }
  }

  #unary(): Expression {
    const { kind, text } = this.#token
    if (kind === 'operator' && (['!', '-', '+', '@'].includes(text) || /^\(\s*[a-z]/i.test(text))) {
      this.#at++
      return this.#deeper(() => ({ is: 'unary', operator: text.replace(/[\s()]/g, '').toLowerCase(), of: this.#unary() }))
    }
    if (kind === 'name' && text.toLowerCase() === 'print') {
      this.#at++
      return { is: 'call', name: 'print', args: [this.#expression()] }
    }
    return this.#indexed(this.#primary())
  }

  #indexed(of: Expression): Expression {
    let value = of
    while (this.#take('[')) {
      value = { is: 'index', of: value, at: this.#expression() }
      this.#need(']')
    }
    return value
  }

  #primary(): Expression {
    const { kind, text } = this.#token
    this.#at++
    switch (kind) {
      case 'string':
        return { is: 'literal', value: text }
      case 'template':
        return templateOf(text)
      case 'command':
        return { is: 'command', text: templateOf(text) }
      case 'number':
        return { is: 'literal', value: Number(text) }
      case 'variable':
        if (this.#take('=')) return { is: 'assign', name: text, value: this.#expression() }
        if (this.#take('.=')) return { is: 'assign', name: text, value: joined({ is: 'variable', name: text }, this.#expression()) }
        return { is: 'variable', name: text }
      case 'name':
        return this.#named(text)
      default:
        if (text === '(') {
          const value = this.#expression()
          this.#need(')')
          return value
        }
        if (text === '[') return this.#array(']')
        throw new SyntaxError(`unexpected ${text}`)
    }
  }

  #named(name: string): Expression {
    if (!this.#take('(')) return { is: 'name', name }
    if (name.toLowerCase() === 'array') return this.#array(')')
    const args = this.#list(')')
    this.#need(')')
    return { is: 'call', name: name.toLowerCase(), args }
  }

  #array(end: string): Expression {
    const items: { key: Expression | undefined; value: Expression }[] = []
    while (!this.#is(end)) {
      const first = this.#expression()
      items.push(this.#take('=>') ? { key: first, value: this.#expression() } : { key: undefined, value: first })
      if (!this.#take(',')) break
    }
    this.#need(end)
    return { is: 'array', items }
  }
}

function joined(left: Expression, right: Expression): Expression {
  return { is: 'binary', operator: '.', left, right }
}

/** A double-quoted string: escapes, `$name`, `$name[key]`, `{$name}` and `{$name['key']}`. */
function templateOf(text: string): Expression {
  const parts = text.split(
    /(\\(?:x[0-9a-fA-F]{1,2}|[0-7]{1,3}|[\s\S])|\{\$[a-zA-Z_]\w{0,99}(?:\[['"]?\w{1,99}['"]?\])?\}|\$[a-zA-Z_]\w{0,99}(?:\[\w{1,99}\])?)/,
  )
  return parts
    .map((part, n): Expression => (n % 2 === 0 ? { is: 'literal', value: part } : pieceOf(part)))
    .reduce((left, right) => joined(left, right))
}

function pieceOf(part: string): Expression {
  if (part.startsWith('\\')) {
    const code = /^\\x/.test(part)
      ? Number.parseInt(part.slice(2), 16)
      : /^\\[0-7]/.test(part)
        ? Number.parseInt(part.slice(1), 8)
        : undefined
    return { is: 'literal', value: code === undefined ? (ESCAPES[part[1] as string] ?? part) : String.fromCharCode(code & 0xff) }
  }
  const [, name = '', key] = /^\{?(\$\w+)(?:\[['"]?(\w+)['"]?\])?\}?$/.exec(part) ?? []
  const variable: Expression = { is: 'variable', name }
  return key === undefined ? variable : { is: 'index', of: variable, at: { is: 'literal', value: key } }
}
