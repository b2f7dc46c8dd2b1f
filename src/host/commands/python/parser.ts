import { describe, ExpressionParser, KEYWORDS } from './expression-parser.ts'
import { parseArguments, parseParameters } from './parameter-parser.ts'
import { analyse } from './scope.ts'
import { type Expression, type Handler, type ImportName, type Program, PythonSyntaxError, type Span, type Statement } from './syntax.ts'

const AUGMENTED = /^(?:\+|-|\*|\/|\/\/|%|@|&|\||\^|>>|<<|\*\*)=$/

/** Parses a whole source. @throws PythonSyntaxError */
export function parseProgram(source: string): Program {
  const body = new Parser(source).program()
  return { body, ...analyse(body) }
}

/** Parses one expression, as eval() does. @throws PythonSyntaxError */
export function parseExpression(source: string): Program {
  const value = new Parser(source.replace(/^[ \t]+/, '')).whole()
  const body: Statement[] = [{ type: 'expression', value, at: value.at }]
  return { body, ...analyse(body) }
}

class Parser extends ExpressionParser {
  #blocks = 0

  program(): Statement[] {
    const body: Statement[] = []
    while (this.token.type !== 'end') {
      if (this.token.type === 'newline') this.at++
      else body.push(...this.#statement())
    }
    return body
  }

  whole(): Expression {
    const value = this.expressionList()
    while (this.token.type === 'newline') this.at++
    if (this.token.type !== 'end') throw this.error()
    return value
  }

  #statement(): Statement[] {
    const { token } = this
    if (token.type === 'indent') {
      throw new PythonSyntaxError('unexpected indent', { ...token, column: -1, endColumn: -1 }, 'IndentationError')
    }
    const compound = this.#compound()
    return compound ? [compound] : this.#simpleStatements()
  }

