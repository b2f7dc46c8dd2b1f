import type { Answer, Call } from '../call.ts'
import { type Column, catQueryOf, catTable } from '../cat-table.ts'
import type { DataIndex } from '../data-index.ts'
import { type Route, route } from '../router.ts'

const QUERY = [
  'v',
  'h',
  's',
  'help',
  'bytes',
  'time',
  'local',
  'master_timeout',
  'format',
  'size',
  'health',
  'pri',
  'expand_wildcards',
  'full_id',
  'ts',
  'active_only',
  'detailed',
  'fields',
  'include_unloaded_segments',
]

/** What `GET /_cat` lists; `=^.^=` stands over it. */
const LIST =
  'allocation shards shards/{index} master nodes tasks indices indices/{index} segments segments/{index} count count/{index} recovery recovery/{index} health pending_tasks aliases aliases/{alias} thread_pool thread_pool/{thread_pools} plugins fielddata fielddata/{fields} nodeattrs repositories snapshots/{repository} templates'

function table<R>(columns: readonly Column<R>[], rowsOf: (call: Call) => readonly R[]): Route['answer'] {
  return (call): Answer => {
    const made = catTable(columns, rowsOf(call), catQueryOf(call.query, call.request.header('accept')))
    return typeof made === 'string' ? { text: made, contentType: 'text/plain; charset=UTF-8' } : { value: made }
  }
}

type IndexRow = { index: DataIndex; isReplica?: boolean; shard?: number; call: Call }

const indexRows = (call: Call): IndexRow[] => call.cluster.resolve(call.index).map((index) => ({ index, call }))
const healthOf = ({ index }: IndexRow): string => (index.replicas > 0 ? 'yellow' : 'green')

const INDICES: Column<IndexRow>[] = [
  { name: 'health', alias: 'h', about: 'current health status', value: healthOf },
  { name: 'status', alias: 's', about: 'open/close status', value: ({ index }) => (index.isOpen ? 'open' : 'close') },
  { name: 'index', alias: 'i,idx', about: 'index name', value: ({ index }) => index.name },
  { name: 'uuid', alias: 'id,uuid', about: 'index uuid', value: ({ index }) => index.uuid },
  {
    name: 'pri',
    alias: 'p,shards.primary,shardsPrimary',
    about: 'number of primary shards',
    right: true,
    value: ({ index }) => String(index.shards),
  },
  {
    name: 'rep',
    alias: 'r,shards.replica,shardsReplica',
    about: 'number of replica shards',
    right: true,
    value: ({ index }) => String(index.replicas),
  },
  { name: 'docs.count', alias: 'dc,docsCount', about: 'available docs', right: true, value: ({ index }) => String(index.docs.size) },
  { name: 'docs.deleted', alias: 'dd,docsDeleted', about: 'deleted docs', right: true, value: ({ index }) => String(index.deleted) },
  {
    name: 'creation.date',
    alias: 'cd',
    about: 'index creation date (millisecond value)',
    hidden: true,
    value: ({ index }) => String(index.created),
  },
  {
    name: 'creation.date.string',
    alias: 'cds',
    about: 'index creation date (as string)',
    hidden: true,
    value: ({ index }) => new Date(index.created).toISOString(),
  },
  {
    name: 'store.size',
    alias: 'ss,storeSize',
    about: 'store size of primaries & replicas',
    right: true,
    value: ({ index }) => index.storeBytes,
  },
  { name: 'pri.store.size', alias: '', about: 'store size of primaries', right: true, value: ({ index }) => index.storeBytes },
]

