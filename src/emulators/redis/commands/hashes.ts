import { float, int64, integer, pairs, within64 } from '../arguments.ts'
import { OK, type Reply } from '../codec.ts'
import { CommandError } from '../command-error.ts'
import type { Database } from '../database.ts'
import type { CommandTable } from '../handler.ts'
import { scan } from './keys.ts'
import { humanDouble } from './strings.ts'

export const hashCommands: CommandTable = {
  hset: ({ db }, [key, ...words], name) => store(db, key, words, name),
  hmset: ({ db }, [key, ...words], name) => {
    store(db, key, words, name)
    return OK
  },
  hsetnx: ({ db }, [key, field, text]) => {
    const { fields } = db.open(key, 'hash')
    if (fields.has(field)) return 0
    fields.set(field, text)
    db.changed(key)
    return 1
  },
  hget: ({ db }, [key, field]) => db.get(key, 'hash')?.fields.get(field) ?? null,
  hmget: ({ db }, [key, ...fields]) => {
    const hash = db.get(key, 'hash')
    return fields.map((field) => hash?.fields.get(field) ?? null)
  },
  hgetall: ({ db }, [key]) => ({ map: [...(db.get(key, 'hash')?.fields ?? [])] }),
  hkeys: ({ db }, [key]) => [...(db.get(key, 'hash')?.fields.keys() ?? [])],
  hvals: ({ db }, [key]) => [...(db.get(key, 'hash')?.fields.values() ?? [])],
  hlen: ({ db }, [key]) => db.get(key, 'hash')?.fields.size ?? 0,
  hexists: ({ db }, [key, field]) => (db.get(key, 'hash')?.fields.has(field) ? 1 : 0),
  hstrlen: ({ db }, [key, field]) => db.get(key, 'hash')?.fields.get(field)?.length ?? 0,
  hdel: ({ db }, [key, ...fields]) => {
    const hash = db.get(key, 'hash')
    const deleted = fields.filter((field) => hash?.fields.delete(field)).length
    db.changed(key)
    return deleted
  },
  hincrby: ({ db }, [key, field, by]) => {
    const step = int64(by)
    const { fields } = db.open(key, 'hash')
    const old = fields.get(field) ?? '0'
    if (!/^-?\d{1,19}$/.test(old)) throw new CommandError('ERR hash value is not an integer')
    const sum = within64(BigInt(old) + step, () => new CommandError('ERR increment or decrement would overflow'))
    fields.set(field, String(sum))
    db.changed(key)
    return sum
  },
  hincrbyfloat: ({ db }, [key, field, by]) => {
    const step = float(by)
    const { fields } = db.open(key, 'hash')
    const sum = humanDouble(float(fields.get(field) ?? '0', 'ERR hash value is not a float') + step)
    fields.set(field, sum)
    db.changed(key)
    return sum
  },
  hscan: ({ db }, [key, cursor, ...options]) =>
    scan(cursor, options, [...(db.get(key, 'hash')?.fields ?? [])], ([field, text]) => [field, text]),
  hrandfield: ({ db }, args) => {
    const [key, count = '', withValues = ''] = args
    const entries = [...(db.get(key, 'hash')?.fields ?? [])]
    if (args.length === 1) return sample(entries, 1)[0]?.[0] ?? null
    const chosen = sample(entries, integer(count))
    return /^withvalues$/i.test(withValues) ? (chosen.flat() as Reply[]) : chosen.map(([field]) => field)
  },
}

function store(db: Database, key: string, words: readonly string[], name: string): number {
  if (words.length % 2) throw new CommandError(`ERR wrong number of arguments for '${name}' command`)
  const { fields } = db.open(key, 'hash')
  const before = fields.size
  for (const [field, text] of pairs(words)) fields.set(field, text)
  db.changed(key)
  return fields.size - before
}

/** As RANDMEMBER takes: `n` different ones, or |n| with repetition when negative. */
export function sample<T>(items: readonly T[], n: number): T[] {
  if (items.length === 0) return []
  const draw = (): T => items[Math.floor(Math.random() * items.length)] as T
  if (n < 0) return Array.from({ length: Math.min(-n, 10_000) }, draw)
  const rest = [...items]
  return Array.from({ length: Math.min(n, rest.length) }, () => rest.splice(Math.floor(Math.random() * rest.length), 1)[0] as T)
}
