/** Messages of Oracle's two-task common layer (TTC) that a login and simple calls need. */
import type { ByteReader } from '../../sensor/byte-reader.ts'
import { ByteWriter } from '../../sensor/byte-writer.ts'
import { read, sizedBytes, TnsFormatError, ub, writeSized, writeUb } from './codec.ts'

export const MESSAGE = { protocol: 1, dataTypes: 2, call: 3, error: 4, parameters: 8, status: 9, piggyback: 17 } as const
export const CALL = {
  reexecute: 4,
  fetch: 5,
  logoff: 9,
  commit: 14,
  rollback: 15,
  reexecuteAndFetch: 78,
  execute: 94,
  login: 115,
  sessionKey: 118,
  ping: 147,
} as const
const MOST_PAIRS = 100

/** What the server says of itself first: protocol 6, its platform, UTF-8, what it can. */
export function encodeProtocol(): Buffer {
  // The field version of 19c stands at 7.
  const compile = Buffer.from('060101016f01010c0101010101010029900307030001004f0137040100000018000001010000', 'hex')
  const runtime = Buffer.from('02010001180003', 'hex')
  // National character set 2000, AL16UTF16, at its end.
  const description = Buffer.from('0000000000000000000007d0', 'hex').subarray(1)
  const writer = new ByteWriter().u8(MESSAGE.protocol).u8(6).u8(0).nulText('x86_64/Linux 2.4.xx')
  writer.u16le(873).u8(1).u16le(0).u16be(description.length).bytes(description)
  return writeSized(writeSized(writer, compile), runtime).done()
}

/** UTC, as an interval of no hours and minutes. */
const TIME_ZONE = Buffer.from('800000003c3c3c80000000', 'hex')

/** Field version of 19c: which fields messages have. */
const FIELD_VERSION = 12
const FIELD_VERSION_PLACE = 7

/**
 * No type is converted; a client that knows the time zone's field is told of it.
 * @param reader what the client can
 * @returns the answer, and the field version that both speak
 * @throws TnsFormatError
 */
export function answerDataTypes(reader: ByteReader): { answer: Buffer; version: number } {
  const { compile, runtime } = read(() => {
    // Two character sets and flags.
    reader.skip(5)
    return { compile: sizedBytes(reader), runtime: sizedBytes(reader) }
  })
  const hasTimeZone = ((runtime[1] ?? 0) & 1) !== 0
  return {
    answer: Buffer.concat([Buffer.of(MESSAGE.dataTypes), ...(hasTimeZone ? [TIME_ZONE] : []), Buffer.alloc(2)]),
    version: Math.min(FIELD_VERSION, compile[FIELD_VERSION_PLACE] ?? FIELD_VERSION),
  }
}

export const encodeStatus = (): Buffer => Buffer.of(MESSAGE.status, 1, 1, 0)

export interface Pair {
  key: string
  value: string
  flags?: number
}

export function encodeParameters(pairs: readonly Pair[]): Buffer {
  const writer = writeUb(new ByteWriter().u8(MESSAGE.parameters), pairs.length)
  for (const { key, value, flags = 0 } of pairs) {
    writeSized(writeUb(writer, key.length), Buffer.from(key, 'latin1'))
    writeUb(writer, value.length)
    if (value.length) writeSized(writer, Buffer.from(value, 'latin1'))
    writeUb(writer, flags)
  }
  return writer.done()
}

export interface CallEnd {
  /** Where in the statement, in characters. */
  position?: number
  cursor?: number
  /** Rows that were changed, or fetched so far. */
  rows?: number
}

/** The end of a call: 0 when all went well. @param text `ORA-01017: …` */
export function encodeError(code: number, text: string, { position = 0, cursor = 0, rows = 0 }: CallEnd = {}): Buffer {
  const writer = new ByteWriter().u8(MESSAGE.error)
  writeUb(writer, 1)
  for (let i = 0; i < 2; i++) writeUb(writer, 0)
  writeUb(writer, code & 0xffff)
  for (let i = 0; i < 2; i++) writeUb(writer, 0)
  writeUb(writeUb(writer, cursor), Math.min(position, 0x7fff))
  // Kind of statement, flags, options and warnings; then a row id of none.
  writer.zeros(6)
  writer.zeros(1).u8(0).u8(0).u8(0).u8(0)
  writeUb(writer, 0)
  writer.zeros(2)
  for (let i = 0; i < 6; i++) writeUb(writer, 0)
  writeUb(writeUb(writer, code), rows)
  if (code) writeSized(writer, Buffer.from(text))
  return writer.done()
}

export interface LoginCall {
  user: Buffer
  mode: number
  pairs: Map<string, string>
}

/** OSESSKEY and OAUTH: who, how, and pairs of keys and values. @throws TnsFormatError */
export function decodeLoginCall(reader: ByteReader): LoginCall {
  return read(() => {
    const hasUser = reader.u8() !== 0
    const length = ub(reader)
    const mode = ub(reader)
    reader.skip(1)
    const count = ub(reader)
    reader.skip(2)
    if (count > MOST_PAIRS) throw new TnsFormatError(`${count} pairs`)
    // Old clients send the name without its length.
    const isSized = reader.bytes[reader.at] === length
    const user = hasUser && length ? Buffer.from(isSized ? sizedBytes(reader) : reader.take(length)) : Buffer.alloc(0)
    const pairs = new Map<string, string>()
    for (let i = 0; i < count; i++) {
      const key = ub(reader) ? sizedBytes(reader).toString('latin1') : ''
      const value = ub(reader) ? sizedBytes(reader).toString('latin1') : ''
      ub(reader)
      pairs.set(key.replace(/\0+$/, ''), value)
    }
    return { user, mode, pairs }
  })
}
