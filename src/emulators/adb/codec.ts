/** Packets of the Android Debug Bridge (platform/packages/modules/adb, protocol.txt) and the names of its services. */

/** Bytes that are no packet: the link cannot go on. */
export class AdbError extends Error {}

export const COMMANDS = ['SYNC', 'CNXN', 'AUTH', 'OPEN', 'OKAY', 'CLSE', 'WRTE', 'STLS'] as const
export type Command = (typeof COMMANDS)[number]

export interface Packet {
  /** Four letters; what is not in {@link COMMANDS} is shown as it came. */
  command: string
  arg0: number
  arg1: number
  payload: Buffer
}

export interface Header {
  command: string
  arg0: number
  arg1: number
  length: number
  checksum: number
}

export const HEADER_BYTES = 24
/** Peers below it check the sum of the payload; from it on the field is zero. */
export const VERSION_SKIP_CHECKSUM = 0x01000001
export const VERSION_MIN = 0x01000000
/** Largest payload of protocol 0x01000000, and of Android 9. */
export const MAX_PAYLOAD_V1 = 4096
export const MAX_PAYLOAD = 1024 * 1024

/** @throws AdbError when the magic is not the command's complement or the payload is larger than agreed */
export function decodeHeader(bytes: Buffer, maxPayload: number): Header {
  const [command, arg0, arg1, length, checksum, magic] = [0, 4, 8, 12, 16, 20].map((at) => bytes.readUInt32LE(at)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  if ((command ^ 0xffffffff) >>> 0 !== magic) throw new AdbError('magic does not fit the command')
  if (length > maxPayload) throw new AdbError(`payload of ${length} bytes, ${maxPayload} agreed`)
  return { command: bytes.toString('latin1', 0, 4), arg0, arg1, length, checksum }
}

/** @param withChecksum whether the peer wants the sum of the payload's bytes */
export function encode({ command, arg0, arg1, payload }: Packet, withChecksum: boolean): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES + payload.length)
  bytes.write(command, 0, 4, 'latin1')
  bytes.writeUInt32LE(arg0, 4)
  bytes.writeUInt32LE(arg1, 8)
  bytes.writeUInt32LE(payload.length, 12)
  bytes.writeUInt32LE(withChecksum ? checksumOf(payload) : 0, 16)
  bytes.writeUInt32LE((bytes.readUInt32LE(0) ^ 0xffffffff) >>> 0, 20)
  bytes.set(payload, HEADER_BYTES)
  return bytes
}

export function checksumOf(payload: Buffer): number {
  let sum = 0
  for (const byte of payload) sum = (sum + byte) >>> 0
  return sum
}

/** Text of a payload without the NUL that services end with. */
export function textOf(payload: Buffer): Buffer {
  return payload.at(-1) === 0 ? payload.subarray(0, -1) : payload
}

/** `host::features=shell_v2,cmd`: kind of system, serial, properties. */
export interface Banner {
  system: string
  features: string[]
}

export function parseBanner(text: string): Banner {
  const [system = '', , ...rest] = text.split(':')
  const features = rest
    .join(':')
    .split(';')
    .find((property) => property.startsWith('features='))
  return { system, features: features ? features.slice('features='.length).split(',') : [] }
}

/** `shell,v2,TERM=xterm,raw:id`. Without a command the shell is interactive. */
export interface ShellService {
  isV2: boolean
  isPty: boolean
  term: string
  command: Buffer | undefined
}

/** Reads the name of a `shell` service; undefined for another one. */
export function parseShellService(service: Buffer): ShellService | undefined {
  const colon = service.indexOf(':')
  if (colon < 0) return undefined
  const [name, ...words] = service.toString('latin1', 0, colon).split(',')
  if (name !== 'shell') return undefined
  const command = colon + 1 < service.length ? service.subarray(colon + 1) : undefined
  const term = words.find((word) => word.startsWith('TERM='))?.slice(5) ?? 'dumb'
  // A terminal for a session, none for a command, unless told otherwise (shell_service.cpp).
  const isPty = words.includes('pty') || (!words.includes('raw') && command === undefined)
  return { isV2: words.includes('v2'), isPty, term, command }
}
