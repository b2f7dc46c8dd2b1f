import { type Cipheriv, createCipheriv } from 'node:crypto'

/** Bytes that NH compresses at a time, RFC 4418 §5.1. */
const L1_KEY = 1024
/** Words that the NH key of one stream lies behind that of the stream before (Toeplitz shift of 16 bytes). */
const SHIFT = 4
const P36 = 2n ** 36n - 5n
const P64 = 2n ** 64n - 59n
const POLY_KEY_MASK = 0x01ffffff01ffffffn

/**
 * UMAC with AES-128 (RFC 4418) over short messages: umac-64@openssh.com and umac-128@openssh.com are UMAC-64 and
 * UMAC-128 with the packet's sequence number as nonce of eight bytes (OpenSSH, mac.c).
 */
export class Umac {
  readonly #streams: number
  readonly #pad: Cipheriv
  readonly #nhKey: Uint32Array
  readonly #polyKeys: bigint[]
  readonly #innerKeys: bigint[]
  readonly #innerMasks: number[]

  /** @param tagBytes 8 or 16 */
  constructor(key: Uint8Array, tagBytes: 8 | 16) {
    this.#streams = tagBytes / 4
    const cipher = aes(key)
    this.#pad = aes(derive(cipher, 0, 16))
    this.#nhKey = words(derive(cipher, 1, L1_KEY + 4 * SHIFT * (this.#streams - 1)))
    const poly = derive(cipher, 2, 24 * this.#streams)
    this.#polyKeys = streams(this.#streams, (i) => poly.readBigUInt64BE(24 * i) & POLY_KEY_MASK)
    const inner = derive(cipher, 3, 64 * this.#streams)
    // RFC 4418 §5.4: of the eight words of a stream L3 uses the last four where, as here, L2 gives 64 bits.
    this.#innerKeys = streams(4 * this.#streams, (i) => inner.readBigUInt64BE(64 * (i >> 2) + 32 + 8 * (i & 3)) % P36)
    const masks = derive(cipher, 4, 4 * this.#streams)
    this.#innerMasks = streams(this.#streams, (i) => masks.readUInt32BE(4 * i))
  }

  /** @param nonce packet sequence number */
  tag(message: Uint8Array, nonce: number): Buffer {
    const tag = Buffer.alloc(4 * this.#streams)
    for (let stream = 0; stream < this.#streams; stream++) tag.writeUInt32BE(this.#hash(message, stream), 4 * stream)
    return xor(tag, this.#padFor(nonce))
  }

  #padFor(nonce: number): Buffer {
    const block = Buffer.alloc(16)
    block.writeUInt32BE(nonce, 4)
    if (this.#streams === 4) return this.#pad.update(block)
    // Two tags of eight bytes come from one block: the lowest bit of the nonce says which half, RFC 4418 §3.2.
    const half = nonce & 1
    block.writeUInt32BE((nonce & ~1) >>> 0, 4)
    return this.#pad.update(block).subarray(8 * half, 8 * half + 8)
  }

  #hash(message: Uint8Array, stream: number): number {
    if (message.length <= L1_KEY) return this.#inner(this.#nh(message, stream), stream)
    let poly = 1n
    for (let at = 0; at < message.length; at += L1_KEY) {
      poly = this.#poly(poly, this.#nh(message.subarray(at, at + L1_KEY), stream), stream)
    }
    return this.#inner(poly, stream)
  }

  /** L1, RFC 4418 §5.2. Sums of 32 × 32 bit products are kept as two doubles, which is exact for 1024 bytes and far faster than BigInt. */
  #nh(block: Uint8Array, stream: number): bigint {
    const key = this.#nhKey
    const padded = Math.max(32, (block.length + 31) & ~31)
    const bytes = Buffer.alloc(padded)
    bytes.set(block)
    let low = 0
    let high = 0
    let k = SHIFT * stream
    for (let at = 0; at < padded; at += 32, k += 8) {
      for (let i = 0; i < 4; i++) {
        const a = (bytes.readUInt32LE(at + 4 * i) + key[k + i]!) >>> 0
        const b = (bytes.readUInt32LE(at + 16 + 4 * i) + key[k + i + 4]!) >>> 0
        const aLow = a & 0xffff
        const aHigh = a >>> 16
        const bLow = b & 0xffff
        const bHigh = b >>> 16
        const middle = aHigh * bLow + aLow * bHigh
        low += aLow * bLow + (middle % 0x10000) * 0x10000
        high += aHigh * bHigh + Math.floor(middle / 0x10000)
      }
    }
    low += block.length * 8
    high += Math.floor(low / 2 ** 32)
    return (BigInt(high % 2 ** 32) << 32n) | BigInt(low % 2 ** 32)
  }

  /** L2, RFC 4418 §5.3: a polynomial over the field of 2^64 - 59; what is too large for it goes in as marker and remainder. */
  #poly(sum: bigint, word: bigint, stream: number): bigint {
    const key = this.#polyKeys[stream]!
    if (word >> 32n !== 0xffffffffn) return (sum * key + word) % P64
    const marked = (sum * key + P64 - 1n) % P64
    return (marked * key + word - 59n) % P64
  }

  /** L3, RFC 4418 §5.4. */
  #inner(value: bigint, stream: number): number {
    let sum = 0n
    for (let i = 0; i < 4; i++) sum += this.#innerKeys[4 * stream + i]! * ((value >> BigInt(48 - 16 * i)) & 0xffffn)
    return (Number((sum % P36) & 0xffffffffn) ^ this.#innerMasks[stream]!) >>> 0
  }
}

function aes(key: Uint8Array): Cipheriv {
  return createCipheriv('aes-128-ecb', key, null).setAutoPadding(false)
}

/** KDF of RFC 4418 §3.1. */
function derive(cipher: Cipheriv, index: number, length: number): Buffer {
  const blocks = Buffer.alloc(Math.ceil(length / 16) * 16)
  for (let i = 0; i * 16 < length; i++) {
    blocks[i * 16 + 7] = index
    blocks[i * 16 + 15] = i + 1
  }
  return cipher.update(blocks).subarray(0, length)
}

function words(bytes: Buffer): Uint32Array {
  return Uint32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readUInt32BE(4 * i))
}

function streams<T>(n: number, of: (i: number) => T): T[] {
  return Array.from({ length: n }, (_, i) => of(i))
}

function xor(a: Buffer, b: Buffer): Buffer {
  for (let i = 0; i < a.length; i++) a[i]! ^= b[i]!
  return a
}
