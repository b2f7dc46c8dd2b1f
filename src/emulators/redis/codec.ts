/**
 * The Redis protocol as bytes: requests (RESP arrays and inline lines) in, replies (RESP2 and RESP3) out.
 *
 * A Redis string is bytes. Above this file every one is a JavaScript string of the characters U+0000–U+00FF, one a byte
 * ("latin1"), so that keys can be Map keys and nothing is lost.
 *
 * Sources: https://redis.io/docs/reference/protocol-spec/ and the answers of real servers in test/emulators/redis/.
 */
import { createHash, type Hash } from 'node:crypto'

/** The request breaks the protocol. Redis answers `-ERR Protocol error: <message>` and closes. */
export class ProtocolError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'ProtocolError'
  }
}

/** The request is larger than we hold. Redis closes without a word when `client-query-buffer-limit` is passed. */
export class RequestTooLarge extends Error {
  readonly bytes: number

  constructor(bytes: number) {
    super(`a request of more than ${bytes} bytes`)
    this.name = 'RequestTooLarge'
    this.bytes = bytes
  }
}

/** The reply is larger than what we send to anybody at once. */
export class ReplyTooLarge extends Error {
  readonly bytes: number

  constructor(bytes: number) {
    super(`a reply of more than ${bytes} bytes`)
    this.name = 'ReplyTooLarge'
    this.bytes = bytes
  }
}

export interface Request {
  /** Never empty. */
  args: string[]
  /** Arguments of which only the beginning was kept, with the facts of the whole. */
  cut: { index: number; length: number; sha256: string }[]
}

export interface RequestBounds {
  /** Largest element count of an array: 1024 * 1024 before Redis 7, then INT_MAX. */
  multibulk: number
  /** Bytes kept of one argument; the rest is hashed, counted and dropped. */
  keep: number
  /** Bytes kept of one request, each argument counting {@link ARGUMENT_COST} more. */
  request: number
}

/** PROTO_INLINE_MAX_SIZE: longest line without its end, inline or header. */
const LONGEST_LINE = 64 * 1024
/** Default of `proto-max-bulk-len`. */
const LARGEST_BULK = 512 * 1024 * 1024
/** What an argument costs us besides its bytes. */
export const ARGUMENT_COST = 64
/** What a client may send before it has authenticated (Redis 6 and later). */
const GUARDED = { multibulk: 10, bulk: 16_384 }

const CR = 0x0d
const LF = 0x0a

/** Cuts a stream of bytes into requests. Feed it with {@link push}; {@link next} gives one request at a time. */
export class RequestDecoder {
  readonly #bounds: RequestBounds
  #bytes: Buffer = Buffer.alloc(0)
  #request: Request = { args: [], cut: [] }
  /** Arguments of the present array that have not come yet. */
  #missing = 0
  /** Bytes of the present argument, or undefined when its header has not come yet. */
  #bulk: number | undefined
  #long: LongArgument | undefined
  #held = 0
  /** True while the client has to authenticate first and the server is one that mistrusts it. */
  guarded = false

  constructor(bounds: RequestBounds) {
    this.#bounds = bounds
  }

  push(bytes: Buffer): void {
    this.#bytes = this.#bytes.length ? Buffer.concat([this.#bytes, bytes]) : bytes
  }

