import { type Args, integer } from '../arguments.ts'
import type { RedisClient } from '../client.ts'
import { failure, OK, type Reply, simple } from '../codec.ts'
import { CommandError, syntaxError } from '../command-error.ts'
import type { Database } from '../database.ts'
import { globMatches } from '../glob.ts'
import type { CommandTable } from '../handler.ts'
import { dumpPayload, isDumpPayload } from '../rdb.ts'
import { copyOf, encodingOf, sizeOf, type Value } from '../values.ts'

const noSuchKey = (): CommandError => new CommandError('ERR no such key')

/** Commands on keys, whatever they hold. */
export const keyCommands: CommandTable = {
  del: ({ db }, keys) => keys.filter((key) => db.peek(key) && db.delete(key)).length,
  unlink: ({ db }, keys) => keys.filter((key) => db.peek(key) && db.delete(key)).length,
  exists: ({ db }, keys) => keys.filter((key) => db.peek(key)).length,
  touch: ({ db }, keys) => keys.filter((key) => db.peek(key)).length,
  type: ({ db }, [key]) => simple(db.peek(key)?.type ?? 'none'),
  keys: ({ db }, [pattern]) => db.keys().filter((key) => globMatches(pattern, key)),
  randomkey: ({ db }) => {
    const keys = db.keys()
    return keys[Math.floor(Math.random() * keys.length)] ?? null
  },
  rename: ({ db }, [from, to]) => {
    rename(db, from, to)
    return OK
  },
  renamenx: ({ db }, [from, to]) => {
    if (!db.peek(from)) throw noSuchKey()
    if (db.peek(to)) return 0
    rename(db, from, to)
    return 1
  },
  copy: ({ db, server }, [from, to, ...options]) => {
    const value = db.peek(from)
    const target = /^db$/i.test(options[0] ?? '') ? databaseOf(server.databases, options[1] ?? '') : db
    if (!value || (target.peek(to) && !options.some((o) => /^replace$/i.test(o)))) return 0
    target.put(to, copyOf(value))
    return 1
  },
  move: ({ db, server }, [key, number]) => {
    const target = databaseOf(server.databases, number)
    if (target === db) throw new CommandError('ERR source and destination objects are the same')
    const value = db.peek(key)
    if (!value || target.peek(key)) return 0
    const expiry = db.expiresAt(key)
    target.put(key, value)
    target.expire(key, expiry)
    db.delete(key)
    return 1
  },
  ttl: ({ db }, [key]) => timeLeft(db, key, 1000),
  pttl: ({ db }, [key]) => timeLeft(db, key, 1),
  expiretime: ({ db }, [key]) => expiryTime(db, key, 1000),
  pexpiretime: ({ db }, [key]) => expiryTime(db, key, 1),
  expire: (client, args) => expire(client, args, (n) => Date.now() + n * 1000),
  pexpire: (client, args) => expire(client, args, (n) => Date.now() + n),
  expireat: (client, args) => expire(client, args, (n) => n * 1000),
  pexpireat: (client, args) => expire(client, args, (n) => n),
  persist: ({ db }, [key]) => {
    if (!db.peek(key) || db.expiresAt(key) === undefined) return 0
    db.expire(key, undefined)
    return 1
  },
  scan: ({ db }, [cursor, ...options]) => {
    const type = options[options.findIndex((o) => /^type$/i.test(o)) + 1]
    const typed = options.some((o) => /^type$/i.test(o)) ? db.keys().filter((key) => db.peek(key)?.type === type) : db.keys()
    return scan(cursor, options, typed, (key) => [key])
  },
  dump: ({ db, visit, profile }, [key]) => {
    const value = db.peek(key)
    if (!value) return null
    const payload = dumpPayload(value, profile.release.major)
    visit.record('redis.dump-theft', { by: 'DUMP', keys: 1, bytes: payload.length })
    return payload
  },
  restore,
  'restore-asking': restore,
  'object|encoding': ({ db, profile }, [key]) => {
    const value = db.peek(key)
    return value ? encodingOf(value, profile.release.major >= 7 ? 'listpack' : 'ziplist') : null
  },
  'object|refcount': ({ db }, [key]) => (db.peek(key) ? 1 : null),
  'object|idletime': ({ db }, [key]) => (db.peek(key) ? 3 : null),
  'object|freq': () =>
    failure(
      'ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.',
    ),
  'memory|usage': ({ db }, [key]) => {
    const value = db.peek(key)
    return value ? 56 + key.length + sizeOf(value) : null
  },
  sort,
  sort_ro: sort,
}

function rename(db: Database, from: string, to: string): void {
  const value = db.peek(from)
  if (!value) throw noSuchKey()
  const expiry = db.expiresAt(from)
  db.delete(from)
  db.put(to, value)
  db.expire(to, expiry)
}

