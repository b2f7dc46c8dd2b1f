import { randomBytes, randomInt } from 'node:crypto'
import { evidence } from '../../events/bytes.ts'
import { aggregate } from './aggregations.ts'
import type { Call } from './call.ts'
import type { DataIndex } from './data-index.ts'
import { type Doc, filterSource, valuesOf } from './document.ts'
import { ElasticError, illegalArgument } from './elastic-error.ts'
import { compileQuery, compileQueryString, type Predicate } from './query.ts'
import { Double } from './render.ts'
import { playScripts } from './script-service.ts'

/** index.max_result_window */
const WINDOW = 10_000
/** What one answer may hold, bytes; the node runs out of heap beyond. */
const MOST_BYTES = 8 * 1024 * 1024

interface Found {
  index: DataIndex
  doc: Doc
}

/** Answers a search body with what the indices hold. @throws ElasticError */
export async function search(call: Call, expression: string | undefined, body: Record<string, unknown>): Promise<Record<string, unknown>> {
  const indices = call.cluster.resolve(expression, call.flag('ignore_unavailable'))
  const scripted = await playScripts(call, body)
  const { from, size } = pageOf(call, body)
  const found = sorted(findDocs(indices, predicateOf(call, body)), sortOf(call, body))
  const page = found.slice(from, from + size)
  const scroll = call.query.get('scroll')
  const aggs = body.aggs ?? body.aggregations ?? body.facets
  recordExfil(call, page, body)
  return {
    ...(scroll === null ? {} : { _scroll_id: openScroll(call, found.slice(from + size), size, found.length) }),
    ...searchHead(call, indices),
    hits: hitsOf(call, page, found.length, body, scripted),
    ...(aggs === undefined
      ? {}
      : {
          aggregations: aggregate(
            aggs,
            found.map(({ doc }) => doc),
          ),
        }),
  }
}

/** The next page of a scroll. @throws ElasticError 404 when it is over */
export function nextOfScroll(call: Call, id: string): Record<string, unknown> {
  const scroll = call.cluster.scrolls.get(id)
  if (!scroll) {
    throw new ElasticError(
      404,
      'search_context_missing_exception',
      `No search context found for id [${randomInt(1, 900)}]`,
      {},
      `SearchContextMissingException[No search context found]`,
    )
  }
  const page = scroll.hits.splice(0, scroll.size)
  recordExfil(call, page, {})
  return { _scroll_id: id, ...searchHead(call, call.cluster.indices), hits: hitsOf(call, page, scroll.total, {}, new Map()) }
}

export function findDocs(indices: readonly DataIndex[], test: Predicate): Found[] {
  return indices.filter((index) => index.isOpen).flatMap((index) => [...index.docs.values()].filter(test).map((doc) => ({ index, doc })))
}

/** The condition of `query`, `filter`, `post_filter` and `?q=`. */
export function predicateOf(call: Call, body: Record<string, unknown>): Predicate {
  const q = call.query.get('q')
  const tests = [compileQuery(body.query), compileQuery(body.post_filter ?? body.filter)]
  if (q !== null) tests.push(compileQueryString(q, call.query.get('default_operator') ?? 'or'))
  return (doc) => tests.every((test) => test(doc))
}

function pageOf(call: Call, body: Record<string, unknown>): { from: number; size: number } {
  const from = call.number('from', Number(body.from ?? 0))
  const size = call.number('size', Number(body.size ?? 10))
  if (!Number.isInteger(size) || size < 0) throw illegalArgument(`[size] parameter cannot be negative, found [${size}]`)
  if (!Number.isInteger(from) || from < 0) throw illegalArgument(`[from] parameter cannot be negative but was [${from}]`)
  if (call.release.major > 1 && from + size > WINDOW) {
    throw illegalArgument(
      `Result window is too large, from + size must be less than or equal to: [${WINDOW}] but was [${from + size}]. See the scroll api for a more efficient way to request large data sets. This limit can be set by changing the [index.max_result_window] index level setting.`,
    )
  }
  return { from, size }
}

interface Sort {
  field: string
  descending: boolean
}

function sortOf(call: Call, body: Record<string, unknown>): Sort[] {
  const given = call.query.get('sort')?.split(',') ?? (Array.isArray(body.sort) ? body.sort : body.sort === undefined ? [] : [body.sort])
  return given.slice(0, 8).map((one: unknown): Sort => {
    if (typeof one === 'string') {
      const [field = '', order] = one.split(':')
      return { field, descending: order === 'desc' }
    }
    const [[field, how] = ['_doc', 'asc']] = Object.entries((one ?? {}) as Record<string, unknown>)
    const order = typeof how === 'object' && how !== null ? (how as { order?: unknown }).order : how
    return { field, descending: order === 'desc' }
  })
}

interface Ranked extends Found {
  sort?: unknown[]
}