  /**
   * The next whole request, or undefined until more bytes come.
   * @throws ProtocolError, RequestTooLarge; the stream is then unusable
   */
  next(): Request | undefined {
    while (this.#bytes.length > 0) {
      if (this.#missing === 0) {
        const isArray = this.#bytes[0] === 0x2a
        if (!(isArray ? this.#beginArray() : this.#readInline())) return undefined
      } else if (!this.#readArgument()) {
        return undefined
      }
      if (this.#missing === 0 && this.#request.args.length > 0) return this.#finish()
    }
    return undefined
  }

  #finish(): Request {
    const request = this.#request
    this.#request = { args: [], cut: [] }
    this.#held = 0
    return request
  }

  #readInline(): boolean {
    const end = lineEnd(this.#bytes, LF)
    if (end < 0) {
      if (this.#bytes.length > LONGEST_LINE) throw new ProtocolError('too big inline request')
      return false
    }
    const line = this.#bytes.toString('latin1', 0, end)
    this.#consume(end + 1)
    const args = splitInline(line.endsWith('\r') ? line.slice(0, -1) : line)
    if (!args) throw new ProtocolError('unbalanced quotes in request')
    this.#request.args = args
    return true
  }

  #beginArray(): boolean {
    const header = this.#header('too big mbulk count string')
    if (header === undefined) return false
    const count = wholeNumber(header.slice(1))
    if (count === undefined || count > this.#bounds.multibulk) throw new ProtocolError('invalid multibulk length')
    if (this.guarded && count > GUARDED.multibulk) throw new ProtocolError('unauthenticated multibulk length')
    this.#missing = Math.max(0, count)
    return true
  }

  #readArgument(): boolean {
    if (this.#bulk === undefined && !this.#beginArgument()) return false
    return this.#long ? this.#readLongArgument(this.#long) : this.#readShortArgument(this.#bulk as number)
  }

  #beginArgument(): boolean {
    const header = this.#header('too big bulk count string')
    if (header === undefined) return false
    if (!header.startsWith('$')) throw new ProtocolError(`expected '$', got '${header[0] ?? '\r'}'`)
    const length = wholeNumber(header.slice(1))
    if (length === undefined || length < 0 || length > LARGEST_BULK) throw new ProtocolError('invalid bulk length')
    if (this.guarded && length > GUARDED.bulk) throw new ProtocolError('unauthenticated bulk length')
    this.#held += Math.min(length, this.#bounds.keep) + ARGUMENT_COST
    if (this.#held > this.#bounds.request) throw new RequestTooLarge(this.#bounds.request)
    this.#bulk = length
    this.#long = length > this.#bounds.keep ? new LongArgument(length, this.#bounds.keep) : undefined
    return true
  }

  #readShortArgument(length: number): boolean {
    // The two bytes after the argument are skipped, not checked: so does Redis.
    if (this.#bytes.length < length + 2) return false
    this.#request.args.push(this.#bytes.toString('latin1', 0, length))
    this.#consume(length + 2)
    this.#bulk = undefined
    this.#missing--
    return true
  }

  #readLongArgument(long: LongArgument): boolean {
    this.#consume(long.take(this.#bytes))
    if (!long.isWhole) return false
    const { length, sha256, kept } = long.facts()
    this.#request.cut.push({ index: this.#request.args.length, length, sha256 })
    this.#request.args.push(kept)
    this.#long = undefined
    this.#bulk = undefined
    this.#missing--
    return true
  }

  /** The line up to CR LF, both consumed; undefined until it is there. */
  #header(tooLong: string): string | undefined {
    const end = lineEnd(this.#bytes, CR)
    if (end < 0 && this.#bytes.length > LONGEST_LINE) throw new ProtocolError(tooLong)
    if (end < 0 || this.#bytes.length < end + 2) return undefined
    const line = this.#bytes.toString('latin1', 0, end)
    this.#consume(end + 2)
    return line
  }

  #consume(n: number): void {
    this.#bytes = this.#bytes.subarray(n)
  }
}

/** An argument of which only the beginning is kept. */
class LongArgument {
  readonly #length: number
  readonly #hash: Hash = createHash('sha256')
  readonly #kept: Buffer
  #seen = 0

  constructor(length: number, keep: number) {
    this.#length = length
    this.#kept = Buffer.alloc(keep)
  }

  /** Takes what belongs to the argument; the number of bytes used up, its closing CR LF included. */
  take(bytes: Buffer): number {
    const mine = bytes.subarray(0, Math.max(0, this.#length - this.#seen))
    this.#hash.update(mine)
    if (this.#seen < this.#kept.length) mine.copy(this.#kept, this.#seen)
    const used = Math.min(bytes.length, this.#length + 2 - this.#seen)
    this.#seen += used
    return used
  }

  get isWhole(): boolean {
    return this.#seen === this.#length + 2
  }

  facts(): { length: number; sha256: string; kept: string } {
    return { length: this.#length, sha256: this.#hash.digest('hex'), kept: this.#kept.toString('latin1') }
  }
}

/** Redis looks for line ends with strchr(): a NUL before one hides it, and the client waits for ever. */
function lineEnd(bytes: Buffer, mark: number): number {
  const within = bytes.subarray(0, LONGEST_LINE + 1)
  const end = within.indexOf(mark)
  if (end < 0) return -1
  const nul = within.indexOf(0)
  return nul >= 0 && nul < end ? -1 : end
}

/** string2ll(): an optional minus, no plus, no leading zeros, no spaces. */
export function wholeNumber(text: string): number | undefined {
  return /^(?:0|-?[1-9][0-9]{0,18})$/.test(text) ? Number(text) : undefined
}

const ESCAPES: Record<string, string> = { n: '\n', r: '\r', t: '\t', b: '\b', a: '\x07' }

/** sdssplitargs(): words, "with \x41 and \n escapes", 'or without'. Undefined when a quote does not close. */
export function splitInline(line: string): string[] | undefined {
  const args: string[] = []
  let at = 0
  for (;;) {
    while (/[ \t\n\v\f\r]/.test(line[at] ?? '')) at++
    if (at >= line.length || line[at] === '\0') return args
    const word = readWord(line, at)
    if (!word) return undefined
    args.push(word.text)
    at = word.end
  }
}

function readWord(line: string, start: number): { text: string; end: number } | undefined {
  let text = ''
  let at = start
  for (;;) {
    const char = line[at]
    if (char === undefined || ' \n\r\t\0'.includes(char)) return { text, end: at }
    if (char !== '"' && char !== "'") {
      text += char
      at++
      continue
    }
    const quoted = char === '"' ? readDoubleQuoted(line, at + 1) : readSingleQuoted(line, at + 1)
    // A closing quote must be followed by a space or nothing.
    if (!quoted || !/^[ \t\n\v\f\r]?$/.test(line[quoted.end] ?? '')) return undefined
    return { text: text + quoted.text, end: quoted.end }
  }
}

function readDoubleQuoted(line: string, start: number): { text: string; end: number } | undefined {
  let text = ''
  for (let at = start; at < line.length; at++) {
    const char = line[at] as string
    if (char === '"') return { text, end: at + 1 }
    if (char === '\0') return undefined
    const hex = char === '\\' && line[at + 1] === 'x' ? /^[0-9a-fA-F]{2}/.exec(line.slice(at + 2, at + 4)) : null
    if (hex) {
      text += String.fromCharCode(Number.parseInt(hex[0], 16))
      at += 3
    } else if (char === '\\' && at + 1 < line.length) {
      at++
      text += ESCAPES[line[at] as string] ?? line[at]
    } else {
      text += char
    }
  }
  return undefined
}

function readSingleQuoted(line: string, start: number): { text: string; end: number } | undefined {
  let text = ''
  for (let at = start; at < line.length; at++) {
    const char = line[at] as string
    if (char === "'") return { text, end: at + 1 }
    if (char === '\0') return undefined
    if (char === '\\' && line[at + 1] === "'") at++
    text += line[at]
  }
  return undefined
}

/** A reply before it is bytes. A string is a bulk string, a number an integer, null "no such thing", an array an array. */
export type Reply =
  | string
  | number
  | bigint
  | null
  | Reply[]
  | { simple: string }
  | { error: string }
  | { noArray: true }
  | { map: [Reply, Reply][] }
  | { set: Reply[] }
  | { push: Reply[] }
  | { double: number }
  | { verbatim: string }
  /** Several replies to one command, as SUBSCRIBE gives; none at all when empty. */
  | { several: Reply[] }
  /** Bytes that are no RESP: the RDB file of a replication, a keepalive newline. */
  | { raw: string }

export type Protocol = 2 | 3

export const OK: Reply = { simple: 'OK' }
export const NO_REPLY: Reply = { several: [] }
export const simple = (text: string): Reply => ({ simple: text })
export const failure = (text: string): Reply => ({ error: text })

/** Largest reply: a pipeline of many is fine, one that repeats a megabyte ten thousand times is not. */
const LARGEST_REPLY = 32 * 1024 * 1024

/** @throws ReplyTooLarge */
export function encodeReply(reply: Reply, protocol: Protocol): Buffer {
  return Buffer.from(write(reply, protocol), 'latin1')
}

function write(reply: Reply, protocol: Protocol): string {
  if (typeof reply === 'string') return `$${reply.length}\r\n${reply}\r\n`
  if (typeof reply === 'number' || typeof reply === 'bigint') return `:${reply}\r\n`
  if (reply === null) return protocol === 3 ? '_\r\n' : '$-1\r\n'
  if (Array.isArray(reply)) return writeAll('*', reply, protocol)
  if ('simple' in reply) return `+${oneLine(reply.simple)}\r\n`
  if ('error' in reply) return `-${oneLine(reply.error)}\r\n`
  if ('noArray' in reply) return protocol === 3 ? '_\r\n' : '*-1\r\n'
  if ('map' in reply) return writeMap(reply.map, protocol)
  if ('set' in reply) return writeAll(protocol === 3 ? '~' : '*', reply.set, protocol)
  if ('push' in reply) return writeAll(protocol === 3 ? '>' : '*', reply.push, protocol)
  if ('double' in reply) return protocol === 3 ? `,${formatDouble(reply.double)}\r\n` : write(formatDouble(reply.double), protocol)
  if ('verbatim' in reply) return protocol === 3 ? `=${reply.verbatim.length + 4}\r\ntxt:${reply.verbatim}\r\n` : write(reply.verbatim, 2)
  if ('several' in reply) return reply.several.map((one) => write(one, protocol)).join('')
  return reply.raw
}

function writeAll(mark: string, items: readonly Reply[], protocol: Protocol, count = items.length): string {
  let text = `${mark}${count}\r\n`
  for (const item of items) {
    text += write(item, protocol)
    if (text.length > LARGEST_REPLY) throw new ReplyTooLarge(LARGEST_REPLY)
  }
  return text
}

function writeMap(entries: readonly [Reply, Reply][], protocol: Protocol): string {
  const flat = entries.flat() as Reply[]
  return protocol === 3 ? writeAll('%', flat, 3, entries.length) : writeAll('*', flat, 2)
}

/** Simple strings and errors end at the first line end, so Redis writes spaces for what would break them. */
function oneLine(text: string): string {
  return text.replace(/[\r\n]/g, ' ')
}

/** A double as C's `%.17g` prints it: 3, 0.10000000000000001, 1e+20, inf. */
export function formatDouble(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return 'inf'
  if (value === Number.NEGATIVE_INFINITY) return '-inf'
  if (Number.isNaN(value)) return 'nan'
  if (Object.is(value, -0)) return '-0'
  if (Number.isInteger(value) && Math.abs(value) < 1e17) return String(value)
  const [digits = '', exponent = '+0'] = value.toExponential(16).split('e')
  const power = Number(exponent)
  if (power >= -4 && power < 17) return trimZeros(value.toPrecision(17))
  return `${trimZeros(digits)}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
}

function trimZeros(digits: string): string {
  return digits.includes('.') ? digits.replace(/\.?0{1,40}$/, '') : digits
}
