import { type Args, integer } from '../arguments.ts'
import type { RedisClient } from '../client.ts'
import { OK, type Reply } from '../codec.ts'
import { CommandError, syntaxError } from '../command-error.ts'
import type { Database } from '../database.ts'
import type { CommandTable } from '../handler.ts'
import type { StreamEntry, ValueOf } from '../values.ts'
import { block } from './lists.ts'

const invalidId = (): CommandError => new CommandError('ERR Invalid stream ID specified as stream command argument')
const noGroup = (key: string, group: string): CommandError => new CommandError(`NOGROUP No such key '${key}' or consumer group '${group}'`)

/** Streams, without the pending lists of consumer groups: a group here reads what is new and forgets it. */
export const streamCommands: CommandTable = {
  xadd,
  xlen: ({ db }, [key]) => db.get(key, 'stream')?.entries.length ?? 0,
  xrange: ({ db }, [key, start, end, ...options]) => between(db, key, start, end, options),
  xrevrange: ({ db }, [key, end, start, ...options]) => between(db, key, start, end, options, true),
  xdel: ({ db }, [key, ...ids]) => {
    const stream = db.get(key, 'stream')
    if (!stream) return 0
    const before = stream.entries.length
    stream.entries = stream.entries.filter(({ id }) => !ids.includes(id))
    db.changed(key)
    return before - stream.entries.length
  },
  xtrim: ({ db }, [key, ...options]) => {
    const stream = db.get(key, 'stream')
    return stream ? trim(stream, options) : 0
  },
  xsetid: ({ db }, [key, id]) => {
    const stream = db.get(key, 'stream')
    if (!stream) throw new CommandError('ERR no such key')
    stream.lastId = wholeId(id, 0)
    return OK
  },
  xread: (client, words) => read(client, words),
  xreadgroup: (client, words) => {
    const at = words.findIndex((w) => /^group$/i.test(w))
    const group = words[at + 1] ?? ''
    const key = words[words.findIndex((w) => /^streams$/i.test(w)) + 1] ?? ''
    if (!client.db.get(key, 'stream')?.groups.has(group)) {
      throw new CommandError(`NOGROUP No such key '${key}' or consumer group '${group}' in XREADGROUP with GROUP option`)
    }
    return { noArray: true }
  },
  xack: () => 0,
  xpending: ({ db }, [key, group, ...rest]) => {
    if (!db.get(key, 'stream')?.groups.has(group)) throw noGroup(key, group)
    return rest.length ? [] : [0, null, null, { noArray: true }]
  },
  xclaim: ({ db }, [key, group]) => {
    if (!db.get(key, 'stream')?.groups.has(group)) throw noGroup(key, group)
    return []
  },
  xautoclaim: ({ db }, [key, group]) => {
    if (!db.get(key, 'stream')?.groups.has(group)) throw noGroup(key, group)
    return ['0-0', [], []]
  },
  'xgroup|create': ({ db }, [key, group, id, option = '']) => {
    if (!db.get(key, 'stream') && !/^mkstream$/i.test(option)) {
      throw new CommandError(
        'ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically.',
      )
    }
    const { groups, lastId } = db.open(key, 'stream')
    if (groups.has(group)) throw new CommandError('BUSYGROUP Consumer Group name already exists')
    groups.set(group, id === '$' ? lastId : wholeId(id, 0))
    db.changed(key)
    return OK
  },
  'xgroup|destroy': ({ db }, [key, group]) => (db.get(key, 'stream')?.groups.delete(group) ? 1 : 0),
  'xgroup|setid': ({ db }, [key, group, id]) => {
    const stream = db.get(key, 'stream')
    if (!stream?.groups.has(group)) throw noGroup(key, group)
    stream.groups.set(group, id === '$' ? stream.lastId : wholeId(id, 0))
    return OK
  },
  'xgroup|createconsumer': ({ db }, [key, group]) => {
    if (!db.get(key, 'stream')?.groups.has(group)) throw noGroup(key, group)
    return 1
  },
  'xgroup|delconsumer': ({ db }, [key, group]) => {
    if (!db.get(key, 'stream')?.groups.has(group)) throw noGroup(key, group)
    return 0
  },
  'xinfo|stream': ({ db }, [key]) => {
    const stream = existing(db, key)
    return {
      map: [
        ['length', stream.entries.length],
        ['radix-tree-keys', 1],
        ['radix-tree-nodes', 2],
        ['last-generated-id', stream.lastId],
        ['groups', stream.groups.size],
        ['first-entry', stream.entries[0] ? showEntry(stream.entries[0]) : null],
        ['last-entry', stream.entries.length ? showEntry(stream.entries.at(-1) as StreamEntry) : null],
      ],
    }
  },
  'xinfo|groups': ({ db }, [key]) =>
    [...existing(db, key).groups].map(([name, id]) => ({
      map: [
        ['name', name],
        ['consumers', 0],
        ['pending', 0],
        ['last-delivered-id', id],
      ],
    })),
  'xinfo|consumers': ({ db }, [key, group]) => {
    if (!existing(db, key).groups.has(group)) throw new CommandError(`NOGROUP No such consumer group '${group}' for key name '${key}'`)
    return []
  },
}

function existing(db: Database, key: string): ValueOf<'stream'> {
  const stream = db.get(key, 'stream')
  if (!stream) throw new CommandError('ERR no such key')
  return stream
}

