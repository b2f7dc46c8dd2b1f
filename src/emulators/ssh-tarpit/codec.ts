/**
 * What an SSH client says before the server has identified itself: its version line, and with many clients the KEXINIT
 * right behind it (RFC 4253 §4.2, §6, §7.1).
 */
import { createHash } from 'node:crypto'

/** The bytes are not what an SSH client begins with. */
export class GreetingError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'GreetingError'
  }
}

/** RFC 4253 §4.2: 255 characters with CR and LF. Clients that are none send more. */
const LONGEST_LINE = 255
/** RFC 4253 §6.1: packets of up to 35000 bytes; a KEXINIT is far smaller. */
const LARGEST_PACKET = 35_000
const SSH_MSG_KEXINIT = 20
const COOKIE_BYTES = 16

/** The ten name-lists of a KEXINIT, in their order. */
const LISTS = [
  'kex',
  'hostKey',
  'encryptionToServer',
  'encryptionToClient',
  'macToServer',
  'macToClient',
  'compressionToServer',
  'compressionToClient',
  'languageToServer',
  'languageToClient',
] as const
export type KexInit = Record<(typeof LISTS)[number], string>

/**
 * The version line at the front of `bytes` without its CR LF, and what follows it.
 * @returns undefined while the line is not whole
 * @throws GreetingError when it cannot become a version line
 */
export function readVersionLine(bytes: Buffer): { line: Buffer; rest: Buffer } | undefined {
  const end = bytes.subarray(0, LONGEST_LINE).indexOf('\n')
  if (end < 0 && bytes.length >= LONGEST_LINE) throw new GreetingError('no line end in 255 bytes')
  if (end < 0) return undefined
  const line = bytes.subarray(0, bytes[end - 1] === 0x0d ? end - 1 : end)
  return { line, rest: bytes.subarray(end + 1) }
}

/**
 * The KEXINIT at the front of `bytes`, which no encryption hides yet.
 * @returns undefined while the packet is not whole
 * @throws GreetingError when it is something else
 */
export function readKexInit(bytes: Buffer): KexInit | undefined {
  if (bytes.length < 6) return undefined
  const length = bytes.readUInt32BE(0)
  if (length < 1 + 1 + COOKIE_BYTES || length > LARGEST_PACKET) throw new GreetingError(`a packet of ${length} bytes`)
  if (bytes[5] !== SSH_MSG_KEXINIT) throw new GreetingError(`message ${bytes[5]}`)
  if (bytes.length < 4 + length) return undefined
  const packet = bytes.subarray(5, 4 + length - (bytes[4] as number))
  let at = 1 + COOKIE_BYTES
  const lists = LISTS.map((name) => {
    const size = at + 4 <= packet.length ? packet.readUInt32BE(at) : Number.POSITIVE_INFINITY
    if (at + 4 + size > packet.length) throw new GreetingError(`name-list ${name} goes past the packet`)
    const list = packet.toString('latin1', at + 4, at + 4 + size)
    at += 4 + size
    return [name, list]
  })
  return Object.fromEntries(lists) as KexInit
}

/** For tests and for whoever needs an SSH client's first packet. */
export function encodeKexInit(lists: KexInit, cookie: Buffer = Buffer.alloc(COOKIE_BYTES)): Buffer {
  const body = LISTS.flatMap((name) => {
    const list = Buffer.from(lists[name], 'latin1')
    const size = Buffer.alloc(4)
    size.writeUInt32BE(list.length)
    return [size, list]
  })
  const payload = Buffer.concat([Buffer.of(SSH_MSG_KEXINIT), cookie, ...body, Buffer.alloc(5)])
  const padding = 4 + ((8 - ((5 + payload.length + 4) % 8)) % 8)
  const header = Buffer.alloc(5)
  header.writeUInt32BE(1 + payload.length + padding)
  header[4] = padding
  return Buffer.concat([header, payload, Buffer.alloc(padding)])
}

/** HASSH: MD5 over four lists (https://github.com/salesforce/hassh). */
export function hassh({ kex, encryptionToServer, macToServer, compressionToServer }: KexInit): { value: string; raw: string } {
  const raw = [kex, encryptionToServer, macToServer, compressionToServer].join(';')
  return { value: createHash('md5').update(raw, 'latin1').digest('hex'), raw }
}
