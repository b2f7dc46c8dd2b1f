import { KEYWORDS, PhpSyntaxError, type Token, tokenName } from './lexer.ts'
import type { Argument, ArrayItem, ClassSyntax, Expression, FunctionSyntax, Parameter, Statement } from './syntax.ts'
import { templateParts } from './template.ts'
import { intOrFloat } from './value.ts'

/** Binary operators: how much they bind, and whether to the right. PHP 8: `.` binds less than `+` and `<<`. */
const BINARY: Readonly<Record<string, number>> = {
  or: 1,
  xor: 2,
  and: 3,
  '??': 7,
  '||': 8,
  '&&': 9,
  '|': 10,
  '^': 11,
  '&': 12,
  '==': 13,
  '!=': 13,
  '<>': 13,
  '===': 13,
  '!==': 13,
  '<=>': 13,
  '<': 14,
  '<=': 14,
  '>': 14,
  '>=': 14,
  '.': 15,
  '<<': 16,
  '>>': 16,
  '+': 17,
  '-': 17,
  '*': 18,
  '/': 18,
  '%': 18,
  instanceof: 20,
  '**': 22,
}
const RIGHT = new Set(['??', '**'])
const TERNARY = 6
const ASSIGNMENT = 4
const NOT = 19
const UNARY = 21
const ASSIGN_WITH = new Set(['+=', '-=', '*=', '/=', '.=', '%=', '**=', '??=', '&=', '|=', '^=', '<<=', '>>='])
/** No sensible program nests deeper, and each level takes room on our own stack. */
const DEEPEST = 150

