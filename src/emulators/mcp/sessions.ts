import { randomBytes } from 'node:crypto'
import { LRUCache } from 'lru-cache'

/** One client of the server, over several connections. */
export interface McpSession {
  readonly id: string
  protocol: string
  /** Its stream of server messages is open. */
  isListening: boolean
}

const MOST = 5_000
const REMEMBERED = 6 * 3_600_000

/** Sessions by the id that the client sends along. An id says nothing to another source. */
export class McpSessions {
  readonly #known = new LRUCache<string, McpSession>({ max: MOST, ttl: REMEMBERED })

  find(id: string, source: string): McpSession | undefined {
    return this.#known.get(`${source} ${id}`)
  }

  /** A session that is not known before {@link keep}: every refused request gets an id too. */
  make(): McpSession {
    return { id: randomBytes(16).toString('hex'), protocol: '', isListening: false }
  }

  keep(session: McpSession, source: string): void {
    this.#known.set(`${source} ${session.id}`, session)
  }

  end(session: McpSession, source: string): void {
    this.#known.delete(`${source} ${session.id}`)
  }
}
