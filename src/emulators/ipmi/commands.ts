import { type Call, COMPLETION, type Command, type CommandTable, Completion } from './command.ts'
import { appCommands } from './commands-app.ts'
import { chassisCommands } from './commands-chassis.ts'
import { storageCommands } from './commands-storage.ts'
import { transportCommands } from './commands-transport.ts'

const table: CommandTable = { ...chassisCommands, ...appCommands, ...storageCommands, ...transportCommands }

export function commandOf(netFn: number, command: number): Command | undefined {
  const key = `${hex(netFn)}/${hex(command)}`
  return Object.hasOwn(table, key) ? table[key] : undefined
}

/** Runs a command as a BMC does: known, permitted, long enough, then its own rules. */
export function execute(command: Command | undefined, call: Call): { completion: number; data: Buffer } {
  try {
    if (!command) throw new Completion(COMPLETION.invalidCommand)
    if (call.caller.privilege < command.privilege) throw new Completion(COMPLETION.privilege)
    if (call.data.length < (command.least ?? 0)) throw new Completion(COMPLETION.shortRequest)
    return { completion: COMPLETION.ok, data: Buffer.from(command.run(call)) }
  } catch (error) {
    if (!(error instanceof Completion)) throw error
    return { completion: error.code, data: Buffer.alloc(0) }
  }
}

function hex(n: number): string {
  return n.toString(16).padStart(2, '0')
}
