import { evidence } from '../../../events/bytes.ts'
import type { Answer, Call } from '../call.ts'
import { parseObject } from '../call.ts'
import { newId } from '../cluster.ts'
import type { DataIndex } from '../data-index.ts'
import type { Doc } from '../document.ts'
import { ElasticError, illegalArgument } from '../elastic-error.ts'
import { noteRansom } from '../ransom.ts'
import { type Route, route } from '../router.ts'
import { playScripts } from '../script-service.ts'
import { findDocs, predicateOf, typeMember } from '../search.ts'
import { asMap } from './indices.ts'

const WRITE = [
  'refresh',
  'routing',
  'timeout',
  'version',
  'version_type',
  'pipeline',
  'wait_for_active_shards',
  'op_type',
  'if_seq_no',
  'if_primary_term',
  'require_alias',
  'parent',
  'retry_on_conflict',
  '_source',
  '_source_includes',
  '_source_excludes',
  'include_type_name',
  'ttl',
  'timestamp',
  'consistency',
  'replication',
]
const READ = [...WRITE, 'preference', 'realtime', 'stored_fields', 'fields']
const MOST_BULK_ITEMS = 10_000

function typeOf({ parameters }: Call): string {
  return parameters.type ?? '_doc'
}

/** What a write answers about one document. */
function written(
  call: Call,
  index: DataIndex,
  doc: Pick<Doc, 'id' | 'type' | 'version' | 'seqNo'>,
  result: string,
): Record<string, unknown> {
  const { major } = call.release
  const head = { _index: index.name, ...typeMember(call, doc.type), _id: doc.id, _version: doc.version }
  if (major === 1)
    return result === 'deleted' || result === 'not_found'
      ? { found: result === 'deleted', ...head }
      : { ...head, created: result === 'created' }
  return { ...head, result, _shards: { total: 1 + index.replicas, successful: 1, failed: 0 }, _seq_no: doc.seqNo, _primary_term: 1 }
}

function indexDocument(call: Call): Answer {
  const name = call.index as string
  const id = call.parameters.id ?? (call.method === 'POST' || call.parameters.id === undefined ? newId() : undefined)
  const source = call.body()
  if (call.text.trim() === '') throw new ElasticError(400, 'parse_exception', 'request body is required')
  refuseExisting(call, name, id as string)
  const { index, doc, created } = call.cluster.put(name, id, source, typeOf(call))
  call.visit.record('elasticsearch.write', { operation: 'index', index: evidence(name), documents: 1 })
  noteRansom(call, name, source)
  const location: [string, string] = ['Location', `/${name}/${typeOf(call)}/${encodeURIComponent(doc.id)}`]
  return {
    status: created ? 201 : 200,
    value: written(call, index, doc, created ? 'created' : 'updated'),
    headers: created && call.release.major >= 6 ? [location] : [],
  }
}

function refuseExisting(call: Call, name: string, id: string): void {
  const isCreate = call.query.get('op_type') === 'create' || /\/_create(\/|$)/.test(call.request.path)
  const existing = isCreate ? call.cluster.resolve(name, true)[0]?.docs.get(id) : undefined
  if (!existing) return
  const reason = `[${id}]: version conflict, document already exists (current version [${existing.version}])`
  throw new ElasticError(409, 'version_conflict_engine_exception', reason, { shard: '0', index: name })
}

function readDocument(call: Call): Answer {
  const index = call.cluster.one(call.index as string)
  const id = call.parameters.id ?? ''
  const doc = index.docs.get(id)
  const { major } = call.release
  const head = { _index: index.name, ...typeMember(call, typeOf(call)), _id: id }
  if (!doc) return { status: 404, value: { ...head, found: false } }
  const version = { _version: doc.version, ...(major >= 6 ? { _seq_no: doc.seqNo, _primary_term: 1 } : {}) }
  call.visit.record('elasticsearch.exfil', { indices: [index.name], documents: 1, query: evidence(call.request.target.slice(0, 2048)) }, [
    'attack:T1213',
  ])
  return { value: { ...head, ...version, found: true, _source: doc.source } }
}

function readSource(call: Call): Answer {
  const doc = call.cluster.one(call.index as string).docs.get(call.parameters.id ?? '')
  if (!doc)
    throw new ElasticError(
      404,
      'resource_not_found_exception',
      `Document not found [${call.index}]/[${typeOf(call)}]/[${call.parameters.id}]`,
    )
  return { value: doc.source }
}

function removeDocument(call: Call): Answer {
  const index = call.cluster.writable(call.index as string)
  const id = call.parameters.id ?? ''
  const removed = index.remove(id)
  call.visit.record('elasticsearch.delete', { operation: 'delete', indices: [index.name], documents: removed ? 1 : 0 })
  const doc = { id, type: typeOf(call), version: removed?.version ?? 1, seqNo: removed?.seqNo ?? index.maxSeqNo + 1 }
  return { status: removed ? 200 : 404, value: written(call, index, doc, removed ? 'deleted' : 'not_found') }
}

