import type { World } from '../../command.ts'

export type Value = string | string[] | Map<string, string> | Set<string>

interface Entry {
  value: Value
  /** UTC milliseconds. */
  expires: number | undefined
}

const MOST_KEYS = 5000
const books = new WeakMap<World, RedisStore>()

/** What the host's own Redis holds, as its command line client sees it: sessions and cached pages of the site, and what is put there. */
export class RedisStore {
  readonly #world: World
  readonly #databases = new Map<number, Map<string, Entry>>()
  readonly settings: Map<string, string>
  savedAt: number
  changes = 0

  private constructor(world: World) {
    this.#world = world
    const { identity, persona } = world
    const keys = this.database(0)
    for (let i = 0; i < identity.integer(`${persona.name}/redis/sessions`, 5, 14); i++)
      keys.set(`PHPREDIS_SESSION:${identity.hex(`${persona.name}/redis/session/${i}`, 13)}`, {
        value: `csrf|s:32:"${identity.hex(`${persona.name}/redis/csrf/${i}`, 16)}";`,
        expires: world.now() + identity.integer(`${persona.name}/redis/expiry/${i}`, 300, 1400) * 1000,
      })
    keys.set('cache:pages:version', { value: String(identity.integer(`${persona.name}/redis/version`, 100, 900)), expires: undefined })
    this.savedAt = world.now() - identity.integer(`${persona.name}/redis/saved`, 60, 3000) * 1000
    this.settings = new Map(
      Object.entries({
        bind: '127.0.0.1 -::1',
        dbfilename: 'dump.rdb',
        dir: '/var/lib/redis',
        logfile: '/var/log/redis/redis-server.log',
        maxmemory: '67108864',
        'maxmemory-policy': 'allkeys-lru',
        port: '6379',
        'protected-mode': 'yes',
        requirepass: '',
        save: '3600 1 300 100 60 10000',
        appendonly: 'no',
        timeout: '0',
        databases: '16',
      }),
    )
  }

  static of(world: World): RedisStore {
    const known = books.get(world) ?? new RedisStore(world)
    books.set(world, known)
    return known
  }

  database(number: number): Map<string, Entry> {
    const known = this.#databases.get(number) ?? new Map<string, Entry>()
    this.#databases.set(number, known)
    return known
  }

  numbers(): number[] {
    return [...this.#databases.keys()].filter((number) => this.keys(number).length > 0).sort((a, b) => a - b)
  }

  keys(number: number): string[] {
    const database = this.database(number)
    for (const [key, { expires }] of database) if (expires !== undefined && expires <= this.#world.now()) database.delete(key)
    return [...database.keys()]
  }

  get(number: number, key: string): Entry | undefined {
    this.keys(number)
    return this.database(number).get(key)
  }

  set(number: number, key: string, value: Value, expires?: number): void {
    const database = this.database(number)
    if (!database.has(key) && database.size >= MOST_KEYS) database.delete(database.keys().next().value as string)
    database.set(key, { value, expires })
    this.changes++
  }
}
