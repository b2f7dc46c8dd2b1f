import { byteString, hostText } from './gnu/bytes.ts'
import { Failure, gnuCommand, Usage } from './gnu/command.ts'
import { Regex, RegexError } from './regex/regex.ts'

const INTEGER = /^[-+]?\d+$/

export default gnuCommand({
  name: 'expr',
  usage: ['EXPRESSION', 'OPTION'],
  about: 'Print the value of EXPRESSION to standard output.',
  authors: 'Mike Parker, James Youngman, and Paul Eggert',
  trouble: 2,
  rawArguments: true,
  short: '',
  async run(process) {
    const words = process.argv.slice(1)
    if (words[0] === '--') words.shift()
    if (words.length === 0) throw new Usage('missing operand')
    const value = new Expression(words).evaluate()
    await process.stdout.write(`${value}\n`)
    return isNull(value) ? 1 : 0
  },
})

function isNull(value: string): boolean {
  return value === '' || /^-?0+$/.test(value)
}

class Expression {
  readonly #words: readonly string[]
  #at = 0
  #depth = 0

  constructor(words: readonly string[]) {
    this.#words = words
  }

  evaluate(): string {
    const value = this.#or()
    if (this.#at < this.#words.length) throw new Failure(`syntax error: unexpected argument '${this.#words[this.#at]}'`, 2)
    return value
  }

  #take(...operators: string[]): string | undefined {
    const word = this.#words[this.#at]
    if (word === undefined || !operators.includes(word)) return undefined
    this.#at++
    return word
  }

  #or(): string {
    let left = this.#and()
    while (this.#take('|')) {
      const right = this.#and()
      left = isNull(left) ? (isNull(right) ? '0' : right) : left
    }
    return left
  }

  #and(): string {
    let left = this.#comparison()
    while (this.#take('&')) {
      const right = this.#comparison()
      left = isNull(left) || isNull(right) ? '0' : left
    }
    return left
  }

  #comparison(): string {
    let left = this.#sum()
    for (
      let operator = this.#take('<', '<=', '=', '==', '!=', '>=', '>');
      operator;
      operator = this.#take('<', '<=', '=', '==', '!=', '>=', '>')
    ) {
      const right = this.#sum()
      const order =
        INTEGER.test(left) && INTEGER.test(right) ? Number(BigInt(left) - BigInt(right)) : left < right ? -1 : left > right ? 1 : 0
      const holds = {
        '<': order < 0,
        '<=': order <= 0,
        '=': order === 0,
        '==': order === 0,
        '!=': order !== 0,
        '>=': order >= 0,
        '>': order > 0,
      }[operator]
      left = holds ? '1' : '0'
    }
    return left
  }

  #integer(text: string): bigint {
    if (!INTEGER.test(text) || text.length > 400) throw new Failure('non-integer argument', 2)
    return BigInt(text)
  }

  #sum(): string {
    let left = this.#product()
    for (let operator = this.#take('+', '-'); operator; operator = this.#take('+', '-')) {
      const right = this.#product()
      left = String(operator === '+' ? this.#integer(left) + this.#integer(right) : this.#integer(left) - this.#integer(right))
    }
    return left
  }

  #product(): string {
    let left = this.#match()
    for (let operator = this.#take('*', '/', '%'); operator; operator = this.#take('*', '/', '%')) {
      const [a, b] = [this.#integer(left), this.#integer(this.#match())]
      if (operator !== '*' && b === 0n) throw new Failure('division by zero', 2)
      left = String(operator === '*' ? a * b : operator === '/' ? a / b : a % b)
    }
    return left
  }

  #match(): string {
    let left = this.#keyword()
    while (this.#take(':')) left = matched(left, this.#keyword())
    return left
  }

  #keyword(): string {
    const word = this.#words[this.#at]
    if (this.#take('+')) return this.#next()
    if (this.#take('length')) return String(byteString(this.#keyword()).length)
    if (this.#take('match')) {
      const text = this.#keyword()
      return matched(text, this.#keyword())
    }
    if (this.#take('index')) {
      const text = this.#keyword()
      const set = this.#keyword()
      return String([...text].findIndex((c) => set.includes(c)) + 1)
    }
    if (this.#take('substr')) {
      const text = this.#keyword()
      const [from, length] = [Number(this.#keyword()), Number(this.#keyword())]
      return from > 0 && length > 0 ? text.slice(from - 1, from - 1 + length) : ''
    }
    if (word === '(') {
      this.#at++
      if (++this.#depth > 200) throw new Failure('syntax error', 2)
      const value = this.#or()
      const close = this.#words[this.#at++]
      if (close === undefined) throw new Failure(`syntax error: expecting ')' after '${this.#words[this.#at - 2]}'`, 2)
      if (close !== ')') throw new Failure(`syntax error: expecting ')' instead of '${close}'`, 2)
      this.#depth--
      return value
    }
    return this.#next()
  }

  #next(): string {
    const word = this.#words[this.#at++]
    if (word === undefined) throw new Failure(`syntax error: missing argument after '${this.#words[this.#at - 2] ?? ''}'`, 2)
    if (word === ')') throw new Failure("syntax error: unexpected ')'", 2)
    return word
  }
}

/** `STRING : REGEX`, anchored at the start: the first group, or the length of the match. */
function matched(text: string, pattern: string): string {
  let regex: Regex
  try {
    regex = Regex.compile(`^${byteString(pattern).replace(/^\^/, '')}`, 'basic')
  } catch (error) {
    if (!(error instanceof RegexError)) throw error
    throw new Failure(error.message, 2)
  }
  const subject = byteString(text)
  const match = regex.exec(subject)
  if (regex.groups > 0) return match && (match[2] as number) >= 0 ? hostText(subject.slice(match[2], match[3])) : ''
  return match ? String((match[1] as number) - (match[0] as number)) : '0'
}
