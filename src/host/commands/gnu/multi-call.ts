import type { Command, CommandFile } from '../../command.ts'
import { baseName } from './command.ts'

/** One binary under several names: links of its package lead to it, and `argv[0]` says which program it is. */
export function multiCall(file: CommandFile, others: readonly CommandFile[]): CommandFile {
  const byName = new Map<string, Command>(others.map((command) => [command.name, command.run]))
  return { ...file, run: (process) => (byName.get(baseName(process.argv[0] ?? '')) ?? file.run)(process) }
}
