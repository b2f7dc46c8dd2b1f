import { createCipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'
import { isIPv4, isIPv6 } from 'node:net'
import type { Identity } from '../../config/identity.ts'

/** Whom a token was leaked to. */
export interface Leak {
  source: string
  /** UTC milliseconds, to the minute. */
  at: number
}

/** What a session cookie of this release ends with; tools that search leaked memory look for it. */
const ENDING = '45525d5f4f58455e445a4a42'
const NONCE = 10
/** Minutes since 1970, and an IPv6 address; IPv4 is mapped into it (RFC 4291 §2.5.5.2). */
const FACT = 4 + 16
const MAC = 20

/**
 * Session cookies (NSC_AAAC) that were never anybody's: each says, to us alone, whom it was leaked to and when. Nothing
 * is kept; a token that comes back, over whatever way and however late, proves itself.
 */
export class SessionTokens {
  readonly #cipherKey: Buffer
  readonly #macKey: Buffer

  constructor(identity: Identity) {
    const seed = identity.bytes('citrix/session-tokens', 32)
    this.#cipherKey = Buffer.from(hkdfSync('sha256', seed, '', 'cipher', 32))
    this.#macKey = Buffer.from(hkdfSync('sha256', seed, '', 'mac', 32))
  }

  mint(source: string, now = Date.now()): string {
    const nonce = randomBytes(NONCE)
    const fact = Buffer.alloc(FACT)
    fact.writeUInt32BE(Math.floor(now / 60_000), 0)
    addressBytes(source).copy(fact, 4)
    const body = Buffer.concat([nonce, this.#crypt(nonce, fact)])
    return Buffer.concat([body, this.#mac(body)]).toString('hex') + ENDING
  }

  /** Whom this token was leaked to; undefined when it is none of ours. */
  read(token: string): Leak | undefined {
    if (!/^[0-9a-f]+$/.test(token) || token.length !== 2 * (NONCE + FACT + MAC) + ENDING.length || !token.endsWith(ENDING)) return undefined
    const bytes = Buffer.from(token.slice(0, -ENDING.length), 'hex')
    const body = bytes.subarray(0, NONCE + FACT)
    if (!timingSafeEqual(bytes.subarray(NONCE + FACT), this.#mac(body))) return undefined
    const fact = this.#crypt(body.subarray(0, NONCE), body.subarray(NONCE))
    return { source: addressText(fact.subarray(4)), at: fact.readUInt32BE(0) * 60_000 }
  }

  #crypt(nonce: Buffer, bytes: Buffer): Buffer {
    return createCipheriv('aes-256-ctr', this.#cipherKey, Buffer.concat([nonce, Buffer.alloc(6)])).update(bytes)
  }

  #mac(body: Buffer): Buffer {
    return createHmac('sha256', this.#macKey).update(body).digest().subarray(0, MAC)
  }
}

const MAPPED = Buffer.from('00000000000000000000ffff', 'hex')

function addressBytes(text: string): Buffer {
  if (isIPv4(text)) return Buffer.concat([MAPPED, Buffer.from(text.split('.').map(Number))])
  const bytes = Buffer.alloc(16)
  if (!isIPv6(text)) return bytes
  // The URL parser writes every form of an address in one way.
  const [front = '', back] = new URL(`http://[${text.replace(/%.*$/, '')}]/`).hostname.slice(1, -1).split('::')
  const groups = (part: string): number[] => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)))
  const head = groups(front)
  const tail = groups(back ?? '')
  for (const [at, group] of head.entries()) bytes.writeUInt16BE(group & 0xffff, at * 2)
  for (const [at, group] of tail.entries()) bytes.writeUInt16BE(group & 0xffff, 16 - (tail.length - at) * 2)
  return bytes
}

function addressText(bytes: Buffer): string {
  if (bytes.subarray(0, 12).equals(MAPPED)) return [...bytes.subarray(12)].join('.')
  const groups = Array.from({ length: 8 }, (_, at) => bytes.readUInt16BE(at * 2).toString(16))
  return new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1)
}
