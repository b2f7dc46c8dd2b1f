import { ExpressionParser, FatalSyntax } from './expression-parser.ts'
import { KEYWORDS, type Token, tokensOf } from './lexer.ts'
import type { ClassSyntax, Expression, FunctionSyntax, Parameter, Statement, Visibility } from './syntax.ts'

const MODIFIERS = new Set(['public', 'protected', 'private', 'static', 'abstract', 'final', 'var', 'readonly'])
/** Words that begin no statement: what comes before them was the end of the program. */
const NO_START = new Set(
  'else elseif case default catch finally endif endwhile endfor endforeach endswitch as extends implements public protected private var insteadof'.split(
    ' ',
  ),
)

/**
 * The statements of a PHP file.
 * @throws PhpSyntaxError in PHP's words
 */
export function parsePhp(file: string): Statement[] {
  return new Parser(tokensOf(file)).file()
}

/** The statements of code without its `<?php`, as eval takes it. */
export function parseCode(code: string): Statement[] {
  return new Parser(withoutLastEnd(tokensOf(`<?php ${code}`))).file()
}

/** The end of code is no `;`: what lacks one is told so. */
function withoutLastEnd(tokens: Token[]): Token[] {
  const last = tokens.length - 2
  return tokens[last]?.text === ';' && !tokens.some(({ kind }) => kind === 'html')
    ? [...tokens.slice(0, last), tokens[last + 1] as Token]
    : tokens
}

class Parser extends ExpressionParser {
  #loops = 0

  file(): Statement[] {
    const statements: Statement[] = []
    while (this.token.kind !== 'end') {
      if (
        this.token.kind === 'operator' &&
        ['}', ')', ']', '<', '>', '=', ':', ',', '.', '=>', '*', '%', '?', '|'].includes(this.token.text)
      )
        this.unexpected('end of file')
      if (this.token.kind === 'name' && NO_START.has(this.token.text.toLowerCase())) this.unexpected('end of file')
      this.#into(statements)
    }
    return statements
  }

  protected inner(tokens: readonly Token[]): Expression {
    return new Parser(tokens).expression()
  }

  #into(statements: Statement[]): void {
    const statement = this.deeper(() => this.#statement())
    if (statement) statements.push(statement)
  }