/** Reads expressions; the parser of statements builds on it. */
export abstract class ExpressionParser {
  readonly tokens: readonly Token[]
  at = 0
  /** Whether the function that is read has `yield`. */
  protected yields = false
  #depth = 0

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens
  }

  protected abstract block(): Statement[]
  protected abstract classBody(name: string, kind: ClassSyntax['kind']): ClassSyntax
  protected abstract parameters(): Parameter[]
  protected abstract type(): string | undefined

  get token(): Token {
    const token = this.tokens[this.at] as Token
    if (token.error) throw token.error
    return token
  }

  is(text: string): boolean {
    const { kind, text: found } = this.token
    return (kind === 'operator' && found === text) || (kind === 'name' && found.toLowerCase() === text)
  }

  take(text: string): boolean {
    if (!this.is(text)) return false
    this.at++
    return true
  }

  need(text: string, expecting = `"${text}"`): void {
    if (!this.take(text)) this.unexpected(expecting)
  }

  unexpected(expecting?: string): never {
    throw new PhpSyntaxError(
      `syntax error, unexpected ${tokenName(this.token)}${expecting ? `, expecting ${expecting}` : ''}`,
      this.token.line,
    )
  }

  /** A name that is no keyword. */
  identifier(expecting = 'identifier'): string {
    const { kind, text } = this.token
    if (kind !== 'name' || KEYWORDS.has(text.toLowerCase())) this.unexpected(expecting)
    this.at++
    return text
  }

  deeper<T>(parse: () => T): T {
    if (++this.#depth > DEEPEST) throw new PhpSyntaxError('Maximum call stack size reached. Infinite recursion?', this.token.line)
    const result = parse()
    this.#depth--
    return result
  }

  expression(least = 0): Expression {
    return this.deeper(() => this.#binary(this.#unary(), least))
  }

  #binary(first: Expression, least: number): Expression {
    let left = first
    for (;;) {
      const { kind, text, line } = this.token
      if (kind !== 'operator' && kind !== 'name') return left
      if (text === '?' && least <= TERNARY) {
        this.at++
        const yes = this.is(':') ? undefined : this.expression(TERNARY + 1)
        this.need(':')
        left = { is: 'choice', test: left, yes, no: this.expression(TERNARY + 1) }
        continue
      }
      const operator = text.toLowerCase()
      const binds = Object.hasOwn(BINARY, operator) ? (BINARY[operator] as number) : -1
      if (binds < least || binds < 0) return left
      this.at++
      if (operator === 'instanceof') {
        const right: Expression = this.token.kind === 'name' ? { is: 'literal', value: this.#className() } : this.#unary()
        left = { is: 'binary', operator, left, right, line }
      } else left = { is: 'binary', operator, left, right: this.expression(RIGHT.has(operator) ? binds : binds + 1), line }
    }
  }

  #unary(): Expression {
    const { kind, text, line } = this.token
    if (kind === 'cast') {
      this.at++
      return { is: 'unary', operator: text.slice(1, -1).trim().toLowerCase(), of: this.expression(UNARY), line }
    }
    if (kind === 'operator') {
      if (text === '!' || text === '@' || text === '-' || text === '+' || text === '~') {
        this.at++
        return { is: 'unary', operator: text, of: this.expression(text === '!' ? NOT : UNARY), line }
      }
      if (text === '++' || text === '--') {
        this.at++
        return { is: 'step', by: text === '++' ? 1 : -1, first: true, of: this.expression(UNARY), line }
      }
      if (text === '&') this.unexpected()
    }
    if (kind === 'name') {
      const special = this.#special(text.toLowerCase(), line)
      if (special) return special
    }
    return this.#assigned(this.#postfix(this.#primary()))
  }

  #assigned(to: Expression): Expression {
    const { kind, text, line } = this.token
    if (kind !== 'operator') return to
    const isPlace = to.is === 'variable' || to.is === 'index' || to.is === 'property' || to.is === 'static'
    if (isPlace && (text === '++' || text === '--')) {
      this.at++
      return { is: 'step', by: text === '++' ? 1 : -1, first: false, of: to, line }
    }
    if (text === '=' && (isPlace || to.is === 'array')) {
      this.at++
      if (this.take('&')) return { is: 'assign-reference', to, from: this.expression(ASSIGNMENT), line }
      return { is: 'assign', to, value: this.expression(ASSIGNMENT), line }
    }
    if (isPlace && ASSIGN_WITH.has(text)) {
      this.at++
      return { is: 'assign-with', operator: text.slice(0, -1), to, value: this.expression(ASSIGNMENT), line }
    }
    if (text === '=' && (to.is === 'call' || to.is === 'method' || to.is === 'static-call')) {
      throw new FatalSyntax(`Can't use ${to.is === 'call' ? 'function' : 'method'} return value in write context`, line)
    }
    return to
  }

  #special(word: string, line: number): Expression | undefined {
    switch (word) {
      case 'print':
        this.at++
        return { is: 'print', value: this.expression(ASSIGNMENT) }
      case 'new':
        return this.#postfix(this.#new())
      case 'clone':
        this.at++
        return { is: 'unary', operator: 'clone', of: this.expression(UNARY), line }
      case 'throw':
        this.at++
        return { is: 'throw', value: this.expression(), line }
      case 'yield':
        return this.#yield(line)
      case 'include':
      case 'include_once':
      case 'require':
      case 'require_once':
        this.at++
        return { is: 'include', file: this.expression(ASSIGNMENT), once: word.endsWith('once'), required: word.startsWith('require'), line }
      default:
        return undefined
    }
  }

  #yield(line: number): Expression {
    this.at++
    this.yields = true
    if (this.take('from')) return { is: 'yield', key: undefined, value: this.expression(ASSIGNMENT), from: true, line }
    if ([';', ')', ',', ']'].some((end) => this.is(end))) return { is: 'yield', key: undefined, value: undefined, from: false, line }
    const first = this.expression(ASSIGNMENT)
    if (!this.take('=>')) return { is: 'yield', key: undefined, value: first, from: false, line }
    return { is: 'yield', key: first, value: this.expression(ASSIGNMENT), from: false, line }
  }

  #new(): Expression {
    const { line } = this.token
    this.at++
    if (this.take('class')) {
      const args = this.is('(') ? this.arguments() : []
      return { is: 'new', of: this.classBody('class@anonymous', 'class'), args, line }
    }
    let of: string | Expression
    if (this.token.kind === 'name') of = this.#className()
    else if (this.take('(')) {
      of = this.expression()
      this.need(')')
    } else if (this.token.kind === 'variable') of = this.#members(this.#variable(), false)
    else this.unexpected()
    return { is: 'new', of, args: this.is('(') ? this.arguments() : [], line }
  }

  #className(): string {
    const { text } = this.token
    if (KEYWORDS.has(text.toLowerCase()) && text.toLowerCase() !== 'static') this.unexpected()
    this.at++
    return text.replace(/^\\/, '')
  }

  arguments(): Argument[] {
    this.need('(')
    const args: Argument[] = []
    while (!this.is(')')) {
      const spread = this.take('...')
      if (spread && this.is(')')) {
        // `strlen(...)` makes a closure of the function.
        args.push({ value: { is: 'literal', value: null }, spread, name: '...' })
        break
      }
      const next = this.tokens[this.at + 1]
      let name: string | undefined
      if (this.token.kind === 'name' && next?.kind === 'operator' && next.text === ':') {
        name = this.token.text
        this.at += 2
      }
      args.push({ value: this.expression(), spread, name })
      if (!this.take(',')) break
    }
    this.need(')')
    return args
  }

  #postfix(first: Expression): Expression {
    return this.#members(first, true)
  }

  #members(first: Expression, withCalls: boolean): Expression {
    let of = first
    for (;;) {
      const { line, text, kind } = this.token
      if (kind !== 'operator') return of
      if (text === '[') {
        this.at++
        if (this.take(']')) of = { is: 'index', of, at: undefined, line }
        else {
          const at = this.expression()
          this.need(']')
          of = { is: 'index', of, at, line }
        }
      } else if (text === '->' || text === '?->') of = this.#member(of, text === '?->', withCalls)
      else if (text === '::') of = this.#staticMember(of, withCalls)
      else if (text === '(' && withCalls && of.is !== 'literal')
        of = { is: 'call', name: of.is === 'constant' ? of.name : of, args: this.arguments(), line }
      else return of
    }
  }

  #member(of: Expression, nullSafe: boolean, withCalls: boolean): Expression {
    const { line } = this.token
    this.at++
    let name: string | Expression
    if (this.token.kind === 'name') name = this.tokens[this.at++]!.text
    else if (this.token.kind === 'variable') name = { is: 'variable', name: this.tokens[this.at++]!.text.slice(1), line }
    else if (this.take('{')) {
      name = this.expression()
      this.need('}')
    } else this.unexpected('identifier or variable or "{" or "$"')
    if (withCalls && this.is('(')) return { is: 'method', of, name, args: this.arguments(), nullSafe, line }
    return { is: 'property', of, name, nullSafe, line }
  }

  #staticMember(left: Expression, withCalls: boolean): Expression {
    const { line } = this.token
    this.at++
    const of = left.is === 'constant' ? left.name : left
    const { kind, text } = this.token
    if (kind === 'variable') {
      this.at++
      if (withCalls && this.is('('))
        return { is: 'static-call', of, name: { is: 'variable', name: text.slice(1), line }, args: this.arguments(), line }
      return { is: 'static', of, name: text.slice(1), line }
    }
    if (kind !== 'name') this.unexpected('identifier or variable or "{" or "$"')
    this.at++
    if (withCalls && this.is('(')) return { is: 'static-call', of, name: text, args: this.arguments(), line }
    return { is: 'class-constant', of, name: text, line }
  }

  #variable(): Expression {
    const { kind, text, line } = this.token
    if (kind === 'variable') {
      this.at++
      return { is: 'variable', name: text.slice(1), line }
    }
    // `$$name`, `${expression}`
    this.need('$')
    if (this.take('{')) {
      const name = this.expression()
      this.need('}')
      return { is: 'variable', name, line }
    }
    if (this.token.kind !== 'variable' && !this.is('$')) this.unexpected('variable or "{" or "$"')
    return { is: 'variable', name: this.#variable(), line }
  }

  #primary(): Expression {
    const { kind, text, line } = this.token
    switch (kind) {
      case 'string':
        this.at++
        return { is: 'literal', value: text }
      case 'template':
      case 'heredoc':
        this.at++
        return this.template(text, kind === 'heredoc' ? '' : '"', line)
      case 'command':
        this.at++
        return { is: 'command', text: this.template(text, '`', line), line }
      case 'integer':
        this.at++
        return { is: 'literal', value: integer(text.replaceAll('_', ''), line) }
      case 'float':
        this.at++
        return { is: 'literal', value: Number(text.replaceAll('_', '')) }
      case 'variable':
        return this.#variable()
      case 'name':
        return this.#named(text.toLowerCase(), line)
      case 'operator':
        if (text === '(') {
          this.at++
          const value = this.expression()
          this.need(')')
          return value
        }
        if (text === '[') {
          this.at++
          return { is: 'array', items: this.#items(']'), line }
        }
        if (text === '$') return this.#variable()
        if (text === '#[') {
          while (!this.take(']')) this.at++
          return this.#primary()
        }
    }
    return this.unexpected()
  }

  /** A text with variables in it. */
  template(text: string, quote: string, line: number): Expression {
    const parts = templateParts(text, quote, line, (tokens) => this.inner(tokens))
    if (parts.length === 1 && parts[0]?.is === 'literal') return parts[0]
    return parts.length === 0 ? { is: 'literal', value: '' } : { is: 'template', parts }
  }

  /** The expression in `{$…}` of a text. */
  protected abstract inner(tokens: readonly Token[]): Expression

  #named(word: string, line: number): Expression {
    switch (word) {
      case 'array':
        if (!(this.tokens[this.at + 1]?.text === '(')) break
        this.at += 2
        return { is: 'array', items: this.#items(')'), line }
      case 'list':
        this.at++
        this.need('(')
        return { is: 'array', items: this.#items(')'), line }
      case 'isset': {
        this.at++
        this.need('(')
        const of = [this.expression()]
        while (this.take(',') && !this.is(')')) of.push(this.expression())
        this.need(')')
        return { is: 'isset', of }
      }
      case 'empty':
      case 'eval': {
        this.at++
        this.need('(')
        const of = this.expression()
        this.need(')')
        return word === 'empty' ? { is: 'empty', of } : { is: 'eval', code: of, line }
      }
      case 'exit':
      case 'die': {
        this.at++
        if (!this.take('(')) return { is: 'exit', value: undefined }
        const value = this.is(')') ? undefined : this.expression()
        this.need(')')
        return { is: 'exit', value }
      }
      case 'function':
      case 'fn':
        return this.#closure(false)
      case 'static':
        if (['function', 'fn'].includes(this.tokens[this.at + 1]?.text.toLowerCase() ?? '')) {
          this.at++
          return this.#closure(true)
        }
        this.at++
        return { is: 'constant', name: 'static', line }
      case 'match':
        if (this.tokens[this.at + 1]?.text === '(') return this.#match()
    }
    if (KEYWORDS.has(word)) this.unexpected()
    return { is: 'constant', name: this.tokens[this.at++]!.text.replace(/^\\/, ''), line }
  }

  #items(end: string): ArrayItem[] {
    const items: ArrayItem[] = []
    while (!this.is(end)) {
      if (this.is(',')) {
        this.at++
        items.push({ key: undefined, value: undefined, byReference: false, spread: false })
        continue
      }
      items.push(this.#item())
      if (!this.take(',')) break
    }
    this.need(end)
    return items
  }

  #item(): ArrayItem {
    if (this.take('...')) return { key: undefined, value: this.expression(), byReference: false, spread: true }
    if (this.take('&')) return { key: undefined, value: this.expression(), byReference: true, spread: false }
    const first = this.expression()
    if (!this.take('=>')) return { key: undefined, value: first, byReference: false, spread: false }
    const byReference = this.take('&')
    return { key: first, value: this.expression(), byReference, spread: false }
  }

  #match(): Expression {
    const { line } = this.token
    this.at++
    this.need('(')
    const of = this.expression()
    this.need(')')
    this.need('{')
    const arms: { when: Expression[] | undefined; value: Expression }[] = []
    while (!this.is('}')) {
      let when: Expression[] | undefined
      if (this.take('default')) this.take(',')
      else {
        when = [this.expression()]
        while (this.take(',') && !this.is('=>')) when.push(this.expression())
      }
      this.need('=>')
      arms.push({ when, value: this.expression() })
      if (!this.take(',')) break
    }
    this.need('}')
    return { is: 'match', of, arms, line }
  }

  #closure(isStatic: boolean): Expression {
    const isArrow = this.token.text.toLowerCase() === 'fn'
    const { line } = this.token
    this.at++
    const byReference = this.take('&')
    const parameters = this.parameters()
    const uses: { name: string; byReference: boolean }[] = []
    if (this.take('use')) {
      this.need('(')
      while (!this.is(')')) {
        const shared = this.take('&')
        if (this.token.kind !== 'variable') this.unexpected('variable')
        uses.push({ name: this.tokens[this.at++]!.text.slice(1), byReference: shared })
        if (!this.take(',')) break
      }
      this.need(')')
    }
    const returns = this.take(':') ? this.type() : undefined
    const outer = this.yields
    this.yields = false
    if (isArrow) this.need('=>')
    const body: Statement[] = isArrow ? [{ is: 'return', value: this.expression(ASSIGNMENT) }] : this.block()
    const of: FunctionSyntax = { name: '{closure}', parameters, body, byReference, yields: this.yields, isArrow, returns, line }
    this.yields = outer
    return { is: 'closure', of, uses, isStatic }
  }
}

/** Wrong in a way that PHP calls a fatal error when it compiles. */
export class FatalSyntax extends PhpSyntaxError {}

function integer(text: string, line: number): bigint | number {
  if (/^0\d*[89]/.test(text)) throw new PhpSyntaxError('Invalid numeric literal', line)
  if (/^0[0-7]+$/.test(text)) return intOrFloat(BigInt(`0o${text.slice(1)}`))
  return intOrFloat(BigInt(text.slice(0, 400)))
}
