import type { RedisClient } from '../client.ts'
import type { Reply } from '../codec.ts'
import type { CommandTable } from '../handler.ts'

export const infoCommands: CommandTable = {
  info: (client, sections) => ({
    verbatim: info(
      client,
      sections.map((s) => s.toLowerCase()),
    ),
  }),
  'memory|stats': memoryStats,
}

/** Sections that plain INFO leaves out. */
const ONLY_ON_DEMAND = new Set(['commandstats', 'latencystats'])

function info(client: RedisClient, wanted: readonly string[]): string {
  const { release } = client.profile
  // Before Redis 7 INFO takes one section and does not know `everything` unless 6.
  const everything = wanted.includes('everything') && release.major >= 6
  const isAll = everything || wanted.includes('all')
  const isDefault = wanted.length === 0 || wanted.includes('default')
  const parts: string[] = []
  for (const section of sectionsOf(client)) {
    const name = section.toLowerCase()
    const chosen = wanted.includes(name) || isAll || (isDefault && !ONLY_ON_DEMAND.has(name))
    if (chosen) parts.push(`# ${section}\r\n${linesOf(client, section)}`)
  }
  return parts.join('\r\n')
}

/** The sections of this release in its order, with the ones that are made up of counters. */
function sectionsOf({ profile }: RedisClient): string[] {
  const sections = Object.keys(profile.release.info)
  const at = sections.indexOf(sections.includes('Errorstats') ? 'Errorstats' : 'Cluster')
  const withCommands = sections.toSpliced(at, 0, 'Commandstats')
  return profile.release.major >= 7 ? withCommands.toSpliced(withCommands.indexOf('Cluster'), 0, 'Latencystats') : withCommands
}

function linesOf(client: RedisClient, section: string): string {
  const lines = section in MADE_UP ? (MADE_UP[section] as Lines)(client) : plainLines(client, section)
  return lines.map(([name, value]) => `${name}:${value}\r\n`).join('')
}

type Lines = (client: RedisClient) => [string, string | number][]

function plainLines(client: RedisClient, section: string): [string, string | number][] {
  const recorded = Object.entries(client.profile.release.info[section] ?? {})
  const live = liveValues(client)
  const lines = recorded.map(([name, value]): [string, string | number] => [name, live[name] ?? value])
  return section === 'Replication' && client.server.master ? replicaLines(client, lines) : lines
}

const MADE_UP: Record<string, Lines> = {
  Commandstats: ({ server, profile }) =>
    [...server.commandCounts].map(([name, { calls, microseconds, rejected, failed }]) => {
      const refusals = profile.release.major >= 7 ? `,rejected_calls=${rejected},failed_calls=${failed}` : ''
      return [
        `cmdstat_${name}`,
        `calls=${calls},usec=${microseconds},usec_per_call=${(microseconds / Math.max(1, calls)).toFixed(2)}${refusals}`,
      ]
    }),
  Errorstats: ({ server }) => [...server.errorCounts].map(([code, count]) => [`errorstat_${code}`, `count=${count}`]),
  Latencystats: ({ server }) =>
    [...server.commandCounts]
      .filter(([, { calls }]) => calls > 0)
      .map(([name, { calls, microseconds }]) => {
        const typical = (microseconds / calls).toFixed(3)
        return [`latency_percentiles_usec_${name}`, `p50=${typical},p99=${typical},p99.9=${typical}`]
      }),
  Modules: ({ server }) =>
    [...server.modules.keys()].map((name) => ['module', `name=${name},ver=1,api=1,filters=0,usedby=[],using=[],options=[]`]),
  Keyspace: ({ server }) =>
    server.databases.flatMap((db, number): [string, string][] => {
      const keys = db.size
      if (keys === 0) return []
      return [[`db${number}`, `keys=${keys},expires=${db.expiring},avg_ttl=${db.expiring ? averageTtl(db) : 0}`]]
    }),
}