const HEALTH: Column<Call>[] = [
  { name: 'epoch', alias: 't,time', about: 'seconds since 1970-01-01 00:00:00', value: () => String(Math.floor(Date.now() / 1000)) },
  { name: 'timestamp', alias: 'ts,hms,hhmmss', about: 'time in HH:MM:SS', value: () => new Date().toISOString().slice(11, 19) },
  { name: 'cluster', alias: 'cl', about: 'cluster name', value: ({ cluster }) => cluster.node.clusterName },
  { name: 'status', alias: 'st', about: 'health status', value: ({ cluster }) => (cluster.shards().unassigned > 0 ? 'yellow' : 'green') },
  { name: 'node.total', alias: 'nt,nodeTotal', about: 'total number of nodes', right: true, value: () => '1' },
  { name: 'node.data', alias: 'nd,nodeData', about: 'number of nodes that can store data', right: true, value: () => '1' },
  {
    name: 'shards',
    alias: 't,sh,shards.total,shardsTotal',
    about: 'total number of shards',
    right: true,
    value: ({ cluster }) => String(cluster.shards().active),
  },
  {
    name: 'pri',
    alias: 'p,shards.primary,shardsPrimary',
    about: 'number of primary shards',
    right: true,
    value: ({ cluster }) => String(cluster.shards().active),
  },
  { name: 'relo', alias: 'r,shards.relocating,shardsRelocating', about: 'number of relocating nodes', right: true, value: () => '0' },
  { name: 'init', alias: 'i,shards.initializing,shardsInitializing', about: 'number of initializing nodes', right: true, value: () => '0' },
  {
    name: 'unassign',
    alias: 'u,shards.unassigned,shardsUnassigned',
    about: 'number of unassigned shards',
    right: true,
    value: ({ cluster }) => String(cluster.shards().unassigned),
  },
  { name: 'pending_tasks', alias: 'pt,pendingTasks', about: 'number of pending tasks', right: true, value: () => '0' },
  { name: 'max_task_wait_time', alias: 'mtwt,maxTaskWaitTime', about: 'wait time of longest task pending', right: true, value: () => '-' },
  {
    name: 'active_shards_percent',
    alias: 'asp,activeShardsPercent',
    about: 'active number of shards in percent',
    right: true,
    value: ({ cluster }) => {
      const { active, unassigned } = cluster.shards()
      return `${((100 * active) / Math.max(1, active + unassigned)).toFixed(1)}%`
    },
  },
]

const NODES: Column<Call>[] = [
  { name: 'id', alias: 'id,nodeId', about: 'unique node id', hidden: true, value: ({ cluster }) => cluster.node.id.slice(0, 4) },
  { name: 'ip', alias: 'i', about: 'ip address', value: ({ cluster }) => cluster.node.ip },
  { name: 'port', alias: 'po', about: 'bound transport port', hidden: true, value: ({ cluster }) => String(cluster.node.transportPort) },
  { name: 'version', alias: 'v', about: 'es version', hidden: true, value: ({ release }) => release.number },
  { name: 'jdk', alias: 'j', about: 'jdk version', hidden: true, value: ({ release }) => release.jvm.version },
  { name: 'heap.percent', alias: 'hp,heapPercent', about: 'used heap ratio', right: true, value: () => '38' },
  { name: 'ram.percent', alias: 'rp,ramPercent', about: 'used machine memory ratio', right: true, value: () => '91' },
  { name: 'cpu', alias: 'cpu', about: 'recent cpu usage', right: true, value: () => String(1 + (Math.floor(Date.now() / 7000) % 9)) },
  {
    name: 'load_1m',
    alias: 'l',
    about: '1m load avg',
    right: true,
    value: () => (0.04 + (Math.floor(Date.now() / 11_000) % 40) / 100).toFixed(2),
  },
  { name: 'load_5m', alias: 'l', about: '5m load avg', right: true, value: () => '0.17' },
  { name: 'load_15m', alias: 'l', about: '15m load avg', right: true, value: () => '0.14' },
  {
    name: 'node.role',
    alias: 'r,role,nodeRole',
    about: 'm:master eligible node, d:data node, i:ingest node, -:coordinating node only',
    value: ({ release }) => (release.major >= 7 ? 'cdfhilmrstw' : release.major === 6 ? 'mdi' : 'd'),
  },
  { name: 'master', alias: 'm', about: '*:current master', value: () => '*' },
  { name: 'name', alias: 'n', about: 'node name', value: ({ cluster }) => cluster.node.name },
]

