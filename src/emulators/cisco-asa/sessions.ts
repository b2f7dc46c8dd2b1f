import { randomBytes, randomInt } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Identity } from '../../config/identity.ts'

const SESSIONS = 5_000
const SESSION_MS = 12 * 3_600_000
const FILES_A_SOURCE = 64

/** Somebody who seems to be connected. */
export interface Connected {
  /** Name of its folder below /sessions. */
  id: string
  user: string
}

/** Sessions of the portal, and what each source has deleted. */
export class Sessions {
  /** Users whose sessions anybody sees who climbs out of /+CSCOU+/. */
  readonly connected: readonly Connected[]
  readonly #byCookie = new LRUCache<string, string>({ max: SESSIONS, ttl: SESSION_MS })
  readonly #deleted = new LRUCache<string, Set<string>>({ max: SESSIONS, ttl: SESSION_MS })

  constructor(identity: Identity, users: readonly string[]) {
    this.connected = users.map((user, at) => ({ id: String(identity.integer(`cisco-asa/session/${at}`, 2, 900) * 4096), user }))
  }

  /** @returns the cookie: four parts with @ between */
  begin(user: string): string {
    const cookie = `${randomBytes(3).toString('hex').toUpperCase()}@${randomInt(2, 900) * 4096}@${randomInt(4096, 65_536).toString(16).toUpperCase()}@${randomBytes(20).toString('hex').toUpperCase()}`
    this.#byCookie.set(cookie, user)
    return cookie
  }

  of(cookie: string | undefined): string | undefined {
    return cookie === undefined ? undefined : this.#byCookie.get(cookie)
  }

  end(cookie: string): void {
    this.#byCookie.delete(cookie)
  }

  delete(source: string, path: string): void {
    const paths = this.#deleted.get(source) ?? new Set()
    if (paths.size < FILES_A_SOURCE) paths.add(path)
    this.#deleted.set(source, paths)
  }

  hasDeleted(source: string, path: string): boolean {
    return this.#deleted.get(source)?.has(path) ?? false
  }
}
