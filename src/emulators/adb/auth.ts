import { createHash } from 'node:crypto'

/** What AUTH carries in its first argument. */
export const AUTH_TOKEN = 1
export const AUTH_SIGNATURE = 2
export const AUTH_PUBLIC_KEY = 3
export const TOKEN_BYTES = 20

/** A client's key as `adb` offers it. */
export interface OfferedKey {
  /** Key in Android's own form (RSAPublicKey of mincrypt): words, n0inv, modulus, r², exponent. */
  key: Buffer
  /** MD5 in pairs with colons, as the device's dialogue shows it. */
  fingerprint: string
  /** `user@host` of the client's machine. */
  comment: Buffer
  bits: number
}

/** Words of a 2048-bit modulus, and the bytes of such a key. */
const WORDS_2048 = 64
const KEY_BYTES = 4 + 4 + WORDS_2048 * 4 * 2 + 4

/** Reads `base64 user@host NUL`; undefined when it is no key of 2048 bits. */
export function parsePublicKey(payload: Buffer): OfferedKey | undefined {
  const text = payload.at(-1) === 0 ? payload.subarray(0, -1) : payload
  const space = text.indexOf(0x20)
  const key = Buffer.from(text.toString('latin1', 0, space < 0 ? text.length : space), 'base64')
  if (key.length !== KEY_BYTES || key.readUInt32LE(0) !== WORDS_2048) return undefined
  const fingerprint = createHash('md5').update(key).digest('hex').toUpperCase().match(/../g)?.join(':') ?? ''
  return { key, fingerprint, comment: space < 0 ? Buffer.alloc(0) : text.subarray(space + 1), bits: WORDS_2048 * 32 }
}
