import { type Args, integer } from '../arguments.ts'
import type { RedisClient } from '../client.ts'
import { NO_REPLY, OK, type Reply } from '../codec.ts'
import { CommandError, syntaxError } from '../command-error.ts'
import type { CommandTable } from '../handler.ts'
import { checkedName } from './connection.ts'

const LONGEST_PAUSE_MS = 5_000

export const clientCommands: CommandTable = {
  'client|id': ({ id }) => id,
  'client|getname': ({ name }) => name || null,
  'client|setname': (client, [name]) => {
    client.name = checkedName(name)
    return OK
  },
  'client|list': ({ server }, words) => {
    const chosen = [...server.clients].filter(chosenBy(words))
    return { verbatim: chosen.map((client) => `${describe(client)}\n`).join('') }
  },
  'client|info': (client) => ({ verbatim: `${describe(client)}\n` }),
  'client|kill': kill,
  'client|pause': async ({ visit }, [milliseconds]) => {
    const ms = integer(milliseconds, () => new CommandError('ERR timeout is not an integer or out of range'))
    if (ms < 0) throw new CommandError('ERR timeout is negative')
    if (ms > 0) await visit.pause(Math.min(ms, LONGEST_PAUSE_MS))
    return OK
  },
  'client|unpause': () => OK,
  'client|reply': (client, [mode]) => {
    if (/^on$/i.test(mode)) {
      client.replies = 'on'
      return OK
    }
    if (/^off$/i.test(mode)) client.replies = 'off'
    else if (/^skip$/i.test(mode)) client.replies = 'skip-next'
    else throw syntaxError()
    return NO_REPLY
  },
  'client|no-evict': (_client, [mode]) => {
    if (!/^(on|off)$/i.test(mode)) throw syntaxError()
    return OK
  },
  'client|tracking': (client, [mode]) => {
    if (!/^(on|off)$/i.test(mode)) throw syntaxError()
    client.isTracking = /^on$/i.test(mode)
    return OK
  },
  'client|caching': (_client, [mode]) => {
    if (!/^(yes|no)$/i.test(mode)) throw syntaxError()
    const option = /^yes$/i.test(mode)
      ? 'YES is only valid when tracking is enabled in OPTIN'
      : 'NO is only valid when tracking is enabled in OPTOUT'
    throw new CommandError(`ERR CLIENT CACHING ${option} mode.`)
  },
  'client|getredir': ({ isTracking }) => (isTracking ? 0 : -1),
  'client|trackinginfo': ({ isTracking }) => ({
    map: [
      ['flags', { set: [isTracking ? 'on' : 'off'] }],
      ['redirect', isTracking ? 0 : -1],
      ['prefixes', []],
    ],
  }),
  'client|unblock': () => 0,
}

/** A line of CLIENT LIST. Fields came with the releases; the figures are those of an idle connection. */
function describe(client: RedisClient): string {
  const { major } = client.profile.release
  const flags = `${client.isMonitor ? 'O' : ''}${client.isReplica ? 'S' : ''}${client.subscriptions ? 'P' : ''}${client.transaction ? 'x' : ''}`
  const now = Date.now()
  const fields: [string, string | number, since?: number, until?: number][] = [
    ['id', client.id],
    ['addr', client.address],
    ['laddr', client.localAddress, 7],
    ['fd', 8 + (client.id % 5)],
    ['name', client.name],
    ['age', Math.floor((now - client.openedAt) / 1000)],
    ['idle', Math.floor((now - client.lastActivity) / 1000)],
    ['flags', flags || 'N'],
    ['db', client.database],
    ['sub', client.channels.size],
    ['psub', client.patterns.size],
    ['ssub', client.shardChannels.size, 7],
    ['multi', client.transaction ? client.transaction.queue.length : -1],
    ['qbuf', 26],
    ['qbuf-free', major >= 7 ? 20448 : 32742],
    ['argv-mem', 10, 6],
    ['multi-mem', 0, 7],
    ['rbs', 1024, 7],
    ['rbp', 0, 7],
    ['obl', 0],
    ['oll', 0],
    ['omem', 0],
    ['tot-mem', major >= 7 ? 22298 : 61466, 6],
    ['events', 'r'],
    ['cmd', client.lastCommand],
    ['user', client.user, 6],
    ['redir', client.isTracking ? 0 : -1, 7],
    ['resp', client.protocol, 7],
  ]
  return fields
    .filter(([, , since = 0]) => major >= since)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')
}

function chosenBy(words: readonly string[]): (client: RedisClient) => boolean {
  const [option, ...values] = words
  if (option === undefined) return () => true
  if (/^id$/i.test(option)) return ({ id }) => values.includes(String(id))
  if (!/^type$/i.test(option) || values.length !== 1) throw syntaxError()
  const type = (values[0] as string).toLowerCase()
  if (!['normal', 'master', 'replica', 'slave', 'pubsub'].includes(type)) throw new CommandError(`ERR Unknown client type '${values[0]}'`)
  return (client) => type === (client.isReplica ? 'replica' : client.subscriptions ? 'pubsub' : 'normal')
}

function kill(client: RedisClient, words: Args): Reply {
  if (words.length === 1) {
    const other = [...client.server.clients].find(({ address }) => address === words[0])
    if (!other) throw new CommandError('ERR No such client')
    end(other, client)
    return OK
  }
  if (words.length % 2) throw syntaxError()
  const filters = new Map<string, string>()
  for (let i = 0; i < words.length; i += 2) filters.set((words[i] as string).toLowerCase(), words[i + 1] as string)
  const isSkipped = (other: RedisClient): boolean => other === client && filters.get('skipme')?.toLowerCase() !== 'no'
  const chosen = [...client.server.clients].filter(
    (other) =>
      !isSkipped(other) &&
      (!filters.has('id') || filters.get('id') === String(other.id)) &&
      (!filters.has('addr') || filters.get('addr') === other.address) &&
      (!filters.has('laddr') || filters.get('laddr') === other.localAddress),
  )
  for (const other of chosen) end(other, client)
  return chosen.length
}

function end(other: RedisClient, by: RedisClient): void {
  if (other === by) by.isClosing = true
  else other.visit.reset()
}