const MASTER: Column<Call>[] = [
  { name: 'id', alias: '', about: 'node id', value: ({ cluster }) => cluster.node.id },
  { name: 'host', alias: 'h', about: 'host name', value: ({ cluster }) => cluster.node.ip },
  { name: 'ip', alias: '', about: 'ip address', value: ({ cluster }) => cluster.node.ip },
  { name: 'node', alias: 'n', about: 'node name', value: ({ cluster }) => cluster.node.name },
]

const SHARDS: Column<IndexRow>[] = [
  { name: 'index', alias: 'i,idx', about: 'index name', value: ({ index }) => index.name },
  { name: 'shard', alias: 's,sh', about: 'shard name', value: ({ shard }) => String(shard) },
  { name: 'prirep', alias: 'p,pr,primaryOrReplica', about: 'primary or replica', value: ({ isReplica }) => (isReplica ? 'r' : 'p') },
  { name: 'state', alias: 'st', about: 'shard state', value: ({ isReplica }) => (isReplica ? 'UNASSIGNED' : 'STARTED') },
  {
    name: 'docs',
    alias: 'd,dc',
    about: 'number of docs in shard',
    right: true,
    value: ({ index, isReplica }) => (isReplica ? undefined : String(Math.round(index.docs.size / index.shards))),
  },
  {
    name: 'store',
    alias: 'sto',
    about: 'store size of shard (how much disk it uses)',
    right: true,
    value: ({ index, isReplica }) => (isReplica ? undefined : Math.round(index.storeBytes / index.shards)),
  },
  {
    name: 'ip',
    alias: '',
    about: 'ip of node where it lives',
    value: ({ call, isReplica }) => (isReplica ? undefined : call.cluster.node.ip),
  },
  {
    name: 'node',
    alias: 'n',
    about: 'name of node where it lives',
    value: ({ call, isReplica }) => (isReplica ? undefined : call.cluster.node.name),
  },
]

function shardRows(call: Call): IndexRow[] {
  return call.cluster
    .resolve(call.index)
    .flatMap((index) =>
      Array.from({ length: index.shards }, (_, shard) => [
        { index, shard, call },
        ...Array.from({ length: Math.min(index.replicas, 5) }, () => ({ index, shard, isReplica: true, call })),
      ]).flat(),
    )
}

const COUNT: Column<{ count: number }>[] = [
  { name: 'epoch', alias: 't,time', about: 'seconds since 1970-01-01 00:00:00', value: () => String(Math.floor(Date.now() / 1000)) },
  { name: 'timestamp', alias: 'ts,hms,hhmmss', about: 'time in HH:MM:SS', value: () => new Date().toISOString().slice(11, 19) },
  { name: 'count', alias: 'dc,docs.count,docsCount', about: 'the document count', value: ({ count }) => String(count) },
]

const ALLOCATION: Column<Call>[] = [
  { name: 'shards', alias: 's', about: 'number of shards on node', right: true, value: ({ cluster }) => String(cluster.shards().active) },
  {
    name: 'disk.indices',
    alias: 'di,diskIndices',
    about: 'disk used by ES indices',
    right: true,
    value: ({ cluster }) => cluster.indices.reduce((sum, { storeBytes }) => sum + storeBytes, 0),
  },
  {
    name: 'disk.used',
    alias: 'du,diskUsed',
    about: 'disk used (total, not just ES)',
    right: true,
    value: ({ cluster }) => cluster.node.diskUsedBytes,
  },
  {
    name: 'disk.avail',
    alias: 'da,diskAvail',
    about: 'disk available',
    right: true,
    value: ({ cluster }) => cluster.node.diskBytes - cluster.node.diskUsedBytes,
  },
  {
    name: 'disk.total',
    alias: 'dt,diskTotal',
    about: 'total capacity of all volumes',
    right: true,
    value: ({ cluster }) => cluster.node.diskBytes,
  },
  {
    name: 'disk.percent',
    alias: 'dp,diskPercent',
    about: 'percent disk used',
    right: true,
    value: ({ cluster }) => String(Math.floor((100 * cluster.node.diskUsedBytes) / cluster.node.diskBytes)),
  },
  { name: 'host', alias: 'h', about: 'host of node', value: ({ cluster }) => cluster.node.ip },
  { name: 'ip', alias: '', about: 'ip of node', value: ({ cluster }) => cluster.node.ip },
  { name: 'node', alias: 'n', about: 'name of node', value: ({ cluster }) => cluster.node.name },
]