function xadd({ db }: RedisClient, [key, ...words]: Args, name: string): Reply {
  const noStream = /^nomkstream$/i.test(words[0] ?? '')
  if (noStream) words.shift()
  const trimming: string[] = []
  while (/^(maxlen|minid|limit)$/i.test(words[0] ?? '')) {
    trimming.push(words.shift() as string)
    if (/^[~=]$/.test(words[0] ?? '')) trimming.push(words.shift() as string)
    trimming.push(words.shift() ?? '')
  }
  const [id = '', ...fields] = words
  if (fields.length === 0 || fields.length % 2) throw new CommandError(`ERR wrong number of arguments for '${name}' command`)
  const known = db.get(key, 'stream')
  if (!known && noStream) return null
  const next = nextId(id, known?.lastId ?? '0-0')
  const stream = known ?? db.open(key, 'stream')
  stream.entries.push({ id: next, fields })
  stream.lastId = next
  if (trimming.length) trim(stream, trimming)
  db.changed(key)
  return next
}

function nextId(given: string, last: string): string {
  const [lastMs, lastSequence] = idParts(last)
  if (given === '*') {
    const now = Date.now()
    return now > lastMs ? `${now}-0` : `${lastMs}-${lastSequence + 1}`
  }
  const automatic = /^(\d{1,15})-\*$/.exec(given)
  const id = automatic ? `${automatic[1]}-${Number(automatic[1]) === lastMs ? lastSequence + 1 : 0}` : wholeId(given, 0)
  if (id === '0-0') throw new CommandError('ERR The ID specified in XADD must be greater than 0-0')
  if (compareIds(id, last) <= 0) {
    throw new CommandError('ERR The ID specified in XADD is equal or smaller than the target stream top item')
  }
  return id
}

function wholeId(text: string, sequence: number): string {
  const match = /^(\d{1,15})(?:-(\d{1,15}))?$/.exec(text)
  if (!match) throw invalidId()
  return `${Number(match[1])}-${match[2] === undefined ? sequence : Number(match[2])}`
}

function idParts(id: string): [number, number] {
  const [milliseconds = '0', sequence = '0'] = id.split('-')
  return [Number(milliseconds), Number(sequence)]
}

function compareIds(a: string, b: string): number {
  const [x, y] = [idParts(a), idParts(b)]
  return x[0] - y[0] || x[1] - y[1]
}

function trim(stream: ValueOf<'stream'>, options: readonly string[]): number {
  const [strategy = '', ...rest] = options
  const threshold = rest.find((word) => !/^[~=]$/.test(word)) ?? ''
  const before = stream.entries.length
  if (/^maxlen$/i.test(strategy)) {
    const most = integer(threshold)
    if (most < 0) throw new CommandError('ERR The MAXLEN argument must be >= 0.')
    stream.entries = most === 0 ? [] : stream.entries.slice(-most)
  } else if (/^minid$/i.test(strategy)) {
    const least = wholeId(threshold, 0)
    stream.entries = stream.entries.filter(({ id }) => compareIds(id, least) >= 0)
  } else {
    throw syntaxError()
  }
  return before - stream.entries.length
}

function between(db: Database, key: string, start: string, end: string, options: readonly string[], reverse = false): Reply {
  const bound = (text: string, open: string, sequence: number): string => (text === open ? '' : wholeId(text.replace(/^\(/, ''), sequence))
  const [low, high] = [bound(start, '-', 0), bound(end, '+', Number.MAX_SAFE_INTEGER)]
  const fits = ({ id }: StreamEntry): boolean =>
    (!low || compareIds(id, low) >= (start.startsWith('(') ? 1 : 0)) && (!high || compareIds(id, high) <= (end.startsWith('(') ? -1 : 0))
  const chosen = (db.get(key, 'stream')?.entries ?? []).filter(fits)
  if (reverse) chosen.reverse()
  const count = options[0] === undefined ? chosen.length : integer(options[1] ?? '')
  return chosen.slice(0, Math.max(0, count)).map(showEntry)
}

function showEntry({ id, fields }: StreamEntry): Reply {
  return [id, fields]
}

function read(client: RedisClient, words: readonly string[]): Reply | Promise<Reply> {
  const at = words.findIndex((w) => /^streams$/i.test(w))
  const names = words.slice(at + 1)
  if (at < 0) throw syntaxError()
  if (names.length === 0 || names.length % 2) {
    throw new CommandError("ERR Unbalanced 'xread' list of streams: for each stream key an ID or '$' must be specified.")
  }
  const options = words.slice(0, at)
  const countAt = options.findIndex((o) => /^count$/i.test(o))
  const count = countAt < 0 ? Number.MAX_SAFE_INTEGER : integer(options[countAt + 1] ?? '')
  const wanted = names.slice(0, names.length / 2).map((key, i) => {
    const id = names[names.length / 2 + i] as string
    return { key, after: id === '$' ? (client.db.get(key, 'stream')?.lastId ?? '0-0') : wholeId(id, 0) }
  })
  const attempt = (): Reply => {
    const found = wanted.flatMap(({ key, after }): [Reply, Reply][] => {
      const entries = (client.db.get(key, 'stream')?.entries ?? []).filter(({ id }) => compareIds(id, after) > 0)
      return entries.length ? [[key, entries.slice(0, count).map(showEntry)]] : []
    })
    if (found.length === 0) return { noArray: true }
    return client.protocol === 3 ? { map: found } : found
  }
  const blockAt = options.findIndex((o) => /^block$/i.test(o))
  if (blockAt < 0) return attempt()
  return block(client, String(integer(options[blockAt + 1] ?? '') / 1000), attempt)
}
