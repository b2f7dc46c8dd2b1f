import type { Args } from './arguments.ts'
import type { RedisClient } from './client.ts'
import { ARGUMENT_COST, failure, NO_REPLY, OK, type Reply, simple } from './codec.ts'
import { CommandError, outOfMemory } from './command-error.ts'
import { commandTable } from './commands/index.ts'
import type { Handler, Nested } from './handler.ts'
import type { CommandFacts, Release } from './release.ts'
import { onlySubscriberCommands, unknownCommand, unknownSubcommand, wrongArity } from './wording.ts'

/** What a request is, after looking it up. */
interface Resolved {
  /** `get`, `config|set`. */
  name: string
  facts: CommandFacts
  handler: Handler
  args: Args
  words: readonly string[]
}

/** A reply with what the event says of the command. */
export interface Outcome {
  reply: Reply
  known: boolean
  error?: string
}

/** Commands that take effect at once though a transaction is open. */
const UNQUEUED = new Set(['exec', 'discard', 'multi', 'watch', 'quit', 'reset'])
const SUBSCRIBER_COMMANDS = new Set([
  'subscribe',
  'psubscribe',
  'ssubscribe',
  'unsubscribe',
  'punsubscribe',
  'sunsubscribe',
  'ping',
  'quit',
  'reset',
])
/** Microseconds from which a command is in the slow log (`slowlog-log-slower-than`). */
const SLOW_MICROSECONDS = 10_000
/** Bytes of the commands that one transaction may queue. */
const QUEUED_BYTES = 4 * 1024 * 1024

/** Redis's processCommand(): every gate in its order, then the command itself. */
export async function execute(client: RedisClient, words: readonly string[]): Promise<Outcome> {
  const name = (words[0] as string).toLowerCase()
  client.lastActivity = Date.now()
  // Somebody makes a browser or a server talk HTTP to Redis; it hangs up on the first word that tells.
  if (name === 'post' || name === 'host:') {
    client.isDropped = true
    return { reply: NO_REPLY, known: true }
  }
  if (name === 'quit') {
    client.isClosing = true
    return { reply: OK, known: true }
  }
  const resolved = resolve(client.profile.release, client.server.modules, words)
  if ('error' in resolved) return refuse(client, resolved.error, resolved.known)
  // A replica has no business with keys; Redis 7 cuts it off.
  if (client.isReplica && resolved.facts.keys[0] > 0 && client.profile.release.major >= 7) {
    client.isDropped = true
    return { reply: NO_REPLY, known: true, error: "Replica can't interact with the keyspace" }
  }
  const refusal = gate(client, resolved)
  if (refusal) return refuse(client, refusal, true, resolved.name)
  if (client.transaction && !UNQUEUED.has(resolved.name)) {
    const bytes = sizeOfWords(words)
    if (client.transaction.bytes + bytes > QUEUED_BYTES) return refuse(client, outOfMemory().message, true, resolved.name)
    client.transaction.bytes += bytes
    client.transaction.queue.push([...words])
    return { reply: simple('QUEUED'), known: true }
  }
  feedMonitors(client, resolved.name, words)
  const outcome = await call(client, resolved)
  return { reply: isSilenced(client) ? NO_REPLY : outcome.reply, known: true, ...(outcome.error ? { error: outcome.error } : {}) }
}

/** Runs one command that has passed the gates, and counts it. */
async function call(client: RedisClient, { name, facts, handler, args, words }: Resolved): Promise<{ reply: Reply; error?: string }> {
  const { server } = client
  const startedAt = process.hrtime.bigint()
  client.lastCommand = client.profile.release.major >= 7 ? name : (name.split('|')[0] as string)
  server.commands++
  try {
    if (facts.flags.includes('denyoom')) server.meter.spend(sizeOfWords(args))
    const reply = await handler(client, args, name, (nested, how) => runNested(client, nested, how?.fromScript ?? false))
    if (facts.flags.includes('write')) {
      server.wrote()
      feedReplicas(client, words)
    }
    count(client, name, startedAt, args)
    return { reply }
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    count(client, name, startedAt, args, 'failed')
    noteError(client, error.message)
    return { reply: failure(error.message), error: error.message }
  }
}

async function runNested(client: RedisClient, words: readonly string[], fromScript: boolean): Promise<Nested> {
  const resolved = resolve(client.profile.release, client.server.modules, words)
  if ('error' in resolved) {
    return { reply: failure(resolved.error), error: resolved.error, refused: resolved.known ? 'arity' : 'unknown' }
  }
  if (fromScript && resolved.facts.flags.includes('noscript')) return { reply: null, refused: 'forbidden' }
  return call(client, resolved)
}

function sizeOfWords(words: readonly string[]): number {
  return words.reduce((sum, word) => sum + word.length + ARGUMENT_COST, 0)
}

