import { evidence } from '../../../events/bytes.ts'
import type { Answer, Call } from '../call.ts'
import type { DataIndex } from '../data-index.ts'
import { ElasticError, illegalArgument, noSuchIndex } from '../elastic-error.ts'
import { type Route, route } from '../router.ts'
import { mappingsOf, settingsOf } from './index-shape.ts'

const SCOPE = [
  'ignore_unavailable',
  'allow_no_indices',
  'expand_wildcards',
  'local',
  'master_timeout',
  'timeout',
  'include_type_name',
  'flat_settings',
  'include_defaults',
  'wait_for_active_shards',
  'human',
  'update_all_types',
  'preserve_existing',
]

type Shape = (index: DataIndex, call: Call) => Record<string, unknown>
const aliases: Shape = ({ aliases: own }) => ({ aliases: Object.fromEntries(own) })
const mappings: Shape = (index, { release }) => ({ mappings: mappingsOf(index, release) })
const settings: Shape = (index, { release }) => ({ settings: settingsOf(index, release) })

/** Answers by index name. */
function shaped(...shapes: Shape[]): Route['answer'] {
  return (call) => ({
    value: Object.fromEntries(
      call.cluster
        .resolve(call.index, call.flag('ignore_unavailable'))
        .map((index) => [index.name, Object.assign({}, ...shapes.map((shape) => shape(index, call)))]),
    ),
  })
}

function create(call: Call): Answer {
  const name = call.index as string
  const body = call.body()
  const given = flat(body.settings)
  const number = (key: string): number | undefined => {
    const value = given[`index.${key}`] ?? given[key]
    return value === undefined ? undefined : Math.min(Math.max(Number(value) || 0, 0), 1024)
  }
  const index = call.cluster.create(name, {
    shards: number('number_of_shards') || call.release.shards,
    replicas: number('number_of_replicas') ?? 1,
    properties: propertiesOf(body.mappings),
  })
  for (const [alias, filter] of Object.entries(asMap(body.aliases))) index.aliases.set(alias, asMap(filter))
  call.visit.record('elasticsearch.write', { operation: 'create-index', index: evidence(name), documents: 0 })
  return { value: call.release.major === 1 ? { acknowledged: true } : { acknowledged: true, shards_acknowledged: true, index: name } }
}

/** action.destructive_requires_name, which 8.0 set. @throws ElasticError */
function refuseAll({ release, cluster }: Call, expression: string): void {
  const name = 'action.destructive_requires_name'
  const { persistent, transient } = cluster.settings
  const isSet = String(flat(transient)[name] ?? flat(persistent)[name] ?? release.major >= 8) === 'true'
  if (isSet && (expression.includes('*') || expression === '_all'))
    throw illegalArgument('Wildcard expressions or all indices are not allowed')
}

function remove(call: Call): Answer {
  const expression = call.index as string
  refuseAll(call, expression)
  const found = call.cluster.resolve(expression, call.flag('ignore_unavailable'))
  const byAlias = found.find(({ name, aliases: own }) => name !== expression && own.has(expression))
  if (byAlias) {
    const reason = `The provided expression [${expression}] matches an alias, specify the corresponding concrete indices instead.`
    throw illegalArgument(reason)
  }
  for (const index of found) call.cluster.delete(index)
  call.visit.record(
    'elasticsearch.delete',
    {
      operation: 'delete-index',
      indices: found.map(({ name }) => name).slice(0, 200),
      documents: found.reduce((sum, { docs }) => sum + docs.size, 0),
    },
    ['attack:T1485'],
  )
  return { value: { acknowledged: true } }
}

function putMapping(call: Call): Answer {
  for (const index of call.cluster.resolve(call.index))
    Object.assign(call.cluster.writable(index.name).properties, propertiesOf(call.body()))
  return { value: { acknowledged: true } }
}

function putSettings(call: Call): Answer {
  const given = flat(call.body())
  for (const found of call.cluster.resolve(call.index)) {
    const index = call.cluster.writable(found.name)
    const replicas = given['index.number_of_replicas'] ?? given.number_of_replicas
    if (replicas !== undefined) index.replicas = Math.min(Math.max(Number(replicas) || 0, 0), 20)
    const others = Object.entries(given)
      .filter(([name]) => !/number_of_/.test(name))
      .slice(0, 50)
    for (const [name, value] of others) index.settings[name.replace(/^index\./, '')] = value
  }
  return { value: { acknowledged: true } }
}

