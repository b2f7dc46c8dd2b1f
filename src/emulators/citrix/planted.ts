import { LRUCache } from 'lru-cache'

const MOST = 500
const REMEMBERED = 10 * 60_000
const LONGEST = 64 * 1024

/** Templates that a source has planted, by name, for ten minutes. */
export class Planted {
  readonly #templates = new LRUCache<string, string>({ max: MOST, ttl: REMEMBERED })

  put(source: string, name: string, template: string): void {
    this.#templates.set(`${source} ${name}`, template.slice(0, LONGEST))
  }

  get(source: string, name: string): string | undefined {
    return this.#templates.get(`${source} ${name}`)
  }
}
