import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { LRUCache } from 'lru-cache'

const derive = promisify(pbkdf2)

/** A message of the exchange that is not as RFC 5802 §7 wants it. */
export class ScramError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'ScramError'
  }
}

export interface ScramClientFirst {
  /** `n`, `y` or `p=…`, with what follows up to the message itself. */
  gs2Header: string
  /** User name with `=2C` and `=3D` resolved; PostgreSQL's clients leave it empty. */
  user: string
  nonce: string
  /** The message without the header, as both sides sign it. */
  bare: string
}

/** @throws ScramError */
export function parseClientFirst(text: string): ScramClientFirst {
  const match = /^((?:n|y|p=[A-Za-z0-9.-]{1,64}),(?:a=[^,]{0,256})?,)(n=([^,]{0,512}),r=([\x21-\x2b\x2d-\x7e]{1,256})(?:,.{0,256})?)$/.exec(
    text,
  )
  if (!match) throw new ScramError('client-first-message')
  const [, gs2Header = '', bare = '', user = '', nonce = ''] = match
  return { gs2Header, bare, nonce, user: user.replaceAll('=2C', ',').replaceAll('=3D', '=') }
}

export interface ScramClientFinal {
  channelBinding: string
  nonce: string
  proof: Buffer
  withoutProof: string
}

/** @throws ScramError */
export function parseClientFinal(text: string): ScramClientFinal {
  const match = /^(c=([A-Za-z0-9+/=]{1,512}),r=([^,]{1,512})(?:,[^,]{0,256}){0,4}?),p=([A-Za-z0-9+/=]{1,128})$/.exec(text)
  if (!match) throw new ScramError('client-final-message')
  const [, withoutProof = '', channelBinding = '', nonce = '', proof = ''] = match
  return { withoutProof, channelBinding, nonce, proof: Buffer.from(proof, 'base64') }
}

/** Salted passwords that were computed, by hash, salt, iterations and password: a guesser comes back to the same ones. */
const salted = new LRUCache<string, Buffer>({ max: 5000 })

/** Passwords at the head of a list are always tried: those that are right. */
const ALWAYS_TRIED = 8

/** Derivations that guessers may cost us: a user name that nobody had before needs one for each common password. */
class Allowance {
  readonly #perMinute: number
  #left: number
  #since = performance.now()

  constructor(perMinute: number) {
    this.#perMinute = perMinute
    this.#left = perMinute
  }

  take(): boolean {
    const now = performance.now()
    this.#left = Math.min(this.#perMinute, this.#left + ((now - this.#since) * this.#perMinute) / 60_000)
    this.#since = now
    if (this.#left < 1) return false
    this.#left--
    return true
  }
}

const derivations = new Allowance(3000)

/** Bytes of each hash. */
const HASH_BYTES = { sha1: 20, sha224: 28, sha256: 32, sha384: 48, sha512: 64 } as const
export type ScramHash = keyof typeof HASH_BYTES

export interface ScramSetup {
  hash: ScramHash
  /** The same for a user at every try, as that of a stored verifier is. */
  salt: Buffer
  iterations: number
  clientFirst: ScramClientFirst
  /** Bytes of the server's own part of the nonce. */
  nonceBytes?: number
}

/** The server's side of one SCRAM exchange (RFC 5802, RFC 7677). */
export class ScramServer {
  readonly #setup: ScramSetup
  readonly nonce: string
  readonly serverFirst: string

  constructor(setup: ScramSetup) {
    this.#setup = setup
    this.nonce = setup.clientFirst.nonce + randomBytes(setup.nonceBytes ?? 18).toString('base64')
    this.serverFirst = `r=${this.nonce},s=${setup.salt.toString('base64')},i=${setup.iterations}`
  }

  /** What both sides sign. */
  authMessage(final: ScramClientFinal): string {
    return `${this.#setup.clientFirst.bare},${this.serverFirst},${final.withoutProof}`
  }

  /** The password among these that gives the client's proof. */
  async find(final: ScramClientFinal, passwords: readonly string[]): Promise<string | undefined> {
    if (final.nonce !== this.nonce) return undefined
    const message = this.authMessage(final)
    for (const [i, password] of passwords.entries()) {
      if (i >= ALWAYS_TRIED && !salted.has(this.#key(password)) && !derivations.take()) continue
      if (await this.#proves(password, message, final.proof)) return password
    }
    return undefined
  }

  async #proves(password: string, message: string, proof: Buffer): Promise<boolean> {
    const { hash } = this.#setup
    const clientKey = this.#hmac(await this.#saltedPassword(password), 'Client Key')
    const signature = this.#hmac(createHash(hash).update(clientKey).digest(), message)
    const expected = Buffer.from(clientKey.map((byte, i) => byte ^ (signature[i] as number)))
    return expected.length === proof.length && timingSafeEqual(expected, proof)
  }

  /** `v=…`: that we know the password too. */
  async serverFinal(final: ScramClientFinal, password: string): Promise<string> {
    const serverKey = this.#hmac(await this.#saltedPassword(password), 'Server Key')
    return `v=${this.#hmac(serverKey, this.authMessage(final)).toString('base64')}`
  }

  #hmac(key: Buffer, text: string): Buffer {
    return createHmac(this.#setup.hash, key).update(text).digest()
  }

  #key(password: string): string {
    const { hash, salt, iterations } = this.#setup
    return `${hash} ${salt.toString('base64')} ${iterations} ${password}`
  }

  async #saltedPassword(password: string): Promise<Buffer> {
    const { hash, salt, iterations } = this.#setup
    const key = this.#key(password)
    const known = salted.get(key)
    if (known) return known
    const made = await derive(password.normalize('NFKC'), salt, iterations, HASH_BYTES[hash], hash)
    salted.set(key, made)
    return made
  }
}
