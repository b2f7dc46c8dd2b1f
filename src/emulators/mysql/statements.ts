import type { SqlValue } from '../../host/database/value.ts'
import { toText } from '../../host/text.ts'
import { ByteReader } from '../../sensor/byte-reader.ts'
import { decoding, lenenc, lenencBytes, MysqlFormatError } from './codec.ts'

/** Attributes that a query may carry with it; more is not understood. */
const MOST_ATTRIBUTES = 100

/**
 * The text of COM_QUERY behind its attributes (CLIENT_QUERY_ATTRIBUTES).
 * @throws MysqlFormatError
 */
export function decodeQuery(bytes: Buffer): { text: Buffer; attributes: [Buffer, SqlValue][] } {
  return decoding(() => {
    const reader = new ByteReader(bytes)
    const count = Number(lenenc(reader))
    lenenc(reader)
    if (count > MOST_ATTRIBUTES) throw new MysqlFormatError(`${count} attributes`)
    if (count === 0) return { text: reader.rest(), attributes: [] }
    const nulls = reader.take((count + 7) >> 3)
    reader.skip(1)
    const types = Array.from({ length: count }, () => ({ type: reader.u8(), isUnsigned: reader.u8() === 0x80, name: lenencBytes(reader) }))
    const attributes = types.map((type, i): [Buffer, SqlValue] => [
      type.name,
      nulls[i >> 3]! & (1 << (i & 7)) ? null : decodeValue(reader, type),
    ])
    return { text: reader.rest(), attributes }
  })
}

/** What COM_STMT_EXECUTE brings. */
export interface Execution {
  id: number
  parameters: SqlValue[]
}

interface ParameterType {
  type: number
  isUnsigned: boolean
}

/**
 * Reads COM_STMT_EXECUTE (the byte of the command is not there any more).
 * @param known types of the run before, which a client need not send again
 * @param hasAttributes whether names come with the types (CLIENT_QUERY_ATTRIBUTES)
 * @param long values that COM_STMT_SEND_LONG_DATA brought, by parameter
 * @throws MysqlFormatError
 */
export function decodeExecution(
  bytes: Buffer,
  count: number,
  known: readonly ParameterType[],
  long: ReadonlyMap<number, Buffer>,
  hasAttributes = false,
): Execution & { types: ParameterType[] } {
  return decoding(() => {
    const reader = new ByteReader(bytes)
    const id = reader.u32le()
    const flags = reader.u8()
    reader.skip(4)
    const all = hasAttributes && (count > 0 || flags & 8) ? Number(lenenc(reader)) : count
    if (all > count + MOST_ATTRIBUTES) throw new MysqlFormatError(`${all} parameters`)
    if (all === 0) return { id, parameters: [], types: [] }
    const nulls = reader.take((all + 7) >> 3)
    const types = reader.u8() === 1 ? Array.from({ length: all }, () => decodeType(reader, hasAttributes)) : [...known]
    if (types.length !== all) throw new MysqlFormatError('no types of the parameters')
    const parameters = types.map((type, i): SqlValue => {
      const brought = long.get(i)
      if (brought) return toText(brought)
      return nulls[i >> 3]! & (1 << (i & 7)) ? null : decodeValue(reader, type)
    })
    return { id, parameters: parameters.slice(0, count), types }
  })
}

function decodeType(reader: ByteReader, hasName: boolean): ParameterType {
  const type = { type: reader.u8(), isUnsigned: reader.u8() === 0x80 }
  if (hasName) lenencBytes(reader)
  return type
}

function decodeValue(reader: ByteReader, { type, isUnsigned }: ParameterType): SqlValue {
  switch (type) {
    case 1:
      return isUnsigned ? reader.u8() : (reader.u8() << 24) >> 24
    case 2:
    case 13:
      return isUnsigned ? reader.u16le() : (reader.u16le() << 16) >> 16
    case 3:
    case 9:
      return isUnsigned ? reader.u32le() : reader.i32le()
    case 8: {
      const value = isUnsigned ? reader.u64le() : reader.i64le()
      return Number.isSafeInteger(Number(value)) ? Number(value) : value
    }
    case 4:
      return reader.take(4).readFloatLE()
    case 5:
      return reader.f64le()
    case 6:
      return null
    case 7:
    case 10:
    case 12:
      return decodeDateTime(reader)
    case 11:
      return decodeTime(reader)
    case 249:
    case 250:
    case 251:
    case 252: {
      const bytes = lenencBytes(reader)
      const text = toText(bytes)
      return text.isWellFormed() ? text : Buffer.from(bytes)
    }
    default:
      return toText(lenencBytes(reader))
  }
}

const two = (n: number): string => String(n).padStart(2, '0')

function decodeDateTime(reader: ByteReader): string {
  const length = reader.u8()
  if (length === 0) return '0000-00-00'
  const part = new ByteReader(reader.take(length))
  const date = `${String(part.u16le()).padStart(4, '0')}-${two(part.u8())}-${two(part.u8())}`
  return length < 7 ? date : `${date} ${two(part.u8())}:${two(part.u8())}:${two(part.u8())}`
}

function decodeTime(reader: ByteReader): string {
  const length = reader.u8()
  if (length === 0) return '00:00:00'
  const part = new ByteReader(reader.take(length))
  const sign = part.u8() ? '-' : ''
  const days = part.u32le()
  return `${sign}${two(days * 24 + part.u8())}:${two(part.u8())}:${two(part.u8())}`
}
