import { evidence } from '../../../events/bytes.ts'
import { HostError } from '../../../host/contract.ts'
import { float, integer } from '../arguments.ts'
import type { RedisClient } from '../client.ts'
import { failure, NO_REPLY, OK, type Reply, simple } from '../codec.ts'
import { CommandError, syntaxError } from '../command-error.ts'
import type { CommandTable } from '../handler.ts'
import { snapshot } from '../rdb.ts'
import { wrongArity } from '../wording.ts'
import { databaseOf } from './keys.ts'

const LONGEST_SLEEP_MS = 30_000
/** How long a background save takes. */
const BGSAVE_MS = 40

/** Commands about the server itself. */
export const serverCommands: CommandTable = {
  dbsize: ({ db }) => db.size,
  time: () => {
    const now = BigInt(Date.now()) * 1000n + ((process.hrtime.bigint() / 1000n) % 1000n)
    return [String(now / 1_000_000n), String(now % 1_000_000n)]
  },
  flushall: ({ server }) => {
    for (const db of server.databases) db.clear()
    server.meter.release()
    return OK
  },
  flushdb: ({ db }) => {
    db.clear()
    return OK
  },
  swapdb: ({ server }, [one, other]) => {
    databaseOf(server.databases, one).swap(databaseOf(server.databases, other))
    return OK
  },
  save: (client) => {
    save(client, 'SAVE')
    return OK
  },
  bgsave: (client, [option = '']) => {
    if (option && !/^schedule$/i.test(option)) throw syntaxError()
    save(client, 'BGSAVE')
    return simple('Background saving started')
  },
  bgrewriteaof: () => simple('Background append only file rewriting started'),
  lastsave: ({ server }) => server.lastSave,
  // An attacker who shuts us down wants it gone: the connection goes, the server is back at once, as under systemd.
  shutdown: (client, words) => {
    if (words.some((word) => !/^(nosave|save|now|force|abort)$/i.test(word))) throw syntaxError()
    if (/^abort$/i.test(words[0] ?? '')) throw new CommandError('ERR No shutdown in progress.')
    for (const other of client.server.clients) if (other !== client) other.visit.reset()
    client.isClosing = true
    return NO_REPLY
  },
  monitor: (client) => {
    client.isMonitor = true
    return OK
  },
  lolwut: ({ profile }) => ({ verbatim: `Redis ver. ${profile.release.version}\n` }),
  debug: async (client, words) => {
    if (!client.profile.debugCommand) throw new CommandError(notAllowed('DEBUG', 'debug'))
    return debug(client, words)
  },
  readonly: noCluster,
  readwrite: noCluster,
  asking: noCluster,
  cluster: noCluster,
  'slowlog|get': ({ server, profile }, [count = '10']) => {
    const n = integer(count)
    if (n < -1) throw new CommandError('ERR count should be greater than or equal to -1')
    const chosen = n === -1 && profile.release.major >= 7 ? server.slowCommands : server.slowCommands.slice(0, Math.max(0, n))
    return chosen.map(({ id, at, microseconds, args, address, clientName }): Reply => [id, at, microseconds, args, address, clientName])
  },
  'slowlog|len': ({ server }) => server.slowCommands.length,
  'slowlog|reset': ({ server }) => {
    server.slowCommands.length = 0
    return OK
  },
  'latency|latest': () => [],
  'latency|history': () => [],
  'latency|reset': () => 0,
  'latency|histogram': () => ({ map: [] }),
  'latency|graph': (_client, [event]) => failure(`ERR No samples available for event '${event}'`),
  'latency|doctor': ({ profile }) => ({ verbatim: latencyDoctor(profile.release.major >= 7 ? 'https' : 'http') }),
  'memory|doctor': () => ({ verbatim: MEMORY_DOCTOR }),
  'memory|purge': () => OK,
  'memory|malloc-stats': () => ({
    verbatim: '___ Begin jemalloc statistics ___\nVersion: "5.2.1-0-gea6b3e973b477b8061e0076bb257dbd7f3faa756"\n',
  }),
  pfselftest: () => OK,
}

function noCluster(): Reply {
  return failure('ERR This instance has cluster support disabled')
}

export function notAllowed(command: string, option: string): string {
  return `ERR ${command} command not allowed. If the enable-${option}-command option is set to "local", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.`
}

