/** Bytes that are no packet of Minecraft's protocol. */
export class MinecraftError extends Error {}

/** Longest packet that a server takes (a VarInt of three bytes). */
export const LONGEST_PACKET = 2_097_151
const LONGEST_STRING = 32_767

/** Reads the fields of one packet, in order. */
export class PacketReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** 32 bits, seven a byte, the lowest first. */
  varInt(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) throw new MinecraftError('a VarInt is cut')
      value |= (byte & 0x7f) << shift
      if ((byte & 0x80) === 0) return value
    }
    throw new MinecraftError('a VarInt is too long')
  }

  /** UTF-8 with its length in bytes before it. */
  string(longest = LONGEST_STRING): Buffer {
    const length = this.varInt()
    if (length < 0 || length > longest * 4 || this.#at + length > this.#bytes.length) throw new MinecraftError('a string is too long')
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  unsignedShort(): number {
    if (this.#at + 2 > this.#bytes.length) throw new MinecraftError('a short is cut')
    this.#at += 2
    return this.#bytes.readUInt16BE(this.#at - 2)
  }

  rest(): Buffer {
    return this.#bytes.subarray(this.#at)
  }
}

export function varInt(value: number): Buffer {
  const bytes: number[] = []
  let left = value >>> 0
  do {
    bytes.push((left & 0x7f) | (left > 0x7f ? 0x80 : 0))
    left >>>= 7
  } while (left > 0)
  return Buffer.from(bytes)
}

export function string(text: string | Uint8Array): Buffer {
  const bytes = Buffer.from(text as string)
  return Buffer.concat([varInt(bytes.length), bytes])
}

/** A packet with its length: `id` and fields. */
export function packet(id: number, ...fields: Uint8Array[]): Buffer {
  const body = Buffer.concat([varInt(id), ...fields])
  return Buffer.concat([varInt(body.length), body])
}

/** What a client says first. */
export interface Handshake {
  protocol: number
  /** The name or address that it was told to connect to. */
  address: Buffer
  port: number
  /** 1 status, 2 login. */
  next: number
}

export function readHandshake(fields: PacketReader): Handshake {
  return { protocol: fields.varInt(), address: fields.string(255), port: fields.unsignedShort(), next: fields.varInt() }
}

/** The answer to the server list ping of releases 1.4 to 1.6 (`FE 01`), and to older ones (`FE`). */
export function legacyPong(
  { motd, version, online, max }: { motd: string; version: string; online: number; max: number },
  isOld: boolean,
): Buffer {
  // 127: the release is none of those that still ask in this way.
  const text = isOld ? [motd, online, max].join('\u00a7') : ['\u00a71', 127, version, motd, online, max].join('\0')
  const body = Buffer.from(text, 'utf16le').swap16()
  const head = Buffer.from([0xff, 0, 0])
  head.writeUInt16BE(text.length, 1)
  return Buffer.concat([head, body])
}
