import { LRUCache } from 'lru-cache'
import { atMost } from '../config/at-most.ts'

/** How many artifacts each source may still leave on our disk. */
export class ArtifactQuota {
  readonly #perSource: number
  readonly #left = new LRUCache<string, { left: number }>({ ...atMost(20_000) })

  constructor(perSource: number) {
    this.#perSource = perSource
  }

  of(ip: string): { left: number } {
    let quota = this.#left.get(ip)
    if (!quota) {
      quota = { left: this.#perSource }
      this.#left.set(ip, quota)
    }
    return quota
  }
}
