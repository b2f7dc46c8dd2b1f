import { type Args, integer, range } from '../arguments.ts'
import type { RedisClient } from '../client.ts'
import type { Reply } from '../codec.ts'
import { CommandError, outOfMemory, syntaxError } from '../command-error.ts'
import type { Database } from '../database.ts'
import type { CommandTable } from '../handler.ts'
import { LONGEST_STRING } from './strings.ts'

const MAX_OFFSET = 2 ** 32

export const bitmapCommands: CommandTable = {
  getbit: ({ db }, [key, offset]) => getBit(textOf(db, key), bitOffset(offset)),
  setbit: ({ db }, [key, offset, bit]) => {
    const at = bitOffset(offset)
    if (bit !== '0' && bit !== '1') throw new CommandError('ERR bit is not an integer or out of range')
    const old = textOf(db, key)
    if (at >= LONGEST_STRING * 8) throw outOfMemory()
    db.put(key, { type: 'string', text: setBits(old, at, 1, BigInt(bit)) }, true)
    return getBit(old, at)
  },
  bitcount: ({ db }, [key, ...bounds]) => {
    const bytes = Buffer.from(textOf(db, key), 'latin1')
    const part = boundsOf(bytes, bounds)
    let bits = 0
    for (const byte of part) for (let b = byte; b; b &= b - 1) bits++
    return bits
  },
  bitpos: ({ db }, [key, bit, ...bounds]) => {
    if (bit !== '0' && bit !== '1') throw new CommandError('ERR The bit argument must be 1 or 0.')
    const text = textOf(db, key)
    if (!text) return bit === '1' ? -1 : 0
    const bits = Array.from(boundsOf(Buffer.from(text, 'latin1'), bounds), (byte) => byte.toString(2).padStart(8, '0')).join('')
    const found = bits.indexOf(bit)
    return found < 0 ? (bit === '1' || bounds.length > 1 ? -1 : bits.length) : found + 8 * Math.max(0, integer(bounds[0] ?? '0'))
  },
  bitop: ({ db }, [operation, target, ...keys]) => {
    const inputs = keys.map((key) => Buffer.from(textOf(db, key), 'latin1'))
    if (!/^(and|or|xor|not)$/i.test(operation)) throw syntaxError()
    if (/^not$/i.test(operation) && inputs.length !== 1) throw new CommandError('ERR BITOP NOT must be called with a single source key.')
    const length = Math.max(0, ...inputs.map((input) => input.length))
    const joined = Buffer.alloc(length)
    for (let i = 0; i < length; i++)
      joined[i] = joinBytes(
        operation.toLowerCase(),
        inputs.map((input) => input[i] ?? 0),
      )
    if (length) db.put(target, { type: 'string', text: joined.toString('latin1') })
    else db.delete(target)
    return length
  },
  bitfield,
  bitfield_ro: bitfield,
}

function textOf(db: Database, key: string): string {
  return db.get(key, 'string')?.text ?? ''
}

function bitOffset(text: string): number {
  const at = integer(text, () => new CommandError('ERR bit offset is not an integer or out of range'))
  if (at < 0 || at >= MAX_OFFSET) throw new CommandError('ERR bit offset is not an integer or out of range')
  return at
}

function getBit(text: string, at: number): number {
  const byte = text.charCodeAt(at >> 3)
  return Number.isNaN(byte) ? 0 : (byte >> (7 - (at % 8))) & 1
}

function boundsOf(bytes: Buffer, bounds: readonly string[]): Buffer {
  const [start, end = '-1'] = bounds
  if (start === undefined) return bytes
  const part = range(integer(start), integer(end), bytes.length)
  return part ? bytes.subarray(part.from, part.to) : bytes.subarray(0, 0)
}

function joinBytes(operation: string, bytes: readonly number[]): number {
  if (operation === 'not') return ~(bytes[0] as number) & 0xff
  if (operation === 'and') return bytes.reduce((a, b) => a & b)
  return operation === 'or' ? bytes.reduce((a, b) => a | b) : bytes.reduce((a, b) => a ^ b)
}

/** BITFIELD: GET, SET, INCRBY of integers of any width, with OVERFLOW WRAP, SAT and FAIL. */
function bitfield({ db }: RedisClient, [key, ...words]: Args): Reply {
  let text = textOf(db, key)
  let overflow = 'wrap'
  const replies: Reply[] = []
  for (let i = 0; i < words.length; ) {
    const operation = (words[i] as string).toLowerCase()
    if (operation === 'overflow') {
      overflow = (words[i + 1] ?? '').toLowerCase()
      i += 2
      continue
    }
    const type = bitType(words[i + 1] ?? '')
    const offsetText = words[i + 2] ?? ''
    const at = offsetText.startsWith('#') ? bitOffset(offsetText.slice(1)) * type.width : bitOffset(offsetText)
    if (at + type.width > LONGEST_STRING * 8) throw outOfMemory()
    const old = readBits(text, at, type)
    if (operation === 'get') {
      replies.push(old)
      i += 3
      continue
    }
    if (operation !== 'set' && operation !== 'incrby') throw syntaxError()
    const given = BigInt(integer(words[i + 3] ?? ''))
    const next = clamp(operation === 'set' ? given : old + given, type, overflow)
    if (next === undefined) replies.push(null)
    else {
      text = setBits(text, at, type.width, BigInt.asUintN(type.width, next))
      replies.push(operation === 'set' ? old : next)
    }
    i += 4
  }
  if (text !== textOf(db, key)) db.put(key, { type: 'string', text }, true)
  return replies
}

interface BitType {
  signed: boolean
  width: number
}

function bitType(text: string): BitType {
  const match = /^([iu])(\d{1,2})$/i.exec(text)
  const width = Number(match?.[2])
  const signed = match?.[1]?.toLowerCase() === 'i'
  if (!match || width < 1 || width > (signed ? 64 : 63)) {
    throw new CommandError('ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.')
  }
  return { signed, width }
}

function readBits(text: string, at: number, { signed, width }: BitType): bigint {
  let value = 0n
  for (let i = 0; i < width; i++) value = (value << 1n) | BigInt(getBit(text, at + i))
  return signed ? BigInt.asIntN(width, value) : value
}

function setBits(text: string, at: number, width: number, value: bigint): string {
  const bytes = Buffer.alloc(Math.max(text.length, Math.ceil((at + width) / 8)))
  bytes.write(text, 'latin1')
  for (let i = 0; i < width; i++) {
    const mask = 0x80 >> ((at + i) % 8)
    const isSet = (value >> BigInt(width - 1 - i)) & 1n
    const byte = bytes[(at + i) >> 3] as number
    bytes[(at + i) >> 3] = isSet ? byte | mask : byte & ~mask
  }
  return bytes.toString('latin1')
}

function clamp(value: bigint, { signed, width }: BitType, overflow: string): bigint | undefined {
  const min = signed ? -(2n ** BigInt(width - 1)) : 0n
  const max = signed ? 2n ** BigInt(width - 1) - 1n : 2n ** BigInt(width) - 1n
  if (value >= min && value <= max) return value
  if (overflow === 'fail') return undefined
  if (overflow === 'sat') return value < min ? min : max
  return signed ? BigInt.asIntN(width, value) : BigInt.asUintN(width, value)
}