function changeAliases(call: Call): Answer {
  const actions = call.body().actions
  for (const action of (Array.isArray(actions) ? actions : []).slice(0, 100)) {
    const [[kind, given] = ['', {}]] = Object.entries(asMap(action))
    const { index: expression, alias } = asMap(given)
    for (const found of call.cluster.resolve(String(expression ?? ''))) {
      if (kind === 'remove_index') call.cluster.delete(found)
      else if (kind === 'add') call.cluster.writable(found.name).aliases.set(String(alias).slice(0, 255), {})
      else call.cluster.writable(found.name).aliases.delete(String(alias))
    }
  }
  return { value: { acknowledged: true } }
}

function stats(call: Call): Answer {
  const found = call.cluster.resolve(call.index)
  const of = (indices: readonly DataIndex[]): Record<string, unknown> => ({
    docs: { count: indices.reduce((sum, { docs }) => sum + docs.size, 0), deleted: indices.reduce((sum, { deleted }) => sum + deleted, 0) },
    store: { size_in_bytes: indices.reduce((sum, { storeBytes }) => sum + storeBytes, 0) },
    indexing: { index_total: 0, index_time_in_millis: 0, index_current: 0, index_failed: 0, delete_total: 0 },
    get: { total: 0, time_in_millis: 0, exists_total: 0, missing_total: 0, current: 0 },
    search: { open_contexts: 0, query_total: 0, query_time_in_millis: 0, query_current: 0, fetch_total: 0 },
  })
  const { active, unassigned } = call.cluster.shards(found)
  return {
    value: {
      _shards: { total: active + unassigned, successful: active, failed: 0 },
      _all: { primaries: of(found), total: of(found) },
      indices: Object.fromEntries(found.map((index) => [index.name, { uuid: index.uuid, primaries: of([index]), total: of([index]) }])),
    },
  }
}

/** `_refresh` and its kin: every shard says yes. */
function shardsDone(call: Call): Answer {
  const { active, unassigned } = call.cluster.shards(call.cluster.resolve(call.index))
  return { value: { _shards: { total: active + unassigned, successful: active, failed: 0 } } }
}

function setOpen(isOpen: boolean): Route['answer'] {
  return (call) => {
    for (const index of call.cluster.resolve(call.index)) call.cluster.writable(index.name).isOpen = isOpen
    return { value: { acknowledged: true, shards_acknowledged: true } }
  }
}

function keep(kind: string): Route['answer'] {
  return (call) => {
    call.cluster.kept.set(`${kind}/${call.parameters.name}`, call.body())
    return { value: { acknowledged: true } }
  }
}

function kept(kind: string): Route['answer'] {
  return ({ cluster, parameters }) => {
    const { name } = parameters
    const found = [...cluster.kept.entries()].filter(
      ([key]) => key.startsWith(`${kind}/`) && (name === undefined || key === `${kind}/${name}`),
    )
    return {
      status: name !== undefined && found.length === 0 ? 404 : 200,
      value: Object.fromEntries(found.map(([key, value]) => [key.slice(kind.length + 1), value])),
    }
  }
}

