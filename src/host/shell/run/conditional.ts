import type { HostText } from '../../command.ts'
import { Regex, RegexError } from '../../commands/regex/regex.ts'
import { toBytes, toText } from '../../text.ts'
import { ArithmeticError } from '../expand/arithmetic.ts'
import { expandArithmeticText } from '../expand/arithmetic-text.ts'
import { expandToPattern, expandToRegex } from '../expand/expander.ts'
import { Pattern } from '../expand/pattern.ts'
import type { ConditionalNode } from '../grammar.ts'
import type { Shell } from '../shell.ts'
import { trace, tracedWord } from '../trace.ts'
import { compareFiles, unaryTest } from './file-test.ts'

/** `[[ … ]]`: status 0 when it holds, 1 when not, 2 for a regular expression that is none. */
export async function testConditional(shell: Shell, node: ConditionalNode): Promise<number> {
  try {
    return (await holds(shell, node)) ? 0 : 1
  } catch (error) {
    if (error instanceof RegexError) return 2
    if (!(error instanceof ArithmeticError)) throw error
    await shell.complain(`[[: ${error.message}`)
    return 1
  }
}

async function holds(shell: Shell, node: ConditionalNode): Promise<boolean> {
  switch (node.type) {
    case 'CondAnd':
      return (await holds(shell, node.left)) && (await holds(shell, node.right))
    case 'CondOr':
      return (await holds(shell, node.left)) || (await holds(shell, node.right))
    case 'CondNot':
      return !(await holds(shell, node.operand))
    case 'CondGroup':
      return holds(shell, node.expression)
    case 'CondWord':
      return (await shell.machinery.text(shell, node.word)) !== ''
    case 'CondUnary':
      return holdsUnary(shell, node.operator, await shell.machinery.text(shell, node.operand))
    case 'CondBinary':
      return compares(shell, node)
  }
}

async function holdsUnary(shell: Shell, operator: string, operand: HostText): Promise<boolean> {
  await trace(shell, `[[ ${operator} ${tracedWord(shell, operand)} ]]`)
  return unaryTest(shell, operator, operand)
}

async function compares(shell: Shell, node: Extract<ConditionalNode, { type: 'CondBinary' }>): Promise<boolean> {
  const left = await shell.machinery.text(shell, node.left)
  switch (node.operator) {
    case '=':
    case '==':
    case '!=': {
      const options = { extended: true, ignoreCase: shell.options.shopt('nocasematch') }
      const pattern = await expandToPattern(shell, node.right)
      await trace(shell, `[[ ${tracedWord(shell, left)} ${node.operator} ${pattern} ]]`)
      return new Pattern(pattern, options).matches(left) === (node.operator !== '!=')
    }
    case '=~':
      return matchesRegex(shell, left, await expandToRegex(shell, node.right))
    case '<':
    case '>': {
      const right = await shell.machinery.text(shell, node.right)
      return node.operator === '<' ? left < right : left > right
    }
    case '-nt':
    case '-ot':
    case '-ef':
      return compareFiles(shell, node.operator, left, await shell.machinery.text(shell, node.right))
    default:
      return comparesNumbers(shell, node.operator, left, await shell.machinery.text(shell, node.right))
  }
}

async function comparesNumbers(shell: Shell, operator: string, left: HostText, right: HostText): Promise<boolean> {
  const a = shell.parameters.evaluate(await expandArithmeticText(shell, left))
  const b = shell.parameters.evaluate(await expandArithmeticText(shell, right))
  return compareIntegers(operator, a, b)
}

export function compareIntegers(operator: string, a: bigint, b: bigint): boolean {
  switch (operator) {
    case '-eq':
      return a === b
    case '-ne':
      return a !== b
    case '-lt':
      return a < b
    case '-le':
      return a <= b
    case '-gt':
      return a > b
    default:
      return a >= b
  }
}

/** POSIX extended regular expressions work on bytes here; groups go to BASH_REMATCH. */
function matchesRegex(shell: Shell, text: HostText, source: string): boolean {
  const subject = toBytes(text)
  const regex = Regex.compile(toBytes(source).toString('latin1'), 'extended', shell.options.shopt('nocasematch'))
  const match = regex.exec(subject.toString('latin1'))
  const groups: { subscript: undefined; value: string }[] = []
  for (let i = 0; match && i < match.length; i += 2) {
    const [from, to] = [match[i] as number, match[i + 1] as number]
    groups.push({ subscript: undefined, value: from < 0 ? '' : toText(subject.subarray(from, to)) })
  }
  shell.parameters.setArray('BASH_REMATCH', groups, false)
  return match !== undefined
}
