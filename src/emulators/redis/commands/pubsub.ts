import type { RedisClient } from '../client.ts'
import type { Reply } from '../codec.ts'
import { CommandError } from '../command-error.ts'
import { globMatches } from '../glob.ts'
import type { CommandTable } from '../handler.ts'

type Kind = 'subscribe' | 'psubscribe' | 'ssubscribe'

/** Channels that one client may listen to, and the longest name of one. */
const CHANNELS = 1000
const LONGEST_NAME = 4096

export const pubsubCommands: CommandTable = {
  subscribe: (client, channels) => subscribe(client, 'subscribe', channels),
  psubscribe: (client, channels) => subscribe(client, 'psubscribe', channels),
  ssubscribe: (client, channels) => subscribe(client, 'ssubscribe', channels),
  unsubscribe: (client, channels) => unsubscribe(client, 'subscribe', channels),
  punsubscribe: (client, channels) => unsubscribe(client, 'psubscribe', channels),
  sunsubscribe: (client, channels) => unsubscribe(client, 'ssubscribe', channels),
  publish: ({ server }, [channel, message]) => {
    let receivers = 0
    for (const client of server.clients) {
      if (client.channels.has(channel)) {
        client.push({ push: ['message', channel, message] })
        receivers++
      }
      for (const pattern of client.patterns) {
        if (!globMatches(pattern, channel)) continue
        client.push({ push: ['pmessage', pattern, channel, message] })
        receivers++
      }
    }
    return receivers
  },
  spublish: ({ server }, [channel, message]) => {
    const receivers = [...server.clients].filter(({ shardChannels }) => shardChannels.has(channel))
    for (const client of receivers) client.push({ push: ['smessage', channel, message] })
    return receivers.length
  },
  'pubsub|channels': (client, [pattern = '*']) => channelsOf(client, 'channels').filter((channel) => globMatches(pattern, channel)),
  'pubsub|shardchannels': (client, [pattern = '*']) =>
    channelsOf(client, 'shardChannels').filter((channel) => globMatches(pattern, channel)),
  'pubsub|numsub': (client, channels) => channels.flatMap((channel): Reply[] => [channel, countOf(client, 'channels', channel)]),
  'pubsub|shardnumsub': (client, channels) => channels.flatMap((channel): Reply[] => [channel, countOf(client, 'shardChannels', channel)]),
  'pubsub|numpat': ({ server }) => new Set([...server.clients].flatMap(({ patterns }) => [...patterns])).size,
}

function channelsOf({ server }: RedisClient, kind: 'channels' | 'shardChannels'): string[] {
  return [...new Set([...server.clients].flatMap((client) => [...client[kind]]))]
}

function countOf({ server }: RedisClient, kind: 'channels' | 'shardChannels', channel: string): number {
  return [...server.clients].filter((client) => client[kind].has(channel)).length
}

function setOf(client: RedisClient, kind: Kind): Set<string> {
  return kind === 'subscribe' ? client.channels : kind === 'psubscribe' ? client.patterns : client.shardChannels
}

function countFor(client: RedisClient, kind: Kind): number {
  return kind === 'ssubscribe' ? client.shardChannels.size : client.subscriptions
}

function subscribe(client: RedisClient, kind: Kind, names: readonly string[]): Reply {
  if (client.transaction && client.protocol === 2) throw new CommandError(`ERR ${kind.toUpperCase()} isn't allowed in this context`)
  const set = setOf(client, kind)
  const several = names.map((name): Reply => {
    if (set.size < CHANNELS && name.length <= LONGEST_NAME) set.add(name)
    return { push: [kind, name, countFor(client, kind)] }
  })
  return { several }
}

function unsubscribe(client: RedisClient, kind: Kind, names: readonly string[]): Reply {
  const set = setOf(client, kind)
  const leaving = names.length ? names : [...set]
  const word = kind.replace('subscribe', 'unsubscribe')
  if (leaving.length === 0) return { push: [word, null, countFor(client, kind)] }
  const several = leaving.map((name): Reply => {
    set.delete(name)
    return { push: [word, name, countFor(client, kind)] }
  })
  return { several }
}
