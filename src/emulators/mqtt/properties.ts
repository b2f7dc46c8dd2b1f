import type { ByteReader } from '../../sensor/byte-reader.ts'

/** Properties that are none of version 5 (§2.2.2), or values that they cannot have. */
export class PropertyError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'PropertyError'
  }
}

/** The properties that a broker acts on, and the pairs that a client invents. */
export interface Properties {
  sessionExpiry?: number
  receiveMaximum?: number
  maximumPacketSize?: number
  topicAlias?: number
  authenticationMethod?: Buffer
  user?: [Buffer, Buffer][]
}

type Kind = 'byte' | 'two' | 'four' | 'variable' | 'bytes' | 'pair'

/** Table 2-4 of the standard: identifier → type. */
const KINDS: Readonly<Record<number, Kind>> = {
  1: 'byte',
  2: 'four',
  3: 'bytes',
  8: 'bytes',
  9: 'bytes',
  11: 'variable',
  17: 'four',
  18: 'bytes',
  19: 'two',
  21: 'bytes',
  22: 'bytes',
  23: 'byte',
  24: 'four',
  25: 'byte',
  26: 'bytes',
  28: 'bytes',
  31: 'bytes',
  33: 'two',
  34: 'two',
  35: 'two',
  36: 'byte',
  37: 'byte',
  38: 'pair',
  39: 'four',
  40: 'byte',
  41: 'byte',
  42: 'byte',
}

const MOST_PAIRS = 32

/** Reads length and properties. @throws PropertyError, ShortMessage */
export function readProperties(reader: ByteReader): Properties {
  const length = readVariable(reader)
  const end = reader.at + length
  if (length > reader.left) throw new PropertyError('properties reach past the end')
  const found: Properties = {}
  while (reader.at < end) readProperty(reader, found)
  if (reader.at !== end) throw new PropertyError('a property reaches past the others')
  return found
}

function readProperty(reader: ByteReader, found: Properties): void {
  const id = reader.u8()
  const kind = KINDS[id]
  if (!kind) throw new PropertyError(`property ${id}`)
  if (kind === 'pair') {
    const pair: [Buffer, Buffer] = [readBytes(reader), readBytes(reader)]
    found.user ??= []
    if (found.user.length < MOST_PAIRS) found.user.push(pair)
    return
  }
  const bytes = kind === 'bytes' ? readBytes(reader) : Buffer.alloc(0)
  const value = kind === 'byte' ? reader.u8() : kind === 'two' ? reader.u16be() : kind === 'four' ? reader.u32be() : 0
  if (kind === 'variable') readVariable(reader)
  if (id === 17) found.sessionExpiry = value
  if (id === 21) found.authenticationMethod = bytes
  if (id === 33) found.receiveMaximum = nonZero(id, value)
  if (id === 35) found.topicAlias = value
  if (id === 39) found.maximumPacketSize = nonZero(id, value)
}

function nonZero(id: number, value: number): number {
  if (value === 0) throw new PropertyError(`property ${id} is 0`)
  return value
}

const readBytes = (reader: ByteReader): Buffer => reader.take(reader.u16be())

/** Variable byte integer (§1.5.5). @throws PropertyError */
function readVariable(reader: ByteReader): number {
  let value = 0
  for (let i = 0; i < 4; i++) {
    const byte = reader.u8()
    value += (byte & 0x7f) * 128 ** i
    if (byte < 0x80) return value
  }
  throw new PropertyError('a length of five bytes')
}