/** Finds the command or says why there is none. */
function resolve(
  release: Release,
  modules: ReadonlyMap<string, string>,
  words: readonly string[],
): Resolved | { error: string; known: boolean } {
  const given = words[0] as string
  const name = given.toLowerCase()
  if (modules.has(name.split('.')[0] as string) && commandTable[name]) {
    const facts: CommandFacts = {
      name,
      arity: -1,
      flags: [],
      keys: [0, 0, 0],
      categories: [],
      tips: [],
      keySpecs: [],
      subcommands: new Map(),
    }
    return { name, facts, handler: commandTable[name], args: words.slice(1) as Args, words }
  }
  const container = release.commands.get(name)
  if (!container) return { error: unknownCommand(release.major, given, words.slice(1)), known: false }
  const isPlain = container.subcommands.size === 0 || (words.length === 1 && commandTable[name])
  if (isPlain) return check(container, name, 1, words)
  if (words.length === 1) return { error: wrongArity(name), known: true }
  const subcommand = `${name}|${(words[1] as string).toLowerCase()}`
  const unknown = { error: unknownSubcommand(release.major, name, words[1] as string), known: true }
  const isHelp = subcommand.endsWith('|help') && release.help[name] !== undefined
  const listed = container.subcommands.get(subcommand) ?? (isHelp ? { ...container, arity: 2 } : undefined)
  if (!listed) return unknown
  // Before Redis 7 the flags were those of the container.
  const facts = release.major < 7 ? { ...listed, flags: container.flags } : listed
  const found = check(facts, subcommand, 2, words)
  // Before Redis 7 a subcommand with too few words was as unknown as one that does not exist.
  return 'error' in found && release.major < 7 ? unknown : found
}

function check(facts: CommandFacts, name: string, skip: number, words: readonly string[]): Resolved | { error: string; known: boolean } {
  const fits = facts.arity >= 0 ? words.length === facts.arity : words.length >= -facts.arity
  const handler = commandTable[name] ?? commandTable[name.endsWith('|help') ? 'help' : (name.split('|')[0] as string)]
  // `command` has arity 0 in Redis 5: any number of words.
  if ((!fits && facts.arity !== 0) || !handler) return { error: wrongArity(name), known: true }
  return { name, facts, handler, args: words.slice(skip) as Args, words }
}

/** The error that keeps this client from this command now. */
function gate(client: RedisClient, { name }: Resolved): string | undefined {
  const { major } = client.profile.release
  const mayUnauthenticated = ['auth', 'hello', 'reset'].includes(name)
  if (!client.authenticated && !mayUnauthenticated) return 'NOAUTH Authentication required.'
  if (client.protocol === 2 && (client.subscriptions > 0 || client.shardChannels.size > 0) && !SUBSCRIBER_COMMANDS.has(name)) {
    return onlySubscriberCommands(major, name)
  }
  return undefined
}

function refuse(client: RedisClient, error: string, known: boolean, name?: string): Outcome {
  if (client.transaction) client.transaction.broken = true
  if (name) countOf(client, name).rejected++
  noteError(client, error)
  return { reply: failure(error), known, error }
}

function noteError(client: RedisClient, error: string): void {
  const { server } = client
  server.errors++
  const code = error.split(' ')[0] as string
  if (server.errorCounts.has(code) || server.errorCounts.size < 100) server.errorCounts.set(code, (server.errorCounts.get(code) ?? 0) + 1)
}

function countOf(client: RedisClient, name: string): { calls: number; microseconds: number; rejected: number; failed: number } {
  const { commandCounts } = client.server
  const key = client.profile.release.major >= 7 ? name : (name.split('|')[0] as string)
  let counts = commandCounts.get(key)
  if (!counts) {
    counts = { calls: 0, microseconds: 0, rejected: 0, failed: 0 }
    commandCounts.set(key, counts)
  }
  return counts
}

function count(client: RedisClient, name: string, startedAt: bigint, args: readonly string[], how?: 'failed'): void {
  const microseconds = Math.max(1, Number((process.hrtime.bigint() - startedAt) / 1000n))
  const counts = countOf(client, name)
  counts.calls++
  counts.microseconds += microseconds
  if (how) counts[how]++
  if (microseconds < SLOW_MICROSECONDS || name === 'exec') return
  client.server.noteSlow({
    at: Math.floor(Date.now() / 1000),
    microseconds,
    args: [...name.split('|'), ...args].slice(0, 32).map((arg) => arg.slice(0, 128)),
    address: client.address,
    clientName: client.name,
  })
}

/** A line of MONITOR: `1700000000.123456 [0 127.0.0.1:4711] "get" "key"`. */
function feedMonitors(client: RedisClient, name: string, words: readonly string[]): void {
  if (name === 'exec' || name === 'auth' || name === 'hello') return
  for (const other of client.server.clients) {
    if (!other.isMonitor) continue
    const now = Date.now() / 1000
    const quoted = words.map((word) => `"${quote(word)}"`).join(' ')
    other.push(simple(`${now.toFixed(6)} [${client.database} ${client.address}] ${quoted}`))
  }
}

/** Passes a write on to those who play replica, with the database it is for. */
function feedReplicas({ server, database }: RedisClient, words: readonly string[]): void {
  if (!server.hasBacklog) return
  const stream = (server.streamDatabase === database ? '' : requestOf(['SELECT', String(database)])) + requestOf(words)
  server.streamDatabase = database
  server.replicationOffset += stream.length
  const replicas = [...server.clients].filter(({ isReplica }) => isReplica)
  // After the replies: a client may be its own replica.
  if (replicas.length) setImmediate(() => replicas.forEach((replica) => void replica.push({ raw: stream })))
}

function requestOf(words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`
}

const QUOTED: Record<string, string> = { '\\': '\\\\', '"': '\\"', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\x07': '\\a', '\b': '\\b' }

/** sdscatrepr() without its quotes. */
export function quote(text: string): string {
  return text.replace(/[\\"\x00-\x1f\x7f-\xff]/g, (c) => QUOTED[c] ?? `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

/** CLIENT REPLY OFF and SKIP. */
function isSilenced(client: RedisClient): boolean {
  if (client.replies === 'off') return true
  if (client.replies === 'skip') {
    client.replies = 'on'
    return true
  }
  if (client.replies === 'skip-next') {
    client.replies = 'skip'
    return true
  }
  return false
}
