import type { Call } from '../call.ts'
import { byteSize } from '../cat-table.ts'
import type { DataIndex } from '../data-index.ts'
import { illegalArgument } from '../elastic-error.ts'
import { Double } from '../render.ts'
import { type Route, route } from '../router.ts'
import { mappingsOf, settingsOf } from './index-shape.ts'

const STATE_QUERY = [
  'local',
  'master_timeout',
  'flat_settings',
  'metric',
  'level',
  'timeout',
  'include_defaults',
  'expand_wildcards',
  'ignore_unavailable',
  'allow_no_indices',
]
const HEALTH_QUERY = [
  ...STATE_QUERY,
  'wait_for_status',
  'wait_for_nodes',
  'wait_for_active_shards',
  'wait_for_no_relocating_shards',
  'wait_for_events',
]

function health({ cluster, index, release }: Call): unknown {
  const { active, unassigned } = cluster.shards(cluster.resolve(index))
  return {
    cluster_name: cluster.node.clusterName,
    status: unassigned > 0 ? 'yellow' : 'green',
    timed_out: false,
    number_of_nodes: 1,
    number_of_data_nodes: 1,
    active_primary_shards: active,
    active_shards: active,
    relocating_shards: 0,
    initializing_shards: 0,
    unassigned_shards: unassigned,
    ...(release.major === 1
      ? {}
      : {
          delayed_unassigned_shards: 0,
          number_of_pending_tasks: 0,
          number_of_in_flight_fetch: 0,
          task_max_waiting_in_queue_millis: 0,
          active_shards_percent_as_number: new Double((100 * active) / Math.max(1, active + unassigned)),
        }),
  }
}

function state({ cluster }: Call): unknown {
  const { node, indices } = cluster
  const address = transportAddress(cluster.node)
  return {
    cluster_name: node.clusterName,
    ...(node.release.major >= 6 ? { cluster_uuid: node.clusterUuid } : {}),
    version: 40 + indices.length,
    state_uuid: node.ephemeralId,
    master_node: node.id,
    blocks: {},
    nodes: { [node.id]: { name: node.name, ephemeral_id: node.ephemeralId, transport_address: address, attributes: {} } },
    metadata: {
      cluster_uuid: node.clusterUuid,
      templates: {},
      indices: Object.fromEntries(
        indices.map((index) => [
          index.name,
          {
            state: index.isOpen ? 'open' : 'close',
            settings: settingsOf(index, node.release),
            mappings: mappingsOf(index, node.release),
            aliases: [...index.aliases.keys()],
          },
        ]),
      ),
    },
    routing_table: { indices: Object.fromEntries(indices.map((index) => [index.name, { shards: shardTable(index, node.id) }])) },
  }
}

function shardTable(index: DataIndex, node: string): Record<string, unknown> {
  return Object.fromEntries(
    Array.from({ length: index.shards }, (_, shard) => [
      String(shard),
      [{ state: 'STARTED', primary: true, node, relocating_node: null, shard, index: index.name }],
    ]),
  )
}

function transportAddress({ ip, transportPort, release }: Call['cluster']['node']): string {
  return release.major === 1 ? `inet[/${ip}:${transportPort}]` : `${ip}:${transportPort}`
}

const ROLES = [
  'data',
  'data_cold',
  'data_content',
  'data_frozen',
  'data_hot',
  'data_warm',
  'ingest',
  'master',
  'ml',
  'remote_cluster_client',
  'transform',
]

