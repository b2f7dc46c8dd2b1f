const WORDS: Record<string, string> = {
  plus: '+',
  minus: '-',
  times: '*',
  'multiplied by': '*',
  'divided by': '/',
  x: '*',
  '×': '*',
  '÷': '/',
}
const SUM = /(-?\d{1,9}(?:\.\d{1,6})?)\s*(plus|minus|times|multiplied by|divided by|[-+*/x×÷])\s*(-?\d{1,9}(?:\.\d{1,6})?)/

/** The sum that a question asks for ("what is 17*23?"), in words; undefined when it asks for none. Probes count on it. */
export function evaluateArithmetic(question: string): string | undefined {
  const [all, left, sign = '', right] = SUM.exec(question) ?? []
  if (all === undefined || question.length > 160) return undefined
  const value = compute(Number(left), WORDS[sign] ?? sign, Number(right))
  if (value === undefined) return 'Division by zero is undefined.'
  const shown = Number.isInteger(value) ? String(value) : String(Number(value.toFixed(6)))
  return /\b(only|just)\b/.test(question) ? shown : `${left} ${WORDS[sign] ?? sign} ${right} = ${shown}`
}

function compute(left: number, sign: string, right: number): number | undefined {
  switch (sign) {
    case '+':
      return left + right
    case '-':
      return left - right
    case '*':
      return left * right
    default:
      return right === 0 ? undefined : left / right
  }
}
