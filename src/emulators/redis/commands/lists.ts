import { VisitEnded } from '../../../sensor/visit.ts'
import { type Args, float, integer, range } from '../arguments.ts'
import type { RedisClient } from '../client.ts'
import { OK, type Reply } from '../codec.ts'
import { CommandError, syntaxError } from '../command-error.ts'
import type { Database } from '../database.ts'
import type { CommandTable } from '../handler.ts'

type Side = 'left' | 'right'

export const listCommands: CommandTable = {
  lpush: ({ db }, [key, ...items]) => push(db, key, items, 'left'),
  rpush: ({ db }, [key, ...items]) => push(db, key, items, 'right'),
  lpushx: ({ db }, [key, ...items]) => (db.get(key, 'list') ? push(db, key, items, 'left') : 0),
  rpushx: ({ db }, [key, ...items]) => (db.get(key, 'list') ? push(db, key, items, 'right') : 0),
  lpop: ({ db }, args) => popReply(db, args, 'left'),
  rpop: ({ db }, args) => popReply(db, args, 'right'),
  llen: ({ db }, [key]) => db.get(key, 'list')?.items.length ?? 0,
  lrange: ({ db }, [key, start, stop]) => {
    const [from, to] = [integer(start), integer(stop)]
    const items = db.get(key, 'list')?.items ?? []
    const part = range(from, to, items.length)
    return part ? items.slice(part.from, part.to) : []
  },
  lindex: ({ db }, [key, index]) => db.get(key, 'list')?.items.at(integer(index)) ?? null,
  lset: ({ db }, [key, index, text]) => {
    const list = db.get(key, 'list')
    if (!list) throw new CommandError('ERR no such key')
    const at = position(integer(index), list.items.length)
    if (at === undefined) throw new CommandError('ERR index out of range')
    list.items[at] = text
    db.changed(key)
    return OK
  },
  ltrim: ({ db }, [key, start, stop]) => {
    const [from, to] = [integer(start), integer(stop)]
    const list = db.get(key, 'list')
    if (!list) return OK
    const part = range(from, to, list.items.length)
    list.items = part ? list.items.slice(part.from, part.to) : []
    db.changed(key)
    return OK
  },
  lrem: ({ db }, [key, count, text]) => {
    const n = integer(count)
    const list = db.get(key, 'list')
    if (!list) return 0
    const before = list.items.length
    let left = n === 0 ? before : Math.abs(n)
    const keep = (item: string): boolean => item !== text || left-- <= 0
    list.items = n < 0 ? list.items.toReversed().filter(keep).reverse() : list.items.filter(keep)
    db.changed(key)
    return before - (db.get(key, 'list')?.items.length ?? 0)
  },
  linsert: ({ db }, [key, where, pivot, text]) => {
    if (!/^(before|after)$/i.test(where)) throw syntaxError()
    const list = db.get(key, 'list')
    if (!list) return 0
    const at = list.items.indexOf(pivot)
    if (at < 0) return -1
    list.items.splice(/^before$/i.test(where) ? at : at + 1, 0, text)
    db.changed(key)
    return list.items.length
  },
  lpos: ({ db }, [key, text, ...options]) => {
    const items = db.get(key, 'list')?.items ?? []
    const found = items.flatMap((item, i) => (item === text ? [i] : []))
    const count = options.findIndex((o) => /^count$/i.test(o))
    if (count < 0) return found[0] ?? null
    const n = integer(options[count + 1] ?? '')
    return n === 0 ? found : found.slice(0, n)
  },
  rpoplpush: ({ db }, [from, to]) => shift(db, from, to, 'right', 'left'),
  lmove: ({ db }, [from, to, side, otherSide]) => shift(db, from, to, sideOf(side), sideOf(otherSide)),
  lmpop: ({ db }, words) => multiPop(db, words),
  blpop: (client, words) => block(client, words.at(-1) as string, () => popFirst(client.db, words.slice(0, -1), 'left')),
  brpop: (client, words) => block(client, words.at(-1) as string, () => popFirst(client.db, words.slice(0, -1), 'right')),
  brpoplpush: (client, [from, to, seconds]) => block(client, seconds, () => shift(client.db, from, to, 'right', 'left')),
  blmove: (client, [from, to, side, otherSide, seconds = '']) =>
    block(client, seconds, () => shift(client.db, from, to, sideOf(side), sideOf(otherSide))),
  blmpop: (client, [seconds, ...words]) => block(client, seconds, () => multiPop(client.db, words)),
}