function averageTtl(db: RedisClient['db']): number {
  const now = Date.now()
  const left = db.keys().flatMap((key) => {
    const at = db.expiresAt(key)
    return at === undefined ? [] : [at - now]
  })
  return Math.floor(left.reduce((sum, ms) => sum + ms, 0) / Math.max(1, left.length))
}

/** The values that move, by their name; all others are the recorded ones. */
function liveValues({ server, profile }: RedisClient): Record<string, string | number> {
  const { facts } = server
  const now = Date.now()
  const up = Math.max(1, Math.floor((now - facts.startedAt) / 1000))
  const used = usedMemory(server)
  const total = facts.persona.hardware.memoryMiB * 1024 * 1024
  const resident = used * 2 + 9_000_000
  const { os } = facts.persona
  const cpu = up * 0.0011
  const backlog = server.hasBacklog ? server.replicationOffset : 0
  return {
    redis_version: profile.release.version,
    os: `Linux ${os.kernel.release} ${os.kernel.machine}`,
    process_id: facts.processId,
    run_id: facts.runId,
    tcp_port: facts.port,
    server_time_usec: `${now}${String(Number((process.hrtime.bigint() / 1000n) % 1000n)).padStart(3, '0')}`,
    uptime_in_seconds: up,
    uptime_in_days: Math.floor(up / 86_400),
    lru_clock: Math.floor(now / 1000) & 0xffffff,
    connected_clients: Math.max(1, [...server.clients].filter(({ isReplica }) => !isReplica).length),
    used_memory: used,
    used_memory_human: human(used),
    used_memory_rss: resident,
    used_memory_rss_human: human(resident),
    used_memory_peak: used + 41_320,
    used_memory_peak_human: human(used + 41_320),
    used_memory_peak_perc: `${((used / (used + 41_320)) * 100).toFixed(2)}%`,
    used_memory_dataset: used - 880_000,
    used_memory_dataset_perc: `${(((used - 880_000) / used) * 100).toFixed(2)}%`,
    used_memory_overhead: 880_000,
    total_system_memory: total,
    total_system_memory_human: human(total),
    number_of_cached_scripts: server.scripts.size,
    maxmemory: server.config.get('maxmemory') ?? 0,
    maxmemory_human: human(Number(server.config.get('maxmemory') ?? 0)),
    mem_fragmentation_ratio: (resident / used).toFixed(2),
    mem_fragmentation_bytes: resident - used,
    rdb_changes_since_last_save: server.changes,
    rdb_last_save_time: server.lastSave,
    rdb_saves: server.saves,
    total_connections_received: server.connections,
    total_commands_processed: server.commands,
    total_net_input_bytes: server.bytesIn,
    total_net_output_bytes: server.bytesOut,
    sync_full: server.fullSyncs,
    expired_keys: server.databases.reduce((sum, db) => sum + db.expired, 0),
    keyspace_hits: server.hits,
    keyspace_misses: server.misses,
    pubsub_channels: new Set([...server.clients].flatMap(({ channels }) => [...channels])).size,
    pubsub_patterns: new Set([...server.clients].flatMap(({ patterns }) => [...patterns])).size,
    total_error_replies: server.errors,
    total_reads_processed: server.commands,
    total_writes_processed: server.commands,
    connected_slaves: [...server.clients].filter(({ isReplica }) => isReplica).length,
    master_replid: facts.replicationId,
    master_repl_offset: server.replicationOffset,
    repl_backlog_active: server.hasBacklog ? 1 : 0,
    repl_backlog_first_byte_offset: server.hasBacklog ? 1 : 0,
    repl_backlog_histlen: backlog,
    used_cpu_sys: cpu.toFixed(6),
    used_cpu_user: (cpu * 1.21).toFixed(6),
    used_cpu_sys_main_thread: (cpu * 0.999).toFixed(6),
    used_cpu_user_main_thread: (cpu * 1.209).toFixed(6),
  }
}

