import type { Process } from '../../command.ts'
import { Services } from '../../world/services.ts'
import { globMatch } from '../gnu/glob.ts'
import { RedisStore, type Value } from './store.ts'

/** A reply; a simple string is wrapped, so that it differs from a bulk string. */
export type Reply = string | number | null | Reply[] | { simple: string } | { error: string }

const OK: Reply = { simple: 'OK' }
const WRONG_TYPE: Reply = { error: 'WRONGTYPE Operation against a key holding the wrong kind of value' }
const NOT_INTEGER: Reply = { error: 'ERR value is not an integer or out of range' }
/** Redis 7: not to be set unless enable-protected-configs says so. */
const PROTECTED = new Set(['dir', 'dbfilename'])
/** Least number of words besides the name. */
const ARITY: Record<string, number> = {
  get: 1,
  set: 2,
  del: 1,
  exists: 1,
  keys: 1,
  incr: 1,
  decr: 1,
  append: 2,
  strlen: 1,
  type: 1,
  ttl: 1,
  expire: 2,
  persist: 1,
  lpush: 2,
  rpush: 2,
  lrange: 3,
  llen: 1,
  hset: 3,
  hget: 2,
  hgetall: 1,
  sadd: 2,
  smembers: 1,
  config: 1,
  select: 1,
  auth: 1,
  echo: 1,
  mget: 1,
  rename: 2,
  client: 1,
  slaveof: 2,
  replicaof: 2,
  module: 1,
  eval: 2,
  scan: 1,
  mset: 2,
  setex: 3,
  object: 1,
  debug: 1,
  acl: 1,
  memory: 1,
}

/** One connection of the client. */
export class RedisConnection {
  readonly #process: Process
  readonly #store: RedisStore
  database = 0

  constructor(process: Process) {
    this.#process = process
    this.#store = RedisStore.of(process.world)
  }

