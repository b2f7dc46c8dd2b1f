/** What `print` of a scripting language gets: enough of an expression for the one-liners that people try. */
export type Scalar = number | string

export interface Dialect {
  /** Operator that joins strings; Python adds them. */
  concat: '.' | '+'
  /** Text of a number. */
  show(value: Scalar): string
}

export class NotSimple extends Error {}

const ESCAPES: Record<string, string> = { n: '\n', t: '\t', r: '\r', '\\': '\\', '"': '"', "'": "'", '0': '\0', a: '\x07', e: '\x1b' }
const MOST_TEXT = 1024 * 1024

/** Evaluates a comma-separated list of expressions. @throws NotSimple when there is more in it than literals and arithmetic */
export function evaluateList(source: string, dialect: Dialect): Scalar[] {
  return new Evaluator(source, dialect).list()
}

class Evaluator {
  readonly #source: string
  readonly #dialect: Dialect
  #at = 0
  #depth = 0

  constructor(source: string, dialect: Dialect) {
    this.#source = source
    this.#dialect = dialect
  }

  list(): Scalar[] {
    this.#blank()
    if (this.#at >= this.#source.length) return []
    const values = [this.#sum()]
    while (this.#take(',')) {
      this.#blank()
      if (this.#at >= this.#source.length) break
      values.push(this.#sum())
    }
    if (this.#at < this.#source.length) throw new NotSimple()
    return values
  }

  #blank(): void {
    while (/\s/.test(this.#source[this.#at] ?? '')) this.#at++
  }

  #take(...tokens: string[]): string | undefined {
    this.#blank()
    const token = tokens.find((candidate) => this.#source.startsWith(candidate, this.#at))
    if (token === undefined) return undefined
    this.#at += token.length
    return token
  }

  #sum(): Scalar {
    let left = this.#product()
    for (;;) {
      this.#blank()
      const operator = this.#take('+', '-', ...(this.#dialect.concat === '.' ? ['.'] : []))
      if (operator === undefined) return left
      const right = this.#product()
      if (operator === '.' || (operator === '+' && typeof left === 'string' && this.#dialect.concat === '+')) {
        left = `${this.#dialect.show(left)}${this.#dialect.show(right)}`
        if (left.length > MOST_TEXT) throw new NotSimple()
      } else left = operator === '+' ? this.#number(left) + this.#number(right) : this.#number(left) - this.#number(right)
    }
  }

  #number(value: Scalar): number {
    if (typeof value === 'number') return value
    if (this.#dialect.concat === '+') throw new NotSimple()
    return Number.parseFloat(value) || 0
  }

  #product(): Scalar {
    let left = this.#power()
    for (;;) {
      const operator = this.#take('//', '*', '/', '%', ...(/^\s*x\s*\d/.test(this.#source.slice(this.#at, this.#at + 12)) ? ['x'] : []))
      if (operator === undefined) return left
      const right = this.#power()
      if (operator === 'x' || (operator === '*' && typeof left === 'string')) {
        const times = Math.max(0, Math.trunc(this.#number(right)))
        if (times * String(left).length > MOST_TEXT) throw new NotSimple()
        left = String(left).repeat(times)
        continue
      }
      const [a, b] = [this.#number(left), this.#number(right)]
      if (b === 0 && operator !== '*') throw new NotSimple()
      left = operator === '*' ? a * b : operator === '/' ? a / b : operator === '//' ? Math.floor(a / b) : ((a % b) + b) % b
    }
  }

  #power(): Scalar {
    const base = this.#primary()
    return this.#take('**') ? this.#number(base) ** this.#number(this.#power()) : base
  }

  #primary(): Scalar {
    if (++this.#depth > 200) throw new NotSimple()
    this.#blank()
    if (this.#take('-')) return -this.#number(this.#primary())
    if (this.#take('(')) {
      const value = this.#sum()
      if (!this.#take(')')) throw new NotSimple()
      return value
    }
    const rest = this.#source.slice(this.#at)
    const number = /^(0x[0-9a-f]+|\d+\.?\d*(e[-+]?\d+)?)/i.exec(rest.slice(0, 60))
    if (number) {
      this.#at += number[0].length
      return Number(number[0])
    }
    const quoted = /^(?:qq?\s*([({[/|!]))/.exec(rest)
    if (quoted && this.#dialect.concat === '.') return this.#perlQuote(quoted, rest.startsWith('qq'))
    const mark = rest[0]
    if (mark !== '"' && mark !== "'") throw new NotSimple()
    return this.#string(mark, mark, mark === '"' || this.#dialect.concat === '+', 1)
  }

  #perlQuote(found: RegExpExecArray, escapes: boolean): string {
    const open = found[1] as string
    const close = ({ '(': ')', '{': '}', '[': ']' } as Record<string, string>)[open] ?? open
    return this.#string(open, close, escapes, found[0].length)
  }

  #string(_open: string, close: string, escapes: boolean, skip: number): string {
    this.#at += skip
    let text = ''
    for (; this.#at < this.#source.length; this.#at++) {
      const c = this.#source[this.#at] as string
      if (c === close) {
        this.#at++
        return text
      }
      if (c === '\\' && this.#at + 1 < this.#source.length) {
        const next = this.#source[++this.#at] as string
        if (next === 'x' && escapes) {
          const hex = /^[0-9a-f]{2}/i.exec(this.#source.slice(this.#at + 1, this.#at + 3))?.[0]
          if (hex) {
            text += String.fromCharCode(Number.parseInt(hex, 16))
            this.#at += 2
            continue
          }
        }
        text += escapes ? (ESCAPES[next] ?? `\\${next}`) : next === close || next === '\\' ? next : `\\${next}`
      } else if (escapes && this.#dialect.concat === '.' && (c === '$' || c === '@') && /\w/.test(this.#source[this.#at + 1] ?? ''))
        throw new NotSimple()
      else text += c
    }
    throw new NotSimple()
  }
}
