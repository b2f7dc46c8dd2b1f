import type { HostText } from '../../command.ts'
import { LoopJump } from '../control.ts'
import { ArithmeticError } from '../expand/arithmetic.ts'
import { expandArithmeticText } from '../expand/arithmetic-text.ts'
import { expandToPattern } from '../expand/expander.ts'
import { Pattern } from '../expand/pattern.ts'
import { type ArithmeticNode, type CompoundCommandNode, SELECT_MARK, type StatementNode } from '../grammar.ts'
import { assigning, isName } from '../parameters.ts'
import { printCommand, printHead } from '../print.ts'
import type { Shell } from '../shell.ts'
import { trace } from '../trace.ts'
import { testConditional } from './conditional.ts'
import { waitForeground } from './pipeline-wait.ts'
import { selectFrom } from './select.ts'

type Of<T extends CompoundCommandNode['type']> = Extract<CompoundCommandNode, { type: T }>

/** Runs a compound command whose redirections are in force already. */
export async function runCompound(shell: Shell, command: CompoundCommandNode): Promise<number> {
  switch (command.type) {
    case 'Group':
      return shell.machinery.list(shell, command.body)
    case 'Subshell':
      return runSubshell(shell, command)
    case 'If':
      return runIf(shell, command)
    case 'For':
      return runFor(shell, command)
    case 'CStyleFor':
      return runArithmeticFor(shell, command)
    case 'While':
      return runWhile(shell, command, 0)
    case 'Until':
      return runWhile(shell, command, 1)
    case 'Case':
      return runCase(shell, command)
    case 'ArithmeticCommand':
      return runArithmetic(shell, command)
    case 'ConditionalCommand':
      if (shell.dialect.name === 'dash') return notACommand(shell, '[[')
      return testConditional(shell, command.expression)
  }
}

/** What other shells have as a keyword is to dash a command that does not exist. */
async function notACommand(shell: Shell, name: string): Promise<number> {
  await shell.complain(shell.dialect.notFound(name))
  return 127
}

async function runSubshell(shell: Shell, command: Of<'Subshell'>): Promise<number> {
  const monitor = shell.options.has('monitor')
  const child = await shell.spawn((sub) => sub.machinery.list(sub, command.body), monitor ? { pgid: 'own' } : {})
  const [status] = await waitForeground(shell, [child], () => printCommand(command))
  return status?.code ?? 0
}

async function runIf(shell: Shell, command: Of<'If'>): Promise<number> {
  for (const clause of command.clauses) {
    if ((await condition(shell, clause.condition)) === 0) return shell.machinery.list(shell, clause.body)
  }
  return command.elseBody ? shell.machinery.list(shell, command.elseBody) : 0
}

async function condition(shell: Shell, statements: readonly StatementNode[]): Promise<number> {
  shell.conditionDepth++
  try {
    return await shell.machinery.list(shell, statements)
  } finally {
    shell.conditionDepth--
  }
}

async function runFor(shell: Shell, command: Of<'For'>): Promise<number> {
  const words = command.words ? await shell.machinery.words(shell, command.words) : [...shell.positional]
  return shell.withWords(words, () => forEach(shell, command, words))
}

async function forEach(shell: Shell, command: Of<'For'>, words: readonly HostText[]): Promise<number> {
  const variable = command.variable.startsWith(SELECT_MARK) ? command.variable.slice(SELECT_MARK.length) : command.variable
  if (!isName(variable)) {
    await shell.complain(`\`${variable}': not a valid identifier`)
    return 1
  }
  if (variable !== command.variable) return selectFrom(shell, variable, words, () => loopBody(shell, command.body))
  let status = 0
  for (const word of words) {
    if (shell.options.has('xtrace')) await trace(shell, printHead(command))
    await assigning(shell, () => shell.parameters.set(variable, word))
    const turn = await loopBody(shell, command.body)
    status = turn.status
    if (turn.leave) break
  }
  return status
}

