import { type Args, float, integer, positive, range } from '../arguments.ts'
import type { RedisClient } from '../client.ts'
import type { Reply } from '../codec.ts'
import { CommandError, syntaxError } from '../command-error.ts'
import type { Database } from '../database.ts'
import type { CommandTable } from '../handler.ts'
import { sample } from './hashes.ts'
import { scan } from './keys.ts'
import { block } from './lists.ts'

type Entry = [member: string, score: number]

export const sortedSetCommands: CommandTable = {
  zadd,
  zincrby: ({ db }, [key, by, member]) => {
    const step = float(by)
    const { scores } = db.open(key, 'zset')
    const score = (scores.get(member) ?? 0) + step
    if (Number.isNaN(score)) throw new CommandError('ERR resulting score is not a number (NaN)')
    scores.set(member, score)
    db.changed(key)
    return { double: score }
  },
  zrem: ({ db }, [key, ...members]) => {
    const zset = db.get(key, 'zset')
    const removed = members.filter((member) => zset?.scores.delete(member)).length
    db.changed(key)
    return removed
  },
  zcard: ({ db }, [key]) => db.get(key, 'zset')?.scores.size ?? 0,
  zscore: ({ db }, [key, member]) => scoreReply(db.get(key, 'zset')?.scores.get(member)),
  zmscore: ({ db }, [key, ...members]) => members.map((member) => scoreReply(db.get(key, 'zset')?.scores.get(member))),
  zrank: ({ db }, [key, member]) => rank(sorted(db, key), member),
  zrevrank: ({ db }, [key, member]) => rank(sorted(db, key).reverse(), member),
  zrange: (client, [key, start, stop, ...options]) => {
    const has = (word: string): boolean => options.some((o) => o.toLowerCase() === word)
    const entries = select(client.db, key, start, stop, has('byscore') ? 'score' : has('bylex') ? 'lex' : 'rank', has('rev'))
    return show(client, limit(entries, options), has('withscores'))
  },
  zrangestore: ({ db }, [target, key, start, stop, ...options]) => {
    const has = (word: string): boolean => options.some((o) => o.toLowerCase() === word)
    const entries = select(db, key, start, stop ?? '', has('byscore') ? 'score' : has('bylex') ? 'lex' : 'rank', has('rev'))
    return store(db, target, new Map(limit(entries, options)))
  },
  zrevrange: (client, [key, start, stop, withScores = '']) =>
    show(client, select(client.db, key, start, stop, 'rank', true), /^withscores$/i.test(withScores)),
  zrangebyscore: (client, args) => byBounds(client, args, 'score', false),
  zrevrangebyscore: (client, args) => byBounds(client, args, 'score', true),
  zrangebylex: (client, args) => byBounds(client, args, 'lex', false),
  zrevrangebylex: (client, args) => byBounds(client, args, 'lex', true),
  zcount: ({ db }, [key, min, max]) => select(db, key, min, max, 'score', false).length,
  zlexcount: ({ db }, [key, min, max]) => select(db, key, min, max, 'lex', false).length,
  zremrangebyrank: ({ db }, [key, start, stop]) => removeAll(db, key, select(db, key, start, stop, 'rank', false)),
  zremrangebyscore: ({ db }, [key, min, max]) => removeAll(db, key, select(db, key, min, max, 'score', false)),
  zremrangebylex: ({ db }, [key, min, max]) => removeAll(db, key, select(db, key, min, max, 'lex', false)),
  zpopmin: ({ db }, [key, count = '1']) => popReply(db, key, integer(count), 'min'),
  zpopmax: ({ db }, [key, count = '1']) => popReply(db, key, integer(count), 'max'),
  bzpopmin: (client, words) => block(client, words.at(-1) as string, () => popFirst(client.db, words.slice(0, -1), 'min')),
  bzpopmax: (client, words) => block(client, words.at(-1) as string, () => popFirst(client.db, words.slice(0, -1), 'max')),
  zmpop: ({ db }, words) => multiPop(db, words),
  bzmpop: (client, [seconds, ...words]) => block(client, seconds, () => multiPop(client.db, words)),
  zrandmember: (client, args) => {
    const [key, count = '', withScores = ''] = args
    const entries = [...(client.db.get(key, 'zset')?.scores ?? [])]
    if (args.length === 1) return sample(entries, 1)[0]?.[0] ?? null
    return show(client, sample(entries, integer(count)), /^withscores$/i.test(withScores))
  },
  zscan: ({ db }, [key, cursor, ...options]) => scan(cursor, options, sorted(db, key), ([member, score]) => [member, String(score)]),
  zunion: (client, words) => combineReply(client, words, 'union'),
  zinter: (client, words) => combineReply(client, words, 'inter'),
  zdiff: (client, words) => combineReply(client, words, 'diff'),
  zunionstore: ({ db }, [target, ...words]) => store(db, target, combine(db, words, 'union').scores),
  zinterstore: ({ db }, [target, ...words]) => store(db, target, combine(db, words, 'inter').scores),
  zdiffstore: ({ db }, [target, ...words]) => store(db, target, combine(db, words, 'diff').scores),
  zintercard: ({ db }, words) => combine(db, words, 'inter').scores.size,
}

