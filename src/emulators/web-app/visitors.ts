import { randomBytes } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { WebRequest } from '../../http/index.ts'

/** A visitor of the shop by the session cookie. */
export interface ShopVisitor {
  id: string
  /** Whether the cookie is to be set. */
  isNew: boolean
  user: { id: string; name: string; role: string } | undefined
  /** Product → pieces. */
  cart: Map<string, number>
}

export const SESSION_COOKIE = 'PHPSESSID'
const MOST = 5_000
const LETTERS = 'abcdefghijklmnopqrstuv0123456789'

/** PHP's sessions: in memory, for a day. */
export class ShopVisitors {
  readonly #known = new LRUCache<string, ShopVisitor>({ max: MOST, ttl: 24 * 3_600_000 })

  of(request: WebRequest): ShopVisitor {
    const given = request.cookies.get(SESSION_COOKIE)
    const known = given === undefined ? undefined : this.#known.get(given)
    if (known) return known
    const id = Array.from(randomBytes(26), (byte) => LETTERS[byte % 32]).join('')
    return { id, isNew: true, user: undefined, cart: new Map() }
  }

  keep(visitor: ShopVisitor): void {
    this.#known.set(visitor.id, visitor)
    visitor.isNew = false
  }
}