async function updateDocument(call: Call): Promise<Answer> {
  const name = call.index as string
  const id = call.parameters.id ?? ''
  const body = call.body()
  await playScripts(call, body)
  const { doc, created } = update(call, name, id, body)
  call.visit.record('elasticsearch.write', { operation: 'update', index: evidence(name), documents: 1 })
  return { status: created ? 201 : 200, value: written(call, call.cluster.one(name), doc, created ? 'created' : 'updated') }
}

function update(call: Call, name: string, id: string, body: Record<string, unknown>): { doc: Doc; created: boolean } {
  const before = call.cluster.resolve(name, body.upsert !== undefined || body.doc_as_upsert === true)[0]?.docs.get(id)
  if (!before && body.upsert === undefined && body.doc_as_upsert !== true) {
    throw new ElasticError(404, 'document_missing_exception', `[${typeOf(call)}][${id}]: document missing`, { index: name, shard: '0' })
  }
  return call.cluster.put(name, id, { ...before?.source, ...asMap(before ? body.doc : (body.upsert ?? body.doc)) }, typeOf(call))
}

/** NDJSON: a line of action, and a line of source where the action has one. */
function bulk(call: Call): Answer {
  const { text } = call
  if (text === '') throw new ElasticError(400, 'parse_exception', 'request body is required')
  if (!text.endsWith('\n')) throw illegalArgument('The bulk request must be terminated by a newline [\\n]')
  const lines = text.split('\n', MOST_BULK_ITEMS * 2)
  const items: Record<string, unknown>[] = []
  let errors = false
  for (let n = 0; n < lines.length; n++) {
    if (lines[n]?.trim() === '' || lines[n] === undefined) continue
    const [[kind, target] = ['', {}]] = Object.entries(parseObject(lines[n] as string))
    if (!/^(index|create|update|delete)$/.test(kind)) {
      throw illegalArgument(
        `Malformed action/metadata line [${items.length * 2 + 1}], expected field [create], [delete], [index] or [update] but found [${kind}]`,
      )
    }
    const item = bulkItem(call, kind, asMap(target), kind === 'delete' ? '' : (lines[++n] ?? ''))
    errors ||= item.error !== undefined
    items.push({ [kind]: item })
  }
  if (items.length === 0) throw new ElasticError(400, 'action_request_validation_exception', 'Validation Failed: 1: no requests added;')
  call.visit.record('elasticsearch.bulk', { items: items.length, errors })
  return { value: { took: 1 + (items.length % 40), errors, items } }
}

function bulkItem(call: Call, kind: string, target: Record<string, unknown>, line: string): Record<string, unknown> {
  const name = String(target._index ?? call.index ?? '')
  const id = target._id === undefined ? newId() : String(target._id)
  const type = typeof target._type === 'string' ? target._type : typeOf(call)
  try {
    if (name === '') throw new ElasticError(400, 'action_request_validation_exception', 'Validation Failed: 1: index is missing;')
    if (kind === 'delete') {
      const index = call.cluster.writable(name)
      const removed = index.remove(id)
      const doc = { id, type, version: removed?.version ?? 1, seqNo: removed?.seqNo ?? 0 }
      return { ...written(call, index, doc, removed ? 'deleted' : 'not_found'), status: removed ? 200 : 404 }
    }
    const source = parseObject(line)
    if (kind === 'create' && call.cluster.resolve(name, true)[0]?.docs.has(id)) {
      throw new ElasticError(
        409,
        'version_conflict_engine_exception',
        `[${id}]: version conflict, document already exists (current version [1])`,
        { shard: '0', index: name },
      )
    }
    const { doc, created } = kind === 'update' ? update(call, name, id, source) : call.cluster.put(name, id, source, type)
    noteRansom(call, name, source)
    return { ...written(call, call.cluster.one(name), doc, created ? 'created' : 'updated'), status: created ? 201 : 200 }
  } catch (error) {
    if (!(error instanceof ElasticError)) throw error
    return {
      _index: name,
      ...typeMember(call, type),
      _id: id,
      status: error.status,
      error: call.release.major === 1 ? error.legacy : error.described,
    }
  }
}

function multiGet(call: Call): Answer {
  const { docs, ids } = call.body()
  const wanted = (Array.isArray(docs) ? docs.map(asMap) : Array.isArray(ids) ? ids.map((_id) => ({ _id })) : []).slice(0, 1000) as Record<
    string,
    unknown
  >[]
  return {
    value: {
      docs: wanted.map((one) => {
        const name = String(one._index ?? call.index ?? '')
        const doc = call.cluster.resolve(name, true)[0]?.docs.get(String(one._id))
        const head = { _index: name, _type: doc?.type ?? '_doc', _id: String(one._id) }
        return doc
          ? { ...head, _version: doc.version, _seq_no: doc.seqNo, _primary_term: 1, found: true, _source: doc.source }
          : { ...head, found: false }
      }),
    },
  }
}

