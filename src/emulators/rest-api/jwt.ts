/** JSON Web Tokens (RFC 7519) with HS256 and RS256 (RFC 7518), and the ways in which they are forged. */
import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  timingSafeEqual,
  verify,
} from 'node:crypto'
import { z } from 'zod'
import type { Identity } from '../../config/identity.ts'
import type { Api } from './api.ts'
import words from './facts/words.json' with { type: 'json' }

export type Claims = Record<string, unknown>

/**
 * How a token was made: `issued` by us; `cracked` with our key, but not by us; `alg-none` without a signature;
 * `key-confusion` with the public key as the secret of an HMAC; `expired`, `signature`, `malformed` are refused.
 */
export type Making = 'issued' | 'cracked' | 'alg-none' | 'key-confusion' | 'expired' | 'signature' | 'malformed'

export interface Verdict {
  making: Making
  alg: string
  kid?: string
  claims: Claims
  /** Whether its bearer is believed. */
  accepted: boolean
}

const LONGEST = 8 * 1024
const Header = z.looseObject({ alg: z.string().max(40), kid: z.string().max(1_000).optional() })
const Claims = z.record(z.string(), z.unknown())

/** Makes and judges the tokens of one API. */
export class Tokens {
  readonly #auth: Api['auth']
  readonly #secret: string
  readonly #keys: { private: KeyObject; public: KeyObject; pem: string } | undefined
  readonly #isOurs: (jti: string) => boolean
  readonly kid: string

  /** @param isOurs whether a token's id is one that was issued */
  constructor(auth: Api['auth'], identity: Identity, isOurs: (jti: string) => boolean) {
    this.#auth = auth
    this.#isOurs = isOurs
    this.kid = identity.hex('rest-api/kid', 8)
    this.#secret =
      auth.secret === 'weak'
        ? identity.pick('rest-api/jwt', words.secrets)
        : auth.secret === 'strong'
          ? identity.hex('rest-api/jwt', 32)
          : auth.secret
    this.#keys = auth.algorithm === 'RS256' ? rsaKeys(identity) : undefined
  }

  issue(claims: Claims, now = Date.now()): string {
    const iat = Math.floor(now / 1000)
    const { issuer, expiresIn } = this.#auth
    const body = { ...(issuer === undefined ? {} : { iss: issuer }), ...claims, iat, exp: iat + expiresIn }
    const header = this.#keys ? { alg: 'RS256', typ: 'JWT', kid: this.kid } : { alg: 'HS256', typ: 'JWT' }
    const signed = `${encode(header)}.${encode(body)}`
    return `${signed}.${this.#keys ? sign('sha256', Buffer.from(signed), this.#keys.private).toString('base64url') : hmac(this.#secret, signed)}`
  }

  judge(token: string, now = Date.now()): Verdict {
    const parts = token.length > LONGEST ? [] : token.split('.')
    const header = Header.safeParse(decode(parts[0]))
    const body = Claims.safeParse(decode(parts[1]))
    if (parts.length !== 3 || !header.success || !body.success) return { making: 'malformed', alg: '', claims: {}, accepted: false }
    const { alg, kid } = header.data
    const claims = body.data
    const making = this.#making(alg, `${parts[0]}.${parts[1]}`, parts[2] ?? '', claims, now)
    const accepted =
      making === 'issued' ||
      making === 'cracked' ||
      ((making === 'alg-none' || making === 'key-confusion') && this.#auth.believes.includes(making))
    return { making, alg, ...(kid === undefined ? {} : { kid }), claims, accepted }
  }

  #making(alg: string, signed: string, signature: string, claims: Claims, now: number): Making {
    const isExpired = typeof claims.exp === 'number' && claims.exp * 1000 < now
    // RFC 7519 §6, in any case of letters: filters against it are fooled so.
    if (alg.toLowerCase() === 'none') return isExpired ? 'expired' : 'alg-none'
    if (this.#isSigned(alg, signed, signature)) {
      if (isExpired) return 'expired'
      return typeof claims.jti === 'string' && this.#isOurs(claims.jti) ? 'issued' : 'cracked'
    }
    if (alg === 'HS256' && this.#keys && same(hmac(this.#keys.pem, signed), signature)) return 'key-confusion'
    return 'signature'
  }

  #isSigned(alg: string, signed: string, signature: string): boolean {
    if (alg !== this.#auth.algorithm) return false
    if (this.#keys) return verify('sha256', Buffer.from(signed), this.#keys.public, Buffer.from(signature, 'base64url'))
    return same(hmac(this.#secret, signed), signature)
  }

  /** RFC 7517; of HS256 there is nothing to show. */
  jwks(): { keys: unknown[] } {
    return { keys: this.#keys ? [{ ...this.#keys.public.export({ format: 'jwk' }), kid: this.kid, use: 'sig', alg: 'RS256' }] : [] }
  }
}

function rsaKeys(identity: Identity): { private: KeyObject; public: KeyObject; pem: string } {
  const kept = identity.keep('rest-api.rsa.pem', () =>
    generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  )
  const key = createPrivateKey(kept)
  const open = createPublicKey(key)
  return { private: key, public: open, pem: open.export({ type: 'spki', format: 'pem' }).toString() }
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function decode(part = ''): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}

function hmac(secret: string, signed: string): string {
  return createHmac('sha256', secret).update(signed).digest('base64url')
}

function same(expected: string, given: string): boolean {
  const [one, other] = [Buffer.from(expected), Buffer.from(given)]
  return one.length === other.length && timingSafeEqual(one, other)
}
