/** Messages of SMB1 (MS-CIFS 2.2.3, MS-SMB 2.2.4). */
import { ByteReader } from '../../../sensor/byte-reader.ts'
import { ByteWriter } from '../../../sensor/byte-writer.ts'
import { SmbFormatError } from '../status.ts'

export const COMMAND = {
  CREATE_DIRECTORY: 0x00,
  DELETE_DIRECTORY: 0x01,
  CLOSE: 0x04,
  FLUSH: 0x05,
  DELETE: 0x06,
  RENAME: 0x07,
  QUERY_INFORMATION: 0x08,
  WRITE: 0x0b,
  CHECK_DIRECTORY: 0x10,
  TRANSACTION: 0x25,
  TRANSACTION_SECONDARY: 0x26,
  ECHO: 0x2b,
  OPEN_ANDX: 0x2d,
  READ_ANDX: 0x2e,
  WRITE_ANDX: 0x2f,
  TRANSACTION2: 0x32,
  TRANSACTION2_SECONDARY: 0x33,
  FIND_CLOSE2: 0x34,
  TREE_DISCONNECT: 0x71,
  NEGOTIATE: 0x72,
  SESSION_SETUP_ANDX: 0x73,
  LOGOFF_ANDX: 0x74,
  TREE_CONNECT_ANDX: 0x75,
  NT_TRANSACT: 0xa0,
  NT_TRANSACT_SECONDARY: 0xa1,
  NT_CREATE_ANDX: 0xa2,
  NO_ANDX: 0xff,
} as const

/** Commands whose words begin with the next command and its offset. */
const ANDX: ReadonlySet<number> = new Set([0x2d, 0x2e, 0x2f, 0x73, 0x74, 0x75, 0xa2])

export const FLAGS2 = { LONG_NAMES: 1, EXTENDED_SECURITY: 0x800, NT_STATUS: 0x4000, UNICODE: 0x8000 } as const

export const HEADER_BYTES = 32
const MAGIC = Buffer.from('\xffSMB', 'latin1')
const CHAIN = 8

export interface Smb1Header {
  command: number
  status: number
  flags: number
  flags2: number
  signature: Buffer
  tid: number
  pid: number
  uid: number
  mid: number
}

/** One command of a message: its words and its bytes; offsets in it count from the header. */
export interface Smb1Command {
  command: number
  words: Buffer
  bytes: Buffer
  /** Where `bytes` begin in the message. */
  bytesAt: number
  message: Buffer
  isUnicode: boolean
}

/** @throws SmbFormatError */
export function parseHeader(message: Buffer): Smb1Header {
  if (message.length < HEADER_BYTES + 3 || !message.subarray(0, 4).equals(MAGIC)) throw new SmbFormatError('no SMB1 header')
  return {
    command: message.readUInt8(4),
    status: message.readUInt32LE(5),
    flags: message.readUInt8(9),
    flags2: message.readUInt16LE(10),
    signature: message.subarray(14, 22),
    tid: message.readUInt16LE(24),
    pid: message.readUInt16LE(26),
    uid: message.readUInt16LE(28),
    mid: message.readUInt16LE(30),
  }
}

/** The command of a message and those chained to it. @throws SmbFormatError */
export function parseCommands(message: Buffer): Smb1Command[] {
  const { command: first, flags2 } = parseHeader(message)
  const commands: Smb1Command[] = []
  let command = first
  for (let at = HEADER_BYTES; ; ) {
    const wordBytes = (message[at] ?? 0) * 2
    if (at + 1 + wordBytes > message.length) throw new SmbFormatError('words')
    const words = message.subarray(at + 1, at + 1 + wordBytes)
    const countAt = at + 1 + wordBytes
    // Scanners leave the byte count wrong: what is there counts.
    const count = countAt + 2 <= message.length ? message.readUInt16LE(countAt) : 0
    const bytesAt = Math.min(countAt + 2, message.length)
    const bytes = message.subarray(bytesAt, bytesAt + count)
    commands.push({ command, words, bytes, bytesAt, message, isUnicode: (flags2 & FLAGS2.UNICODE) !== 0 })
    if (!ANDX.has(command) || words.length < 4 || words[0] === COMMAND.NO_ANDX) return commands
    command = words[0] as number
    const next = words.readUInt16LE(2)
    if (next <= at || next >= message.length || commands.length === CHAIN) return commands
    at = next
  }
}

/** The words of a command. @throws SmbFormatError when there are fewer */
export function wordsOf({ words, command }: Smb1Command, count: number): ByteReader {
  if (words.length < count * 2) throw new SmbFormatError(`${words.length / 2} words for command ${command}`)
  return new ByteReader(words)
}

/** Texts of the bytes one after the other, each up to its NUL; UTF-16 is aligned to the header. */
export class Texts {
  readonly #command: Smb1Command
  #at: number

  constructor(command: Smb1Command, at = 0) {
    this.#command = command
    this.#at = at
  }

  /** Bytes as they are. */
  take(length: number): Buffer {
    const bytes = this.#command.bytes.subarray(this.#at, this.#at + length)
    this.#at += length
    return bytes
  }

