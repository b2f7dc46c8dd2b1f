import { integer, positive } from '../arguments.ts'
import type { RedisClient } from '../client.ts'
import type { Reply } from '../codec.ts'
import { CommandError } from '../command-error.ts'
import type { Database } from '../database.ts'
import type { CommandTable } from '../handler.ts'
import { sample } from './hashes.ts'
import { scan } from './keys.ts'

export const setCommands: CommandTable = {
  sadd: ({ db }, [key, ...members]) => {
    const set = db.open(key, 'set').members
    const before = set.size
    for (const member of members) set.add(member)
    db.changed(key)
    return set.size - before
  },
  srem: ({ db }, [key, ...members]) => {
    const set = db.get(key, 'set')?.members
    const removed = members.filter((member) => set?.delete(member)).length
    db.changed(key)
    return removed
  },
  scard: ({ db }, [key]) => membersOf(db, key).size,
  sismember: ({ db }, [key, member]) => (membersOf(db, key).has(member) ? 1 : 0),
  smismember: ({ db }, [key, ...members]) => members.map((member) => (membersOf(db, key).has(member) ? 1 : 0)),
  smembers: ({ db }, [key]) => ({ set: [...membersOf(db, key)] }),
  smove: ({ db }, [from, to, member]) => {
    const target = db.get(to, 'set')
    if (!db.get(from, 'set')?.members.delete(member)) return 0
    db.changed(from)
    ;(target ?? db.open(to, 'set')).members.add(member)
    db.changed(to)
    return 1
  },
  spop: (client, args) => {
    const chosen = choose(client, args)
    const set = client.db.get(args[0], 'set')?.members
    for (const member of Array.isArray(chosen) ? chosen : [chosen]) set?.delete(member as string)
    client.db.changed(args[0])
    return Array.isArray(chosen) ? { set: chosen } : chosen
  },
  srandmember: choose,
  sscan: ({ db }, [key, cursor, ...options]) => scan(cursor, options, [...membersOf(db, key)], (member) => [member]),
  sinter: ({ db }, keys) => ({ set: [...intersection(db, keys)] }),
  sunion: ({ db }, keys) => ({ set: [...union(db, keys)] }),
  sdiff: ({ db }, keys) => ({ set: [...difference(db, keys)] }),
  sinterstore: ({ db }, [target, ...keys]) => store(db, target, intersection(db, keys)),
  sunionstore: ({ db }, [target, ...keys]) => store(db, target, union(db, keys)),
  sdiffstore: ({ db }, [target, ...keys]) => store(db, target, difference(db, keys)),
  sintercard: ({ db }, [numkeys, ...words]) => {
    const n = positive(numkeys, 'ERR numkeys should be greater than 0')
    if (n > words.length) throw new CommandError("ERR Number of keys can't be greater than number of args")
    return intersection(db, words.slice(0, n)).size
  },
}

function membersOf(db: Database, key: string): ReadonlySet<string> {
  return db.get(key, 'set')?.members ?? new Set()
}

function choose({ db }: RedisClient, args: readonly string[]): string | null | Reply[] {
  const [key = '', count] = args
  const members = [...membersOf(db, key)]
  return count === undefined ? (sample(members, 1)[0] ?? null) : sample(members, integer(count))
}

function intersection(db: Database, keys: readonly string[]): Set<string> {
  const [first, ...others] = keys.map((key) => membersOf(db, key))
  return new Set([...(first ?? [])].filter((member) => others.every((set) => set.has(member))))
}

function union(db: Database, keys: readonly string[]): Set<string> {
  return new Set(keys.flatMap((key) => [...membersOf(db, key)]))
}

function difference(db: Database, keys: readonly string[]): Set<string> {
  const [first, ...others] = keys.map((key) => membersOf(db, key))
  return new Set([...(first ?? [])].filter((member) => !others.some((set) => set.has(member))))
}

function store(db: Database, target: string, members: Set<string>): number {
  if (members.size) db.put(target, { type: 'set', members })
  else db.delete(target)
  return members.size
}
