import { type Args, float, int64, integer, pairs, range, within64 } from '../arguments.ts'
import type { RedisClient } from '../client.ts'
import { formatDouble, OK, type Reply } from '../codec.ts'
import { CommandError, notAnInteger, outOfMemory, syntaxError } from '../command-error.ts'
import type { CommandTable } from '../handler.ts'

/** Longest string that SETRANGE, SETBIT and APPEND may grow to here. */
export const LONGEST_STRING = 1024 * 1024

export const stringCommands: CommandTable = {
  get: ({ server, db }, [key]) => {
    const text = db.get(key, 'string')?.text
    if (text === undefined) server.misses++
    else server.hits++
    return text ?? null
  },
  set,
  setnx: ({ db }, [key, text]) => {
    if (db.peek(key)) return 0
    db.put(key, { type: 'string', text })
    return 1
  },
  setex: (client, [key, seconds, text], name) => putFor(client, key, text, integer(seconds) * 1000, name),
  psetex: (client, [key, milliseconds, text], name) => putFor(client, key, text, integer(milliseconds), name),
  getset: ({ db }, [key, text]) => {
    const old = db.get(key, 'string')?.text ?? null
    db.put(key, { type: 'string', text })
    return old
  },
  getdel: ({ db }, [key]) => {
    const old = db.get(key, 'string')?.text ?? null
    db.delete(key)
    return old
  },
  getex: ({ db }, [key, ...options], name) => {
    const text = db.get(key, 'string')?.text ?? null
    const [option = '', amount = ''] = options
    if (/^persist$/i.test(option)) db.expire(key, undefined)
    else if (option) db.expire(key, expiryOf(option, amount, name))
    return text
  },
  mget: ({ db }, keys) => keys.map((key) => readString(db.peek(key))),
  mset: ({ db }, words, name) => {
    if (words.length % 2) throw new CommandError(`ERR wrong number of arguments for '${name}' command`)
    for (const [key, text] of pairs(words)) db.put(key, { type: 'string', text })
    return OK
  },
  msetnx: ({ db }, words, name) => {
    if (words.length % 2) throw new CommandError(`ERR wrong number of arguments for '${name}' command`)
    if (pairs(words).some(([key]) => db.peek(key))) return 0
    for (const [key, text] of pairs(words)) db.put(key, { type: 'string', text })
    return 1
  },
  append: ({ db }, [key, more]) => {
    const text = (db.get(key, 'string')?.text ?? '') + more
    if (text.length > LONGEST_STRING) throw outOfMemory()
    db.put(key, { type: 'string', text }, true)
    return text.length
  },
  strlen: ({ db }, [key]) => db.get(key, 'string')?.text.length ?? 0,
  getrange,
  substr: getrange,
  setrange: ({ db }, [key, offset, piece]) => {
    const at = integer(offset)
    if (at < 0) throw new CommandError('ERR offset is out of range')
    const old = db.get(key, 'string')?.text ?? ''
    if (piece.length === 0) return old.length
    if (at + piece.length > LONGEST_STRING) throw outOfMemory()
    const text = old.slice(0, at).padEnd(at, '\0') + piece + old.slice(at + piece.length)
    db.put(key, { type: 'string', text }, true)
    return text.length
  },
  incr: (client, [key]) => add(client, key, 1n),
  decr: (client, [key]) => add(client, key, -1n),
  incrby: (client, [key, by]) => add(client, key, int64(by)),
  decrby: (client, [key, by]) => add(client, key, -int64(by)),
  incrbyfloat: ({ db }, [key, by]) => {
    const sum = float(db.get(key, 'string')?.text ?? '0') + float(by)
    if (!Number.isFinite(sum)) throw new CommandError('ERR increment would produce NaN or Infinity')
    const text = humanDouble(sum)
    db.put(key, { type: 'string', text }, true)
    return text
  },
  lcs: ({ db }, [one, other, ...options]) => commonReply(db.get(one, 'string')?.text ?? '', db.get(other, 'string')?.text ?? '', options),
  // What LCS was called in Redis 6.
  stralgo: ({ db }, [algorithm, kind, one, other, ...options]) => {
    if (!/^lcs$/i.test(algorithm) || !/^(strings|keys)$/i.test(kind) || other === undefined) throw syntaxError()
    const [a, b] = /^keys$/i.test(kind) ? [one, other].map((key) => db.get(key, 'string')?.text ?? '') : [one, other]
    return commonReply(a as string, b as string, options)
  },
}

