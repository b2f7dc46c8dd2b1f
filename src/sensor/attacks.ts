import { LRUCache } from 'lru-cache'
import { atMost } from '../config/at-most.ts'
import { uuid7 } from '../events/uuid7.ts'

const VICTIMS = 50_000
const APART_MS = 10 * 60_000

/** Floods of several protocols that meet one victim within ten minutes are one attack. */
export class Attacks {
  readonly #ids = new LRUCache<string, string>({ ...atMost(VICTIMS), ttl: APART_MS, updateAgeOnGet: true })

  /** @param victim an address, a network, or `*` */
  idOf(victim: string): string {
    const id = this.#ids.get(victim) ?? uuid7()
    this.#ids.set(victim, id)
    return id
  }
}
