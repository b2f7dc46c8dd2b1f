import { createHash, randomBytes } from 'node:crypto'

/**
 * The responder's half of Streamlined NTRU Prime 761 (https://ntruprime.cr.yp.to, parameters p = 761, q = 4591, w = 286),
 * as `sntrup761x25519-sha512` needs it: given the client's public key, a ciphertext for it and the key that it hides.
 */
const P = 761
const Q = 4591
const HALF_Q = (Q - 1) / 2
const WEIGHT = 286

export const SNTRUP761_PUBLIC_KEY_BYTES = 1158
export const SNTRUP761_CIPHERTEXT_BYTES = 1007 + 32

/**
 * @param publicKey 1158 bytes; any bytes of that length are a valid key
 * @param random source of randomness, replaced where a test needs known answers
 */
export function encapsulate(publicKey: Buffer, random: (n: number) => Buffer = randomBytes): { ciphertext: Buffer; key: Buffer } {
  if (publicKey.length !== SNTRUP761_PUBLIC_KEY_BYTES) throw new RangeError(`a public key has ${SNTRUP761_PUBLIC_KEY_BYTES} bytes`)
  const input = randomShort(random)
  const hiddenInput = prefixedHash(3, encodeSmall(input))
  const rounded = encodeRounded(round(multiply(decodeRq(publicKey), input)))
  const confirmation = prefixedHash(2, hiddenInput, prefixedHash(4, publicKey))
  const ciphertext = Buffer.concat([rounded, confirmation])
  return { ciphertext, key: prefixedHash(1, hiddenInput, ciphertext) }
}

/** A polynomial of weight 286 with coefficients -1, 0, 1: random words whose low bits are set, sorted by their high bits. */
function randomShort(random: (n: number) => Buffer): Int8Array {
  const bytes = random(4 * P)
  const words = Uint32Array.from({ length: P }, (_, i) => {
    const word = bytes.readUInt32LE(4 * i)
    return i < WEIGHT ? word & ~1 : (word & ~2) | 1
  })
  return Int8Array.from(words.sort(), (word) => (word & 3) - 1)
}

/** h·r in Z_q[x] / (x^p - x - 1). Coefficients of r are -1, 0, 1, so a plain double holds the sums. */
function multiply(h: Int32Array, r: Int8Array): Int32Array {
  const product = new Float64Array(2 * P - 1)
  for (let j = 0; j < P; j++) {
    const factor = r[j]!
    if (factor === 0) continue
    for (let i = 0; i < P; i++) product[i + j]! += factor * h[i]!
  }
  // x^p = x + 1 takes the upper half down, highest power first.
  for (let i = 2 * P - 2; i >= P; i--) {
    product[i - P]! += product[i]!
    product[i - P + 1]! += product[i]!
  }
  return Int32Array.from(product.subarray(0, P), centre)
}

/** The representative of x modulo q between -(q-1)/2 and (q-1)/2. */
function centre(x: number): number {
  const rest = (((x + HALF_Q) % Q) + Q) % Q
  return rest - HALF_Q
}

/** Each coefficient to the nearest multiple of three. */
function round(coefficients: Int32Array): Int32Array {
  return coefficients.map((x) => 3 * Math.round(x / 3))
}

function encodeSmall(f: Int8Array): Buffer {
  const bytes = Buffer.alloc((P + 3) >> 2)
  for (let i = 0; i < P; i++) bytes[i >> 2]! |= (f[i]! + 1) << (2 * (i & 3))
  return bytes
}

function decodeRq(bytes: Buffer): Int32Array {
  const values = decode({ bytes, at: 0 }, new Array<number>(P).fill(Q))
  return Int32Array.from(values, (value) => value - HALF_Q)
}

function encodeRounded(coefficients: Int32Array): Buffer {
  const values = Array.from(coefficients, (x) => (x + HALF_Q) / 3)
  const out: number[] = []
  encode(out, values, new Array<number>(P).fill((Q + 2) / 3))
  return Buffer.from(out)
}

/** Number of values that one step of the codec below may still carry; larger ones shed bytes (NTRU Prime, "Encode"). */
const CARRY = 16384

/** Packs values, each below its limit, pair by pair into one ever larger number, and writes out the low bytes as they come free. */
function encode(out: number[], values: number[], limits: number[]): void {
  if (values.length === 1) {
    for (let [value, limit] = [values[0]!, limits[0]!]; limit > 1; value >>>= 8, limit = (limit + 255) >>> 8) out.push(value & 255)
    return
  }
  const nextValues: number[] = []
  const nextLimits: number[] = []
  for (let i = 0; i + 1 < values.length; i += 2) {
    let value = values[i]! + values[i + 1]! * limits[i]!
    let limit = limits[i]! * limits[i + 1]!
    for (; limit >= CARRY; value >>>= 8, limit = (limit + 255) >>> 8) out.push(value & 255)
    nextValues.push(value)
    nextLimits.push(limit)
  }
  if (values.length % 2) {
    nextValues.push(values.at(-1)!)
    nextLimits.push(limits.at(-1)!)
  }
  encode(out, nextValues, nextLimits)
}

function decode(from: { bytes: Buffer; at: number }, limits: number[]): number[] {
  if (limits.length === 1) {
    let value = 0
    let scale = 1
    for (let limit = limits[0]!; limit > 1; limit = (limit + 255) >>> 8, scale *= 256) value += from.bytes[from.at++]! * scale
    return [value % limits[0]!]
  }
  const nextLimits: number[] = []
  const low: { value: number; scale: number }[] = []
  for (let i = 0; i + 1 < limits.length; i += 2) {
    let value = 0
    let scale = 1
    let limit = limits[i]! * limits[i + 1]!
    for (; limit >= CARRY; limit = (limit + 255) >>> 8, scale *= 256) value += from.bytes[from.at++]! * scale
    low.push({ value, scale })
    nextLimits.push(limit)
  }
  if (limits.length % 2) nextLimits.push(limits.at(-1)!)
  const high = decode(from, nextLimits)
  const values: number[] = []
  for (const [i, { value, scale }] of low.entries()) {
    const pair = value + scale * high[i]!
    values.push(pair % limits[2 * i]!, Math.floor(pair / limits[2 * i]!) % limits[2 * i + 1]!)
  }
  if (limits.length % 2) values.push(high.at(-1)!)
  return values
}

/** The first half of SHA-512 over a byte and what follows it. */
function prefixedHash(prefix: number, ...parts: Buffer[]): Buffer {
  const hash = createHash('sha512').update(Buffer.of(prefix))
  for (const part of parts) hash.update(part)
  return hash.digest().subarray(0, 32)
}
