import { LRUCache } from 'lru-cache'
import { atMost } from '../config/at-most.ts'
import type { Broker } from '../config/broker.ts'
import { Refusal } from './refusal.ts'

const HOUR_MS = 3_600_000
const MOST_REMEMBERED = 10_000
export const MIB = 1024 * 1024

/** What a broker has done within the hour, over all jobs. */
export class Hour {
  readonly #limits: Broker['limits']
  readonly #targets = new LRUCache<string, true>({ ...atMost(MOST_REMEMBERED), ttl: HOUR_MS })
  readonly #addresses = new LRUCache<string, number>({ ...atMost(MOST_REMEMBERED), ttl: HOUR_MS, noUpdateTTL: true })
  #bytes = 0
  #endsAt = 0

  constructor(limits: Broker['limits']) {
    this.#limits = limits
  }

  /** @throws {Refusal} when it was a job within the hour already */
  takeTarget(target: string): void {
    if (this.#targets.has(target)) throw new Refusal('was asked for within the hour')
    this.#targets.set(target, true)
  }

  /** @throws {Refusal} */
  takeConnection(address: string): void {
    const used = this.#addresses.get(address) ?? 0
    if (used >= this.#limits.perAddress) throw new Refusal(`${this.#limits.perAddress} connections an hour to ${address}`)
    this.#addresses.set(address, used + 1)
  }

  /** Counts bytes that came. @throws {Refusal} */
  takeBytes(count: number): void {
    if (Date.now() >= this.#endsAt) {
      this.#endsAt = Date.now() + HOUR_MS
      this.#bytes = 0
    }
    this.#bytes += count
    if (this.#bytes > this.#limits.mibPerHour * MIB) throw new Refusal(`${this.#limits.mibPerHour} MiB an hour`)
  }
}

/** Counts the bytes of one file. */
export class Meter {
  readonly #hour: Hour
  readonly #most: number
  #bytes = 0

  constructor(hour: Hour, most: number) {
    this.#hour = hour
    this.#most = most
  }

  /** @throws {Refusal} with the first byte too many */
  take(count: number): void {
    this.#bytes += count
    this.#hour.takeBytes(count)
    if (this.#bytes > this.#most) throw new Refusal(`more than ${Number((this.#most / MIB).toFixed(2))} MiB`)
  }
}
