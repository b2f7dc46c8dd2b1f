import { type Answer, type Call, parseObject } from '../call.ts'
import { ElasticError, illegalArgument } from '../elastic-error.ts'
import { type Route, route } from '../router.ts'
import { playScripts } from '../script-service.ts'
import { findDocs, nextOfScroll, predicateOf, search } from '../search.ts'

const QUERY = [
  'q',
  'from',
  'size',
  'sort',
  'scroll',
  '_source',
  '_source_includes',
  '_source_excludes',
  'track_total_hits',
  'rest_total_hits_as_int',
  'default_operator',
  'df',
  'analyzer',
  'analyze_wildcard',
  'ignore_unavailable',
  'allow_no_indices',
  'expand_wildcards',
  'search_type',
  'preference',
  'routing',
  'timeout',
  'terminate_after',
  'version',
  'explain',
  'stored_fields',
  'docvalue_fields',
  'request_cache',
  'typed_keys',
  'batched_reduce_size',
  'ccs_minimize_roundtrips',
  'max_concurrent_shard_requests',
  'pre_filter_shard_size',
  'allow_partial_search_results',
  'track_scores',
  'lenient',
  'fields',
  'seq_no_primary_term',
  'min_compatible_shard_node',
  'ignore_throttled',
]
const MOST_SEARCHES = 100

async function answerSearch(call: Call): Promise<Answer> {
  return { value: await search(call, call.index, call.body()) }
}

async function count(call: Call): Promise<Answer> {
  const body = call.body()
  await playScripts(call, body)
  const indices = call.cluster.resolve(call.index)
  const total = indices.reduce((sum, { shards }) => sum + shards, 0)
  const skipped = call.release.major >= 6 ? { skipped: 0 } : {}
  return {
    value: { count: findDocs(indices, predicateOf(call, body)).length, _shards: { total, successful: total, ...skipped, failed: 0 } },
  }
}

/** Pairs of lines: a header with the index, and a search. */
async function multiSearch(call: Call): Promise<Answer> {
  const { text } = call
  if (!text.endsWith('\n')) throw illegalArgument('The msearch request must be terminated by a newline [\\n]')
  const lines = text.split('\n', MOST_SEARCHES * 2).filter((line) => line.trim() !== '')
  const responses: unknown[] = []
  for (let n = 0; n + 1 < lines.length; n += 2) {
    const { index = call.index } = parseObject(lines[n] as string)
    try {
      const found = await search(call, index === undefined ? undefined : String(index), parseObject(lines[n + 1] as string))
      responses.push({ ...found, status: 200 })
    } catch (error) {
      if (!(error instanceof ElasticError)) throw error
      responses.push(error.body(call.release.major))
    }
  }
  return { value: { took: 2 + responses.length, responses } }
}

function scroll(call: Call): Answer {
  const id = call.parameters.id ?? call.query.get('scroll_id') ?? scrollIdOf(call)
  if (id === '') throw new ElasticError(400, 'action_request_validation_exception', 'Validation Failed: 1: scrollId is missing;')
  return { value: nextOfScroll(call, id) }
}

/** Before 5.0 the body could be the id itself. */
function scrollIdOf(call: Call): string {
  if (call.release.major === 1 && !call.text.startsWith('{')) return call.text.trim()
  return String(call.body().scroll_id ?? '')
}

function clearScroll(call: Call): Answer {
  const { scroll_id: given = [] } = call.release.major === 1 ? {} : call.body()
  const ids = (Array.isArray(given) ? given : [given]).map(String)
  const freed = call.parameters.id === '_all' ? call.cluster.scrolls.size : ids.filter((id) => call.cluster.scrolls.delete(id)).length
  if (call.parameters.id === '_all') call.cluster.scrolls.clear()
  return { value: { succeeded: true, num_freed: freed } }
}

export const searchRoutes: readonly Route[] = [
  ...['/_search', '/{index}/_search', '/{index}/{type}/_search'].map((path) => route('GET POST', path, answerSearch, { query: QUERY })),
  ...['/_count', '/{index}/_count', '/{index}/{type}/_count'].map((path) => route('GET POST', path, count, { query: QUERY })),
  ...['/_msearch', '/{index}/_msearch'].map((path) => route('GET POST', path, multiSearch, { query: QUERY })),
  ...['/_search/scroll', '/_search/scroll/{id}'].map((path) =>
    route('GET POST', path, scroll, { query: ['scroll', 'scroll_id', 'rest_total_hits_as_int'] }),
  ),
  ...['/_search/scroll', '/_search/scroll/{id}'].map((path) => route('DELETE', path, clearScroll)),
  ...['/_validate/query', '/{index}/_validate/query'].map((path) =>
    route(
      'GET POST',
      path,
      (call) => ({ value: { _shards: { total: 1, successful: 1, failed: 0 }, valid: predicateOf(call, call.body()) !== undefined } }),
      { query: [...QUERY, 'rewrite', 'all_shards'] },
    ),
  ),
]
