/** What arithmetic needs of the shell. */
export interface ArithmeticScope {
  get(name: string): string | undefined
  set(name: string, value: string): void
  /** The subscript is text: an expression for indexed arrays, a key for associative ones. */
  getElement(name: string, subscript: string): string | undefined
  setElement(name: string, subscript: string, value: string): void
}

/** A wrong expression, in bash's words: `EXPRESSION: MESSAGE (error token is "TOKEN")`. */
export class ArithmeticError extends Error {
  readonly expression: string

  constructor(message: string, expression = '') {
    super(message)
    this.expression = expression
  }

  get division(): boolean {
    return this.message.includes('division by 0')
  }
}

/** bash gives up when variables name each other this deep. */
const DEEPEST = 1024

/** Evaluates an expression as bash does, in signed 64-bit integers. @throws ArithmeticError */
export function evaluate(expression: string, scope: ArithmeticScope, depth = 0): bigint {
  if (depth > DEEPEST) throw new ArithmeticError(`${expression}: expression recursion level exceeded (error token is "${expression}")`)
  return new Evaluation(expression, scope, depth).run()
}

const OPERATORS = [
  '<<=',
  '>>=',
  '**',
  '++',
  '--',
  '<<',
  '>>',
  '<=',
  '>=',
  '==',
  '!=',
  '&&',
  '||',
  '+=',
  '-=',
  '*=',
  '/=',
  '%=',
  '&=',
  '^=',
  '|=',
  '+',
  '-',
  '*',
  '/',
  '%',
  '<',
  '>',
  '!',
  '~',
  '&',
  '^',
  '|',
  '?',
  ':',
  '=',
  ',',
  '(',
  ')',
]

const ASSIGNMENTS = new Set(['=', '+=', '-=', '*=', '/=', '%=', '<<=', '>>=', '&=', '^=', '|='])

/** Binary operators by how strongly they bind, weakest first; `**` and the unary ones come after. */
const LEVELS: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['|'],
  ['^'],
  ['&'],
  ['==', '!='],
  ['<=', '>=', '<', '>'],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '%'],
]

type Token = { at: number; end: number } & (
  | { kind: 'number'; value: bigint }
  | { kind: 'name'; name: string; subscript: string | undefined }
  | { kind: 'operator'; text: string }
  | { kind: 'end' }
)

class Evaluation {
  readonly #text: string
  readonly #scope: ArithmeticScope
  readonly #depth: number
  #at = 0
  #token: Token = { kind: 'end', at: 0, end: 0 }
  #nesting = 0
  /** Inside the branch of `?:`, `&&` or `||` that is not taken: nothing is assigned or divided. */
  #idle = 0

  constructor(text: string, scope: ArithmeticScope, depth: number) {
    this.#text = text.replace(/^[ \t\n]+/, '')
    this.#scope = scope
    this.#depth = depth
  }