async function byQuery(call: Call, operation: 'delete' | 'update'): Promise<Answer> {
  const body = call.body()
  await playScripts(call, body)
  if (operation === 'delete' && body.query === undefined && !call.query.has('q'))
    throw new ElasticError(400, 'action_request_validation_exception', 'Validation Failed: 1: query is missing;')
  const found = findDocs(call.cluster.resolve(call.index), predicateOf(call, body))
  for (const { index, doc } of found) {
    if (operation === 'delete') call.cluster.writable(index.name).remove(doc.id)
    else call.cluster.writable(index.name).put(doc.id, doc.source, doc.type, 0)
  }
  const indices = [...new Set(found.map(({ index }) => index.name))].slice(0, 200)
  if (operation === 'delete')
    call.visit.record('elasticsearch.delete', { operation: 'delete-by-query', indices, documents: found.length }, ['attack:T1485'])
  const counts = operation === 'delete' ? { deleted: found.length } : { updated: found.length, deleted: 0 }
  return { value: { took: 4 + (found.length % 90), timed_out: false, total: found.length, ...counts, ...BY_QUERY } }
}

const BY_QUERY = {
  batches: 1,
  version_conflicts: 0,
  noops: 0,
  retries: { bulk: 0, search: 0 },
  throttled_millis: 0,
  requests_per_second: -1,
  throttled_until_millis: 0,
  failures: [],
}

/** Copies an index. From a remote cluster it does not: the address is written down, and the node says that it may not. */
function reindex(call: Call): Answer {
  const source = asMap(call.body().source)
  const remote = asMap(source.remote)
  if (typeof remote.host === 'string') {
    call.visit.record('elasticsearch.remote', { operation: 'reindex', host: evidence(remote.host) }, ['attack:T1090'])
    call.visit.record('indicator', { kind: 'url', value: evidence(remote.host), how: 'reindex' })
    throw illegalArgument(`[${remote.host.replace(/^https?:\/\//, '').slice(0, 200)}] not whitelisted in reindex.remote.whitelist`)
  }
  const target = String(asMap(call.body().dest).index ?? '')
  const found = findDocs(call.cluster.resolve(String(source.index ?? '')), predicateOf(call, source))
  for (const { doc } of found) call.cluster.put(target, doc.id, doc.source, doc.type)
  return {
    value: {
      took: 9 + (found.length % 70),
      timed_out: false,
      total: found.length,
      updated: 0,
      created: found.length,
      deleted: 0,
      ...BY_QUERY,
    },
  }
}

const BY_QUERY_QUERY = [
  'conflicts',
  'refresh',
  'wait_for_completion',
  'scroll_size',
  'slices',
  'routing',
  'q',
  'size',
  'max_docs',
  'requests_per_second',
  'ignore_unavailable',
  'expand_wildcards',
  'allow_no_indices',
  'timeout',
]

export const documentRoutes: readonly Route[] = [
  route('POST', '/{index}/_doc', indexDocument, { query: WRITE }),
  route('PUT POST', '/{index}/_doc/{id}', indexDocument, { query: WRITE }),
  route('PUT POST', '/{index}/_create/{id}', indexDocument, { query: WRITE, since: 6 }),
  route('GET HEAD', '/{index}/_doc/{id}', readDocument, { query: READ }),
  route('DELETE', '/{index}/_doc/{id}', removeDocument, { query: WRITE }),
  route('GET HEAD', '/{index}/_source/{id}', readSource, { query: READ, since: 7 }),
  route('POST', '/{index}/_update/{id}', updateDocument, { query: WRITE, since: 6 }),
  route('POST', '/{index}/{type}', indexDocument, { query: WRITE }),
  route('PUT POST', '/{index}/{type}/{id}', indexDocument, { query: WRITE }),
  route('PUT POST', '/{index}/{type}/{id}/_create', indexDocument, { query: WRITE }),
  route('GET HEAD', '/{index}/{type}/{id}', readDocument, { query: READ }),
  route('DELETE', '/{index}/{type}/{id}', removeDocument, { query: WRITE }),
  route('GET HEAD', '/{index}/{type}/{id}/_source', readSource, { query: READ }),
  route('POST', '/{index}/{type}/{id}/_update', updateDocument, { query: [...WRITE, 'script', 'lang'] }),
  ...['/_bulk', '/{index}/_bulk', '/{index}/{type}/_bulk'].map((path) => route('POST PUT', path, bulk, { query: WRITE })),
  ...['/_mget', '/{index}/_mget', '/{index}/{type}/_mget'].map((path) => route('GET POST', path, multiGet, { query: READ })),
  route('POST', '/{index}/_delete_by_query', (call) => byQuery(call, 'delete'), { query: BY_QUERY_QUERY, since: 6 }),
  route('POST', '/{index}/_update_by_query', (call) => byQuery(call, 'update'), { query: BY_QUERY_QUERY, since: 6 }),
  route('DELETE', '/{index}/_query', (call) => byQuery(call, 'delete'), { query: BY_QUERY_QUERY, until: 1 }),
  route('POST', '/_reindex', reindex, { query: BY_QUERY_QUERY, since: 6 }),
]
