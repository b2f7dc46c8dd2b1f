import { runCommand } from './files.ts'
import type { Interpreter } from './interpreter.ts'

/** `` `command` ``: what it printed, by lines; `$?` has its status. */
export async function runBacktick(p: Interpreter, command: string): Promise<string[]> {
  const { output, status } = await runCommand(p.machine, command)
  p.machine.setScalar('?', status < 0 ? -1 : status << 8)
  return output.match(/[^\n]*\n|[^\n]+$/g) ?? []
}
