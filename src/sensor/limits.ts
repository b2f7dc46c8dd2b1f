import type { Settings } from '../config/schema.ts'

/** The bounds of `limits` in sundew.yaml. */
export type Limits = Settings['limits']

/** Counts what is open, in all and by source, and says whether one more may come. */
export class ConnectionCount {
  readonly #limits: Limits
  readonly #bySource = new Map<string, number>()
  total = 0

  constructor(limits: Limits) {
    this.#limits = limits
  }

  /** Takes a place; the name of the limit when there is none. */
  enter(ip: string): 'connections' | 'connections-per-source' | undefined {
    if (this.total >= this.#limits.connections) return 'connections'
    const mine = this.#bySource.get(ip) ?? 0
    if (mine >= this.#limits.connectionsPerSource) return 'connections-per-source'
    this.#bySource.set(ip, mine + 1)
    this.total++
    return undefined
  }

  leave(ip: string): void {
    const mine = this.#bySource.get(ip) ?? 0
    if (mine <= 1) this.#bySource.delete(ip)
    else this.#bySource.set(ip, mine - 1)
    this.total--
  }
}