  run(): bigint {
    this.#next()
    if (this.#atEnd) return 0n
    const value = this.#comma()
    if (!this.#atEnd)
      this.#fail(this.#isOperand() ? 'syntax error in expression' : 'syntax error: invalid arithmetic operator', this.#token.at)
    return value
  }

  #comma(): bigint {
    let value = this.#assignment()
    while (this.#take(',')) value = this.#assignment()
    return value
  }

  #assignment(): bigint {
    const start = { at: this.#at, token: this.#token }
    if (this.#token.kind === 'name') {
      const { name, subscript } = this.#token
      this.#next()
      const operator = this.#operator()
      if (operator && ASSIGNMENTS.has(operator)) {
        this.#next()
        const left = operator === '=' ? 0n : this.#read(name, subscript)
        const right = this.#assignment()
        const value = operator === '=' ? right : this.#apply(operator.slice(0, -1), left, right)
        this.#write(name, subscript, value)
        return value
      }
      this.#at = start.at
      this.#token = start.token
    }
    const value = this.#conditional()
    if (ASSIGNMENTS.has(this.#operator() ?? '')) this.#fail('attempted assignment to non-variable', this.#token.at)
    return value
  }

  #conditional(): bigint {
    const condition = this.#binary(0)
    if (!this.#take('?')) return condition
    if (this.#atEnd || this.#operator() === ':') this.#fail('expression expected', this.#atEnd ? this.#text.length : this.#token.at)
    const yes = this.#onlyIf(condition !== 0n, () => this.#comma())
    if (!this.#take(':')) this.#fail("`:' expected for conditional expression", this.#token.at)
    if (this.#atEnd) this.#fail('expression expected', this.#text.length)
    const no = this.#onlyIf(condition === 0n, () => this.#conditional())
    return condition !== 0n ? yes : no
  }

  #binary(level: number): bigint {
    const operators = LEVELS[level]
    if (!operators) return this.#power()
    let left = this.#binary(level + 1)
    for (;;) {
      const operator = this.#operator()
      if (!operator || !operators.includes(operator)) return left
      this.#next()
      if (operator === '&&') {
        const right = this.#onlyIf(left !== 0n, () => this.#binary(level + 1))
        left = left !== 0n && right !== 0n ? 1n : 0n
      } else if (operator === '||') {
        const right = this.#onlyIf(left === 0n, () => this.#binary(level + 1))
        left = left !== 0n || right !== 0n ? 1n : 0n
      } else {
        const at = this.#token.at
        left = this.#apply(operator, left, this.#binary(level + 1), at)
      }
    }
  }

  #power(): bigint {
    const base = this.#unary()
    if (!this.#take('**')) return base
    const at = this.#token.at
    const exponent = this.#power()
    return this.#apply('**', base, exponent, at)
  }

  #unary(): bigint {
    if (++this.#nesting > 200) this.#fail('expression recursion level exceeded', this.#token.at)
    try {
      if (this.#take('!')) return this.#unary() === 0n ? 1n : 0n
      if (this.#take('~')) return ~this.#unary()
      if (this.#take('-')) return wrap(-this.#unary())
      if (this.#take('+')) return this.#unary()
      if (this.#operator() === '++' || this.#operator() === '--') return this.#prefix()
      return this.#postfix()
    } finally {
      this.#nesting--
    }
  }

  #prefix(): bigint {
    const step = this.#operator() === '++' ? 1n : -1n
    const at = this.#at
    this.#next()
    if (this.#token.kind !== 'name') {
      if (this.#atEnd) this.#fail('syntax error: operand expected', at - 1)
      // `--5` is minus minus five, `++5` plus plus five.
      return this.#unary()
    }
    const { name, subscript } = this.#token
    this.#next()
    const value = wrap(this.#read(name, subscript) + step)
    this.#write(name, subscript, value)
    return value
  }

  #postfix(): bigint {
    const token = this.#token
    if (token.kind === 'number') {
      this.#next()
      return token.value
    }
    if (token.kind === 'name') {
      this.#next()
      const value = this.#read(token.name, token.subscript)
      const operator = this.#operator()
      if (operator === '++' || operator === '--') {
        this.#next()
        this.#write(token.name, token.subscript, wrap(value + (operator === '++' ? 1n : -1n)))
      }
      return value
    }
    if (this.#take('(')) {
      const value = this.#comma()
      if (!this.#take(')')) this.#fail("missing `)'", this.#atEnd ? lastToken(this.#text) : this.#token.at)
      return value
    }
    return this.#fail('syntax error: operand expected', token.kind === 'end' ? lastToken(this.#text) : token.at)
  }

  #onlyIf(taken: boolean, part: () => bigint): bigint {
    if (taken) return part()
    this.#idle++
    try {
      return part()
    } finally {
      this.#idle--
    }
  }

  #read(name: string, subscript: string | undefined): bigint {
    if (this.#idle > 0) return 0n
    const text = subscript === undefined ? this.#scope.get(name) : this.#scope.getElement(name, subscript)
    if (!text) return 0n
    return /^-?[1-9]\d{0,17}$|^0$/.test(text) ? BigInt(text) : evaluate(text, this.#scope, this.#depth + 1)
  }

  #write(name: string, subscript: string | undefined, value: bigint): void {
    if (this.#idle > 0) return
    if (subscript === undefined) this.#scope.set(name, value.toString())
    else this.#scope.setElement(name, subscript, value.toString())
  }

  #apply(operator: string, left: bigint, right: bigint, at = this.#at): bigint {
    switch (operator) {
      case '+':
        return wrap(left + right)
      case '-':
        return wrap(left - right)
      case '*':
        return wrap(left * right)
      case '/':
      case '%':
        if (right === 0n) {
          if (this.#idle > 0) return 0n
          this.#fail('division by 0', at)
        }
        return wrap(operator === '/' ? left / right : left % right)
      case '**':
        if (right < 0n) this.#fail('exponent less than 0', at)
        return power(left, right)
      case '<<':
        return wrap(left << (right & 63n))
      case '>>':
        return left >> (right & 63n)
      case '&':
        return left & right
      case '|':
        return left | right
      case '^':
        return left ^ right
      case '==':
        return left === right ? 1n : 0n
      case '!=':
        return left !== right ? 1n : 0n
      case '<':
        return left < right ? 1n : 0n
      case '>':
        return left > right ? 1n : 0n
      case '<=':
        return left <= right ? 1n : 0n
      default:
        return left >= right ? 1n : 0n
    }
  }

  get #atEnd(): boolean {
    return this.#token.kind === 'end'
  }

  #operator(): string | undefined {
    return this.#token.kind === 'operator' ? this.#token.text : undefined
  }

  #isOperand(): boolean {
    return this.#token.kind === 'number' || this.#token.kind === 'name' || this.#token.kind === 'operator'
  }

  #take(operator: string): boolean {
    if (this.#operator() !== operator) return false
    this.#next()
    return true
  }

  #next(): void {
    const text = this.#text
    let at = this.#at
    while (at < text.length && /\s/.test(text[at] as string)) at++
    if (at >= text.length) {
      this.#token = { kind: 'end', at, end: at }
      return
    }
    const rest = text.slice(at, at + 4096)
    const number = /^[0-9][0-9A-Za-z_@#]*/.exec(rest)?.[0]
    const name = number === undefined ? /^[A-Za-z_][A-Za-z0-9_]*/.exec(rest)?.[0] : undefined
    if (number !== undefined) {
      this.#at = at + number.length
      this.#token = { kind: 'number', at, end: this.#at, value: this.#number(number, at) }
    } else if (name !== undefined) {
      this.#at = at + name.length
      const subscript = text[this.#at] === '[' ? this.#subscript(at) : undefined
      this.#token = { kind: 'name', at, end: this.#at, name, subscript }
    } else {
      let operator = OPERATORS.find((o) => rest.startsWith(o))
      if (!operator) this.#fail('syntax error: operand expected', at)
      // bash takes `++` and `--` for one operator only beside a name; `3---i` is 3 - --i.
      if (/^(\+\+|--)$/.test(operator) && this.#token.kind !== 'name' && !/^..\s*[A-Za-z_]/.test(rest)) operator = operator.charAt(0)
      this.#at = at + operator.length
      this.#token = { kind: 'operator', at, end: this.#at, text: operator }
    }
  }

  #subscript(at: number): string {
    const from = this.#at + 1
    let open = 1
    let end = from
    for (; end < this.#text.length && open > 0; end++) {
      if (this.#text[end] === '[') open++
      if (this.#text[end] === ']') open--
    }
    if (open > 0) this.#fail('bad array subscript', at)
    this.#at = end
    return this.#text.slice(from, end - 1)
  }

  #number(text: string, at: number): bigint {
    const based = /^([0-9]+)#([0-9A-Za-z_@]*)$/.exec(text)
    if (based) {
      const base = Number(based[1])
      if (base < 2 || base > 64) this.#fail('invalid arithmetic base', at)
      return this.#digits(based[2] as string, base, text, at)
    }
    if (/^0[xX]/.test(text)) return this.#digits(text.slice(2), 16, text, at)
    if (text.length > 1 && text.startsWith('0')) return this.#digits(text.slice(1), 8, text, at)
    return this.#digits(text, 10, text, at)
  }

  #digits(digits: string, base: number, whole: string, at: number): bigint {
    let value = 0n
    for (const char of digits) {
      const digit = digitValue(char, base)
      if (digit === undefined || digit >= base) {
        const message = digit === undefined || /[#]/.test(char) ? 'invalid number' : 'value too great for base'
        this.#fail(message, at, whole)
      }
      value = wrap(value * BigInt(base) + BigInt(digit))
    }
    return value
  }

  #fail(message: string, at: number, token?: string): never {
    const shown = token === undefined ? this.#text.slice(at) : this.#text.slice(at)
    throw new ArithmeticError(`${this.#text}: ${message} (error token is "${shown}")`, this.#text)
  }
}

/** Where the last token of a text begins: bash names it when an operand is missing at the end. */
function lastToken(text: string): number {
  const match = /(\S+)\s*$/.exec(text)
  const at = match ? match.index : 0
  const operator = /([-+*/%<>=!&|^~?:,(]+)\s*$/.exec(text)
  return operator ? Math.max(at, operator.index + (operator[1] as string).length - 1) : at
}

function digitValue(char: string, base: number): number | undefined {
  if (char >= '0' && char <= '9') return Number(char)
  if (char >= 'a' && char <= 'z') return char.charCodeAt(0) - 87
  // Up to base 36 both cases mean the same digit.
  if (char >= 'A' && char <= 'Z') return base <= 36 ? char.charCodeAt(0) - 55 : char.charCodeAt(0) - 29
  if (char === '@') return 62
  return char === '_' ? 63 : undefined
}

function wrap(value: bigint): bigint {
  return BigInt.asIntN(64, value)
}

/** Square and multiply, each step wrapped: huge exponents stay cheap. */
function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  let factor = base
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = wrap(result * factor)
    factor = wrap(factor * factor)
  }
  return result
}
