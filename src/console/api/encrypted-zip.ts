import { randomBytes } from 'node:crypto'
import { crc32, deflateRawSync } from 'node:zlib'

/**
 * A zip archive of one file under the traditional PKWARE encryption (APPNOTE.TXT §6.1), which every unpacker knows. It keeps no
 * secret: it keeps scanners and double clicks away from malware.
 */
export function encryptedZip(name: string, bytes: Uint8Array, password: string, modified: Date): Buffer {
  const crc = crc32(bytes)
  const packed = encrypt(deflateRawSync(bytes), password, crc)
  const nameBytes = Buffer.from(name, 'utf8')
  const common = Buffer.alloc(26)
  common.writeUInt16LE(20, 0) // version needed
  common.writeUInt16LE(ENCRYPTED | UTF8, 2)
  common.writeUInt16LE(DEFLATED, 4)
  common.writeUInt32LE(dosTime(modified), 6)
  common.writeUInt32LE(crc, 10)
  common.writeUInt32LE(packed.length, 14)
  common.writeUInt32LE(bytes.length, 18)
  common.writeUInt16LE(nameBytes.length, 22)
  const local = Buffer.concat([signature(0x04034b50), common, nameBytes, packed])
  // Version made by, the same facts, then: comment, disk, attributes and offset, which are all zero.
  const central = Buffer.concat([signature(0x02014b50), Buffer.from([20, 3]), common, Buffer.alloc(14), nameBytes])
  const end = Buffer.alloc(18)
  end.writeUInt16LE(1, 4)
  end.writeUInt16LE(1, 6)
  end.writeUInt32LE(central.length, 8)
  end.writeUInt32LE(local.length, 12)
  return Buffer.concat([local, central, signature(0x06054b50), end])
}

const ENCRYPTED = 1
const UTF8 = 0x800
const DEFLATED = 8

function signature(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

/** A header of 12 bytes goes first; its last one is the highest of the CRC, by which a wrong password is noticed. */
function encrypt(bytes: Uint8Array, password: string, crc: number): Buffer {
  const keys = new Keys(Buffer.from(password, 'latin1'))
  const plain = Buffer.concat([randomBytes(11), Buffer.from([crc >>> 24]), bytes])
  for (const [n, byte] of plain.entries()) plain[n] = keys.encrypt(byte)
  return plain
}

/** The three keys of APPNOTE.TXT §6.1.5. */
class Keys {
  #a = 0x12345678
  #b = 0x23456789
  #c = 0x34567890

  constructor(password: Uint8Array) {
    for (const byte of password) this.#update(byte)
  }

  encrypt(byte: number): number {
    const word = (this.#c | 2) & 0xffff
    const mask = (Math.imul(word, word ^ 1) >>> 8) & 0xff
    this.#update(byte)
    return byte ^ mask
  }

  #update(byte: number): void {
    this.#a = crcStep(this.#a, byte)
    this.#b = (Math.imul((this.#b + (this.#a & 0xff)) >>> 0, 134775813) + 1) >>> 0
    this.#c = crcStep(this.#c, this.#b >>> 24)
  }
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let value = n
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
  return value
})

function crcStep(crc: number, byte: number): number {
  return ((crc >>> 8) ^ (CRC_TABLE[(crc ^ byte) & 0xff] as number)) >>> 0
}

/** Two seconds is the finest that MS-DOS knew, 1980 the earliest. */
function dosTime(date: Date): number {
  const year = Math.max(0, date.getUTCFullYear() - 1980)
  const day = (year << 9) | ((date.getUTCMonth() + 1) << 5) | date.getUTCDate()
  const time = (date.getUTCHours() << 11) | (date.getUTCMinutes() << 5) | (date.getUTCSeconds() >> 1)
  return ((day << 16) | time) >>> 0
}
