import { evidence } from '../../../events/bytes.ts'
import { HostError } from '../../../host/contract.ts'
import { type Args, pairs } from '../arguments.ts'
import type { RedisClient } from '../client.ts'
import { OK, type Reply } from '../codec.ts'
import { CommandError } from '../command-error.ts'
import { globMatches } from '../glob.ts'
import type { CommandTable } from '../handler.ts'
import { configRefused, unknownParameter } from '../wording.ts'

export const configCommands: CommandTable = {
  'config|get': ({ server }, patterns) => ({
    map: [...server.config].filter(([name]) => patterns.some((pattern) => globMatches(pattern, name, true))),
  }),
  'config|set': set,
  'config|rewrite': () => OK,
  'config|resetstat': ({ server }) => {
    server.commandCounts.clear()
    server.errorCounts.clear()
    server.connections = 0
    server.commands = 0
    server.hits = 0
    server.misses = 0
    server.errors = 0
    return OK
  },
}

/** Longest value that is kept. */
const LONGEST_VALUE = 4096

/** Names that changed; both are kept alike. */
const ALIASES = [
  ['slave', 'replica'],
  ['ziplist', 'listpack'],
] as const

/** `enable-protected-configs` guards these (Redis 7). */
const PROTECTED = new Set(['dir', 'dbfilename', 'logfile', 'appenddirname'])
/** Only the configuration file sets these. */
const IMMUTABLE = new Set([
  'port',
  'databases',
  'daemonize',
  'supervised',
  'pidfile',
  'unixsocket',
  'cluster-enabled',
  'rdbchecksum',
  'tcp-backlog',
])
const MEMORY = new Set(['maxmemory', 'client-query-buffer-limit', 'proto-max-bulk-len', 'repl-backlog-size', 'auto-aof-rewrite-min-size'])

function set(client: RedisClient, words: Args): Reply {
  const { server, profile, visit } = client
  const { major } = profile.release
  if (words.length % 2) throw new CommandError(major >= 7 ? 'ERR syntax error' : unknownParameter(major, words[0]))
  const changes = pairs(words).map(([name, value]): [string, string] => [name.toLowerCase(), value])
  // All of them or none: Redis checks every one first.
  let refused: CommandError | undefined
  for (const [name, value] of changes) {
    refused ??= refusal(client, name, value)
    visit.record('redis.config-set', {
      parameter: name.slice(0, 128),
      value: evidence(Buffer.from(value.slice(0, 1024), 'latin1')),
      accepted: refused === undefined,
    })
  }
  if (refused) throw refused
  for (const [name, value] of changes) {
    for (const alias of namesOf(name)) if (server.config.has(alias)) server.config.set(alias, stored(name, value))
  }
  return OK
}

function namesOf(name: string): string[] {
  return [name, ...ALIASES.flatMap(([old, now]) => [name.replace(old, now), name.replace(now, old)])]
}

function refusal(client: RedisClient, name: string, value: string): CommandError | undefined {
  const { server, profile } = client
  const { major } = profile.release
  const refuse = (reason: string): CommandError => new CommandError(configRefused(major, name, value, reason))
  const known = server.config.get(name)
  if (known === undefined) return new CommandError(unknownParameter(major, name.slice(0, 128)))
  if (value.length > LONGEST_VALUE) return refuse('argument is too long')
  if (IMMUTABLE.has(name))
    return major >= 7 ? refuse("can't set immutable config") : new CommandError(unknownParameter(major, name.slice(0, 128)))
  if (PROTECTED.has(name) && !profile.protectedConfigs) return refuse("can't set protected config")
  if (name === 'dbfilename' && value.includes('/')) return refuse("dbfilename can't be a path, just a filename")
  if (name === 'dir') {
    const trouble = directoryTrouble(client, value)
    return trouble ? refuse(trouble) : undefined
  }
  if (MEMORY.has(name) && !/^\d{1,18}(?:b|k|kb|m|mb|g|gb)?$/i.test(value)) return refuse('argument must be a memory value')
  if ((known === 'yes' || known === 'no') && !/^(yes|no)$/i.test(value)) return refuse("argument must be 'yes' or 'no'")
  return undefined
}

/** What chdir() would say to this, on the simulated host with the server's rights. */
function directoryTrouble({ host, profile }: RedisClient, dir: string): string | undefined {
  if (BAIT_DIRECTORIES.test(dir) && profile.user === 'root') return undefined
  try {
    const files = host.files(profile.user)
    if (files.stat(dir).type !== 'directory') return 'Not a directory'
    return files.may('x', dir) ? undefined : 'Permission denied'
  } catch (error) {
    if (error instanceof HostError) return error.message
    throw error
  }
}

/** Where attacks put their files. An open server that runs as root lets them, whether or not the folder was there. */
const BAIT_DIRECTORIES =
  /^\/(?:root(?:\/\.ssh)?|home\/[a-z][a-z0-9_-]{0,31}(?:\/\.ssh)?|var\/spool\/cron(?:\/crontabs)?|etc(?:\/cron\.(?:d|daily|hourly))?|var\/www(?:\/html)?|usr\/share\/nginx\/html|tmp|var\/tmp|dev\/shm|var\/lib\/redis)\/?$/

/** A memory value is kept in bytes: `100mb` is 104857600. */
function stored(name: string, value: string): string {
  const [, amount, unit] = MEMORY.has(name) ? (/^(\d{1,18})([a-z]{0,2})$/i.exec(value) ?? []) : []
  if (amount === undefined) return /^(yes|no)$/i.test(value) ? value.toLowerCase() : value
  const factors: Record<string, number> = { '': 1, b: 1, k: 1000, kb: 1024, m: 1_000_000, mb: 1024 ** 2, g: 1_000_000_000, gb: 1024 ** 3 }
  return String(Number(amount) * (factors[(unit ?? '').toLowerCase()] ?? 1))
}