  /** @param unicode as the header says; dialects and services are OEM whatever it says */
  next(unicode = this.#command.isUnicode): string {
    const { bytes, bytesAt } = this.#command
    if (!unicode) {
      const end = bytes.indexOf(0, this.#at)
      const text = bytes.toString('latin1', this.#at, end < 0 ? bytes.length : end)
      this.#at = end < 0 ? bytes.length : end + 1
      return text
    }
    if ((bytesAt + this.#at) & 1) this.#at++
    let end = this.#at
    while (end + 1 < bytes.length && bytes.readUInt16LE(end) !== 0) end += 2
    const text = bytes.toString('utf16le', this.#at, Math.min(end, bytes.length))
    this.#at = end + 2
    return text
  }

  rest(): Buffer {
    return this.#command.bytes.subarray(this.#at)
  }
}

/** A NUL-terminated text as a response carries it. @param at offset from the header, for the padding of UTF-16 */
export function text(value: string, isUnicode: boolean, at: number): Buffer {
  if (!isUnicode) return Buffer.from(`${value}\0`, 'latin1')
  const bytes = Buffer.from(`${value}\0`, 'utf16le')
  return at & 1 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes
}

export interface Smb1Answer {
  status: number
  words?: Buffer
  bytes?: Buffer
  tid?: number
  uid?: number
  mid?: number
  signature?: Buffer
}

/** One response, chained ones included; each but the last learns where the next one stands. */
export function encodeAnswer(request: Smb1Header, answers: readonly { command: number; answer: Smb1Answer }[]): Buffer {
  const last = answers.at(-1)?.answer
  const ids: Smb1Answer = Object.assign({ status: 0 }, ...answers.map(({ answer }) => answer))
  const writer = new ByteWriter()
    .bytes(MAGIC)
    .u8(answers[0]?.command ?? request.command)
    .u32le(last?.status ?? 0)
    .u8(request.flags | 0x80)
    .u16le((request.flags2 & (FLAGS2.UNICODE | FLAGS2.EXTENDED_SECURITY)) | FLAGS2.NT_STATUS | FLAGS2.LONG_NAMES)
    .u16le(0)
    .bytes(ids.signature ?? Buffer.alloc(8))
    .u16le(0)
    .u16le(ids.tid ?? request.tid)
    .u16le(request.pid)
    .u16le(ids.uid ?? request.uid)
    .u16le(ids.mid ?? request.mid)
  for (const [i, { command, answer }] of answers.entries()) {
    const { words = Buffer.alloc(0), bytes = Buffer.alloc(0) } = answer
    const next = answers[i + 1]
    if (ANDX.has(command) && words.length >= 4) {
      words.writeUInt8(next ? next.command : COMMAND.NO_ANDX, 0)
      words.writeUInt16LE(next ? writer.length + 3 + words.length + bytes.length : 0, 2)
    }
    writer
      .u8(words.length / 2)
      .bytes(words)
      .u16le(bytes.length)
      .bytes(bytes)
  }
  return writer.done()
}

export interface Transaction {
  totalParameters: number
  totalData: number
  maxData: number
  timeout: number
  setup: Buffer
  /** Function of NT_TRANSACT. */
  function: number
  /** Name of TRANSACTION: `\PIPE\`. */
  name: string
  parameters: Buffer
  data: Buffer
}

/** TRANSACTION and TRANSACTION2. @throws SmbFormatError */
export function parseTransaction(command: Smb1Command): Transaction {
  const words = wordsOf(command, 14)
  const totalParameters = words.u16le()
  const totalData = words.u16le()
  words.skip(2)
  const maxData = words.u16le()
  words.skip(4)
  const timeout = words.u32le()
  words.skip(2)
  const parameters = part(command.message, words.u16le(), words.u16le())
  const data = part(command.message, words.u16le(), words.u16le())
  words.skip(2)
  const name = command.command === COMMAND.TRANSACTION ? new Texts(command).next() : ''
  return { totalParameters, totalData, maxData, timeout, setup: words.rest(), function: 0, name, parameters, data }
}

/** NT_TRANSACT. @throws SmbFormatError */
export function parseNtTransaction(command: Smb1Command): Transaction {
  const words = wordsOf(command, 19)
  words.skip(3)
  const totalParameters = words.u32le()
  const totalData = words.u32le()
  words.skip(4)
  const maxData = words.u32le()
  const parameters = part(command.message, words.u32le(), words.u32le())
  const data = part(command.message, words.u32le(), words.u32le())
  words.skip(1)
  const kind = words.u16le()
  return { totalParameters, totalData, maxData, timeout: 0, setup: words.rest(), function: kind, name: '', parameters, data }
}

/** Bytes at an offset from the header, as far as they are there. */
function part(message: Buffer, length: number, offset: number): Buffer {
  return message.subarray(Math.min(offset, message.length), Math.min(offset + length, message.length))
}

/** Words and bytes of the response to a transaction. @param words ten of them, and the setup */
export function transactionAnswer(parameters: Buffer, data: Buffer): Required<Pick<Smb1Answer, 'words' | 'bytes'>> {
  const parametersAt = 56
  const dataAt = (parametersAt + parameters.length + 3) & ~3
  const words = new ByteWriter()
    .u16le(parameters.length)
    .u16le(data.length)
    .u16le(0)
    .u16le(parameters.length)
    .u16le(parametersAt)
    .u16le(0)
    .u16le(data.length)
    .u16le(dataAt)
    .u16le(0)
    .u16le(0)
    .done()
  const bytes = Buffer.concat([Buffer.alloc(1), parameters, Buffer.alloc(dataAt - parametersAt - parameters.length), data])
  return { words, bytes }
}
