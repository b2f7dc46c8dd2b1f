import { TimeSlice } from '../../../sensor/time-slice.ts'
import type { Args } from '../arguments.ts'
import type { RedisClient } from '../client.ts'
import { OK, type Reply } from '../codec.ts'
import { CommandError } from '../command-error.ts'
import type { CommandTable, Run } from '../handler.ts'

/** Keys that one client may watch. */
const WATCHED = 1000

export const transactionCommands: CommandTable = {
  multi: (client) => {
    if (client.transaction) throw new CommandError('ERR MULTI calls can not be nested')
    client.transaction = { queue: [], bytes: 0, broken: false }
    return OK
  },
  discard: (client) => {
    if (!client.transaction) throw new CommandError('ERR DISCARD without MULTI')
    client.forgetTransaction()
    return OK
  },
  watch: (client, keys) => {
    if (client.transaction) throw new CommandError('ERR WATCH inside MULTI is not allowed')
    for (const key of keys.slice(0, WATCHED - client.watched.length))
      client.watched.push({ db: client.db, key, version: client.db.version(key) })
    return OK
  },
  unwatch: (client) => {
    client.watched.length = 0
    return OK
  },
  exec,
}

async function exec(client: RedisClient, _args: Args, _name: string, run: Run): Promise<Reply> {
  const { transaction, watched } = client
  if (!transaction) throw new CommandError('ERR EXEC without MULTI')
  const isStale = watched.some(({ db, key, version }) => db.version(key) !== version)
  if (transaction.broken) {
    client.forgetTransaction()
    throw new CommandError('EXECABORT Transaction discarded because of previous errors.')
  }
  if (isStale) {
    client.forgetTransaction()
    return { noArray: true }
  }
  const replies: Reply[] = []
  // The transaction stays open meanwhile: it tells blocking commands not to wait.
  const slice = new TimeSlice()
  for (const words of transaction.queue) {
    await slice.turn()
    replies.push((await run(words)).reply)
  }
  client.forgetTransaction()
  return replies
}
