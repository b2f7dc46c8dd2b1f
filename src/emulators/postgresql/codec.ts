/**
 * Messages of PostgreSQL's frontend/backend protocol 3.0.
 *
 * Sources: https://www.postgresql.org/docs/15/protocol-message-formats.html and the conversations of a PostgreSQL 15.18.
 */
import { ByteReader, ShortMessage } from '../../sensor/byte-reader.ts'
import { ByteWriter } from '../../sensor/byte-writer.ts'

/** Bytes that are no message of this protocol. */
export class PostgresFormatError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'PostgresFormatError'
  }
}

export const REQUEST = { cancel: 80_877_102, ssl: 80_877_103, gss: 80_877_104 } as const
/** MAX_STARTUP_PACKET_LENGTH. */
export const LARGEST_STARTUP = 10_000

/** The first packet, which has no type byte. */
export interface StartupPacket {
  /** Major version in the upper half, or one of {@link REQUEST}. */
  code: number
  parameters: Map<string, Buffer>
  /** Whether the list of parameters ends with the NUL that it needs. */
  isTerminated: boolean
}

/** @param bytes what follows the length */
export function decodeStartup(bytes: Buffer): StartupPacket {
  return decoding(() => {
    const reader = new ByteReader(bytes)
    const code = reader.u32be()
    const parameters = new Map<string, Buffer>()
    if (code >>> 16 !== 3) return { code, parameters, isTerminated: true }
    while (reader.left > 1 && parameters.size < 100) {
      const name = reader.untilNul().toString('utf8')
      if (name === '') break
      parameters.set(name, reader.untilNul())
    }
    return { code, parameters, isTerminated: bytes.length > 4 && bytes.at(-1) === 0 }
  })
}

/** The client's side, for tests. */
export function encodeStartup({ code, parameters }: Pick<StartupPacket, 'code' | 'parameters'>): Buffer {
  const writer = new ByteWriter().u32be(code)
  for (const [name, value] of parameters) writer.nulText(name).nulText(value)
  if (code >>> 16 === 3) writer.u8(0)
  const body = writer.done()
  return new ByteWriter()
    .u32be(body.length + 4)
    .bytes(body)
    .done()
}

/** A message with its type and length. */
export function message(type: string, body: Buffer = Buffer.alloc(0)): Buffer {
  return new ByteWriter()
    .text(type, 'latin1')
    .u32be(body.length + 4)
    .bytes(body)
    .done()
}

export interface ErrorFields {
  severity: 'ERROR' | 'FATAL' | 'NOTICE' | 'WARNING'
  code: string
  message: Buffer
  detail?: string
  hint?: string
  /** In characters from 1. */
  position?: number
  file?: string
  line?: number
  routine?: string
}

export function encodeError(fields: ErrorFields): Buffer {
  const { severity, code, message: text, detail, hint, position, file, line, routine } = fields
  const writer = new ByteWriter()
  const field = (type: string, value: string | Buffer | number | undefined): void => {
    if (value !== undefined) writer.text(type).nulText(typeof value === 'number' ? String(value) : value)
  }
  field('S', severity)
  field('V', severity)
  field('C', code)
  field('M', text)
  field('D', detail)
  field('H', hint)
  field('P', position)
  field('F', file)
  field('L', line)
  field('R', routine)
  return message(severity === 'NOTICE' || severity === 'WARNING' ? 'N' : 'E', writer.u8(0).done())
}

export interface RowColumn {
  name: Buffer
  table: number
  attribute: number
  type: number
  length: number
  modifier: number
  /** 0 is text, 1 binary. */
  format: number
}

export function encodeRowDescription(columns: readonly RowColumn[]): Buffer {
  const writer = new ByteWriter().u16be(columns.length)
  for (const { name, table, attribute, type, length, modifier, format } of columns) {
    writer.nulText(name).u32be(table).u16be(attribute).u32be(type).u16be(length).i32be(modifier).u16be(format)
  }
  return message('T', writer.done())
}