/** Increments print without the noise of binary fractions: 0.1 + 0.2 is 0.3 (Redis computes with long double). */
export function humanDouble(value: number): string {
  return formatDouble(Number(value.toPrecision(15))).includes('e') ? value.toFixed(0) : String(Number(value.toPrecision(15)))
}

function readString(value: ReturnType<RedisClient['db']['peek']>): string | null {
  return value?.type === 'string' ? value.text : null
}

function set({ db }: RedisClient, [key, text, ...options]: Args, name: string): Reply {
  const has = (word: string): boolean => options.some((o) => o.toLowerCase() === word)
  let expiry: number | undefined
  for (let i = 0; i < options.length; i++) {
    const option = (options[i] as string).toLowerCase()
    if (['ex', 'px', 'exat', 'pxat'].includes(option) && i + 1 < options.length) expiry = expiryOf(option, options[++i] as string, name)
    else if (!['nx', 'xx', 'keepttl', 'get'].includes(option)) throw syntaxError()
  }
  if ((has('nx') && has('xx')) || (has('keepttl') && expiry !== undefined)) throw syntaxError()
  const old = has('get') ? (db.get(key, 'string')?.text ?? null) : null
  const exists = db.peek(key) !== undefined
  if ((has('nx') && exists) || (has('xx') && !exists)) return old
  db.put(key, { type: 'string', text }, has('keepttl'))
  if (expiry !== undefined) db.expire(key, expiry)
  return has('get') ? old : OK
}

/** UTC milliseconds that EX, PX, EXAT or PXAT with an amount means. */
function expiryOf(option: string, amount: string, name: string): number {
  const n = integer(amount)
  const unit = /^p/i.test(option) ? 1 : 1000
  if (n <= 0 || n * unit > Number.MAX_SAFE_INTEGER / 2) throw new CommandError(`ERR invalid expire time in '${name}' command`)
  if (/^p?exat$|^pxat$/i.test(option)) return n * unit
  if (/^[ep]x$/i.test(option)) return Date.now() + n * unit
  throw syntaxError()
}

function putFor({ db, profile }: RedisClient, key: string, text: string, milliseconds: number, name: string): Reply {
  if (milliseconds <= 0) throw new CommandError(invalidExpire(profile.release.major, name))
  db.put(key, { type: 'string', text })
  db.expire(key, Date.now() + milliseconds)
  return OK
}

function invalidExpire(major: number, name: string): string {
  return major >= 7 ? `ERR invalid expire time in '${name}' command` : `ERR invalid expire time in ${name}`
}

function getrange({ db }: RedisClient, [key, start, stop]: Args): Reply {
  const text = db.get(key, 'string')?.text ?? ''
  const [from, to] = [integer(start), integer(stop)]
  const part = range(from, to, text.length)
  return part ? text.slice(part.from, part.to) : ''
}

function add({ db }: RedisClient, key: string, by: bigint): Reply {
  const overflow = (): CommandError => new CommandError('ERR increment or decrement would overflow')
  const old = db.get(key, 'string')?.text ?? '0'
  if (old.length > 20) throw notAnInteger()
  const sum = within64(int64(old) + by, overflow)
  db.put(key, { type: 'string', text: String(sum) }, true)
  return sum
}

function commonReply(a: string, b: string, options: readonly string[]): Reply {
  if (a.length * b.length > 1_000_000) {
    throw new CommandError('ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len')
  }
  const common = longestCommon(a, b)
  return options.some((option) => /^len$/i.test(option)) ? common.length : common
}

function longestCommon(a: string, b: string): string {
  const width = b.length + 1
  const lengths = new Uint32Array((a.length + 1) * width)
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      const best = Math.max(lengths[(i - 1) * width + j] as number, lengths[i * width + j - 1] as number)
      lengths[i * width + j] = same ? (lengths[(i - 1) * width + j - 1] as number) + 1 : best
    }
  }
  let common = ''
  for (let i = a.length, j = b.length; i > 0 && j > 0; ) {
    if (a[i - 1] === b[j - 1]) {
      common = a[i - 1] + common
      i--
      j--
    } else if ((lengths[(i - 1) * width + j] as number) > (lengths[i * width + j - 1] as number)) i--
    else j--
  }
  return common
}