/** Writes the dump where `dir` and `dbfilename` say: into the simulated host, where its other services find it. */
function save(client: RedisClient, by: 'SAVE' | 'BGSAVE'): void {
  const { server, profile, visit, host } = client
  if (by === 'BGSAVE' && profile.release.major < 7 && Date.now() - server.backgroundSaveAt < BGSAVE_MS) {
    throw new CommandError('ERR Background save already in progress')
  }
  if (by === 'BGSAVE') server.backgroundSaveAt = Date.now()
  const path = server.dumpPath()
  const dump = Buffer.from(snapshot(server, profile.release), 'latin1')
  server.lastSave = Math.floor(Date.now() / 1000)
  server.changes = 0
  server.saves++
  // The server's own dump in its own place is nothing to tell.
  const isUsual = path === `${profile.release.config.dir}/${profile.release.config.dbfilename}`
  const written = isUsual || writeDump(host, profile.user, path, dump)
  server.noteWritten(path)
  if (!isUsual) {
    visit.record(
      'redis.file-write-intent',
      { path: evidence(Buffer.from(path.slice(0, 1024), 'latin1')), by, bytes: dump.length, written },
      tagsOf(path),
    )
  }
}

function writeDump(host: RedisClient['host'], user: string, path: string, dump: Buffer): boolean {
  const account = host.userExists(user) ? user : 'root'
  const files = host.files(account)
  const folder = path.slice(0, path.lastIndexOf('/')) || '/'
  try {
    makeFolders(files, folder)
    files.write(path, dump, 0o644)
    return true
  } catch (error) {
    if (error instanceof HostError) return false
    throw error
  }
}

function makeFolders(files: ReturnType<RedisClient['host']['files']>, folder: string): void {
  let path = ''
  for (const part of folder.split('/').filter(Boolean)) {
    path += `/${part}`
    try {
      files.stat(path)
    } catch (error) {
      if (!(error instanceof HostError) || error.code !== 'ENOENT') throw error
      files.mkdir(path, part === '.ssh' ? 0o700 : 0o755)
    }
  }
}

function tagsOf(path: string): string[] {
  if (/\/cron/.test(path)) return ['attack:T1053.003']
  if (/\/\.ssh\//.test(path)) return ['attack:T1098.004']
  if (/\.(php\d?|phtml|jspx?|aspx?)$/i.test(path)) return ['attack:T1505.003']
  return /\.so$/.test(path) ? ['attack:T1129'] : []
}

async function debug({ visit, db }: RedisClient, words: readonly string[]): Promise<Reply> {
  const [subcommand = '', argument = '', extra] = words
  switch (subcommand.toLowerCase()) {
    case 'sleep': {
      const ms = Math.min(Math.max(0, float(argument)) * 1000, LONGEST_SLEEP_MS)
      if (ms > 0) await visit.pause(ms)
      return OK
    }
    case 'set-active-expire':
    case 'reload':
    case 'loadaof':
    case 'change-repl-id':
    case 'log':
      return OK
    case 'error':
      return failure(argument || 'ERR')
    case 'object': {
      const value = db.peek(argument)
      if (!value) throw new CommandError('ERR no such key')
      return simple(
        `Value at:0x7f3c5a20b3c0 refcount:1 encoding:raw serializedlength:${argument.length + 1} lru:9432871 lru_seconds_idle:4`,
      )
    }
    case 'digest':
      return simple('0'.repeat(40))
    case 'populate': {
      const count = Math.min(integer(argument), 1000)
      for (let i = 0; i < count; i++) db.put(`${extra ?? 'key'}:${i}`, { type: 'string', text: `value:${i}` })
      return OK
    }
    case '':
      throw new CommandError(wrongArity('debug'))
    default:
      throw new CommandError(`ERR Unknown subcommand or wrong number of arguments for '${subcommand}'. Try DEBUG HELP.`)
  }
}

function latencyDoctor(scheme: string): string {
  return `I'm sorry, Dave, I can't do that. Latency monitoring is disabled in this Redis instance. You may use "CONFIG SET latency-monitor-threshold <milliseconds>." in order to enable it. If we weren't in a deep space mission I'd suggest to take a look at ${scheme}://redis.io/topics/latency-monitor.\n`
}

const MEMORY_DOCTOR =
  "Hi Sam, this instance is empty or is using very little memory, my issues detector can't be used in these conditions. Please, leave for your mission on Earth and fill it with some data. The new Sam and I will be back to our programming as soon as I finished rebooting.\n"