export function encodeDataRow(values: readonly (Buffer | null)[]): Buffer {
  const writer = new ByteWriter().u16be(values.length)
  for (const value of values) {
    if (value === null) writer.i32be(-1)
    else writer.i32be(value.length).bytes(value)
  }
  return message('D', writer.done())
}

export const encodeComplete = (tag: string): Buffer => message('C', new ByteWriter().nulText(tag).done())
export const encodeReady = (status: 'I' | 'T' | 'E'): Buffer => message('Z', Buffer.from(status))
export const encodeParameter = (name: string, value: string): Buffer => message('S', new ByteWriter().nulText(name).nulText(value).done())
export const encodeAuthentication = (code: number, data: Buffer = Buffer.alloc(0)): Buffer =>
  message('R', new ByteWriter().u32be(code).bytes(data).done())

export interface ParseMessage {
  name: string
  query: Buffer
  types: number[]
}

const MOST_PARAMETERS = 65_535

export function decodeParse(bytes: Buffer): ParseMessage {
  return decoding(() => {
    const reader = new ByteReader(bytes)
    const name = reader.untilNul().toString('utf8')
    const query = reader.untilNul()
    const types = Array.from({ length: reader.u16be() }, () => reader.u32be())
    return { name, query, types }
  })
}

export interface BindMessage {
  portal: string
  statement: string
  formats: number[]
  values: (Buffer | null)[]
  resultFormats: number[]
}

export function decodeBind(bytes: Buffer): BindMessage {
  return decoding(() => {
    const reader = new ByteReader(bytes)
    const portal = reader.untilNul().toString('utf8')
    const statement = reader.untilNul().toString('utf8')
    const formats = Array.from({ length: reader.u16be() }, () => reader.u16be())
    const count = reader.u16be()
    if (count > MOST_PARAMETERS) throw new PostgresFormatError(`${count} parameters`)
    const values = Array.from({ length: count }, () => {
      const length = reader.i32be()
      return length < 0 ? null : reader.take(length)
    })
    return { portal, statement, formats, values, resultFormats: Array.from({ length: reader.u16be() }, () => reader.u16be()) }
  })
}

/** The client's side, for tests. */
export function encodeBind({ portal, statement, formats, values, resultFormats }: BindMessage): Buffer {
  const writer = new ByteWriter().nulText(portal).nulText(statement).u16be(formats.length)
  for (const format of formats) writer.u16be(format)
  writer.u16be(values.length)
  for (const value of values) {
    if (value === null) writer.i32be(-1)
    else writer.i32be(value.length).bytes(value)
  }
  writer.u16be(resultFormats.length)
  for (const format of resultFormats) writer.u16be(format)
  return writer.done()
}

/** Describe and Close: `S` or `P`, and a name. */
export function decodeTarget(bytes: Buffer): { kind: 'statement' | 'portal'; name: string } {
  return decoding(() => {
    const reader = new ByteReader(bytes)
    const kind = reader.u8()
    if (kind !== 0x53 && kind !== 0x50) throw new PostgresFormatError(`kind ${kind}`)
    return { kind: kind === 0x53 ? 'statement' : 'portal', name: reader.untilNul().toString('utf8') }
  })
}

export function decodeExecute(bytes: Buffer): { portal: string; rows: number } {
  return decoding(() => {
    const reader = new ByteReader(bytes)
    return { portal: reader.untilNul().toString('utf8'), rows: reader.u32be() }
  })
}

/** SASLInitialResponse: the mechanism and the first message. */
export function decodeSaslInitial(bytes: Buffer): { mechanism: string; response: Buffer } {
  return decoding(() => {
    const reader = new ByteReader(bytes)
    const mechanism = reader.untilNul().toString('latin1')
    const length = reader.i32be()
    return { mechanism, response: length < 0 ? Buffer.alloc(0) : reader.take(length) }
  })
}

/** @throws PostgresFormatError in place of ShortMessage */
function decoding<T>(decode: () => T): T {
  try {
    return decode()
  } catch (error) {
    if (error instanceof ShortMessage) throw new PostgresFormatError(error.message)
    throw error
  }
}
