import { type Doc, valuesOf } from './document.ts'
import { illegalArgument } from './elastic-error.ts'
import { compileQuery } from './query.ts'
import { Double } from './render.ts'

type Body = Record<string, unknown>
const MOST_BUCKETS = 10_000
const DEEPEST = 8
const INTERVALS: Readonly<Record<string, number>> = {
  minute: 16,
  '1m': 16,
  hour: 13,
  '1h': 13,
  day: 10,
  '1d': 10,
  month: 7,
  '1M': 7,
  year: 4,
  '1y': 4,
}
const ZERO_TIME = '0000-01-01T00:00:00.000Z'

/** Answers to `aggs`: terms, date_histogram, filter, missing and the usual metrics. @throws ElasticError for others */
export function aggregate(aggs: unknown, docs: readonly Doc[], depth = 0): Body {
  if (depth > DEEPEST) throw illegalArgument('aggregations are nested too deeply')
  return Object.fromEntries(Object.entries((aggs ?? {}) as Body).map(([name, given]) => [name, one((given ?? {}) as Body, docs, depth)]))
}

function one(given: Body, docs: readonly Doc[], depth: number): Body {
  const kind = Object.keys(given).find((key) => key !== 'aggs' && key !== 'aggregations' && key !== 'meta') ?? ''
  const body = (given[kind] ?? {}) as Body
  const inner = (within: readonly Doc[]): Body => aggregate(given.aggs ?? given.aggregations, within, depth + 1)
  const field = String(body.field ?? '')
  switch (kind) {
    case 'terms':
      return termBuckets(field, docs, Number(body.size ?? 10) || 10, inner)
    case 'date_histogram':
      return dateBuckets(field, String(body.calendar_interval ?? body.fixed_interval ?? body.interval ?? 'day'), docs, inner)
    case 'filter': {
      const found = docs.filter(compileQuery(body))
      return { doc_count: found.length, ...inner(found) }
    }
    case 'missing': {
      const found = docs.filter(({ source }) => valuesOf(source, field).length === 0)
      return { doc_count: found.length, ...inner(found) }
    }
    case 'global':
      return { doc_count: docs.length, ...inner(docs) }
    case 'cardinality':
      return { value: new Set(docs.flatMap(({ source }) => valuesOf(source, field).map(String))).size }
    case 'value_count':
      return { value: docs.reduce((sum, { source }) => sum + valuesOf(source, field).length, 0) }
    default:
      return metric(kind, docs.flatMap(({ source }) => valuesOf(source, field)).map(asNumber))
  }
}

function metric(kind: string, values: readonly number[]): Body {
  const count = values.length
  const sum = values.reduce((total, value) => total + value, 0)
  const least = count === 0 ? null : new Double(values.reduce((a, b) => Math.min(a, b)))
  const most = count === 0 ? null : new Double(values.reduce((a, b) => Math.max(a, b)))
  const average = count === 0 ? null : new Double(sum / count)
  switch (kind) {
    case 'min':
      return { value: least }
    case 'max':
      return { value: most }
    case 'avg':
      return { value: average }
    case 'sum':
      return { value: new Double(sum) }
    case 'stats':
      return { count, min: least, max: most, avg: average, sum: new Double(sum) }
    default:
      throw illegalArgument(`Unknown aggregation type [${kind}]`)
  }
}

function termBuckets(field: string, docs: readonly Doc[], size: number, inner: (docs: readonly Doc[]) => Body): Body {
  const groups = new Map<unknown, Doc[]>()
  for (const doc of docs) {
    for (const value of new Set(valuesOf(doc.source, field))) {
      const group = groups.get(value)
      if (group) group.push(doc)
      else if (groups.size < MOST_BUCKETS) groups.set(value, [doc])
    }
  }
  const sorted = [...groups].sort(([a, left], [b, right]) => right.length - left.length || (String(a) < String(b) ? -1 : 1))
  const shown = sorted.slice(0, size)
  return {
    doc_count_error_upper_bound: 0,
    sum_other_doc_count: sorted.slice(size).reduce((sum, [, group]) => sum + group.length, 0),
    buckets: shown.map(([key, group]) => ({ key, doc_count: group.length, ...inner(group) })),
  }
}

function dateBuckets(field: string, interval: string, docs: readonly Doc[], inner: (docs: readonly Doc[]) => Body): Body {
  const length = INTERVALS[interval] ?? 10
  const groups = new Map<string, Doc[]>()
  for (const doc of docs) {
    const at = new Date(asNumber(valuesOf(doc.source, field)[0]))
    if (Number.isNaN(at.getTime())) continue
    const key = at.toISOString().slice(0, length) + ZERO_TIME.slice(length)
    const group = groups.get(key)
    if (group) group.push(doc)
    else groups.set(key, [doc])
  }
  const sorted = [...groups].sort(([a], [b]) => (a < b ? -1 : 1))
  return { buckets: sorted.map(([key, group]) => ({ key_as_string: key, key: Date.parse(key), doc_count: group.length, ...inner(group) })) }
}

function asNumber(value: unknown): number {
  return typeof value === 'number' ? value : /^-?\d+(\.\d+)?$/.test(String(value)) ? Number(value) : Date.parse(String(value))
}
