import { createHash } from 'node:crypto'
import { z } from 'zod'
import { type Draw, HONEYTOKEN_KINDS, type HoneytokenKind, isHoneytokenKind, sshPublicKey } from '../../config/honeytoken-kinds.ts'
import type { Identity } from '../../config/identity.ts'
import type { StateStore } from '../../store/contract.ts'
import { Recogniser } from './recogniser.ts'

/** Which secret is meant, and where it is shown. */
export interface HoneytokenPlace {
  kind: HoneytokenKind
  /** What it opens; for a password the user that it belongs to: `tw_portal`. */
  name: string
  /** Persona or lure that it belongs to: the same kind and name of another owner is another secret. */
  owner: string
  /** Where it stands: a path of the host, `GET /nsconfig/ns.conf`. */
  place: string
}

const Honeytoken = z.object({
  kind: z.string(),
  name: z.string(),
  owner: z.string(),
  place: z.string(),
  value: z.string(),
  /** Address that it was shown to first: nobody else was ever shown it. */
  mintedFor: z.string(),
  /** UTC milliseconds. */
  mintedAt: z.number(),
  /** Other texts that prove its possession: the fingerprint of an SSH key. */
  also: z.array(z.string()).optional(),
})
/** A secret that one source was shown. */
export type Honeytoken = z.infer<typeof Honeytoken>

const SCOPE = 'honeytokens'
/** Remembered; beyond, the oldest are forgotten. Who is shown a forgotten one again gets the same again. */
const MOST = 50_000
/** Passwords of one user that a proof is checked against, the latest. */
const MOST_OF_A_USER = 100

/** All that are remembered, the oldest first. */
export function mintedTokens(state: Pick<StateStore, 'entries'>): Honeytoken[] {
  const kept = [...state.entries(SCOPE)].map(({ value }) => Honeytoken.parse(JSON.parse(value.toString('utf8'))))
  return kept.sort((a, b) => a.mintedAt - b.mintedAt)
}

const mints = new WeakMap<StateStore, HoneytokenMint>()

/**
 * Makes the secrets that lie about: in files of personas and in answers of lures. A secret depends on the install's seed,
 * its owner, kind and name, and on the source that is shown it, on nothing else. So it is the same at every look and after
 * every restart, another one for every other source and install, and it tells, wherever it comes back, who had read it
 * where. What was shown is remembered in the state store; {@link watchHoneytokens} reports it when it comes back.
 *
 * There is one mint a state store: `HoneytokenMint.of(context)` is the same for all lures of a process.
 *
 * @example
 * const mint = HoneytokenMint.of(context)
 * const password = mint.mint({ kind: 'password', name: 'wp_site', owner: persona.name, place: '/wp-config.php.bak' }, visit.source.ip)
 */
export class HoneytokenMint {
  readonly #identity: Identity
  readonly #state: StateStore
  readonly #most: number
  /** By what it depends on, the oldest first. */
  readonly #known = new Map<string, Honeytoken>()
  readonly #recogniser = new Recogniser<Honeytoken>()
  readonly #passwords = new Map<string, Honeytoken[]>()

  private constructor(identity: Identity, state: StateStore, most: number) {
    this.#identity = identity
    this.#state = state
    this.#most = most
    for (const token of mintedTokens(state)) this.#know(keyOf(token, token.mintedFor), token)
  }

  static of({ identity, state }: { identity: Identity; state: StateStore }, most = MOST): HoneytokenMint {
    const known = mints.get(state)
    if (known) return known
    const mint = new HoneytokenMint(identity, state, most)
    mints.set(state, mint)
    return mint
  }

  /** The secret of this place for this source; from now on it is known when it comes back. */
  mint(place: HoneytokenPlace, source: string, now = Date.now()): string {
    const key = keyOf(place, source)
    const known = this.#known.get(key)
    if (known) return known.value
    const { value, also } = this.#make(place, source)
    const token: Honeytoken = { ...place, value, mintedFor: source, mintedAt: now, ...(also && { also }) }
    this.#know(key, token)
    this.#state.set(SCOPE, key, JSON.stringify(token))
    this.#forgetOldest()
    return value
  }

  /** Remembered secrets that stand in a text of an attacker. */
  find(text: string): Honeytoken[] {
    return this.#recogniser.find(text)
  }

  /** Passwords of this user that somebody was shown, the latest first: what a challenge's answer is checked against. */
  passwordsOf(owner: string, user: string): readonly string[] {
    return (this.#passwords.get(`${owner} ${user}`) ?? []).map(({ value }) => value).reverse()
  }

  #make({ kind, name, owner }: HoneytokenPlace, source: string): { value: string; also?: string[] } {
    // Both halves of a key come from one seed.
    const pair = kind === 'ssh-public-key' ? 'ssh-key' : kind
    let part = 0
    const draw: Draw = (length) => this.#identity.bytes(`honeytoken/${owner}/${pair}/${name}/${source}/${part++}`, length)
    const value = HONEYTOKEN_KINDS[kind](draw)
    if (pair !== 'ssh-key') return { value }
    part = 0
    const fingerprint = createHash('sha256')
      .update(sshPublicKey(draw(32)))
      .digest('base64')
      .replace(/=+$/, '')
    // A private key comes back by its fingerprint, or, in a script, by the line that has the secret half.
    return { value, also: [`SHA256:${fingerprint}`, ...(kind === 'ssh-key' ? [value.split('\n')[3] ?? ''] : [])] }
  }

  #know(key: string, token: Honeytoken): void {
    this.#known.set(key, token)
    for (const text of [token.value, ...(token.also ?? [])]) this.#recogniser.add(text, token)
    if (token.kind !== 'password') return
    const user = `${token.owner} ${token.name}`
    const passwords = this.#passwords.get(user) ?? []
    passwords.push(token)
    if (passwords.length > MOST_OF_A_USER) passwords.shift()
    this.#passwords.set(user, passwords)
  }

  #forgetOldest(): void {
    for (const [key, token] of this.#known) {
      if (this.#known.size <= this.#most) return
      this.#known.delete(key)
      this.#state.delete(SCOPE, key)
      for (const text of [token.value, ...(token.also ?? [])]) this.#recogniser.delete(text)
      const user = `${token.owner} ${token.name}`
      const rest = (this.#passwords.get(user) ?? []).filter((one) => one !== token)
      if (rest.length > 0) this.#passwords.set(user, rest)
      else this.#passwords.delete(user)
    }
  }
}

/** The length of every secret of a kind, in bytes: files have their size before anybody reads them. */
export function honeytokenLength(kind: string): number | undefined {
  return isHoneytokenKind(kind) ? HONEYTOKEN_KINDS[kind]((length) => Buffer.alloc(length)).length : undefined
}

function keyOf({ owner, kind, name }: Pick<Honeytoken, 'owner' | 'kind' | 'name'>, source: string): string {
  return JSON.stringify([owner, kind, name, source])
}
