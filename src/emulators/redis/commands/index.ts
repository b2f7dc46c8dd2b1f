import type { CommandTable } from '../handler.ts'
import { aclCommands } from './acl.ts'
import { bitmapCommands } from './bitmaps.ts'
import { clientCommands } from './clients.ts'
import { commandInfoCommands } from './command-info.ts'
import { configCommands } from './config.ts'
import { connectionCommands } from './connection.ts'
import { geoCommands } from './geo.ts'
import { hashCommands } from './hashes.ts'
import { hyperloglogCommands } from './hyperloglogs.ts'
import { infoCommands } from './info.ts'
import { keyCommands } from './keys.ts'
import { listCommands } from './lists.ts'
import { moduleCommands } from './modules.ts'
import { pubsubCommands } from './pubsub.ts'
import { replicationCommands } from './replication.ts'
import { scriptingCommands } from './scripting.ts'
import { serverCommands } from './server.ts'
import { setCommands } from './sets.ts'
import { sortedSetCommands } from './sorted-sets.ts'
import { streamCommands } from './streams.ts'
import { stringCommands } from './strings.ts'
import { transactionCommands } from './transactions.ts'

/** Every command that has a handler. Which of them a release has, its facts say. */
export const commandTable: CommandTable = {
  ...aclCommands,
  ...bitmapCommands,
  ...clientCommands,
  ...commandInfoCommands,
  ...configCommands,
  ...connectionCommands,
  ...geoCommands,
  ...hashCommands,
  ...hyperloglogCommands,
  ...infoCommands,
  ...keyCommands,
  ...listCommands,
  ...moduleCommands,
  ...pubsubCommands,
  ...replicationCommands,
  ...scriptingCommands,
  ...serverCommands,
  ...setCommands,
  ...sortedSetCommands,
  ...streamCommands,
  ...stringCommands,
  ...transactionCommands,
}