/** A wrong expression ends the loop with status 1. */
async function runArithmeticFor(shell: Shell, command: Of<'CStyleFor'>): Promise<number> {
  try {
    return await arithmeticTurns(shell, command)
  } catch (error) {
    if (error instanceof ArithmeticError) return 1
    throw error
  }
}

async function arithmeticTurns(shell: Shell, command: Of<'CStyleFor'>): Promise<number> {
  let status = 0
  if (command.init) await arithmetic(shell, command.init, '((')
  while (!command.condition || (await arithmetic(shell, command.condition, '((')) !== 0n) {
    const turn = await loopBody(shell, command.body)
    status = turn.status
    if (turn.leave) break
    if (command.update) await arithmetic(shell, command.update, '((')
  }
  return status
}

async function runWhile(shell: Shell, command: Of<'While'> | Of<'Until'>, until: 0 | 1): Promise<number> {
  let status = 0
  for (;;) {
    const test = await loopTurn(shell, () => condition(shell, command.condition))
    if (test.leave) return 0
    if ((test.status === 0 ? 0 : 1) !== until) return status
    const turn = await loopBody(shell, command.body)
    status = turn.status
    if (turn.leave) return status
  }
}

interface Turn {
  status: number
  leave: boolean
}

function loopBody(shell: Shell, body: readonly StatementNode[]): Promise<Turn> {
  return loopTurn(shell, () => shell.machinery.list(shell, body))
}

/** One turn of a loop; takes the `break` and `continue` that are meant for it. */
async function loopTurn(shell: Shell, body: () => Promise<number>): Promise<Turn> {
  const wait = shell.process.spend(4)
  if (wait) await wait
  shell.loopDepth++
  try {
    return { status: await body(), leave: false }
  } catch (error) {
    if (!(error instanceof LoopJump)) throw error
    if (error.levels > 1 && shell.loopDepth > 1) {
      error.levels--
      throw error
    }
    return { status: 0, leave: error.kind === 'break' }
  } finally {
    shell.loopDepth--
  }
}

async function runCase(shell: Shell, command: Of<'Case'>): Promise<number> {
  if (shell.options.has('xtrace')) await trace(shell, printHead(command))
  const subject = await shell.machinery.text(shell, command.word)
  let status = 0
  let through = false
  for (const item of command.items) {
    if (!through && !(await matchesAny(shell, subject, item.patterns))) continue
    status = item.body.length > 0 ? await shell.machinery.list(shell, item.body) : 0
    if (item.terminator === ';;') return status
    through = item.terminator === ';&'
  }
  return status
}

async function matchesAny(shell: Shell, subject: HostText, patterns: Of<'Case'>['items'][number]['patterns']): Promise<boolean> {
  const options = { extended: shell.options.shopt('extglob'), ignoreCase: shell.options.shopt('nocasematch') }
  for (const word of patterns) {
    if (new Pattern(await expandToPattern(shell, word), options).matches(subject)) return true
  }
  return false
}

/** A wrong expression has status 1 and does not end the line. */
async function runArithmetic(shell: Shell, command: Of<'ArithmeticCommand'>): Promise<number> {
  try {
    return (await arithmetic(shell, command.expression, '((')) === 0n ? 1 : 0
  } catch (error) {
    if (error instanceof ArithmeticError) return 1
    throw error
  }
}

/** Evaluates `((…))`. @throws ArithmeticError when it has said what is wrong */
async function arithmetic(shell: Shell, node: ArithmeticNode, name: string): Promise<bigint> {
  try {
    const text = await expandArithmeticText(shell, node.originalText ?? '')
    await trace(shell, `(( ${text} ))`)
    return shell.parameters.evaluate(text)
  } catch (error) {
    if (error instanceof ArithmeticError) await shell.complain(`${name}: ${error.message}`)
    throw error
  }
}
