import { RedirectionFailed } from '../control.ts'
import { defineFunction } from '../functions.ts'
import { COPROC_MARK, type CommandNode } from '../grammar.ts'
import { BadSubscript } from '../parameters.ts'
import type { Shell } from '../shell.ts'
import { runCompound } from './compound.ts'
import { startCoprocess, withoutMark } from './coprocess.ts'
import { redirectShell } from './redirect.ts'
import { runSimple } from './simple.ts'

/**
 * Runs one command. A wrong subscript, wherever it stands in it, gives up the whole line.
 * @param how `replace`: nothing comes after it in this process, so that a program takes the place of the shell
 */
export async function runCommand(shell: Shell, command: CommandNode, how: { replace: boolean }): Promise<number> {
  try {
    return await run(shell, command, how)
  } catch (error) {
    if (error instanceof BadSubscript) return shell.abandon(error.message)
    throw error
  }
}

function runAlone(shell: Shell, command: CommandNode): Promise<number> {
  return runCommand(shell, command, { replace: true })
}

async function run(shell: Shell, command: CommandNode, how: { replace: boolean }): Promise<number> {
  if (command.line) shell.line = shell.lineBase + command.line
  if (command.type === 'SimpleCommand') {
    const [first] = command.name?.parts ?? []
    if (first?.type === 'Literal' && first.value === COPROC_MARK) return startCoprocess(shell, 'COPROC', withoutMark(command), runAlone)
    return runSimple(shell, command, how)
  }
  if (command.type === 'FunctionDef') {
    if (command.name.startsWith(COPROC_MARK)) {
      const body = { ...command.body, redirections: [...command.body.redirections, ...command.redirections] }
      return startCoprocess(shell, command.name.slice(COPROC_MARK.length), body, runAlone)
    }
    defineFunction(shell, command.name, command)
    shell.functionSources.set(command.name, shell.errorSource)
    return 0
  }
  if (command.redirections.length === 0) return runCompound(shell, command)
  let undo: () => void
  try {
    undo = await redirectShell(shell, command.redirections)
  } catch (error) {
    if (error instanceof RedirectionFailed) return error.status
    throw error
  }
  try {
    return await runCompound(shell, command)
  } finally {
    undo()
  }
}
