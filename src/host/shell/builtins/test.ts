import type { HostText } from '../../command.ts'
import type { Builtin } from '../machinery.ts'
import { compareIntegers } from '../run/conditional.ts'
import { BINARY, compareFiles, UNARY, unaryTest } from '../run/file-test.ts'
import type { Shell } from '../shell.ts'

class TestError extends Error {}

/** `test` and `[`: POSIX says by the number of arguments what is meant; beyond four, a grammar decides. */
export const test: Builtin = async (shell, args, name) => {
  const words = [...args]
  if (name === '[' && words.pop() !== ']') {
    await shell.complain(shell.dialect.strict ? '[: missing ]' : "[: missing `]'")
    return 2
  }
  try {
    return evaluate(shell, words) ? 0 : 1
  } catch (error) {
    if (!(error instanceof TestError)) throw error
    await shell.complain(`${name}: ${error.message}`)
    return 2
  }
}

function evaluate(shell: Shell, words: readonly HostText[]): boolean {
  const [a = '', b = '', c = '', d = ''] = words
  switch (words.length) {
    case 0:
      return false
    case 1:
      return a !== ''
    case 2:
      return two(shell, a, b)
    case 3:
      return three(shell, a, b, c)
    case 4:
      if (a === '!') return !three(shell, b, c, d)
      if (a === '(' && d === ')') return two(shell, b, c)
      break
  }
  return new Grammar(shell, words).run()
}

function two(shell: Shell, a: HostText, b: HostText): boolean {
  if (a === '!') return b === ''
  if (UNARY.has(a)) return unaryTest(shell, a, number(shell, a, b))
  throw new TestError(shell.dialect.name === 'bash' ? `${a}: unary operator expected` : `${a}: unexpected operator`)
}

/** `-t` wants a number. */
function number(shell: Shell, operator: string, operand: HostText): HostText {
  if (operator === '-t' && !/^\s*[-+]?\d+\s*$/.test(operand)) throw new TestError(integerWords(shell, operand))
  return operand
}

function three(shell: Shell, a: HostText, b: HostText, c: HostText): boolean {
  if (BINARY.has(b) && !(b === '==' && shell.dialect.name === 'dash')) return binary(shell, a, b, c)
  if (b === '-a') return a !== '' && c !== ''
  if (b === '-o') return a !== '' || c !== ''
  if (a === '!') return !two(shell, b, c)
  if (a === '(' && c === ')') return b !== ''
  throw new TestError(shell.dialect.name === 'bash' ? `${b}: binary operator expected` : `${a}: unexpected operator`)
}

function binary(shell: Shell, left: HostText, operator: string, right: HostText): boolean {
  switch (operator) {
    case '=':
    case '==':
      return left === right
    case '!=':
      return left !== right
    case '<':
      return left < right
    case '>':
      return left > right
    case '-nt':
    case '-ot':
    case '-ef':
      return compareFiles(shell, operator, left, right)
    default:
      return compareIntegers(operator, integer(shell, left), integer(shell, right))
  }
}

function integer(shell: Shell, text: HostText): bigint {
  const match = /^\s*([-+]?\d+)\s*$/.exec(text)
  if (!match) throw new TestError(integerWords(shell, text))
  return BigInt((match[1] as string).replace(/^\+/, ''))
}

function integerWords(shell: Shell, text: HostText): string {
  if (shell.dialect.name === 'dash') return `Illegal number: ${text}`
  return shell.dialect.name === 'ash' ? `${text}: bad number` : `${text}: integer expression expected`
}

/** expr ::= and { -o and }; and ::= term { -a term }; term ::= [!] primary */
class Grammar {
  readonly #shell: Shell
  readonly #words: readonly HostText[]
  #at = 0

  constructor(shell: Shell, words: readonly HostText[]) {
    this.#shell = shell
    this.#words = words
  }

  run(): boolean {
    const value = this.#or()
    if (this.#at < this.#words.length) throw new TestError('too many arguments')
    return value
  }

  #or(): boolean {
    let value = this.#and()
    while (this.#take('-o')) value = this.#and() || value
    return value
  }

  #and(): boolean {
    let value = this.#term()
    while (this.#take('-a')) value = this.#term() && value
    return value
  }

  #term(): boolean {
    if (this.#take('!')) return !this.#term()
    const word = this.#next()
    const operator = this.#words[this.#at]
    if (word === '(' && operator !== undefined && !BINARY.has(operator)) {
      const value = this.#or()
      if (!this.#take(')')) throw new TestError("`)' expected")
      return value
    }
    if (operator !== undefined && BINARY.has(operator) && this.#at + 1 < this.#words.length) {
      this.#at++
      return binary(this.#shell, word, operator, this.#next())
    }
    if (UNARY.has(word) && operator !== undefined) return unaryTest(this.#shell, word, this.#next())
    return word !== ''
  }

  #take(word: string): boolean {
    if (this.#words[this.#at] !== word) return false
    this.#at++
    return true
  }

  #next(): HostText {
    const word = this.#words[this.#at++]
    if (word === undefined) throw new TestError('argument expected')
    return word
  }
}
