import { type BcFunction, type Code, CodeWriter, type ParameterKind } from './code.ts'
import type { Token } from './lexer.ts'

/** What a line of a program is: statements that run at once, or a function. */
export type Unit = { kind: 'statements'; code: Code } | { kind: 'function'; function: BcFunction }

/** A fault in the program's text, with the line as bc numbers it. */
export class BcSyntaxError extends Error {
  readonly line: number

  constructor(line: number, message = 'syntax error') {
    super(message)
    this.line = line
  }
}

/** The text ends where something must follow. */
export class Incomplete extends Error {}

/** `quit`, which ends bc as soon as it is read. */
export class Quit extends Error {}

/** What an expression is to the statement that it makes: assignments print nothing, void functions have no value. */
type Kind = 'value' | 'assignment' | 'void'

interface Loop {
  breaks: ((to: number) => void)[]
  continues: ((to: number) => void)[]
}

const ASSIGN = new Set(['=', '+=', '-=', '*=', '/=', '%=', '^='])
const RELATIONS = new Set(['==', '!=', '<', '<=', '>', '>='])
const SPECIAL = new Set(['scale', 'ibase', 'obase', 'last', 'history'])
const MOST_NESTING = 200

/** Reads one unit of a program after the other from its tokens. */
export class Compiler {
  readonly #tokens: readonly Token[]
  readonly #isVoid: (name: string) => boolean
  #at = 0
  #line = 0
  #code = new CodeWriter()
  #loops: Loop[] = []
  #inFunction = false
  #nesting = 0

  constructor(tokens: readonly Token[], isVoid: (name: string) => boolean) {
    this.#tokens = tokens
    this.#isVoid = isVoid
  }

  /** Line of the text in which the last unit that was asked for begins. */
  get line(): number {
    return this.#line
  }