/** Between `role` and what a master shows too, a replica tells of its master. */
function replicaLines({ server, profile }: RedisClient, [, ...rest]: [string, string | number][]): [string, string | number][] {
  const { master } = server
  const isNew = profile.release.major >= 7
  const readOnly = server.config.get('replica-read-only') === 'yes' ? 1 : 0
  return [
    ['role', 'slave'],
    ['master_host', master?.host ?? ''],
    ['master_port', master?.port ?? 0],
    ['master_link_status', 'down'],
    ['master_last_io_seconds_ago', -1],
    ['master_sync_in_progress', 0],
    ...(isNew ? [['slave_read_repl_offset', server.replicationOffset] as [string, number]] : []),
    ['slave_repl_offset', server.replicationOffset],
    ['master_link_down_since_seconds', isNew ? -1 : Math.floor((master?.since ?? 0) / 1000)],
    ['slave_priority', 100],
    ['slave_read_only', readOnly],
    ...(isNew ? [['replica_announced', 1] as [string, number]] : []),
    ...rest,
  ]
}

function usedMemory(server: RedisClient['server']): number {
  return 903_000 + (server.facts.processId % 97) * 64 + server.meter.held()
}

/** bytesToHuman(): 951.52K. */
function human(bytes: number): string {
  if (bytes < 1024) return `${bytes}B`
  const units = ['K', 'M', 'G', 'T']
  let value = bytes / 1024
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${value.toFixed(2)}${units[unit]}`
}

function memoryStats({ server, profile }: RedisClient): Reply {
  const used = usedMemory(server)
  const isNew = profile.release.major >= 7
  const perDatabase = server.databases.flatMap((db, number): [Reply, Reply][] => {
    if (db.size === 0) return []
    const tables: [Reply, Reply][] = [
      ['overhead.hashtable.main', 48 * db.size],
      ['overhead.hashtable.expires', 32 * db.expiring],
    ]
    return [[`db.${number}`, { map: isNew ? [...tables, ['overhead.hashtable.slot-to-keys', 0]] : tables }]]
  })
  const keys = server.databases.reduce((sum, db) => sum + db.size, 0)
  const figures: ([Reply, Reply] | undefined)[] = [
    ['peak.allocated', used + 41_320],
    ['total.allocated', used],
    ['startup.allocated', 876_160],
    ['replication.backlog', server.hasBacklog ? 20_508 : 0],
    ['clients.slaves', 0],
    ['clients.normal', 22_304],
    isNew ? ['cluster.links', 0] : undefined,
    ['aof.buffer', 0],
    ['lua.caches', server.scripts.size * 130],
    isNew ? ['functions.caches', 200] : undefined,
    ...perDatabase,
    ['overhead.total', 880_000],
    ['keys.count', keys],
    ['keys.bytes-per-key', keys ? Math.floor((used - 876_160) / keys) : 0],
    ['dataset.bytes', used - 880_000],
    ['dataset.percentage', { double: ((used - 880_000) / (used - 876_160)) * 100 }],
    ['peak.percentage', { double: (used / (used + 41_320)) * 100 }],
    ['allocator.allocated', used + 640_000],
    ['allocator.active', used + 1_230_000],
    ['allocator.resident', used + 3_940_000],
    ['allocator-fragmentation.ratio', { double: (used + 1_230_000) / (used + 640_000) }],
    ['allocator-fragmentation.bytes', 590_000],
    ['allocator-rss.ratio', { double: (used + 3_940_000) / (used + 1_230_000) }],
    ['allocator-rss.bytes', 2_710_000],
    ['rss-overhead.ratio', { double: 2.019_851_207_733_154_3 }],
    ['rss-overhead.bytes', 6_733_824],
    ['fragmentation', { double: (used * 2 + 9_000_000) / used }],
    ['fragmentation.bytes', used + 9_000_000],
  ]
  return { map: figures.filter((figure) => figure !== undefined) }
}
