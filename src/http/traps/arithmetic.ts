const LONGEST = 200
const MOST_DIGITS = 60

/** Sums, products and brackets over whole numbers, as injected templates compute them; undefined for anything else. */
export function arithmetic(text: string): string | undefined {
  if (text.length > LONGEST) return undefined
  const tokens = text.match(/\d+|[-+*/%()]|\S/g) ?? []
  let at = 0
  const fail = (): never => {
    throw new RangeError('no sum')
  }
  const bounded = (value: bigint): bigint => (value.toString().length > MOST_DIGITS ? fail() : value)
  const operand = (): bigint => {
    const token = tokens[at++]
    if (token === '-') return -operand()
    if (token === '(') {
      const value = sum()
      return tokens[at++] === ')' ? value : fail()
    }
    return token !== undefined && /^\d+$/.test(token) ? BigInt(token) : fail()
  }
  const product = (): bigint => {
    let value = operand()
    while (tokens[at] === '*' || tokens[at] === '/' || tokens[at] === '%') {
      const operator = tokens[at++]
      const right = operand()
      if (operator !== '*' && right === 0n) fail()
      value = bounded(operator === '*' ? value * right : operator === '/' ? value / right : value % right)
    }
    return value
  }
  const sum = (): bigint => {
    let value = product()
    while (tokens[at] === '+' || tokens[at] === '-') value = tokens[at++] === '+' ? bounded(value + product()) : bounded(value - product())
    return value
  }
  try {
    const value = sum()
    return at === tokens.length ? value.toString() : undefined
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}
