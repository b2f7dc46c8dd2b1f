import type { BsonDocument } from '../bson.ts'
import { MongoError } from '../mongo-error.ts'
import { ADMINISTRATION } from './administer.ts'
import { AGGREGATE_COMMANDS } from './aggregate.ts'
import { CATALOG_COMMANDS } from './catalog.ts'
import { type Call, type Command, ok } from './command.ts'
import { LOGIN_COMMANDS } from './login.ts'
import { READ_COMMANDS } from './read.ts'
import { WRITE_COMMANDS } from './write.ts'

const COMMANDS = new Map<string, Command>(
  Object.entries({
    ...ADMINISTRATION,
    ...LOGIN_COMMANDS,
    ...CATALOG_COMMANDS,
    ...READ_COMMANDS,
    ...AGGREGATE_COMMANDS,
    ...WRITE_COMMANDS,
    listCommands: { run: listCommands, isOpen: true },
  }),
)

function listCommands(): BsonDocument {
  const names = [...COMMANDS].sort(([a], [b]) => (a < b ? -1 : 1))
  const about = names.map(([name, { isOpen, isForAdmin }]): [string, BsonDocument] => [
    name,
    new Map<string, string | boolean>([
      ['help', ''],
      ['requiresAuth', !isOpen],
      ['slaveOk', true],
      ['adminOnly', isForAdmin ?? false],
    ]),
  ])
  return ok({ commands: new Map(about) })
}

/** Does one command. What fails is answered as the server words it. */
export async function runCommand(call: Call): Promise<BsonDocument> {
  try {
    const command = COMMANDS.get(call.name)
    if (!command) throw new MongoError(59, 'CommandNotFound', `no such command: '${call.name}'`)
    const { client } = call
    if (client.isLoginNeeded && !client.user && !command.isOpen) {
      throw new MongoError(13, 'Unauthorized', `command ${call.name} requires authentication`)
    }
    if (command.isForAdmin && call.database !== 'admin') {
      throw new MongoError(13, 'Unauthorized', `${call.name} may only be run against the admin database.`)
    }
    return await command.run(call)
  } catch (error) {
    if (error instanceof MongoError) return error.reply()
    throw error
  }
}
