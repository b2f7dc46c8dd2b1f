import { randomBytes } from 'node:crypto'
import { isIP } from 'node:net'
import { evidence } from '../../../events/bytes.ts'
import { type Args, integer } from '../arguments.ts'
import type { RedisClient } from '../client.ts'
import { failure, NO_REPLY, OK, type Reply, simple } from '../codec.ts'
import { CommandError } from '../command-error.ts'
import type { CommandTable } from '../handler.ts'
import { snapshot } from '../rdb.ts'

export const replicationCommands: CommandTable = {
  slaveof: replicateFrom,
  replicaof: replicateFrom,
  role: ({ server }) => {
    const { master, replicationOffset } = server
    return master ? ['slave', master.host, master.port, 'connect', -1] : ['master', replicationOffset, []]
  },
  replconf: (client, words) => {
    const [option = ''] = words
    if (words.some((word) => /^eof$/i.test(word))) client.takesStream = true
    // A replica acknowledges without waiting for an answer.
    return /^ack$/i.test(option) && client.isReplica ? NO_REPLY : OK
  },
  psync: async (client) => {
    if (client.isReplica) return NO_REPLY
    await untilStreamStarts(client)
    const header = `+FULLRESYNC ${client.server.facts.replicationId} ${client.server.replicationOffset}\r\n`
    return { raw: header + transfer(client, 'PSYNC') }
  },
  sync: async (client) => {
    if (client.isReplica) return NO_REPLY
    await untilStreamStarts(client)
    return { raw: transfer(client, 'SYNC') }
  },
  wait: () => 0,
  failover: () => failure('ERR FAILOVER requires connected replicas.'),
  migrate: ({ db, visit }, [host, port, key]) => {
    noteTarget(visit, host, 'MIGRATE')
    integer(port)
    if (!db.peek(key)) return simple('NOKEY')
    throw new CommandError('IOERR error or timeout writing to target instance')
  },
}

/** SLAVEOF: the attacker's own server should send us its module. We write down which, and never dial it. */
function replicateFrom({ server, visit, profile }: RedisClient, [host, port]: Args): Reply {
  if (/^no$/i.test(host) && /^one$/i.test(port)) {
    server.master = undefined
    return OK
  }
  const wrongPort = profile.release.major >= 7 ? 'ERR Invalid master port' : 'ERR value is not an integer or out of range'
  const number = integer(port, () => new CommandError(wrongPort))
  if (number < 0 || number > 65_535) throw new CommandError(wrongPort)
  if (server.master?.host === host && server.master.port === number) return simple('OK Already connected to specified master')
  server.master = { host: host.slice(0, 256), port: number, since: Date.now() }
  // What a rogue master sends lands in the dump file before it is looked at; a later MODULE LOAD names that file.
  server.noteWritten(server.dumpPath())
  visit.record('redis.replicate-from', { host: evidence(Buffer.from(host.slice(0, 256), 'latin1')), port: number }, ['attack:T1105'])
  noteTarget(visit, host, 'SLAVEOF')
  return OK
}

function noteTarget(visit: RedisClient['visit'], host: string, how: string): void {
  const value = evidence(Buffer.from(host.slice(0, 256), 'latin1'))
  visit.record('indicator', { kind: isIP(host) ? 'address' : 'host', value, how: `redis.${how}` })
}

/** `repl-diskless-sync-delay`: Redis 7 waits for more replicas before it streams to those that take a stream. */
const STREAM_DELAY_MS = 5000

function streams({ profile, takesStream }: RedisClient): boolean {
  return takesStream && profile.release.major >= 7
}

async function untilStreamStarts(client: RedisClient): Promise<void> {
  if (streams(client)) await client.visit.pause(STREAM_DELAY_MS)
}

/** The whole dataset, as a master sends it to a new replica: with its length before, or with a mark before and after. */
function transfer(client: RedisClient, by: string): string {
  const { server, visit, profile } = client
  const rdb = snapshot(server, profile.release)
  const keys = server.databases.reduce((sum, db) => sum + db.size, 0)
  client.isReplica = true
  server.hasBacklog = true
  server.streamDatabase = undefined
  server.fullSyncs++
  visit.record('redis.dump-theft', { by, keys, bytes: rdb.length }, ['attack:T1005'])
  if (!streams(client)) return `$${rdb.length}\r\n${rdb}`
  const mark = randomBytes(20).toString('hex')
  return `$EOF:${mark}\r\n${rdb}${mark}`
}