function nodes({ cluster, release }: Call): unknown {
  const { node } = cluster
  const { jvm } = release
  const transport = transportAddress(node)
  const http = release.major === 1 ? `inet[/${node.ip}:${node.httpPort}]` : `${node.ip}:${node.httpPort}`
  return {
    ...nodesHead(release.major),
    cluster_name: node.clusterName,
    nodes: {
      [node.id]: {
        name: node.name,
        transport_address: transport,
        host: release.major === 1 ? node.hostname : node.ip,
        ip: node.ip,
        version: release.number,
        ...(release.major === 1
          ? { build: release.hash.slice(0, 7), http_address: http }
          : {
              build_flavor: 'default',
              build_type: 'deb',
              build_hash: release.hash,
              roles: release.major >= 7 ? ROLES : ['master', 'data', 'ingest'],
            }),
        settings: {
          cluster: { name: node.clusterName },
          node: { name: node.name },
          path: {
            data: release.major === 1 ? '/var/lib/elasticsearch' : ['/var/lib/elasticsearch'],
            logs: '/var/log/elasticsearch',
            home: '/usr/share/elasticsearch',
          },
          ...(release.major === 1
            ? { config: '/etc/elasticsearch/elasticsearch.yml', script: { disable_dynamic: 'false' } }
            : { network: { host: '0.0.0.0' }, discovery: { type: 'single-node' } }),
        },
        os: {
          refresh_interval_in_millis: 1000,
          name: 'Linux',
          pretty_name: node.os.prettyName,
          arch: node.os.arch,
          version: node.os.kernel,
          available_processors: node.processors,
          allocated_processors: node.processors,
        },
        process: { refresh_interval_in_millis: 1000, id: node.pid, mlockall: false },
        jvm: {
          pid: node.pid,
          version: jvm.version,
          vm_name: jvm.name,
          vm_version: jvm.vmVersion,
          vm_vendor: jvm.vendor,
          start_time_in_millis: node.startedAt,
          mem: {
            heap_init_in_bytes: node.heapBytes,
            heap_max_in_bytes: node.heapBytes,
            non_heap_init_in_bytes: 7_667_712,
            non_heap_max_in_bytes: 0,
            direct_max_in_bytes: 0,
          },
        },
        transport: {
          bound_address: release.major === 1 ? `inet[/0:0:0:0:0:0:0:0:${node.transportPort}]` : [`[::]:${node.transportPort}`],
          publish_address: transport,
          profiles: {},
        },
        http: {
          bound_address: release.major === 1 ? `inet[/0:0:0:0:0:0:0:0:${node.httpPort}]` : [`[::]:${node.httpPort}`],
          publish_address: http,
          max_content_length_in_bytes: 104_857_600,
        },
        plugins: release.plugins.map(({ name, version, description, site }) => ({
          name,
          version,
          description,
          ...(site ? { url: `/_plugin/${name}/`, jvm: false, site: true } : {}),
        })),
      },
    },
  }
}

function nodesHead(major: number): Record<string, unknown> {
  return major === 1 ? {} : { _nodes: { total: 1, successful: 1, failed: 0 } }
}

function nodesStats({ cluster, release }: Call): unknown {
  const { node, indices } = cluster
  const now = Date.now()
  const documents = indices.reduce((sum, { docs }) => sum + docs.size, 0)
  const store = indices.reduce((sum, { storeBytes }) => sum + storeBytes, 0)
  const used = Math.round(node.heapBytes * 0.38)
  const free = Math.round(node.memoryBytes * 0.09)
  return {
    ...nodesHead(release.major),
    cluster_name: node.clusterName,
    nodes: {
      [node.id]: {
        timestamp: now,
        name: node.name,
        transport_address: transportAddress(node),
        host: node.ip,
        ip: release.major === 1 ? [transportAddress(node), 'NONE'] : `${node.ip}:${node.transportPort}`,
        indices: { docs: { count: documents, deleted: 0 }, store: { size_in_bytes: store, throttle_time_in_millis: 0 } },
        os: {
          timestamp: now,
          cpu: { percent: 4 },
          mem: {
            total_in_bytes: node.memoryBytes,
            free_in_bytes: free,
            used_in_bytes: node.memoryBytes - free,
            free_percent: 9,
            used_percent: 91,
          },
        },
        process: { timestamp: now, open_file_descriptors: 312, max_file_descriptors: 65_535 },
        jvm: {
          timestamp: now,
          uptime_in_millis: now - node.startedAt,
          mem: {
            heap_used_in_bytes: used,
            heap_used_percent: 38,
            heap_committed_in_bytes: node.heapBytes,
            heap_max_in_bytes: node.heapBytes,
          },
        },
        fs: {
          timestamp: now,
          total: {
            total_in_bytes: node.diskBytes,
            free_in_bytes: node.diskBytes - node.diskUsedBytes,
            available_in_bytes: node.diskBytes - node.diskUsedBytes,
          },
        },
        http: { current_open: 2, total_opened: 1200 + Math.floor((now - node.startedAt) / 600_000) },
      },
    },
  }
}