function sorted(found: readonly Found[], sorts: readonly Sort[]): Ranked[] {
  const real = sorts.filter(({ field }) => field !== '_score' && field !== '_doc')
  if (real.length === 0) return [...found]
  const ranked = found.map((hit) => ({ ...hit, sort: real.map(({ field }) => sortValue(hit.doc, field)) }))
  return ranked.sort((a, b) => {
    for (const [at, { descending }] of real.entries()) {
      const order = compare(a.sort[at], b.sort[at])
      if (order !== 0) return descending ? -order : order
    }
    return 0
  })
}

function sortValue(doc: Doc, field: string): unknown {
  const [value = null] = field === '_id' ? [doc.id] : valuesOf(doc.source, field)
  return typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value) ? Date.parse(value) : value
}

function compare(a: unknown, b: unknown): number {
  if (a === b) return 0
  if (a === null) return 1
  if (b === null) return -1
  return (typeof a === 'number' && typeof b === 'number' ? a < b : String(a) < String(b)) ? -1 : 1
}

function searchHead({ release }: Call, indices: readonly DataIndex[]): Record<string, unknown> {
  const total = indices.reduce((sum, { shards }) => sum + shards, 0)
  const skipped = release.major >= 6 ? { skipped: 0 } : {}
  return { took: randomInt(1, 9), timed_out: false, _shards: { total, successful: total, ...skipped, failed: 0 } }
}

function hitsOf(
  call: Call,
  page: readonly Ranked[],
  total: number,
  body: Record<string, unknown>,
  scripted: ReadonlyMap<string, unknown>,
): Record<string, unknown> {
  const isSorted = page[0]?.sort !== undefined
  const score = page.length === 0 || isSorted ? null : new Double(1)
  const source = sourceOf(call, body)
  let bytes = 0
  const hits = page.map(({ index, doc, sort }) => {
    bytes += index.bytes / Math.max(1, index.docs.size)
    if (bytes > MOST_BYTES)
      throw new ElasticError(
        429,
        'circuit_breaking_exception',
        '[parent] Data too large, data for [<http_request>] would be larger than the limit',
        { durability: 'PERMANENT' },
      )
    const shown = source(doc)
    return {
      _index: index.name,
      ...typeMember(call, doc.type),
      _id: doc.id,
      _score: score,
      ...(shown === undefined || scripted.size > 0 ? {} : { _source: shown }),
      ...(scripted.size > 0 ? { fields: Object.fromEntries([...scripted].map(([name, value]) => [name, [value]])) } : {}),
      ...(sort === undefined ? {} : { sort }),
    }
  })
  return { ...(totalOf(call, total) ?? {}), max_score: score, hits }
}

/** Each document had a type, then each the same, then none. */
export function typeMember({ release }: Call, type: string): { _type?: string } {
  if (release.major >= 8) return {}
  return { _type: release.major === 7 ? '_doc' : type }
}

function totalOf(call: Call, total: number): { total: unknown } | undefined {
  const tracked = call.query.get('track_total_hits')
  if (call.release.major < 7 || call.flag('rest_total_hits_as_int')) return { total }
  if (tracked === 'false') return undefined
  const isCut = total > WINDOW && tracked !== 'true'
  return { total: { value: isCut ? WINDOW : total, relation: isCut ? 'gte' : 'eq' } }
}

/** Which part of a document a hit shows. */
function sourceOf(call: Call, body: Record<string, unknown>): (doc: Doc) => unknown {
  const listed = (given: unknown): string[] =>
    (Array.isArray(given) ? given : given === undefined || given === null ? [] : String(given).split(',')).map(String)
  const asked = body._source ?? call.query.get('_source') ?? undefined
  if (asked === false || asked === 'false') return () => undefined
  const patterns = typeof asked === 'object' && asked !== null && !Array.isArray(asked) ? (asked as Record<string, unknown>) : undefined
  const includes = listed(
    patterns ? (patterns.includes ?? patterns.include) : asked === true || asked === 'true' ? undefined : asked,
  ).concat(listed(call.query.get('_source_includes')))
  const excludes = listed(patterns?.excludes ?? patterns?.exclude).concat(listed(call.query.get('_source_excludes')))
  if (includes.length === 0 && excludes.length === 0) return ({ source }) => source
  return ({ source }) => filterSource(source, includes, excludes)
}

function openScroll({ cluster }: Call, hits: Found[], size: number, total: number): string {
  const id = Buffer.concat([Buffer.from('FGluY2x1ZGVfY29udGV4dF91dWlkDXF1ZXJ5QW5kRmV0Y2gB', 'base64'), randomBytes(48)]).toString('base64')
  cluster.scrolls.set(id, { hits, size: Math.max(1, size), total })
  return id
}

function recordExfil({ visit }: Call, page: readonly Found[], body: Record<string, unknown>): void {
  if (page.length === 0) return
  const indices = [...new Set(page.map(({ index }) => index.name))].slice(0, 50)
  visit.record('elasticsearch.exfil', { indices, documents: page.length, query: evidence(JSON.stringify(body).slice(0, 2048)) }, [
    'attack:T1213',
  ])
}
