import { randomBytes } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { atMost } from '../../config/at-most.ts'
import type { Persona } from '../../config/persona.ts'

type Kind = NonNullable<Persona['web']>['server']

/** A nonce is good for so long, as Apache's AuthDigestNonceLifetime says by default. */
const LIFETIME_MS = 300_000
const MOST_NONCES = 20_000

/**
 * Challenges of Digest (RFC 7616) in the words of a server: Apache 2.4.71 and lighttpd 1.4.69 as recorded, nginx as its
 * auth_digest module, Jetty and IIS as their sources and documentation say. MD5 is what all of them offer, and what crackers read.
 */
export class DigestChallenges {
  readonly #issued = new LRUCache<string, number>({ ...atMost(MOST_NONCES) })
  readonly #server: Kind

  constructor(server: Kind) {
    this.#server = server
  }

  /** The value of WWW-Authenticate. */
  challenge(realm: string, isStale = false): string {
    const nonce = nonceOf(this.#server)
    this.#issued.set(nonce, Date.now())
    return headerOf(this.#server, realm, nonce, isStale)
  }

  /** Whether a nonce is one of ours, and still good. */
  state(nonce: string): 'good' | 'stale' | 'foreign' {
    const issued = this.#issued.get(nonce)
    if (issued === undefined) return 'foreign'
    return Date.now() - issued < LIFETIME_MS ? 'good' : 'stale'
  }
}

function nonceOf(server: Kind): string {
  switch (server) {
    case 'apache': {
      const time = Buffer.alloc(8)
      time.writeBigUInt64LE(BigInt(Date.now()) * 1000n + BigInt(randomBytes(2).readUInt16LE() % 1000))
      return time.toString('base64') + randomBytes(20).toString('hex')
    }
    case 'nginx':
      return randomBytes(8).toString('hex')
    case 'jetty':
      return randomBytes(24).toString('base64')
    case 'iis':
      return randomBytes(40).toString('hex')
    default:
      return `${Math.floor(Date.now() / 1000).toString(16)}:${randomBytes(16).toString('hex')}`
  }
}

function headerOf(server: Kind, realm: string, nonce: string, isStale: boolean): string {
  const stale = (mark: string): string => (isStale ? mark : '')
  switch (server) {
    case 'apache':
      return `Digest realm="${realm}", nonce="${nonce}", algorithm=MD5${stale(', stale=true')}, qop="auth"`
    case 'nginx':
      return `Digest algorithm="MD5", qop="auth", realm="${realm}", nonce="${nonce}"${stale(', stale="true"')}`
    case 'jetty':
      return `Digest realm="${realm}", domain="/", nonce="${nonce}", algorithm=MD5, qop="auth", stale=${isStale}`
    case 'iis':
      return `Digest ${stale('stale=true,')}qop="auth",algorithm=MD5,nonce="${nonce}",charset=utf-8,realm="${realm}"`
    default:
      return `Digest realm="${realm}", charset="UTF-8", algorithm=MD5, nonce="${nonce}", qop="auth"${stale(', stale=true')}`
  }
}