function clusterStats({ cluster, release }: Call): unknown {
  const { node, indices } = cluster
  const { active } = cluster.shards()
  const documents = indices.reduce((sum, { docs }) => sum + docs.size, 0)
  const store = indices.reduce((sum, { storeBytes }) => sum + storeBytes, 0)
  return {
    ...nodesHead(release.major),
    cluster_name: node.clusterName,
    cluster_uuid: node.clusterUuid,
    timestamp: Date.now(),
    status: 'yellow',
    indices: {
      count: indices.length,
      shards: { total: active, primaries: active, replication: new Double(0) },
      docs: { count: documents, deleted: 0 },
      store: { ...(release.major === 1 ? { size: byteSize(store) } : {}), size_in_bytes: store },
    },
    nodes: {
      count:
        release.major === 1
          ? { total: 1, master_only: 0, data_only: 0, master_data: 1, client: 0 }
          : { total: 1, data: 1, ingest: 1, master: 1 },
      versions: [release.number],
      os: { available_processors: node.processors, mem: { total_in_bytes: node.memoryBytes } },
      jvm: {
        max_uptime_in_millis: Date.now() - node.startedAt,
        versions: [{ version: release.jvm.version, vm_name: release.jvm.name, count: 1 }],
      },
      fs: { total_in_bytes: node.diskBytes, free_in_bytes: node.diskBytes - node.diskUsedBytes },
      plugins: [],
    },
  }
}

function putSettings(call: Call): unknown {
  const { persistent, transient } = call.body()
  if (persistent === undefined && transient === undefined) throw illegalArgument('Validation Failed: 1: no settings to update;')
  const { settings } = call.cluster
  settings.persistent = { ...settings.persistent, ...asMap(persistent) }
  settings.transient = { ...settings.transient, ...asMap(transient) }
  call.visit.record('elasticsearch.write', { operation: 'cluster-settings', index: '', documents: 0 }, ['attack:T1562'])
  return { acknowledged: true, persistent: asMap(persistent), transient: asMap(transient) }
}

function asMap(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

export const clusterRoutes: readonly Route[] = [
  ...['/_cluster/health', '/_cluster/health/{index}'].map((path) =>
    route('GET', path, (call) => ({ value: health(call) }), { query: HEALTH_QUERY }),
  ),
  ...['/_cluster/state', '/_cluster/state/{metric}', '/_cluster/state/{metric}/{index}'].map((path) =>
    route('GET', path, (call) => ({ value: state(call) }), { query: STATE_QUERY }),
  ),
  route('GET', '/_cluster/settings', ({ cluster }) => ({ value: cluster.settings }), { query: STATE_QUERY }),
  route('PUT', '/_cluster/settings', (call) => ({ value: putSettings(call) }), { query: STATE_QUERY }),
  route('GET', '/_cluster/stats', (call) => ({ value: clusterStats(call) }), { query: STATE_QUERY }),
  route('GET', '/_cluster/pending_tasks', () => ({ value: { tasks: [] } }), { query: STATE_QUERY }),
  ...['/_nodes/stats', '/_nodes/{nodeId}/stats', '/_nodes/stats/{metric}'].map((path) =>
    route('GET', path, (call) => ({ value: nodesStats(call) }), { query: ['level', 'timeout', 'fields', 'types'] }),
  ),
  ...['/_nodes', '/_nodes/{nodeId}', '/_nodes/{nodeId}/{metric}'].map((path) =>
    route('GET', path, (call) => ({ value: nodes(call) }), { query: ['flat_settings', 'timeout'] }),
  ),
  route('GET', '/_tasks', ({ cluster }) => ({ value: { nodes: { [cluster.node.id]: { name: cluster.node.name, tasks: {} } } } }), {
    since: 6,
    query: ['detailed', 'actions', 'group_by'],
  }),
  route(
    'POST',
    '/_shutdown',
    ({ cluster }) => ({ value: { cluster_name: cluster.node.clusterName, nodes: { [cluster.node.id]: { name: cluster.node.name } } } }),
    { until: 1, query: ['delay', 'exit'] },
  ),
]