  run([name = '', ...words]: readonly string[]): Reply {
    const verb = name.toLowerCase()
    if (words.length < (ARITY[verb] ?? 0)) return { error: `ERR wrong number of arguments for '${verb}' command` }
    const [key = '', second = ''] = words
    const store = this.#store
    const value = store.get(this.database, key)?.value
    const text = (use: (now: string) => Reply): Reply => (value === undefined || typeof value === 'string' ? use(value ?? '') : WRONG_TYPE)
    const put = (next: Value, expires?: number): void => store.set(this.database, key, next, expires)
    switch (verb) {
      case 'ping':
        return words.length ? key : { simple: 'PONG' }
      case 'echo':
        return key
      case 'get':
        return value === undefined ? null : text((now) => now)
      case 'set': {
        const at = words.findIndex((word) => /^ex$/i.test(word))
        put(second, at < 0 ? undefined : this.#process.world.now() + Number(words[at + 1]) * 1000)
        return OK
      }
      case 'setex':
        put(words[2] as string, this.#process.world.now() + Number(second) * 1000)
        return OK
      case 'mset':
        for (let i = 0; i + 1 < words.length; i += 2) store.set(this.database, words[i] as string, words[i + 1] as string)
        return OK
      case 'mget':
        return words.map((word) => {
          const found = store.get(this.database, word)?.value
          return typeof found === 'string' ? found : null
        })
      case 'append':
        return text((now) => {
          put(now + second)
          return now.length + second.length
        })
      case 'strlen':
        return text((now) => Buffer.byteLength(now))
      case 'incr':
      case 'decr':
        return text((now) => {
          if (!/^-?\d{0,15}$/.test(now)) return NOT_INTEGER
          const next = Number(now) + (verb === 'incr' ? 1 : -1)
          put(String(next))
          return next
        })
      case 'del':
      case 'unlink':
        return words.filter((word) => store.get(this.database, word) && store.database(this.database).delete(word)).length
      case 'exists':
        return words.filter((word) => store.get(this.database, word)).length
      case 'type':
        return { simple: typeOf(value) }
      case 'keys':
        return words.length > 1
          ? { error: "ERR wrong number of arguments for 'keys' command" }
          : store.keys(this.database).filter((entry) => globMatch(key, entry))
      case 'scan':
        return ['0', store.keys(this.database)]
      case 'randomkey':
        return store.keys(this.database).at(-1) ?? null
      case 'dbsize':
        return store.keys(this.database).length
      case 'rename': {
        const entry = store.get(this.database, key)
        if (!entry) return { error: 'ERR no such key' }
        store.database(this.database).delete(key)
        store.set(this.database, second, entry.value, entry.expires)
        return OK
      }
      case 'ttl': {
        const entry = store.get(this.database, key)
        if (!entry) return -2
        return entry.expires === undefined ? -1 : Math.round((entry.expires - this.#process.world.now()) / 1000)
      }
      case 'expire':
        if (value === undefined) return 0
        put(value, this.#process.world.now() + Number(second) * 1000)
        return 1
      case 'lpush':
      case 'rpush': {
        if (value !== undefined && !Array.isArray(value)) return WRONG_TYPE
        const list = value ?? []
        for (const word of words.slice(1)) if (list.length < 10_000) verb === 'lpush' ? list.unshift(word) : list.push(word)
        put(list)
        return list.length
      }
      case 'llen':
        return value === undefined ? 0 : Array.isArray(value) ? value.length : WRONG_TYPE
      case 'lrange': {
        if (value !== undefined && !Array.isArray(value)) return WRONG_TYPE
        const [from, to] = [Number(second), Number(words[2])]
        return (value ?? []).slice(from, to === -1 ? undefined : to + 1)
      }
      case 'hset': {
        if (value !== undefined && !(value instanceof Map)) return WRONG_TYPE
        const hash = value ?? new Map<string, string>()
        const before = hash.size
        for (let i = 1; i + 1 < words.length && hash.size < 10_000; i += 2) hash.set(words[i] as string, words[i + 1] as string)
        put(hash)
        return hash.size - before
      }
      case 'hget':
        return value === undefined ? null : value instanceof Map ? (value.get(second) ?? null) : WRONG_TYPE
      case 'hgetall':
        return value === undefined ? [] : value instanceof Map ? [...value].flat() : WRONG_TYPE
      case 'sadd': {
        if (value !== undefined && !(value instanceof Set)) return WRONG_TYPE
        const set = value ?? new Set<string>()
        const before = set.size
        for (const word of words.slice(1)) if (set.size < 10_000) set.add(word)
        put(set)
        return set.size - before
      }
      case 'smembers':
        return value === undefined ? [] : value instanceof Set ? [...value] : WRONG_TYPE
      default:
        return this.#server(verb, words, name)
    }
  }

  #server(verb: string, words: readonly string[], name: string): Reply {
    const { world } = this.#process
    const store = this.#store
    const [first = '', second = ''] = words.map((word) => word.toLowerCase())
    switch (verb) {
      case 'select': {
        const number = Number(first)
        if (!/^\d+$/.test(first)) return { error: 'ERR invalid DB index' }
        if (number > 15) return { error: 'ERR DB index is out of range' }
        this.database = number
        return OK
      }
      case 'auth':
        return {
          error:
            'ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?',
        }
      case 'info':
        return this.#info(first)
      case 'config': {
        if (first === 'get') return [...store.settings].filter(([setting]) => globMatch(second, setting)).flat()
        if (first === 'rewrite' || first === 'resetstat') return OK
        if (PROTECTED.has(second))
          return { error: `ERR CONFIG SET failed (possibly related to argument '${second}') - can't set protected config` }
        if (!store.settings.has(second)) return { error: `ERR Unknown option or number of arguments for CONFIG SET - '${words[1] ?? ''}'` }
        store.settings.set(second, words[2] ?? '')
        return OK
      }
      case 'flushall':
        for (const number of store.numbers()) store.database(number).clear()
        return OK
      case 'flushdb':
        store.database(this.database).clear()
        return OK
      case 'save':
      case 'bgsave':
        store.savedAt = world.now()
        store.changes = 0
        return { simple: verb === 'save' ? 'OK' : 'Background saving started' }
      case 'lastsave':
        return Math.floor(store.savedAt / 1000)
      case 'time':
        return [String(Math.floor(world.now() / 1000)), String((world.now() % 1000) * 1000)]
      case 'role':
        return ['master', 0, []]
      case 'slaveof':
      case 'replicaof':
        return OK
      case 'module':
        return first === 'list'
          ? []
          : {
              error:
                'ERR MODULE command not allowed. If the enable-module-command option is set to "local", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.',
            }
      case 'debug':
        return {
          error:
            'ERR DEBUG command not allowed. If the enable-debug-command option is set to "local", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.',
        }
      case 'acl':
        return first === 'whoami' ? 'default' : ['user default on nopass ~* &* +@all']
      case 'client':
        return first === 'list'
          ? `id=${30 + (this.#process.pid % 400)} addr=127.0.0.1:${32_768 + (this.#process.pid % 28_000)} laddr=127.0.0.1:6379 fd=8 name= age=0 idle=0 flags=N db=${this.database} sub=0 psub=0 ssub=0 multi=-1 qbuf=26 qbuf-free=20448 argv-mem=10 multi-mem=0 rbs=16384 rbp=16384 obl=0 oll=0 omem=0 tot-mem=37658 events=r cmd=client|list user=default redir=-1 resp=2\n`
          : OK
      default:
        return { error: `ERR unknown command '${name}', with args beginning with: ${words.map((word) => `'${word}' `).join('')}` }
    }
  }

  #info(wanted: string): string {
    const { world } = this.#process
    const store = this.#store
    const unit = Services.of(world).unit('redis-server')
    const uptime = Math.floor((world.now() - (unit?.since ?? world.bootedAt)) / 1000)
    const version =
      world.persona.packages
        .find((line) => line.startsWith('redis-server '))
        ?.split(' ')[1]
        ?.replace(/^\d+:|-.*$/g, '') ?? '7.0.15'
    const memory = (world.processes.get(unit?.pid ?? 0)?.rssKiB ?? 11_000) * 1024
    const sections: Record<string, [string, string | number][]> = {
      Server: [
        ['redis_version', version],
        ['redis_git_sha1', '00000000'],
        ['redis_git_dirty', 0],
        ['redis_mode', 'standalone'],
        ['os', `Linux ${world.persona.os.kernel.release} ${world.persona.os.kernel.machine}`],
        ['arch_bits', 64],
        ['multiplexing_api', 'epoll'],
        ['gcc_version', '12.2.0'],
        ['process_id', unit?.pid ?? 0],
        ['process_supervised', 'systemd'],
        ['run_id', world.identity.hex(`${world.persona.name}/redis/run/${world.bootedAt}`, 20)],
        ['tcp_port', 6379],
        ['uptime_in_seconds', uptime],
        ['uptime_in_days', Math.floor(uptime / 86_400)],
        ['hz', 10],
        ['configured_hz', 10],
        ['executable', '/usr/bin/redis-server'],
        ['config_file', '/etc/redis/redis.conf'],
        ['io_threads_active', 0],
      ],
      Clients: [
        ['connected_clients', 5],
        ['cluster_connections', 0],
        ['maxclients', 10_000],
        ['blocked_clients', 0],
      ],
      Memory: [
        ['used_memory', Math.round(memory / 8)],
        ['used_memory_human', `${(memory / 8 / 1048576).toFixed(2)}M`],
        ['used_memory_rss', memory],
        ['used_memory_rss_human', `${(memory / 1048576).toFixed(2)}M`],
        ['maxmemory', store.settings.get('maxmemory') ?? 0],
        ['maxmemory_policy', store.settings.get('maxmemory-policy') ?? ''],
        ['mem_allocator', 'jemalloc-5.3.0'],
      ],
      Persistence: [
        ['loading', 0],
        ['rdb_changes_since_last_save', store.changes],
        ['rdb_bgsave_in_progress', 0],
        ['rdb_last_save_time', Math.floor(store.savedAt / 1000)],
        ['rdb_last_bgsave_status', 'ok'],
        ['aof_enabled', 0],
      ],
      Stats: [
        ['total_connections_received', Math.floor(uptime / 9)],
        ['total_commands_processed', Math.floor(uptime / 2)],
        ['instantaneous_ops_per_sec', 0],
        ['rejected_connections', 0],
        ['expired_keys', Math.floor(uptime / 400)],
        ['evicted_keys', 0],
      ],
      Replication: [
        ['role', 'master'],
        ['connected_slaves', 0],
        ['master_failover_state', 'no-failover'],
        ['master_repl_offset', 0],
        ['repl_backlog_active', 0],
      ],
      CPU: [
        ['used_cpu_sys', (uptime * 0.0009).toFixed(6)],
        ['used_cpu_user', (uptime * 0.0007).toFixed(6)],
      ],
      Cluster: [['cluster_enabled', 0]],
      Keyspace: store.numbers().map((number) => {
        const expires = store.keys(number).filter((key) => store.get(number, key)?.expires !== undefined).length
        return [`db${number}`, `keys=${store.keys(number).length},expires=${expires},avg_ttl=0`]
      }),
    }
    return Object.entries(sections)
      .filter(([title]) => /^(|all|default|everything)$/.test(wanted) || title.toLowerCase() === wanted)
      .map(([title, rows]) => `# ${title}\r\n${rows.map(([field, value]) => `${field}:${value}\r\n`).join('')}`)
      .join('\r\n')
  }
}

function typeOf(value: Value | undefined): string {
  if (value === undefined) return 'none'
  if (typeof value === 'string') return 'string'
  return Array.isArray(value) ? 'list' : value instanceof Map ? 'hash' : 'set'
}