export function databaseOf(databases: readonly Database[], number: string): Database {
  const db = databases[integer(number)]
  if (!db) throw new CommandError('ERR DB index is out of range')
  return db
}

function timeLeft(db: Database, key: string, unit: number): number {
  if (!db.peek(key)) return -2
  const at = db.expiresAt(key)
  return at === undefined ? -1 : Math.max(0, Math.floor((at - Date.now() + unit / 2) / unit))
}

function expiryTime(db: Database, key: string, unit: number): number {
  if (!db.peek(key)) return -2
  const at = db.expiresAt(key)
  return at === undefined ? -1 : Math.floor(at / unit)
}

function expire({ db }: RedisClient, [key, amount, option = '']: Args, at: (n: number) => number): Reply {
  const when = at(integer(amount))
  if (!db.peek(key)) return 0
  const now = db.expiresAt(key)
  const unless: Record<string, boolean> = {
    nx: now !== undefined,
    xx: now === undefined,
    gt: now === undefined || when <= now,
    lt: now !== undefined && when >= now,
  }
  if (option && !(option.toLowerCase() in unless)) throw new CommandError(`ERR Unsupported option ${option}`)
  if (unless[option.toLowerCase()]) return 0
  db.expire(key, when)
  return 1
}

/**
 * SCAN and its kin. The cursor counts elements, so a scan sees all that stays, as Redis promises, and a cursor that was
 * never given out ends it.
 */
export function scan<T>(cursor: string, options: readonly string[], elements: readonly T[], show: (element: T) => string[]): Reply {
  const start = /^\d{1,20}$/.test(cursor) ? Number(cursor) : undefined
  if (start === undefined) throw new CommandError('ERR invalid cursor')
  let pattern = '*'
  let count = 10
  for (let i = 0; i < options.length; i += 2) {
    const [option = '', value] = [options[i]?.toLowerCase(), options[i + 1]]
    if (value === undefined) throw syntaxError()
    if (option === 'match') pattern = value
    else if (option === 'count') count = integer(value)
    else if (option !== 'type') throw syntaxError()
  }
  if (count < 1) throw syntaxError()
  const next = start + count
  const found = elements.slice(start, next).map(show)
  const matching = found.filter(([name = '']) => globMatches(pattern, name))
  return [next < elements.length ? String(next) : '0', matching.flat()]
}

function restore({ db, visit }: RedisClient, [key, ttl, payload, ...options]: Args): Reply {
  const milliseconds = integer(ttl)
  if (milliseconds < 0) throw new CommandError('ERR Invalid TTL value, must be >= 0')
  if (db.peek(key) && !options.some((o) => /^replace$/i.test(o))) throw new CommandError('BUSYKEY Target key name already exists.')
  if (!isDumpPayload(payload)) throw new CommandError('ERR DUMP payload version or checksum are wrong')
  // What RESTORE attacks carry is kept as it is; the key holds the serialised bytes.
  visit.capture(Buffer.from(payload, 'latin1'), { how: 'redis.restore' })
  db.put(key, { type: 'string', text: payload.slice(1, -10) })
  if (milliseconds) db.expire(key, Date.now() + milliseconds)
  return OK
}

function sort({ db }: RedisClient, [key, ...options]: Args): Reply {
  const value = db.peek(key)
  const has = (word: string): boolean => options.some((o) => o.toLowerCase() === word)
  const items = [...elementsOf(value)]
  if (has('alpha')) items.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  else {
    if (items.some((item) => Number.isNaN(Number(item)))) throw new CommandError("ERR One or more scores can't be converted into double")
    items.sort((a, b) => Number(a) - Number(b))
  }
  if (has('desc')) items.reverse()
  const limit = options.findIndex((o) => /^limit$/i.test(o))
  if (limit >= 0 && options.length < limit + 3) throw syntaxError()
  const from = limit >= 0 ? Math.max(0, integer(options[limit + 1] as string)) : 0
  const n = limit >= 0 ? integer(options[limit + 2] as string) : -1
  const sorted = n < 0 ? items.slice(from) : items.slice(from, from + n)
  const store = options.findIndex((o) => /^store$/i.test(o))
  if (store < 0) return sorted
  const target = options[store + 1]
  if (target === undefined) throw syntaxError()
  if (sorted.length) db.put(target, { type: 'list', items: sorted })
  else db.delete(target)
  return sorted.length
}

function elementsOf(value: Value | undefined): Iterable<string> {
  if (value === undefined) return []
  if (value.type === 'list') return value.items
  if (value.type === 'set') return value.members
  if (value.type === 'zset') return value.scores.keys()
  throw new CommandError('WRONGTYPE Operation against a key holding the wrong kind of value')
}
