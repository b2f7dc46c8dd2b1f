import { randomUUID } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { atMost } from '../../config/at-most.ts'
import type { Identity } from '../../config/identity.ts'
import { evidence } from '../../events/bytes.ts'
import type { WebRequest } from '../../http/index.ts'
import type { Visit } from '../../sensor/visit.ts'
import type { Api } from './api.ts'
import type { ApiEvents } from './events.ts'
import type { Json } from './generate.ts'
import { type Claims, type Making, Tokens } from './jwt.ts'

export interface Account {
  id: string | number
  username: string
  roles: string[]
  profile: Record<string, Json>
}

/** Who asks, as its token says. */
export interface Caller {
  id: string
  username: string
  roles: readonly string[]
  claims: Claims
}

const TOKENS = 20_000
const SOURCES = 5_000
const ACCOUNTS_A_SOURCE = 20
const HOUR_MS = 3_600_000
const LOCKED_MS = 15 * 60_000

/** How a token was made, as tags: forging one is T1606, using a stolen one T1550.001. */
const TAGS: Readonly<Partial<Record<Making, string[]>>> = {
  'alg-none': ['attack:T1606', 'cve:CVE-2015-9235', 'note:jwt-alg-none'],
  'key-confusion': ['attack:T1606', 'cve:CVE-2015-9235', 'note:jwt-key-confusion'],
  cracked: ['attack:T1606', 'attack:T1110.002', 'note:jwt-weak-secret'],
  signature: ['attack:T1606'],
}

/** Accounts and tokens of one API. */
export class Callers {
  readonly tokens: Tokens
  readonly #auth: Api['auth']
  readonly #issued = new LRUCache<string, string>({ ...atMost(TOKENS) })
  readonly #registered = new LRUCache<string, Map<string, Account & { password: string }>>({ max: SOURCES, ttl: HOUR_MS })
  readonly #wrong = new LRUCache<string, number>({ max: SOURCES, ttl: LOCKED_MS })

  constructor(auth: Api['auth'], identity: Identity) {
    this.#auth = auth
    this.tokens = new Tokens(auth, identity, (jti) => this.#issued.has(jti))
  }

  /** A token for an account; its id tells, wherever it comes back, whom it was given to. */
  issue(account: Account, source: string): string {
    const jti = randomUUID()
    this.#issued.set(jti, source)
    const { id, username, roles } = account
    return this.tokens.issue({ sub: String(id), username, roles, jti })
  }

  /** The caller of a request; undefined when it shows no token that is believed. Each token is written down. */
  of(request: WebRequest, visit: Visit<ApiEvents>): Caller | undefined {
    const [, token] = /^bearer +(\S{1,16384})$/i.exec(request.header('authorization') ?? '') ?? []
    if (token === undefined) return undefined
    const { making, accepted, alg, kid, claims } = this.tokens.judge(token)
    const given = typeof claims.jti === 'string' ? this.#issued.get(claims.jti) : undefined
    const isOthers = given !== undefined && given !== request.source.ip
    visit.record(
      'rest-api.token',
      {
        making,
        accepted,
        alg: evidence(alg),
        ...(kid === undefined ? {} : { kid: evidence(kid) }),
        claims: evidence(JSON.stringify(claims).slice(0, 4_096)),
        ...(isOthers ? { issuedTo: given } : {}),
      },
      [...(TAGS[making] ?? []), ...(isOthers ? ['attack:T1550.001', 'canary:jwt'] : [])],
    )
    if (!accepted) return undefined
    const roles = [claims.roles, claims.role].flat().filter((role): role is string => typeof role === 'string')
    return { id: String(claims.sub ?? ''), username: String(claims.username ?? claims.sub ?? ''), roles, claims }
  }

  account(username: string, source: string): Account | undefined {
    return this.#registered.get(source)?.get(username) ?? this.#auth.accounts.find((one) => one.username === username)
  }

  isRegistered(username: string, password: string, source: string): boolean {
    return this.#registered.get(source)?.get(username)?.password === password
  }

  /** @returns undefined when the name is taken, or this source has made too many */
  register(username: string, password: string, profile: Record<string, Json>, roles: string[], source: string): Account | undefined {
    const own = this.#registered.get(source) ?? new Map()
    if (own.size >= ACCOUNTS_A_SOURCE || this.account(username, source)) return undefined
    const account = { id: 2_000 + own.size + 1, username, password, roles, profile }
    own.set(username, account)
    this.#registered.set(source, own)
    return account
  }

  isLocked(username: string, source: string): boolean {
    const { lockout } = this.#auth
    return lockout > 0 && (this.#wrong.get(`${source} ${username}`) ?? 0) >= lockout
  }

  noteLogin(username: string, source: string, accepted: boolean): void {
    const key = `${source} ${username.slice(0, 100)}`
    if (accepted) this.#wrong.delete(key)
    else this.#wrong.set(key, (this.#wrong.get(key) ?? 0) + 1)
  }
}
