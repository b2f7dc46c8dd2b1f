import type { Identity } from '../../config/identity.ts'
import type { Persona } from '../../config/persona.ts'
import { Cache, fillCache, type Item, sizeOf } from './cache.ts'
import settings from './facts/settings.json' with { type: 'json' }
import stats from './facts/stats.json' with { type: 'json' }

/** The facts of one server, the same for every source. */
export class Server {
  readonly version = stats.version
  /** UTC milliseconds. */
  readonly startedAt: number
  readonly pid: number
  connections: number
  current = 0
  read = 0
  written = 0
  readonly #identity: Identity
  readonly #persona: Persona

  constructor(identity: Identity, persona: Persona) {
    this.#identity = identity
    this.#persona = persona
    this.startedAt = Date.now() - identity.integer('memcached/uptime', 5 * 86_400, 70 * 86_400) * 1000
    this.pid = identity.integer('memcached/pid', 540, 990)
    this.connections = identity.integer('memcached/connections', 400, 90_000)
  }

  newCache(): Cache {
    const cache = new Cache()
    fillCache(cache, this.#identity, this.#persona)
    return cache
  }

  get uptime(): number {
    return Math.floor((Date.now() - this.startedAt) / 1000)
  }
}

export type StatLines = [name: string, value: string][]

/** `stats`. */
export function generalStats(server: Server, cache: Cache): StatLines {
  const { uptime } = server
  const gets = Math.floor(uptime / 3)
  const items = cache.items
  const base: Partial<Record<keyof typeof stats, number>> = {
    cmd_get: gets,
    get_hits: Math.floor(gets * 0.91),
    get_misses: gets - Math.floor(gets * 0.91),
    cmd_set: Math.floor(gets * 0.12),
    total_items: Math.floor(gets * 0.12),
  }
  const own: Partial<Record<keyof typeof stats, string>> = {
    pid: String(server.pid),
    uptime: String(uptime),
    time: String(Math.floor(Date.now() / 1000)),
    rusage_user: (uptime * 0.000_061).toFixed(6),
    rusage_system: (uptime * 0.000_085).toFixed(6),
    curr_connections: String(server.current),
    total_connections: String(server.connections),
    bytes_read: String(gets * 41 + server.read),
    bytes_written: String(gets * 260 + server.written),
    lru_maintainer_juggles: String(uptime),
    lru_crawler_starts: String(Math.floor(uptime / 3600)),
    bytes: String(cache.bytes),
    curr_items: String(items.length),
  }
  return Object.entries(stats).map(([name, recorded]) => {
    const counted = cache.counters.get(name as never) ?? 0
    const from = base[name as keyof typeof stats]
    const value =
      own[name as keyof typeof stats] ??
      (from !== undefined ? String(from + counted) : counted ? String(Number(recorded) + counted) : recorded)
    return [name, value]
  })
}

export function settingStats(port: number): StatLines {
  const own: Record<string, string> = { tcpport: String(port), udpport: String(port), inter: '0.0.0.0', verbosity: '0', oldest: '0' }
  return Object.entries(settings).map(([name, value]) => [name, own[name] ?? value])
}

const PAGE_BYTES = 1024 * 1024
const SMALLEST_CHUNK = 96
const GROWTH = 1.25

/** Slab class of a size, and its chunks. */
export function slabOf(size: number): { id: number; chunk: number } {
  let chunk = SMALLEST_CHUNK
  for (let id = 1; ; id++) {
    if (size <= chunk || id >= 38) return { id, chunk: Math.min(chunk, PAGE_BYTES / 2) }
    // Chunks are aligned to eight bytes.
    chunk = Math.ceil((chunk * GROWTH) / 8) * 8
  }
}

function bySlab(items: readonly Item[]): Map<number, Item[]> {
  const slabs = new Map<number, Item[]>()
  for (const item of items) {
    const { id } = slabOf(sizeOf(item))
    slabs.set(id, [...(slabs.get(id) ?? []), item])
  }
  return new Map([...slabs].sort(([a], [b]) => a - b))
}

const ITEM_ZEROS = [
  'evicted',
  'evicted_nonzero',
  'evicted_time',
  'outofmemory',
  'tailrepairs',
  'reclaimed',
  'expired_unfetched',
  'evicted_unfetched',
  'evicted_active',
  'crawler_reclaimed',
  'crawler_items_checked',
  'lrutail_reflocked',
  'moves_to_cold',
  'moves_to_warm',
  'moves_within_lru',
  'direct_reclaims',
  'hits_to_hot',
  'hits_to_warm',
  'hits_to_cold',
  'hits_to_temp',
]

export function itemStats(cache: Cache): StatLines {
  return [...bySlab(cache.items)].flatMap(([id, items]): StatLines => {
    const requested = items.reduce((sum, item) => sum + sizeOf(item), 0)
    const head: StatLines = [
      ['number', String(items.length)],
      ['number_hot', String(items.length)],
      ['number_warm', '0'],
      ['number_cold', '0'],
      ['age_hot', '0'],
      ['age_warm', '0'],
      ['age', '0'],
      ['mem_requested', String(requested)],
    ]
    return [...head, ...ITEM_ZEROS.map((name): [string, string] => [name, '0'])].map(([name, value]) => [`items:${id}:${name}`, value])
  })
}

export function slabStats(cache: Cache): StatLines {
  const slabs = [...bySlab(cache.items)]
  const lines = slabs.flatMap(([id, items]): StatLines => {
    const { chunk } = slabOf(sizeOf(items[0] as Item))
    const perPage = Math.floor(PAGE_BYTES / chunk)
    const facts = {
      chunk_size: chunk,
      chunks_per_page: perPage,
      total_pages: 1,
      total_chunks: perPage,
      used_chunks: items.length,
      free_chunks: perPage - items.length,
      free_chunks_end: 0,
      get_hits: 0,
      cmd_set: items.length,
      delete_hits: 0,
      incr_hits: 0,
      decr_hits: 0,
      cas_hits: 0,
      cas_badval: 0,
      touch_hits: 0,
    }
    return Object.entries(facts).map(([name, value]) => [`${id}:${name}`, String(value)])
  })
  return [...lines, ['active_slabs', String(slabs.length)], ['total_malloced', String(slabs.length * PAGE_BYTES)]]
}

/** Items of one slab class, as `stats cachedump` prints them. */
export function cachedump(cache: Cache, slab: number, limit: number): string {
  const items = (bySlab(cache.items).get(slab) ?? []).slice(0, limit || undefined)
  return items.map(({ key, value, expires }) => `ITEM ${key} [${value.length} b; ${expires} s]\r\n`).join('')
}

export function metadump(cache: Cache): string {
  return cache.items
    .map(
      (item) =>
        `key=${encodeURIComponent(item.key)} exp=${item.expires || -1} la=${item.accessed} cas=${item.cas} fetch=${item.fetched ? 'yes' : 'no'} cls=${slabOf(sizeOf(item)).id} size=${sizeOf(item)}\n`,
    )
    .join('')
}