  #statement(): Statement | undefined {
    const { kind, text, line } = this.token
    if (kind === 'html') {
      this.at++
      return { is: 'echo', values: [{ is: 'literal', value: text }] }
    }
    if (this.take(';')) return undefined
    if (this.is('{')) return { is: 'block', body: this.block() }
    const word = kind === 'name' ? text.toLowerCase() : ''
    const next = this.tokens[this.at + 1]
    switch (word) {
      case 'echo': {
        this.at++
        const values = [this.expression()]
        while (this.take(',')) values.push(this.expression())
        this.#end('"," or ";"')
        return { is: 'echo', values }
      }
      case 'if':
        return this.#if()
      case 'while': {
        this.at++
        const test = this.#condition()
        return { is: 'while', test, body: this.#body('endwhile') }
      }
      case 'do': {
        this.at++
        const body = this.#body()
        this.need('while')
        const test = this.#condition()
        this.#end()
        return { is: 'do', test, body }
      }
      case 'for':
        return this.#for()
      case 'foreach':
        return this.#foreach()
      case 'switch':
        return this.#switch()
      case 'break':
      case 'continue': {
        this.at++
        const depth = this.token.kind === 'integer' ? Number(this.tokens[this.at++]!.text) : 1
        this.#end('";"')
        if (this.#loops === 0) throw new FatalSyntax(`'${word}' not in the 'loop' or 'switch' context`, line)
        return { is: word, depth }
      }
      case 'return': {
        this.at++
        const value = this.is(';') || this.token.kind === 'end' ? undefined : this.expression()
        this.#end('";"')
        return { is: 'return', value }
      }
      case 'global': {
        const names: string[] = []
        do {
          this.at++
          names.push(this.#variableName())
        } while (this.is(','))
        this.#end()
        return { is: 'global', names }
      }
      case 'static':
        if (next?.kind === 'variable') return this.#static()
        break
      case 'unset': {
        this.at++
        this.need('(')
        const of = [this.expression()]
        while (this.take(',') && !this.is(')')) of.push(this.expression())
        this.need(')')
        this.#end()
        return { is: 'unset', of }
      }
      case 'function':
        if (next?.text === '(' || (next?.text === '&' && this.tokens[this.at + 2]?.text === '(')) break
        return { is: 'function', of: this.#function() }
      case 'abstract':
      case 'final':
      case 'readonly':
      case 'class':
      case 'interface':
      case 'trait':
        return this.#class()
      case 'enum':
        if (next?.kind === 'name' && !KEYWORDS.has(next.text.toLowerCase())) return this.#class()
        break
      case 'try':
        return this.#try()
      case 'const':
        return this.#const()
      case 'namespace':
      case 'use':
        return this.#names()
      case 'declare':
        this.at++
        this.need('(')
        while (!this.take(')')) {
          if (this.token.kind === 'end') this.unexpected()
          this.at++
        }
        this.#end()
        return undefined
    }
    const value = this.expression()
    this.#end()
    return { is: 'expression', value, line }
  }

  #end(expecting?: string): void {
    if (this.take(';') || this.token.kind === 'html') return
    this.unexpected(expecting)
  }

  #variableName(): string {
    if (this.token.kind !== 'variable') this.unexpected('variable')
    return this.tokens[this.at++]!.text.slice(1)
  }

  #condition(): Expression {
    this.need('(')
    const test = this.expression()
    this.need(')')
    return test
  }