function zadd({ db }: RedisClient, [key, ...words]: Args): Reply {
  const flags = new Set<string>()
  while (/^(nx|xx|gt|lt|ch|incr)$/i.test(words[0] ?? '')) flags.add((words.shift() as string).toLowerCase())
  if (words.length === 0 || words.length % 2) throw syntaxError()
  if (flags.has('nx') && (flags.has('xx') || flags.has('gt') || flags.has('lt'))) {
    throw new CommandError('ERR XX and NX options at the same time are not compatible')
  }
  const given: Entry[] = []
  for (let i = 0; i < words.length; i += 2) given.push([words[i + 1] as string, float(words[i] as string)])
  if (flags.has('incr') && given.length > 1) throw new CommandError('ERR INCR option supports a single increment-element pair')
  const { scores } = db.open(key, 'zset')
  let added = 0
  let changed = 0
  let latest: number | undefined
  for (const [member, score] of given) {
    const old = scores.get(member)
    const next = flags.has('incr') ? (old ?? 0) + score : score
    if (old === undefined ? flags.has('xx') : flags.has('nx')) continue
    if (old !== undefined && ((flags.has('gt') && next <= old) || (flags.has('lt') && next >= old))) continue
    if (old === undefined) added++
    else if (old !== next) changed++
    scores.set(member, next)
    latest = next
  }
  db.changed(key)
  if (flags.has('incr')) return scoreReply(latest)
  return flags.has('ch') ? added + changed : added
}

function scoreReply(score: number | undefined): Reply {
  return score === undefined ? null : { double: score }
}

/** Lowest score first, equal scores by member. */
function sorted(db: Database, key: string): Entry[] {
  return [...(db.get(key, 'zset')?.scores ?? [])].sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1))
}

function rank(entries: readonly Entry[], member: string): Reply {
  const at = entries.findIndex(([name]) => name === member)
  return at < 0 ? null : at
}

function show({ protocol }: RedisClient, entries: readonly Entry[], withScores: boolean): Reply {
  if (!withScores) return entries.map(([member]) => member)
  const shown = entries.map(([member, score]): Reply[] => [member, { double: score }])
  return protocol === 3 ? shown : shown.flat()
}

/** Entries by rank, by score or by member; `reverse` turns the order, and the bounds with it unless they are ranks. */
function select(db: Database, key: string, start: string, stop: string, by: 'rank' | 'score' | 'lex', reverse: boolean): Entry[] {
  if (by === 'rank') {
    const [from, to] = [integer(start), integer(stop)]
    const all = reverse ? sorted(db, key).reverse() : sorted(db, key)
    const part = range(from, to, all.length)
    return part ? all.slice(part.from, part.to) : []
  }
  const [min, max] = reverse ? [stop, start] : [start, stop]
  const fits = by === 'score' ? scoreBounds(min, max) : lexBounds(min, max)
  const chosen = sorted(db, key).filter(fits)
  return reverse ? chosen.reverse() : chosen
}

