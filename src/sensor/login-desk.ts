import { z } from 'zod'
import type { Identity } from '../config/identity.ts'
import { LoginPolicy, type Persona } from '../config/persona.ts'
import { evidence } from '../events/bytes.ts'
import type { Host } from '../host/contract.ts'
import { HoneytokenMint } from '../host/honeytokens/mint.ts'
import { admits, type LoginQuestion } from '../host/login-policy.ts'
import { toText } from '../host/text.ts'
import type { StateStore } from '../store/contract.ts'
import commonPasswords from './common-passwords.json' with { type: 'json' }
import type { Endpoint, LoginAttempt } from './visit.ts'

const { policy, accept, tries, deny } = LoginPolicy.shape

/** Option `login` of a lure: parts of the persona's login policy that this lure sees otherwise. Given, it holds on loopback too. */
export const LoginOptions = z
  .strictObject({
    policy: policy.unwrap().optional(),
    accept: accept.unwrap().optional(),
    tries: tries.unwrap().optional(),
    deny: deny.unwrap().optional(),
  })
  .optional()

export interface LoginDeskSetup {
  options: {
    login?: z.output<typeof LoginOptions>
    /** Nobody gets in, and every try is written down. */
    authOnly?: boolean
  }
  readonly persona: Persona
  readonly host: Host
  readonly identity: Identity
  state: StateStore
  loopback: boolean
}

/** Minted passwords that are tried against a proof which costs thousands of hashes each. */
const SLOW_PROOFS = 16

/** Judges each credential of a visit by the login policy, and writes it down, once, before anything is answered. */
export class LoginDesk {
  /** Name of the user that was let in last. */
  admitted: string | undefined
  readonly #visit: { source: Endpoint; login(attempt: LoginAttempt): void }
  readonly #question: LoginQuestion
  readonly #mint: HoneytokenMint
  readonly #authOnly: boolean

  constructor(visit: { source: Endpoint; login(attempt: LoginAttempt): void }, context: LoginDeskSetup) {
    this.#visit = visit
    const { options, persona, host, identity, state, loopback } = context
    const own = options.login
    this.#authOnly = options.authOnly ?? false
    this.#mint = HoneytokenMint.of({ identity, state })
    this.#question = {
      persona: own ? { ...persona, login: { ...persona.login, ...definedParts(own) } } : persona,
      host,
      state,
      source: visit.source.ip,
      loopback: loopback && !own,
    }
  }

  /** A user and a password in clear. */
  password(method: string, user: Uint8Array, password: Uint8Array): boolean {
    const accepted = !this.#authOnly && this.#isRight(toText(user), toText(password))
    if (accepted) this.admitted = toText(user)
    this.#visit.login({ method, username: evidence(user), password: evidence(password), accepted })
    return accepted
  }

  /**
   * An answer to a challenge, which shows no password. It gets in when a password that is known to be right explains it;
   * the policy `random` cannot tell one guess from another here and lets nobody in.
   * @param proves whether this password gives the client's answer
   */
  proof(method: string, user: Uint8Array, hash: NonNullable<LoginAttempt['hash']>, proves: (password: string) => boolean): boolean {
    const name = toText(user)
    const minted = this.#minted(name).find(proves)
    const accepted = !this.#authOnly && (minted !== undefined || this.#admitsProof(name, proves))
    if (accepted) this.admitted = name
    this.#visit.login({ method, username: evidence(user), ...(minted !== undefined && { password: evidence(minted) }), hash, accepted })
    return accepted
  }

  /**
   * A proof that the server must answer with one of its own (SCRAM, RFC 5802 §3): nobody gets in whose password we do not know.
   * It is looked for among those that are right and those that guessers try first; found, it is written down in clear.
   * @param find the password among these that explains the client's answer
   */
  async mutualProof(
    method: string,
    user: Uint8Array,
    find: (passwords: readonly string[]) => Promise<string | undefined>,
    hash?: NonNullable<LoginAttempt['hash']>,
  ): Promise<{ accepted: boolean; password: string | undefined }> {
    const name = toText(user)
    const { persona } = this.#question
    const own = persona.login.accept.filter((pair) => pair.user === name).map((pair) => pair.password)
    const account = persona.users.find((one) => one.name === name)?.password
    const minted = this.#minted(name).slice(0, SLOW_PROOFS)
    const candidates = new Set([...own, ...(account === undefined ? [] : [account]), ...minted, name, ...commonPasswords])
    const password = await find([...candidates].filter((candidate) => candidate !== ''))
    const accepted = !this.#authOnly && password !== undefined && (minted.includes(password) || admits(this.#question, name, password))
    this.#visit.login({
      method,
      username: evidence(user),
      ...(password !== undefined && { password: evidence(password) }),
      ...(hash && { hash }),
      accepted,
    })
    return { accepted, password }
  }

  #isRight(user: string, password: string): boolean {
    return admits(this.#question, user, password) || this.#minted(user).includes(password)
  }

  /** Passwords of this user that lie in files somebody has read: they open what they say. */
  #minted(user: string): readonly string[] {
    const { persona } = this.#question
    return persona.login.deny.includes(user) ? [] : this.#mint.passwordsOf(persona.name, user)
  }

  #admitsProof(user: string, proves: (password: string) => boolean): boolean {
    const { persona, host, loopback } = this.#question
    if (user === '' || persona.login.deny.includes(user)) return false
    if (loopback || persona.login.policy === 'any') return true
    if (persona.login.accept.some((pair) => pair.user === user && proves(pair.password))) return true
    const password = persona.users.find(({ name }) => name === user)?.password
    // An attacker may have changed it since.
    return password !== undefined && proves(password) && host.checkPassword(user, password)
  }
}

function definedParts<T extends object>(given: T): { [K in keyof T]-?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as never
}