  #compound(): Statement | undefined {
    const start = this.token
    if (start.text === '@' && start.type === 'operator') return this.#decorated()
    if (start.type !== 'name') return undefined
    switch (start.text) {
      case 'if':
        return this.#if('if')
      case 'while':
        return this.#while()
      case 'for':
        return this.#for()
      case 'try':
        return this.#try()
      case 'with':
        return this.#with(false)
      case 'def':
        return this.#function([], false)
      case 'class':
        return this.#class([])
      case 'async': {
        this.at++
        if (this.is('def')) return this.#function([], true)
        if (this.is('with')) return this.#with(true)
        if (this.is('for')) return this.#for()
        throw this.error()
      }
      default:
        return undefined
    }
  }

  /** The lines under a statement; `what` and `line` name it when they are missing. */
  #block(what: string, line: number): Statement[] {
    if (!this.is(':')) throw this.#noColon()
    this.at++
    if (this.token.type !== 'newline') return this.#simpleStatements()
    while (this.token.type === 'newline') this.at++
    if (this.token.type !== 'indent') {
      const error = new PythonSyntaxError(
        `expected an indented block after ${what} on line ${line}`,
        this.token,
        'IndentationError',
        this.token.type === 'end',
      )
      throw error
    }
    if (++this.#blocks > 100) throw this.error('too many statically nested blocks')
    this.at++
    const body: Statement[] = []
    while (this.token.type !== 'dedent' && this.token.type !== 'end') {
      if (this.token.type === 'newline') this.at++
      else body.push(...this.#statement())
    }
    if (this.token.type === 'dedent') this.at++
    this.#blocks--
    return body
  }

  #noColon(): PythonSyntaxError {
    if (this.is('=')) {
      return this.error()
    }
    return this.token.type === 'newline' || this.token.type === 'end' || this.startsExpression()
      ? this.token.type === 'newline'
        ? this.error("expected ':'")
        : this.error()
      : this.error()
  }

  #condition(): Expression {
    const value = this.namedExpression()
    if (this.is('=')) {
      const operator = this.token
      this.at++
      const right = this.startsExpression() ? this.expression() : undefined
      const span = { ...value.at, endLine: right?.at.endLine ?? operator.line, endColumn: right?.at.endColumn ?? operator.endColumn }
      if (value.type === 'name') throw this.error("invalid syntax. Maybe you meant '==' or ':=' instead of '='?", span)
      throw this.error(`cannot assign to ${describe(value)} here. Maybe you meant '==' instead of '='?`, value.at)
    }
    return value
  }

  #if(word: 'if' | 'elif'): Statement {
    const start = this.token
    this.at++
    const test = this.#condition()
    const body = this.#block(`'${word}' statement`, start.line)
    let otherwise: Statement[] = []
    if (this.is('elif')) otherwise = [this.#if('elif')]
    else otherwise = this.#else()
    return { type: 'if', test, body, otherwise, at: this.spanFrom(start) }
  }

  #else(): Statement[] {
    const { line } = this.token
    return this.take('else') ? this.#block("'else' statement", line) : []
  }

  #while(): Statement {
    const start = this.token
    this.at++
    const test = this.#condition()
    const body = this.#block("'while' statement", start.line)
    return { type: 'while', test, body, otherwise: this.#else(), at: this.spanFrom(start) }
  }

  #for(): Statement {
    const start = this.token
    this.at++
    const target = this.targetList()
    if (!this.take('in')) throw this.error()
    const iterable = this.expressionList()
    const body = this.#block("'for' statement", start.line)
    return { type: 'for', target, iterable, body, otherwise: this.#else(), at: this.spanFrom(start) }
  }

  #try(): Statement {
    const start = this.token
    this.at++
    const body = this.#block("'try' statement", start.line)
    const handlers: Handler[] = []
    while (this.is('except')) handlers.push(this.#handler())
    const otherwise = handlers.length > 0 ? this.#else() : []
    const { line } = this.token
    const last = this.take('finally') ? this.#block("'finally' statement", line) : []
    if (handlers.length === 0 && last.length === 0) throw this.error("expected 'except' or 'finally' block")
    return { type: 'try', body, handlers, otherwise, last, at: this.spanFrom(start) }
  }

  #handler(): Handler {
    const start = this.token
    this.at++
    this.take('*')
    let type: Expression | undefined
    let name: (Expression & { type: 'name' }) | undefined
    if (!this.is(':')) {
      const first = this.token
      type = this.expression()
      if (this.is(',')) {
        while (this.take(',')) this.expression()
        throw this.error('multiple exception types must be parenthesized', this.spanFrom(first))
      }
      if (this.take('as')) {
        const at = this.token
        name = { type: 'name', name: this.name(), at: this.spanFrom(at) }
      }
    }
    const body = this.#block("'except' statement", start.line)
    return { type, name, body, at: this.spanFrom(start) }
  }

  #with(isAsync: boolean): Statement {
    const start = this.token
    this.at++
    const items = this.#withItems()
    const body = this.#block("'with' statement", start.line)
    return { type: 'with', items, body, isAsync, at: this.spanFrom(start) }
  }

  #withItems(): { value: Expression; target: Expression | undefined }[] {
    const from = this.at
    if (this.take('(')) {
      // Parenthesised items (3.9), unless it turns out to be an expression in parentheses.
      try {
        const items = this.#withList(')')
        if (this.take(')') && this.is(':')) return items
      } catch (error) {
        if (!(error instanceof PythonSyntaxError)) throw error
      }
      this.at = from
    }
    return this.#withList(':')
  }

  #withList(end: string): { value: Expression; target: Expression | undefined }[] {
    const items: { value: Expression; target: Expression | undefined }[] = []
    while (!this.is(end) || items.length === 0) {
      const value = this.expression()
      const target = this.take('as') ? this.assignable(this.starOrExpression()) : undefined
      items.push({ value, target })
      if (!this.take(',')) break
    }
    return items
  }

  #decorated(): Statement {
    const decorators: Expression[] = []
    while (this.take('@')) {
      decorators.push(this.namedExpression())
      if (this.token.type !== 'newline') throw this.error()
      while (this.token.type === 'newline') this.at++
    }
    if (this.is('class')) return this.#class(decorators)
    const isAsync = this.take('async')
    if (!this.is('def')) throw this.error()
    return this.#function(decorators, isAsync)
  }

  #function(decorators: Expression[], isAsync: boolean): Statement {
    const start = this.token
    this.at++
    const name = this.name()
    if (!this.is('(')) throw this.error("expected '('")
    this.at++
    const parameters = parseParameters(this, ')')
    this.expect(')')
    if (this.take('->')) this.expression()
    const body = this.#block('function definition', start.line)
    return { type: 'function', name, parameters, body, decorators, isAsync, at: this.spanFrom(start) }
  }

  #class(decorators: Expression[]): Statement {
    const start = this.token
    this.at++
    const name = this.name()
    const args = this.take('(') ? parseArguments(this) : []
    const body = this.#block('class definition', start.line)
    return { type: 'class', name, args, body, decorators, at: this.spanFrom(start) }
  }

  #simpleStatements(): Statement[] {
    const statements = [this.#simple()]
    while (this.take(';')) {
      if (this.token.type === 'newline' || this.token.type === 'end') break
      statements.push(this.#simple())
    }
    if (this.token.type === 'newline') this.at++
    else if (this.token.type !== 'end') throw this.error()
    return statements
  }

  #simple(): Statement {
    const start = this.token
    if (start.type !== 'name' || (!KEYWORDS.has(start.text) && start.text !== 'print' && start.text !== 'exec')) return this.#assignment()
    switch (start.text) {
      case 'pass':
      case 'break':
      case 'continue':
        this.at++
        return { type: start.text, at: this.spanFrom(start) }
      case 'return': {
        this.at++
        const value = this.startsExpression() ? this.expressionList() : undefined
        return { type: 'return', value, at: this.spanFrom(start) }
      }
      case 'raise': {
        this.at++
        const value = this.startsExpression() ? this.expression() : undefined
        const cause = value && this.take('from') ? this.expression() : undefined
        return { type: 'raise', value, cause, at: this.spanFrom(start) }
      }
      case 'global':
      case 'nonlocal': {
        this.at++
        const names = [this.name()]
        while (this.take(',')) names.push(this.name())
        return { type: start.text, names, at: this.spanFrom(start) }
      }
      case 'del': {
        this.at++
        const targets = [this.#deleted()]
        while (this.take(',') && this.startsExpression()) targets.push(this.#deleted())
        return { type: 'delete', targets, at: this.spanFrom(start) }
      }
      case 'assert': {
        this.at++
        const test = this.expression()
        const message = this.take(',') ? this.expression() : undefined
        return { type: 'assert', test, message, at: this.spanFrom(start) }
      }
      case 'import':
        return this.#import()
      case 'from':
        return this.#from()
      case 'print':
      case 'exec':
        return this.#legacyCall(start.text)
      default:
        return this.#assignment()
    }
  }

  #deleted(): Expression {
    return this.assignable(this.bitwise(), 'delete')
  }

  /** `print "x"` of Python 2. */
  #legacyCall(word: 'print' | 'exec'): Statement {
    const start = this.token
    const next = this.tokens[this.at + 1]
    if (!next || next.line !== start.line || !this.#startsLegacy(next.type, next.text)) return this.#assignment()
    const from = this.at
    this.at++
    let end: Span | undefined
    try {
      end = this.expressionList().at
    } catch (error) {
      if (!(error instanceof PythonSyntaxError) || error.message.includes('never closed') || error.message.startsWith('Missing'))
        throw error
    }
    if (end)
      throw this.error(`Missing parentheses in call to '${word}'. Did you mean ${word}(...)?`, {
        ...start,
        endLine: end.endLine,
        endColumn: end.endColumn,
      })
    this.at = from
    return this.#assignment()
  }

  #startsLegacy(type: string, text: string): boolean {
    return (
      type === 'string' || type === 'number' || (type === 'name' && (!KEYWORDS.has(text) || /^(?:None|True|False|lambda|not)$/.test(text)))
    )
  }

  #import(): Statement {
    const start = this.token
    this.at++
    const names: ImportName[] = []
    do {
      const name = this.#dotted()
      names.push({ name, as: this.take('as') ? this.name() : undefined })
    } while (this.take(','))
    return { type: 'import', names, at: this.spanFrom(start) }
  }

  #dotted(): string {
    let name = this.name()
    while (this.take('.')) name += `.${this.name()}`
    return name
  }

  #from(): Statement {
    const start = this.token
    this.at++
    let level = 0
    for (;;) {
      if (this.take('.')) level++
      else if (this.take('...')) level += 3
      else break
    }
    const module = level > 0 && this.is('import') ? '' : this.#dotted()
    if (!this.take('import')) throw this.error()
    const names: ImportName[] = []
    if (this.take('*')) names.push({ name: '*', as: undefined })
    else {
      const isParenthesised = this.take('(')
      do {
        if (isParenthesised && this.is(')')) break
        if (this.token.type === 'newline' && names.length > 0)
          throw this.error('trailing comma not allowed without surrounding parentheses', this.previous)
        names.push({ name: this.name(), as: this.take('as') ? this.name() : undefined })
      } while (this.take(','))
      if (isParenthesised) this.expect(')')
    }
    return { type: 'from', module, level, names, at: this.spanFrom(start) }
  }

  #assignment(): Statement {
    const start = this.token
    const value = this.is('yield') ? this.yieldExpression() : this.expressionList()
    const { token } = this
    if (token.type === 'operator' && AUGMENTED.test(token.text)) {
      if (value.type !== 'name' && value.type !== 'attribute' && value.type !== 'subscript')
        throw this.error(`'${describe(value)}' is an illegal expression for augmented assignment`, value.at)
      this.at++
      const right = this.is('yield') ? this.yieldExpression() : this.expressionList()
      return { type: 'augment', target: value, operator: token.text.slice(0, -1), value: right, at: this.spanFrom(start) }
    }
    if (this.take(':')) {
      if (value.type !== 'name' && value.type !== 'attribute' && value.type !== 'subscript') {
        this.at--
        if (value.type === 'tuple' || value.type === 'list')
          throw this.error(`only single target (not ${value.type}) can be annotated`, value.at)
        throw this.error()
      }
      const annotation = this.expression()
      const given = this.take('=') ? (this.is('yield') ? this.yieldExpression() : this.expressionList()) : undefined
      return { type: 'annotate', target: value, annotation, value: given, at: this.spanFrom(start) }
    }
    if (!this.is('=')) return { type: 'expression', value, at: this.spanFrom(start) }
    const targets: Expression[] = []
    let last = value
    while (this.take('=')) {
      targets.push(last)
      last = this.is('yield') ? this.yieldExpression() : this.expressionList()
    }
    const hinted = targets.length === 1
    for (const target of targets) this.#assignmentTarget(target, hinted)
    return { type: 'assign', targets, value: last, at: this.spanFrom(start) }
  }

  #assignmentTarget(target: Expression, hinted: boolean): void {
    if (target.type === 'star') throw this.error('starred assignment target must be in a list or tuple', target.at)
    const isKeyword = target.type === 'constant' && (target.value === null || typeof target.value === 'boolean')
    this.assignable(
      target,
      'assign to',
      hinted && !isKeyword && target.type !== 'tuple' ? " here. Maybe you meant '==' instead of '='?" : '',
    )
  }
}