/** A repository is a place that files are read from and written to: both are worth knowing. */
function putRepository(call: Call): Answer {
  const settings = asMap(call.body().settings)
  for (const place of [settings.location, settings.url]) {
    if (typeof place !== 'string') continue
    if (/^[a-z]+:\/\//.test(place)) call.visit.record('indicator', { kind: 'url', value: evidence(place), how: 'snapshot-repository' })
    else call.visit.record('elasticsearch.traversal', { path: evidence(place), found: false })
  }
  if (call.release.major > 1) {
    const name = call.parameters.name ?? ''
    const reason = `[${name}] location [${String(settings.location)}] doesn't match any of the locations specified by path.repo because this setting is empty`
    throw new ElasticError(500, 'repository_exception', `[${name}] failed to create repository`, {
      caused_by: { type: 'repository_exception', reason },
    })
  }
  call.cluster.kept.set(`snapshot/${call.parameters.name}`, call.body())
  return { value: { acknowledged: true } }
}

export function asMap(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}

/** `{index: {a: 1}}` as `index.a`. */
function flat(value: unknown, prefix = '', depth = 0): Record<string, unknown> {
  if (depth > 8) return {}
  return Object.fromEntries(
    Object.entries(asMap(value)).flatMap(([name, member]) =>
      typeof member === 'object' && member !== null && !Array.isArray(member)
        ? Object.entries(flat(member, `${prefix}${name}.`, depth + 1))
        : [[`${prefix}${name}`, member]],
    ),
  )
}

/** `properties` of a mapping, with or without a type around it. */
function propertiesOf(mapping: unknown): Record<string, unknown> {
  const given = asMap(mapping)
  if (given.properties !== undefined) return asMap(given.properties)
  const [typed] = Object.values(given)
    .map((inner) => asMap(inner).properties)
    .filter((inner) => inner !== undefined)
  return asMap(typed)
}

function exists(call: Call): Answer {
  if (call.cluster.resolve(call.index, true).length > 0) return { text: '' }
  throw noSuchIndex(call.index as string, call.release.major)
}

const NAMED = [
  ['template', '/_template'],
  ['index_template', '/_index_template'],
  ['pipeline', '/_ingest/pipeline'],
  ['script', '/_scripts'],
] as const

export const indexRoutes: readonly Route[] = [
  route('GET', '/{index}', shaped(aliases, mappings, settings), { query: SCOPE }),
  route('HEAD', '/{index}', exists, { query: SCOPE }),
  route('PUT', '/{index}', create, { query: SCOPE }),
  route('POST', '/{index}', create, { query: SCOPE, until: 1 }),
  route('DELETE', '/{index}', remove, { query: SCOPE }),
  ...['/_mapping', '/{index}/_mapping', '/{index}/_mapping/{type}', '/_mappings', '/{index}/_mappings'].map((path) =>
    route('GET', path, shaped(mappings), { query: SCOPE }),
  ),
  ...['/{index}/_mapping', '/{index}/_mapping/{type}'].map((path) => route('PUT POST', path, putMapping, { query: SCOPE })),
  ...['/_settings', '/{index}/_settings', '/{index}/_settings/{name}'].map((path) =>
    route('GET', path, shaped(settings), { query: SCOPE }),
  ),
  ...['/_settings', '/{index}/_settings'].map((path) => route('PUT', path, putSettings, { query: SCOPE })),
  ...['/_aliases', '/_alias', '/{index}/_alias', '/{index}/_aliases'].map((path) => route('GET', path, shaped(aliases), { query: SCOPE })),
  route('POST', '/_aliases', changeAliases, { query: SCOPE }),
  ...['/_stats', '/_stats/{metric}', '/{index}/_stats', '/{index}/_stats/{metric}'].map((path) =>
    route('GET', path, stats, { query: [...SCOPE, 'level', 'fields', 'groups'] }),
  ),
  ...['_refresh', '_flush', '_forcemerge', '_cache/clear', '_optimize'].flatMap((name) =>
    [`/${name}`, `/{index}/${name}`].map((path) =>
      route('GET POST', path, shardsDone, { query: [...SCOPE, 'max_num_segments', 'force', 'wait_if_ongoing'] }),
    ),
  ),
  route('POST', '/{index}/_open', setOpen(true), { query: SCOPE }),
  route('POST', '/{index}/_close', setOpen(false), { query: SCOPE }),
  ...NAMED.flatMap(([kind, path]) => [
    route('GET', path, kept(kind), { query: SCOPE }),
    route('GET', `${path}/{name}`, kept(kind), { query: SCOPE }),
    route('PUT POST', `${path}/{name}`, keep(kind), { query: SCOPE }),
  ]),
  route('GET', '/_snapshot', kept('snapshot'), { query: SCOPE }),
  route('GET', '/_snapshot/{name}', kept('snapshot'), { query: SCOPE }),
  route('PUT POST', '/_snapshot/{name}', putRepository, { query: [...SCOPE, 'verify'] }),
]
