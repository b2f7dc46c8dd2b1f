import { createHash } from 'node:crypto'
import type { Identity } from '../../config/identity.ts'
import type { Persona } from '../../config/persona.ts'
import { ownCopy } from '../../host/files/content.ts'

export interface Item {
  key: string
  value: Buffer
  flags: number
  cas: bigint
  /** UTC seconds; 0 = never. */
  expires: number
  /** UTC seconds of the last touch. */
  accessed: number
  fetched: boolean
  /** Set by an invalidating meta delete. */
  isStale: boolean
}

/** `item_size_max`. */
export const LARGEST_VALUE = 1024 * 1024
/** What one source may keep with us. */
const LARGEST_CACHE = 4 * 1024 * 1024
const MOST_ITEMS = 5000
const THIRTY_DAYS = 30 * 86_400
/** Bytes that memcached spends on an item besides key and value (with CAS, without expiry tables). */
const ITEM_OVERHEAD = 56

const now = (): number => Math.floor(Date.now() / 1000)

/** Counters of `stats`, by their names there. */
export type Counter =
  | 'cmd_get'
  | 'cmd_set'
  | 'cmd_flush'
  | 'cmd_touch'
  | 'cmd_meta'
  | 'get_hits'
  | 'get_misses'
  | 'get_expired'
  | 'delete_hits'
  | 'delete_misses'
  | 'incr_hits'
  | 'incr_misses'
  | 'decr_hits'
  | 'decr_misses'
  | 'cas_hits'
  | 'cas_misses'
  | 'cas_badval'
  | 'touch_hits'
  | 'touch_misses'
  | 'store_too_large'
  | 'total_items'
  | 'evictions'

/** The items of one server as one source has left them. */
export class Cache {
  readonly counters = new Map<Counter, number>()
  readonly #items = new Map<string, Item>()
  #bytes = 0
  #cas = 1n

  count(counter: Counter, by = 1): void {
    this.counters.set(counter, (this.counters.get(counter) ?? 0) + by)
  }

  get items(): Item[] {
    return [...this.#items.keys()].map((key) => this.find(key)).filter((item) => item !== undefined)
  }

  get bytes(): number {
    return this.#bytes
  }

  find(key: string): Item | undefined {
    const item = this.#items.get(key)
    if (!item || item.expires === 0 || item.expires > now()) return item
    this.delete(key)
    this.count('get_expired')
    return undefined
  }

  /** Keeps an item; what is oldest goes when there is no room. */
  put(key: string, value: Buffer, flags: number, expires: number): Item {
    this.delete(key)
    const item = { key, value: ownCopy(value), flags, cas: ++this.#cas, expires, accessed: now(), fetched: false, isStale: false }
    this.#items.set(key, item)
    this.#bytes += sizeOf(item)
    this.count('total_items')
    while (this.#bytes > LARGEST_CACHE || this.#items.size > MOST_ITEMS) {
      this.delete(this.#items.keys().next().value as string)
      this.count('evictions')
    }
    return item
  }

  delete(key: string): boolean {
    const item = this.#items.get(key)
    if (!item) return false
    this.#items.delete(key)
    this.#bytes -= sizeOf(item)
    return true
  }

  clear(): void {
    this.#items.clear()
    this.#bytes = 0
  }

  newCas(): bigint {
    return ++this.#cas
  }
}

export function sizeOf({ key, value }: Item): number {
  return ITEM_OVERHEAD + key.length + value.length + 3
}

/** An expiry as the protocol gives it: seconds from now up to thirty days, a point in time beyond, at once when negative. */
export function expiryOf(seconds: number): number {
  if (seconds === 0) return 0
  if (seconds < 0) return 1
  return seconds <= THIRTY_DAYS ? now() + seconds : seconds
}

/** What an application of the persona keeps here: sessions, pages, counters. */
export function fillCache(cache: Cache, identity: Identity, persona: Persona): void {
  const random = identity.random('memcached/items')
  const hex = (n: number): string => createHash('sha256').update(String(random())).digest('hex').slice(0, n)
  const site = persona.domain
  const put = (key: string, value: string): void => void cache.put(key, Buffer.from(value), 0, 0)
  for (let i = 0; i < 18; i++) {
    const user = 100 + Math.floor(random() * 900)
    put(
      `sess_${hex(26)}`,
      `user_id|i:${user};csrf|s:32:"${hex(32)}";last|i:${Math.floor(Date.now() / 1000) - Math.floor(random() * 86_400)};`,
    )
  }
  for (const page of ['home', 'products', 'contact', 'news'])
    put(`${site}:page:${page}:en`, `<!-- ${hex(12)} --><div class="block">${hex(180)}</div>`)
  for (const counter of ['visits', 'logins', 'mails']) put(`${site}:counter:${counter}`, String(1000 + Math.floor(random() * 90_000)))
  put(`${site}:config`, JSON.stringify({ debug: false, smtp: '127.0.0.1', mail_from: `noreply@${site}`, api_key: hex(40) }))
  cache.counters.clear()
}