type AliasRow = { alias: string; index: string }
const ALIASES: Column<AliasRow>[] = [
  { name: 'alias', alias: 'a', about: 'alias name', value: ({ alias }) => alias },
  { name: 'index', alias: 'i,idx', about: 'index alias points to', value: ({ index }) => index },
  { name: 'filter', alias: 'f,fi', about: 'filter', value: () => '-' },
  { name: 'routing.index', alias: 'ri,routingIndex', about: 'index routing', value: () => '-' },
  { name: 'routing.search', alias: 'rs,routingSearch', about: 'search routing', value: () => '-' },
]

type PluginRow = { node: string; component: string; version: string }
const PLUGINS: Column<PluginRow>[] = [
  { name: 'name', alias: 'n', about: 'node name', value: ({ node }) => node },
  { name: 'component', alias: 'c', about: 'component', value: ({ component }) => component },
  { name: 'version', alias: 'v', about: 'component version', value: ({ version }) => version },
]

const NOTHING: Column<never>[] = [{ name: 'name', alias: 'n', about: 'name', value: () => '' }]
const one = (call: Call): Call[] => [call]
const none = (): never[] => []

export const catRoutes: readonly Route[] = [
  route(
    'GET',
    '/_cat',
    () => ({
      text: `=^.^=\n${LIST.split(' ')
        .map((path) => `/_cat/${path}\n`)
        .join('')}`,
      contentType: 'text/plain; charset=UTF-8',
    }),
    { query: QUERY },
  ),
  ...['/_cat/indices', '/_cat/indices/{index}'].map((path) => route('GET', path, table(INDICES, indexRows), { query: QUERY })),
  ...['/_cat/shards', '/_cat/shards/{index}'].map((path) => route('GET', path, table(SHARDS, shardRows), { query: QUERY })),
  ...['/_cat/count', '/_cat/count/{index}'].map((path) =>
    route(
      'GET',
      path,
      table(COUNT, ({ cluster, index }) => [{ count: cluster.resolve(index).reduce((sum, { docs }) => sum + docs.size, 0) }]),
      { query: QUERY },
    ),
  ),
  route('GET', '/_cat/health', table(HEALTH, one), { query: QUERY }),
  route('GET', '/_cat/nodes', table(NODES, one), { query: QUERY }),
  route('GET', '/_cat/master', table(MASTER, one), { query: QUERY }),
  route('GET', '/_cat/allocation', table(ALLOCATION, one), { query: QUERY }),
  ...['/_cat/aliases', '/_cat/aliases/{alias}'].map((path) =>
    route(
      'GET',
      path,
      table(ALIASES, ({ cluster }) =>
        cluster.indices.flatMap(({ name, aliases }) => [...aliases.keys()].map((alias) => ({ alias, index: name }))),
      ),
      { query: QUERY },
    ),
  ),
  route(
    'GET',
    '/_cat/plugins',
    table(PLUGINS, ({ cluster }) =>
      cluster.node.release.plugins.map(({ component, version }) => ({ node: cluster.node.name, component, version })),
    ),
    { query: QUERY },
  ),
  ...['templates', 'repositories', 'pending_tasks', 'fielddata', 'nodeattrs', 'recovery', 'tasks', 'thread_pool', 'segments'].map((name) =>
    route('GET', `/_cat/${name}`, table(NOTHING, none), { query: QUERY }),
  ),
]
