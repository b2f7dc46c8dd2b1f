import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { atMost } from '../config/at-most.ts'
import { uuid7 } from '../events/uuid7.ts'
import type { WebRequest } from './request.ts'

const MOST_CLIENTS = 20_000

/**
 * Which visits belong together: those of one client, known by its session cookie or else by address and User-Agent, with
 * less than `gapMs` between them. A browser opens six connections; a scanner one a request.
 */
export class SessionLinks {
  readonly #cookies: readonly string[]
  readonly #clients: LRUCache<string, string>

  /** @param cookies names of session cookies. @param gapMs milliseconds of silence that end a session */
  constructor(cookies: readonly string[] = [], gapMs = 30 * 60_000) {
    this.#cookies = cookies
    this.#clients = new LRUCache({ ...atMost(MOST_CLIENTS), ttl: gapMs, updateAgeOnGet: true })
  }

  of(request: WebRequest): string {
    const agent = createHash('sha256')
      .update(request.header('user-agent') ?? '')
      .digest('base64url')
      .slice(0, 16)
    const keys = this.#cookies.flatMap((name) => {
      const value = request.cookies.get(name)
      return value ? [`cookie ${value.slice(0, 128)}`] : []
    })
    keys.push(`client ${request.source.ip} ${agent}`)
    const known = keys.map((key) => this.#clients.get(key)).find((session) => session !== undefined)
    const session = known ?? uuid7()
    for (const key of keys) this.#clients.set(key, session)
    return session
  }
}