function scoreBounds(min: string, max: string): (entry: Entry) => boolean {
  const wrong = 'ERR min or max is not a float'
  const [low, lowOpen] = [float(min.replace(/^\(/, ''), wrong), min.startsWith('(')]
  const [high, highOpen] = [float(max.replace(/^\(/, ''), wrong), max.startsWith('(')]
  return ([, score]) => (lowOpen ? score > low : score >= low) && (highOpen ? score < high : score <= high)
}

function lexBounds(min: string, max: string): (entry: Entry) => boolean {
  if (![min, max].every((bound) => /^(?:[-+]$|[[(])/.test(bound))) throw new CommandError('ERR min or max not valid string range item')
  const above = (member: string): boolean =>
    min === '-' || (min !== '+' && (min.startsWith('[') ? member >= min.slice(1) : member > min.slice(1)))
  const below = (member: string): boolean =>
    max === '+' || (max !== '-' && (max.startsWith('[') ? member <= max.slice(1) : member < max.slice(1)))
  return ([member]) => above(member) && below(member)
}

function byBounds(client: RedisClient, [key, start, stop, ...options]: Args, by: 'score' | 'lex', reverse: boolean): Reply {
  const withScores = options.some((o) => /^withscores$/i.test(o))
  return show(client, limit(select(client.db, key, start, stop, by, reverse), options), withScores)
}

function limit(entries: Entry[], options: readonly string[]): Entry[] {
  const at = options.findIndex((o) => /^limit$/i.test(o))
  if (at < 0) return entries
  if (options.length < at + 3) throw syntaxError()
  const [offset, count] = [integer(options[at + 1] as string), integer(options[at + 2] as string)]
  if (offset < 0) return []
  return count < 0 ? entries.slice(offset) : entries.slice(offset, offset + count)
}

function removeAll(db: Database, key: string, entries: readonly Entry[]): number {
  const scores = db.get(key, 'zset')?.scores
  for (const [member] of entries) scores?.delete(member)
  db.changed(key)
  return entries.length
}

function pop(db: Database, key: string, count: number, end: 'min' | 'max'): Entry[] {
  const all = end === 'min' ? sorted(db, key) : sorted(db, key).reverse()
  const popped = all.slice(0, Math.max(0, count))
  removeAll(db, key, popped)
  return popped
}

function popReply(db: Database, key: string, count: number, end: 'min' | 'max'): Reply {
  return pop(db, key, count, end).flatMap(([member, score]): Reply[] => [member, { double: score }])
}

function popFirst(db: Database, keys: readonly string[], end: 'min' | 'max'): Reply {
  for (const key of keys) {
    const [popped] = pop(db, key, 1, end)
    if (popped) return [key, popped[0], { double: popped[1] }]
  }
  return null
}

function multiPop(db: Database, words: readonly string[]): Reply {
  const n = positive(words[0] ?? '', 'ERR numkeys should be greater than 0')
  const keys = words.slice(1, 1 + n)
  const [end = '', , count = '1'] = words.slice(1 + n)
  if (!/^(min|max)$/i.test(end)) throw syntaxError()
  for (const key of keys) {
    const popped = pop(db, key, integer(count), end.toLowerCase() as 'min' | 'max')
    if (popped.length) return [key, popped.map(([member, score]): Reply[] => [member, { double: score }])]
  }
  return { noArray: true }
}

type Combination = 'union' | 'inter' | 'diff'

function combine(db: Database, words: readonly string[], how: Combination): { scores: Map<string, number>; options: string[] } {
  const n = positive(words[0] ?? '', "ERR at least 1 input key is needed for 'zunion' command")
  if (n > words.length - 1) throw syntaxError()
  const options = words.slice(1 + n)
  const weightsAt = options.findIndex((o) => /^weights$/i.test(o))
  const weights = Array.from({ length: n }, (_, i) =>
    weightsAt < 0 ? 1 : float(options[weightsAt + 1 + i] ?? '', 'ERR weight value is not a float'),
  )
  const aggregateAt = options.findIndex((o) => /^aggregate$/i.test(o))
  const aggregate = aggregateAt < 0 ? 'sum' : (options[aggregateAt + 1] ?? '').toLowerCase()
  const join = (a: number, b: number): number => (aggregate === 'min' ? Math.min(a, b) : aggregate === 'max' ? Math.max(a, b) : a + b)
  const inputs = words.slice(1, 1 + n).map((key, i) => weighted(db, key, weights[i] as number))
  return { scores: inputs.reduce((left, right) => merge(left, right, how, join)), options }
}

/** Plain sets count as sorted sets of score 1. */
function weighted(db: Database, key: string, weight: number): Map<string, number> {
  const value = db.peek(key)
  if (value?.type === 'set') return new Map([...value.members].map((member) => [member, weight]))
  return new Map([...(db.get(key, 'zset')?.scores ?? [])].map(([member, score]) => [member, score * weight]))
}

function merge(
  left: Map<string, number>,
  right: Map<string, number>,
  how: Combination,
  join: (a: number, b: number) => number,
): Map<string, number> {
  if (how === 'diff') return new Map([...left].filter(([member]) => !right.has(member)))
  const merged = how === 'union' ? new Map(left) : new Map<string, number>()
  for (const [member, score] of right) {
    const other = left.get(member)
    if (other !== undefined) merged.set(member, join(other, score))
    else if (how === 'union') merged.set(member, score)
  }
  return merged
}

function combineReply(client: RedisClient, words: readonly string[], how: Combination): Reply {
  const { scores, options } = combine(client.db, words, how)
  const entries = [...scores].sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1))
  return show(
    client,
    entries,
    options.some((o) => /^withscores$/i.test(o)),
  )
}

function store(db: Database, target: string, scores: Map<string, number>): number {
  if (scores.size) db.put(target, { type: 'zset', scores })
  else db.delete(target)
  return scores.size
}
