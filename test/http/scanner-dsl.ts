/** Not an expression that this evaluator reads. */
export class DslError extends Error {}

type Value = string | number | boolean

/** What a scanner knows after its requests: `body`, `status_code`, `header_1` … A name that is missing is empty. */
export type Facts = Readonly<Record<string, Value>>

const TOKEN = /\s*(?:(&&|\|\||==|!=|>=|<=|[<>!(),])|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(\d+)|([a-z_]\w*))/iy

/**
 * The part of nuclei's expressions that recorded probes use: comparisons, `&&`, `||`, `!`, and functions over texts.
 * @throws DslError
 */
export function holds(expression: string, facts: Facts): boolean {
  const parser = new Parser(expression, facts)
  const value = parser.either()
  if (!parser.isDone) throw new DslError(expression)
  return Boolean(value)
}

class Parser {
  readonly #tokens: { kind: 'operator' | 'text' | 'number' | 'name'; text: string }[] = []
  readonly #facts: Facts
  #at = 0

  constructor(expression: string, facts: Facts) {
    this.#facts = facts
    TOKEN.lastIndex = 0
    while (TOKEN.lastIndex < expression.trimEnd().length) {
      const match = TOKEN.exec(expression)
      if (!match) throw new DslError(expression)
      const [, operator, double, single, number, name] = match
      const text = double ?? single
      if (operator !== undefined) this.#tokens.push({ kind: 'operator', text: operator })
      else if (text !== undefined) this.#tokens.push({ kind: 'text', text: text.replaceAll(/\\(["'\\])/g, '$1') })
      else if (number !== undefined) this.#tokens.push({ kind: 'number', text: number })
      else this.#tokens.push({ kind: 'name', text: name as string })
    }
  }

  get isDone(): boolean {
    return this.#at === this.#tokens.length
  }

  either(): Value {
    let value = this.#both()
    while (this.#takes('||')) {
      const other = this.#both()
      value = Boolean(value) || Boolean(other)
    }
    return value
  }

  #both(): Value {
    let value = this.#comparison()
    while (this.#takes('&&')) {
      const other = this.#comparison()
      value = Boolean(value) && Boolean(other)
    }
    return value
  }

  #comparison(): Value {
    const left = this.#unary()
    for (const [operator, compare] of Object.entries(COMPARISONS)) if (this.#takes(operator)) return compare(left, this.#unary())
    return left
  }

  #unary(): Value {
    if (this.#takes('!')) return !this.#unary()
    if (this.#takes('(')) {
      const value = this.either()
      this.#needs(')')
      return value
    }
    const token = this.#tokens[this.#at++]
    if (!token || token.kind === 'operator') throw new DslError(`an operand is missing at ${this.#at}`)
    if (token.kind === 'text') return token.text
    if (token.kind === 'number') return Number(token.text)
    return this.#takes('(') ? call(token.text, this.#operands()) : (this.#facts[token.text] ?? '')
  }

  #operands(): Value[] {
    const values: Value[] = []
    do values.push(this.either())
    while (this.#takes(','))
    this.#needs(')')
    return values
  }

  #takes(operator: string): boolean {
    const token = this.#tokens[this.#at]
    if (token?.kind !== 'operator' || token.text !== operator) return false
    this.#at++
    return true
  }

  #needs(operator: string): void {
    if (!this.#takes(operator)) throw new DslError(`${operator} is missing at ${this.#at}`)
  }
}

const COMPARISONS: Readonly<Record<string, (left: Value, right: Value) => boolean>> = {
  '==': (left, right) => left === right,
  '!=': (left, right) => left !== right,
  '>=': (left, right) => left !== '' && left >= right,
  '<=': (left, right) => left !== '' && left <= right,
  '>': (left, right) => left !== '' && left > right,
  '<': (left, right) => left !== '' && left < right,
}

function call(name: string, [first = '', ...others]: Value[]): Value {
  const text = String(first)
  switch (name) {
    case 'contains':
    case 'contains_all':
      return others.every((one) => text.includes(String(one)))
    case 'contains_any':
      return others.some((one) => text.includes(String(one)))
    case 'to_lower':
    case 'tolower':
      return text.toLowerCase()
    case 'len':
      return text.length
    case 'hex_encode':
      return Buffer.from(text, 'latin1').toString('hex')
    case 'regex':
      return new RegExp(text.replaceAll('(?i)', '')).test(String(others[0]))
    case 'compare_versions':
      // It needs what an extractor took out of an answer.
      return false
    default:
      throw new DslError(`no function ${name}`)
  }
}