  /** The next unit; undefined at the end. @throws BcSyntaxError, Incomplete, Quit */
  unit(): Unit | undefined {
    while (this.#isNewline) this.#at++
    this.#line = this.#next.line
    if (this.#next.kind === 'end') return undefined
    this.#code = new CodeWriter()
    this.#loops = []
    if (this.#isKeyword('define')) return { kind: 'function', function: this.#define() }
    for (;;) {
      if (!this.#is(';') && !this.#isNewline) this.#statement()
      if (this.#accept(';')) continue
      if (this.#isNewline) break
      throw this.#fault()
    }
    this.#at++
    return { kind: 'statements', code: { name: '(main)', instructions: this.#code.instructions } }
  }

  /** Passes over the rest of a line that has a fault. */
  skipLine(): void {
    while (!this.#isNewline && this.#next.kind !== 'end') this.#at++
    if (this.#isNewline) this.#at++
  }

  get #next(): Token {
    return this.#tokens[this.#at] as Token
  }

  get #isNewline(): boolean {
    return this.#next.kind === 'newline'
  }

  #is(text: string): boolean {
    return this.#next.kind === 'operator' && this.#next.text === text
  }

  #isKeyword(text: string): boolean {
    return this.#next.kind === 'keyword' && this.#next.text === text
  }

  #accept(text: string): boolean {
    const is = this.#is(text) || this.#isKeyword(text)
    if (is) this.#at++
    return is
  }

  #expect(text: string): void {
    if (!this.#accept(text)) throw this.#fault()
  }

  #fault(): Error {
    return this.#next.kind === 'end' ? new Incomplete() : new BcSyntaxError(this.#next.line)
  }

  #newlines(): void {
    while (this.#isNewline) this.#at++
    if (this.#next.kind === 'end') throw new Incomplete()
  }

  /* ---- functions ---- */

  #define(): BcFunction {
    this.#at++
    const isVoid = this.#accept('void')
    const name = this.#name()
    this.#expect('(')
    const parameters = this.#is(')') ? [] : this.#declarations()
    this.#expect(')')
    this.#newlines()
    this.#expect('{')
    while (this.#isNewline) this.#at++
    const autos = this.#accept('auto') ? this.#declarations() : []
    this.#inFunction = true
    this.#block()
    this.#inFunction = false
    this.#return()
    return { name, parameters, autos, isVoid, instructions: this.#code.instructions }
  }

  #declarations(): { name: string; kind: ParameterKind }[] {
    const declared: { name: string; kind: ParameterKind }[] = []
    do {
      const byName = this.#accept('*') || this.#accept('&')
      const name = this.#name()
      const isArray = this.#accept('[')
      if (isArray) this.#expect(']')
      else if (byName) throw this.#fault()
      declared.push({ name, kind: byName ? 'reference' : isArray ? 'array' : 'value' })
    } while (this.#accept(','))
    return declared
  }

  #name(): string {
    const { kind, text } = this.#next
    if (kind !== 'name') throw this.#fault()
    this.#at++
    return text
  }

  #return(): void {
    this.#code.add({ op: 'constant', text: '0' })
    this.#code.add({ op: 'return' })
  }

  /* ---- statements ---- */

  /** Statements up to the closing brace. */
  #block(): void {
    for (;;) {
      while (this.#isNewline || this.#is(';')) this.#at++
      if (this.#accept('}')) return
      this.#statement()
      if (!this.#is('}') && !this.#is(';') && !this.#isNewline) throw this.#fault()
    }
  }

  #statement(): void {
    if (++this.#nesting > MOST_NESTING) throw new BcSyntaxError(this.#next.line)
    const { kind, text, line } = this.#next
    if (kind === 'string') {
      this.#at++
      this.#code.add({ op: 'text', text })
    } else if (this.#accept('{')) this.#block()
    else if (kind !== 'keyword' || !this.#keyword(text, line)) this.#expressionStatement()
    this.#nesting--
  }

  #expressionStatement(): void {
    const kind = this.#expression()
    this.#code.add(kind === 'value' ? { op: 'print', newline: true } : { op: 'drop' })
  }

  /** Whether the keyword begins a statement of its own. */
  #keyword(word: string, line: number): boolean {
    switch (word) {
      case 'print':
        this.#at++
        this.#print()
        return true
      case 'if':
        this.#at++
        this.#if()
        return true
      case 'while':
        this.#at++
        this.#while()
        return true
      case 'for':
        this.#at++
        this.#for()
        return true
      case 'break':
      case 'continue':
        this.#at++
        this.#leave(word, line)
        return true
      case 'return':
        this.#at++
        this.#returnStatement()
        return true
      case 'halt':
        this.#at++
        this.#code.add({ op: 'halt' })
        return true
      case 'quit':
        throw new Quit()
      case 'limits':
      case 'warranty':
        this.#at++
        this.#code.add({ op: 'builtIn', name: word })
        return true
      default:
        return false
    }
  }

  #print(): void {
    do {
      const { kind, text } = this.#next
      if (kind === 'string') {
        this.#at++
        this.#code.add({ op: 'text', text: unescaped(text) })
      } else {
        this.#value()
        this.#code.add({ op: 'print', newline: false })
      }
    } while (this.#accept(','))
  }

  #if(): void {
    this.#expect('(')
    this.#value()
    this.#expect(')')
    this.#newlines()
    const toElse = this.#code.jump('ifZero')
    this.#statement()
    if (!this.#accept('else')) {
      toElse(this.#code.here)
      return
    }
    this.#newlines()
    const toEnd = this.#code.jump('jump')
    toElse(this.#code.here)
    this.#statement()
    toEnd(this.#code.here)
  }

  #while(): void {
    const start = this.#code.here
    this.#expect('(')
    this.#value()
    this.#expect(')')
    this.#newlines()
    const toEnd = this.#code.jump('ifZero')
    this.#body(start, toEnd)
  }

  #for(): void {
    this.#expect('(')
    if (!this.#is(';')) {
      this.#expression()
      this.#code.add({ op: 'drop' })
    }
    this.#expect(';')
    const test = this.#code.here
    if (this.#is(';')) this.#code.add({ op: 'constant', text: '1' })
    else this.#value()
    this.#expect(';')
    const toEnd = this.#code.jump('ifZero')
    const toBody = this.#code.jump('jump')
    const step = this.#code.here
    if (!this.#is(')')) {
      this.#expression()
      this.#code.add({ op: 'drop' })
    }
    this.#expect(')')
    this.#code.jump('jump')(test)
    toBody(this.#code.here)
    this.#newlines()
    this.#body(step, toEnd)
  }

  /** The repeated statement, and the way back. */
  #body(again: number, toEnd: (to: number) => void): void {
    const loop: Loop = { breaks: [toEnd], continues: [] }
    this.#loops.push(loop)
    this.#statement()
    this.#loops.pop()
    this.#code.jump('jump')(again)
    for (const jump of loop.breaks) jump(this.#code.here)
    for (const jump of loop.continues) jump(again)
  }

  #leave(word: 'break' | 'continue', line: number): void {
    const loop = this.#loops.at(-1)
    if (!loop) throw new BcSyntaxError(line, word === 'break' ? 'Break outside a for/while' : 'Continue outside a for')
    loop[word === 'break' ? 'breaks' : 'continues'].push(this.#code.jump('jump'))
  }

  #returnStatement(): void {
    const isBare = this.#isNewline || this.#is(';') || this.#is('}')
    if (!isBare) this.#value()
    if (!this.#inFunction) throw new BcSyntaxError(this.#next.line, 'Return outside of a function.')
    if (isBare) this.#return()
    else this.#code.add({ op: 'return' })
  }

  /* ---- expressions, the loosest operator first ---- */

  /** An expression that must have a value. */
  #value(): void {
    if (this.#expression() === 'void') throw new BcSyntaxError(this.#next.line, 'void expression')
  }

  #expression(): Kind {
    if (++this.#nesting > MOST_NESTING) throw new BcSyntaxError(this.#next.line)
    let kind = this.#and()
    while (this.#accept('||')) {
      const toTrue = this.#code.jump('ifNotZero')
      this.#and()
      const second = this.#code.jump('ifNotZero')
      this.#code.add({ op: 'constant', text: '0' })
      const toEnd = this.#code.jump('jump')
      for (const jump of [toTrue, second]) jump(this.#code.here)
      this.#code.add({ op: 'constant', text: '1' })
      toEnd(this.#code.here)
      kind = 'value'
    }
    this.#nesting--
    return kind
  }

  #and(): Kind {
    let kind = this.#not()
    while (this.#accept('&&')) {
      const toFalse = this.#code.jump('ifZero')
      this.#not()
      const second = this.#code.jump('ifZero')
      this.#code.add({ op: 'constant', text: '1' })
      const toEnd = this.#code.jump('jump')
      for (const jump of [toFalse, second]) jump(this.#code.here)
      this.#code.add({ op: 'constant', text: '0' })
      toEnd(this.#code.here)
      kind = 'value'
    }
    return kind
  }

  #not(): Kind {
    let nots = 0
    while (this.#accept('!')) nots++
    const kind = this.#relation()
    for (let n = 0; n < nots; n++) this.#code.add({ op: 'not' })
    return nots ? 'value' : kind
  }

  #relation(): Kind {
    let kind = this.#sum()
    while (this.#next.kind === 'operator' && RELATIONS.has(this.#next.text)) {
      const operator = this.#operator(kind)
      this.#sum()
      this.#code.add({ op: 'compare', operator })
      kind = 'value'
    }
    return kind
  }

  #sum(): Kind {
    return this.#binary(['+', '-'], () => this.#product())
  }

  #product(): Kind {
    return this.#binary(['*', '/', '%'], () => this.#power())
  }

  #binary(operators: readonly string[], operand: () => Kind): Kind {
    let kind = operand()
    while (this.#next.kind === 'operator' && operators.includes(this.#next.text)) {
      const operator = this.#operator(kind)
      operand()
      this.#code.add({ op: 'calculate', operator })
      kind = 'value'
    }
    return kind
  }

  #power(): Kind {
    const kind = this.#unary()
    if (!this.#is('^')) return kind
    this.#operator(kind)
    if (++this.#nesting > MOST_NESTING) throw new BcSyntaxError(this.#next.line)
    this.#power()
    this.#nesting--
    this.#code.add({ op: 'calculate', operator: '^' })
    return 'value'
  }

  #operator(left: Kind): string {
    const { text, line } = this.#next
    // Found out when the operand after it has been read, up to the end of the line.
    if (left === 'void') throw new BcSyntaxError(line + 1, `void expression with ${text}`)
    this.#at++
    return text
  }

  #unary(): Kind {
    let signs = 0
    while (this.#accept('-')) signs++
    const kind = this.#primary()
    for (let n = 0; n < signs; n++) this.#code.add({ op: 'negate' })
    return signs ? 'value' : kind
  }

  #primary(): Kind {
    const { kind, text } = this.#next
    if (kind === 'number') {
      this.#at++
      this.#code.add({ op: 'constant', text })
      return 'value'
    }
    if (this.#accept('(')) {
      const inner = this.#expression()
      this.#expect(')')
      return inner === 'void' ? 'void' : 'value'
    }
    if (this.#is('++') || this.#is('--')) return this.#stepBefore()
    if (this.#is('.')) {
      this.#at++
      return this.#variable('last')
    }
    if (kind === 'name') {
      this.#at++
      if (this.#accept('(')) return this.#call(text)
      if (this.#accept('[')) return this.#element(text)
      return this.#variable(text)
    }
    if (kind === 'keyword') return this.#function(text)
    throw this.#fault()
  }

  /** `length(x)` and its like; `scale` is a variable too. */
  #function(name: string): Kind {
    if (SPECIAL.has(name)) {
      this.#at++
      if (name !== 'scale' || !this.#accept('(')) return this.#variable(name)
    } else if (['length', 'sqrt', 'read', 'random'].includes(name)) {
      this.#at++
      this.#expect('(')
    } else throw this.#fault()
    if (name === 'scale' || name === 'length' || name === 'sqrt') this.#value()
    this.#expect(')')
    this.#code.add({ op: 'builtIn', name })
    return 'value'
  }

  #variable(name: string): Kind {
    const { kind, text } = this.#next
    if (kind === 'operator' && ASSIGN.has(text)) {
      this.#at++
      if (text !== '=') this.#code.add({ op: 'load', name })
      this.#assigned(text)
      this.#code.add({ op: 'store', name })
      return 'assignment'
    }
    this.#code.add({ op: 'load', name })
    if (this.#is('++') || this.#is('--')) {
      this.#code.add({ op: text === '++' ? 'increment' : 'decrement', name })
      this.#at++
    }
    return 'value'
  }

  #element(name: string): Kind {
    if (this.#is(']')) throw this.#fault()
    this.#value()
    this.#expect(']')
    const { kind, text } = this.#next
    if (kind === 'operator' && ASSIGN.has(text)) {
      this.#at++
      if (text !== '=') {
        this.#code.add({ op: 'duplicate' })
        this.#code.add({ op: 'loadElement', name })
      }
      this.#assigned(text)
      this.#code.add({ op: 'storeElement', name })
      return 'assignment'
    }
    if (this.#is('++') || this.#is('--')) {
      this.#at++
      this.#code.add({ op: 'duplicate' })
      this.#code.add({ op: 'loadElement', name })
      this.#code.add({ op: 'swap' })
      this.#code.add({ op: text === '++' ? 'incrementElement' : 'decrementElement', name })
    } else this.#code.add({ op: 'loadElement', name })
    return 'value'
  }

  /** The right side of an assignment; for `+=` and its like the old value is on the stack. */
  #assigned(operator: string): void {
    if (++this.#nesting > MOST_NESTING) throw new BcSyntaxError(this.#next.line)
    this.#sum()
    this.#nesting--
    if (operator !== '=') this.#code.add({ op: 'calculate', operator: operator[0] as string })
  }

  #stepBefore(): Kind {
    const isUp = this.#next.text === '++'
    this.#at++
    const { kind, text: name } = this.#next
    if (kind !== 'name' && !(kind === 'keyword' && SPECIAL.has(name))) throw this.#fault()
    this.#at++
    if (kind === 'name' && this.#accept('[')) {
      this.#value()
      this.#expect(']')
      this.#code.add({ op: 'duplicate' })
      this.#code.add({ op: isUp ? 'incrementElement' : 'decrementElement', name })
      this.#code.add({ op: 'loadElement', name })
    } else {
      this.#code.add({ op: isUp ? 'increment' : 'decrement', name })
      this.#code.add({ op: 'load', name })
    }
    return 'value'
  }

  #call(name: string): Kind {
    const given: ('value' | 'array')[] = []
    while (!this.#is(')')) {
      given.push(this.#argument())
      if (!this.#accept(',')) break
      if (this.#is(')')) throw this.#fault()
    }
    this.#expect(')')
    this.#code.add({ op: 'call', name, given })
    return this.#isVoid(name) ? 'void' : 'value'
  }

  #argument(): 'value' | 'array' {
    const [name, bracket, end] = this.#tokens.slice(this.#at, this.#at + 3)
    if (name?.kind === 'name' && bracket?.text === '[' && end?.text === ']') {
      this.#at += 3
      this.#code.add({ op: 'arrayName', name: name.text })
      return 'array'
    }
    this.#value()
    return 'value'
  }
}

const ESCAPES: Readonly<Record<string, string>> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', q: '"', t: '\t', '\\': '\\' }

/** What `print` makes of a string: it knows some marks, and drops the backslash of the others. */
function unescaped(text: string): string {
  return text.replace(/\\([\s\S])/g, (_, letter: string) => ESCAPES[letter] ?? '')
}