function push(db: Database, key: string, items: readonly string[], side: Side): number {
  const list = db.open(key, 'list')
  if (side === 'left') list.items.unshift(...items.slice().reverse())
  else list.items.push(...items)
  db.changed(key)
  return list.items.length
}

function pop(db: Database, key: string, count: number, side: Side): string[] | undefined {
  const list = db.get(key, 'list')
  if (!list) return undefined
  const items = side === 'left' ? list.items.splice(0, count) : list.items.splice(Math.max(0, list.items.length - count)).reverse()
  db.changed(key)
  return items
}

function popReply(db: Database, args: Args, side: Side): Reply {
  const [key] = args
  if (args.length === 1) return pop(db, key, 1, side)?.[0] ?? null
  if (args.length > 2) throw new CommandError(`ERR wrong number of arguments for '${side === 'left' ? 'lpop' : 'rpop'}' command`)
  const count = integer(args[1], () => new CommandError('ERR value is out of range, must be positive'))
  if (count < 0) throw new CommandError('ERR value is out of range, must be positive')
  return pop(db, key, count, side) ?? { noArray: true }
}

function popFirst(db: Database, keys: readonly string[], side: Side): Reply {
  for (const key of keys) {
    const [item] = pop(db, key, 1, side) ?? []
    if (item !== undefined) return [key, item]
  }
  return null
}

function shift(db: Database, from: string, to: string, side: Side, otherSide: Side): Reply {
  db.get(to, 'list')
  const [item] = pop(db, from, 1, side) ?? []
  if (item === undefined) return null
  push(db, to, [item], otherSide)
  return item
}

function multiPop(db: Database, words: readonly string[]): Reply {
  const n = integer(words[0] ?? '', () => new CommandError('ERR numkeys should be greater than 0'))
  const keys = words.slice(1, 1 + n)
  const [side = '', , count = '1'] = words.slice(1 + n)
  for (const key of keys) {
    const items = pop(db, key, integer(count), sideOf(side))
    if (items) return [key, items]
  }
  return { noArray: true }
}

function sideOf(word: string): Side {
  if (/^left$/i.test(word)) return 'left'
  if (/^right$/i.test(word)) return 'right'
  throw syntaxError()
}

function position(index: number, length: number): number | undefined {
  const at = index < 0 ? index + length : index
  return at >= 0 && at < length ? at : undefined
}

/** Longest that a client is kept waiting; the visit's own limits hold anyway. */
const LONGEST_WAIT_MS = 300_000
/** How often it is looked whether the client is still there. */
const LOOK_MS = 1000
/** Input that may wait unread behind a command that blocks. */
const READ_AHEAD = 64 * 1024

/** Tries, and tries again at every write until the time is over. Within a transaction it does not wait. */
export async function block(client: RedisClient, seconds: string, attempt: () => Reply): Promise<Reply> {
  const wait = float(seconds, 'ERR timeout is not a float or out of range')
  if (wait < 0) throw new CommandError('ERR timeout is negative')
  const deadline = Date.now() + (wait === 0 ? LONGEST_WAIT_MS : Math.min(wait * 1000, LONGEST_WAIT_MS))
  let look: Promise<void> | undefined
  for (;;) {
    const reply = attempt()
    const found = reply !== null && !(typeof reply === 'object' && 'noArray' in reply)
    if (found || client.transaction) return reply
    const left = deadline - Date.now()
    if (left <= 0) return { noArray: true }
    look ??= expectPresence(client, Math.min(left, LOOK_MS)).finally(() => {
      look = undefined
    })
    await Promise.race([client.server.nextWrite(), look])
  }
}

/** Waits; throws when the client closes its side meanwhile. Redis too reads on while a command blocks. */
async function expectPresence({ visit }: RedisClient, ms: number): Promise<void> {
  const until = performance.now() + ms
  const ahead = await visit.peek(READ_AHEAD, { within: ms })
  const left = until - performance.now()
  if (ahead.length < READ_AHEAD && left > 5) throw new VisitEnded()
  if (left > 0) await visit.pause(left)
}