  /** One statement, a block, or with a colon all up to one of the ends. */
  #body(...ends: string[]): Statement[] {
    this.#loops++
    const body = this.#either(ends)
    this.#loops--
    return body
  }

  #either(ends: readonly string[]): Statement[] {
    if (this.is('{')) return this.block()
    const statements: Statement[] = []
    if (ends.length > 0 && this.take(':')) {
      while (!ends.some((end) => this.is(end))) {
        if (this.token.kind === 'end') this.unexpected()
        this.#into(statements)
      }
      if (ends.length === 1) {
        this.at++
        this.#end()
      }
      return statements
    }
    this.#into(statements)
    return statements
  }

  protected block(): Statement[] {
    this.need('{')
    const statements: Statement[] = []
    while (!this.take('}')) {
      if (this.token.kind === 'end') this.unexpected()
      this.#into(statements)
    }
    return statements
  }

  #if(): Statement {
    this.at++
    const test = this.#condition()
    const isColon = this.is(':')
    const yes = this.#either(['elseif', 'else', 'endif'])
    if (this.is('elseif')) return { is: 'if', test, yes, no: [this.#if()] }
    if (this.is('else') && this.tokens[this.at + 1]?.text.toLowerCase() === 'if' && !isColon) {
      this.at++
      return { is: 'if', test, yes, no: [this.#if()] }
    }
    const no = this.take('else') ? this.#either(['endif']) : []
    if (isColon && this.take('endif')) this.#end()
    return { is: 'if', test, yes, no }
  }

  #for(): Statement {
    this.at++
    this.need('(')
    const first = this.#list(';')
    this.need(';')
    const test = this.#list(';')
    this.need(';')
    const step = this.#list(')')
    this.need(')')
    return { is: 'for', first, test, step, body: this.#body('endfor') }
  }

  #list(end: string): Expression[] {
    const values: Expression[] = []
    while (!this.is(end)) {
      values.push(this.expression())
      if (!this.take(',')) break
    }
    return values
  }

  #foreach(): Statement {
    const { line } = this.token
    this.at++
    this.need('(')
    const of = this.expression()
    this.need('as')
    let byReference = this.take('&')
    let value = this.expression()
    let key: Expression | undefined
    if (this.take('=>')) {
      key = value
      byReference = this.take('&')
      value = this.expression()
    }
    this.need(')')
    return { is: 'foreach', of, key, value, byReference, body: this.#body('endforeach'), line }
  }

  #switch(): Statement {
    this.at++
    const of = this.#condition()
    const isColon = this.take(':')
    if (!isColon) this.need('{')
    const cases: { test: Expression | undefined; body: Statement[] }[] = []
    const end = isColon ? 'endswitch' : '}'
    this.#loops++
    while (!this.take(end)) {
      let test: Expression | undefined
      if (this.take('case')) test = this.expression()
      else if (!this.take('default')) this.unexpected(`"case" or "default" or "${end}"`)
      if (!this.take(':')) this.need(';')
      const body: Statement[] = []
      while (!this.is('case') && !this.is('default') && !this.is(end)) {
        if (this.token.kind === 'end') this.unexpected()
        this.#into(body)
      }
      cases.push({ test, body })
    }
    this.#loops--
    if (isColon) this.#end()
    return { is: 'switch', of, cases }
  }

  #static(): Statement {
    const variables: { name: string; preset: Expression | undefined }[] = []
    do {
      this.at++
      variables.push({ name: this.#variableName(), preset: this.take('=') ? this.expression() : undefined })
    } while (this.is(','))
    this.#end()
    return { is: 'static', variables }
  }

  #try(): Statement {
    const { line } = this.token
    this.at++
    const body = this.block()
    const catches: { types: string[]; name: string | undefined; body: Statement[] }[] = []
    while (this.take('catch')) {
      this.need('(')
      const types = [this.identifier()]
      while (this.take('|')) types.push(this.identifier())
      const name = this.token.kind === 'variable' ? this.#variableName() : undefined
      this.need(')')
      catches.push({ types: types.map((type) => type.replace(/^\\/, '')), name, body: this.block() })
    }
    const isLast = this.take('finally')
    const last = isLast ? this.block() : []
    if (catches.length === 0 && !isLast) throw new FatalSyntax('Cannot use try without catch or finally', line)
    return { is: 'try', body, catches, last }
  }

  #const(): Statement {
    const constants: { name: string; value: Expression }[] = []
    do {
      this.at++
      const name = this.identifier()
      this.need('=')
      constants.push({ name, value: this.expression() })
    } while (this.is(','))
    this.#end('"," or ";"')
    return { is: 'const', constants }
  }

  /** Names of name spaces are read over: a script that is one file has no use for them. */
  #names(): Statement | undefined {
    this.at++
    while (!this.is(';') && !this.is('{')) {
      if (this.token.kind === 'end') this.unexpected('"," or ";"')
      this.at++
    }
    if (this.is('{')) return { is: 'block', body: this.block() }
    this.#end()
    return undefined
  }

  #function(): FunctionSyntax {
    const { line } = this.token
    this.at++
    const byReference = this.take('&')
    if (this.token.kind !== 'name') this.unexpected('"("')
    const name = this.tokens[this.at++]!.text
    return this.#rest(name, byReference, line)
  }

  #rest(name: string, byReference: boolean, line: number, hasBody = true): FunctionSyntax {
    const parameters = this.parameters()
    const returns = this.take(':') ? this.type() : undefined
    const [outer, loops] = [this.yields, this.#loops]
    this.yields = false
    this.#loops = 0
    const body = hasBody && this.is('{') ? this.block() : []
    if (body.length === 0 && this.tokens[this.at - 1]?.text !== '}') this.#end()
    const of = { name, parameters, body, byReference, yields: this.yields, isArrow: false, returns, line }
    this.yields = outer
    this.#loops = loops
    return of
  }

  protected parameters(): Parameter[] {
    this.need('(')
    const parameters: Parameter[] = []
    while (!this.is(')')) {
      let promoted = false
      while (this.token.kind === 'name' && MODIFIERS.has(this.token.text.toLowerCase())) {
        promoted = true
        this.at++
      }
      const type = this.type()
      const byReference = this.take('&')
      const variadic = this.take('...')
      const name = this.#variableName()
      parameters.push({ name, byReference, variadic, type, promoted, preset: this.take('=') ? this.expression() : undefined })
      if (!this.take(',')) break
    }
    this.need(')')
    return parameters
  }

  protected type(): string | undefined {
    let text = this.take('?') ? '?' : ''
    while (this.token.kind === 'name') {
      text += this.tokens[this.at++]!.text.replace(/^\\/, '')
      if (this.is('|') || (this.is('&') && this.tokens[this.at + 1]?.kind === 'name')) text += this.tokens[this.at++]!.text
      else break
    }
    return text === '' ? undefined : text
  }

  #class(): Statement {
    let isAbstract = false
    while (['abstract', 'final', 'readonly'].some((word) => this.is(word))) {
      isAbstract ||= this.is('abstract')
      this.at++
    }
    const kind = this.tokens[this.at++]!.text.toLowerCase() as ClassSyntax['kind']
    const name = this.identifier()
    if (kind === 'enum' && this.take(':')) this.type()
    return { is: 'class', of: { ...this.classBody(name, kind), isAbstract } }
  }

  protected classBody(name: string, kind: ClassSyntax['kind']): ClassSyntax {
    const made: ClassSyntax = {
      kind,
      name,
      parent: undefined,
      interfaces: [],
      isAbstract: false,
      constants: [],
      cases: [],
      properties: [],
      methods: [],
      traits: [],
      line: this.token.line,
    }
    if (this.take('extends')) {
      made.parent = this.identifier().replace(/^\\/, '')
      while (this.take(',')) made.interfaces.push(this.identifier())
    }
    if (this.take('implements'))
      do made.interfaces.push(this.identifier().replace(/^\\/, ''))
      while (this.take(','))
    this.need('{')
    while (!this.take('}')) this.#member(made)
    return made
  }

  #member(into: ClassSyntax): void {
    if (this.take('#[')) while (!this.take(']')) this.at++
    if (this.take('use')) {
      do into.traits.push(this.identifier())
      while (this.take(','))
      if (this.is('{')) while (!this.take('}')) this.at++
      else this.#end()
      return
    }
    if (this.take('case')) {
      into.cases.push({ name: this.identifier(), value: this.take('=') ? this.expression() : undefined })
      this.#end()
      return
    }
    const words = new Set<string>()
    while (this.token.kind === 'name' && MODIFIERS.has(this.token.text.toLowerCase())) words.add(this.tokens[this.at++]!.text.toLowerCase())
    const visibility: Visibility = words.has('private') ? 'private' : words.has('protected') ? 'protected' : 'public'
    if (this.take('const')) {
      do {
        const name = this.tokens[this.at++]!.text
        this.need('=')
        into.constants.push({ name, value: this.expression() })
      } while (this.take(','))
      this.#end()
      return
    }
    if (this.is('function')) {
      const { line } = this.token
      this.at++
      const byReference = this.take('&')
      const name = this.tokens[this.at++]!.text
      const of = this.#rest(name, byReference, line, !words.has('abstract') && into.kind !== 'interface')
      into.methods.push({ of, isStatic: words.has('static'), isAbstract: words.has('abstract') || into.kind === 'interface', visibility })
      return
    }
    const type = this.type()
    if (words.size === 0 && type === undefined) this.unexpected('"function" or "const"')
    do {
      if (this.token.kind !== 'variable') this.unexpected('variable')
      into.properties.push({
        name: this.#variableName(),
        value: this.take('=') ? this.expression() : undefined,
        isStatic: words.has('static'),
        visibility,
        isTyped: type !== undefined,
      })
    } while (this.take(','))
    this.#end()
  }
}
