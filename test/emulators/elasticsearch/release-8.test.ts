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

async function cluster(options: Record<string, unknown> = {}): Promise<Playing> {
  playing = await play(elasticsearch, {
    options: { version: '8.11.1', ...options },
    persona: 'plain',
    prompts: 'test/fixtures/prompts',
    hosts: new MemoryHosts(),
    settings: { limits: { connectionsPerSource: 200 } },
  })
  return playing
}

const json = (body: unknown, headers: Record<string, string> = {}): Asking => ({
  headers: { 'Content-Type': 'application/json', ...headers },
  body: JSON.stringify(body),
})
const as = (user: string, password: string): Asking => ({
  headers: { Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` },
})
const parsed = ({ body }: Reply): Record<string, unknown> => JSON.parse(body) as Record<string, unknown>

describe('Elasticsearch 8.11.1', () => {
  it('names its product, warns of nothing, and sends JSON without a charset', async () => {
    const p = await cluster()
    const reply = await ask(p, 'GET', '/')
    expect(reply.head.split('\r\n').map((line) => line.split(':')[0])).toEqual([
      'HTTP/1.1 200 OK',
      'X-elastic-product',
      'content-type',
      'content-length',
    ])
    expect(reply.header('content-type')).toBe('application/json')
    expect(parsed(reply)).toMatchObject({
      version: { number: '8.11.1', build_hash: '6f9ff581fbcde658e6f69d6ce03050f060d1fd0c', lucene_version: '9.8.0' },
    })
  })

  it('has no types', async () => {
    const p = await cluster()
    await ask(p, 'PUT', '/t/_doc/1?refresh', json({ a: 1 }))
    for (const path of ['/t/_doc/1', '/t/_search']) expect((await ask(p, 'GET', path)).body).not.toContain('_type')
    const typed = await ask(p, 'PUT', '/t/thing/1', json({ a: 1 }))
    expect([typed.status, typed.body]).toEqual([400, '{"error":"no handler found for uri [/t/thing/1] and method [PUT]"}'])
    expect(parsed(await ask(p, 'GET', '/t/_doc/none'))).toEqual({ _index: 't', _id: 'none', found: false })
    expect((await ask(p, 'GET', '/nope/_doc/1')).status).toBe(404)
    expect((await ask(p, 'GET', '/t/_settings')).body).toContain('"version":{"created":"8500003"}')
  })

  it('deletes what is named, all at once only after its guard is off', async () => {
    const p = await cluster()
    for (const path of ['/*', '/_all', '/app-*']) {
      const refused = await ask(p, 'DELETE', path)
      expect([refused.status, refused.body]).toEqual([400, expect.stringContaining('Wildcard expressions or all indices are not allowed')])
    }
    expect((await ask(p, 'DELETE', '/app-config')).status).toBe(200)
    await ask(p, 'PUT', '/_cluster/settings', json({ persistent: { 'action.destructive_requires_name': false } }))
    expect((await ask(p, 'DELETE', '/*')).status).toBe(200)
    expect((await ask(p, 'GET', '/_cat/indices')).body).toBe('')
  })

  it('speaks the version of its clients, and tells later ones that it does not', async () => {
    const p = await cluster()
    const type = (version: number): string => `application/vnd.elasticsearch+json; compatible-with=${version}`
    const vendor = (version: number): Asking => json({ a: 1 }, { 'Content-Type': type(version), Accept: type(version) })
    const reply = await ask(p, 'PUT', '/t/_doc/1', vendor(8))
    expect([reply.status, reply.header('content-type')]).toEqual([201, 'application/vnd.elasticsearch+json;compatible-with=8'])
    const later = await ask(p, 'PUT', '/t/_doc/1', vendor(9))
    expect([later.status, parsed(later)]).toMatchObject([
      400,
      {
        error: {
          type: 'media_type_header_exception',
          reason: 'Invalid media-type value on headers [Accept, Content-Type]',
          caused_by: { reason: `Accept version must be either version 8 or 7, but found 9. Accept=${type(9)}` },
        },
      },
    ])
  })

  it('is found by the probes for Elasticsearch and by no others', async () => {
    const p = await cluster()
    expect(await findsOf(p)).toEqual(['elasticsearch'])
    expect([p.data('lure.fault'), p.deadLetters]).toEqual([[], []])
  }, 30_000)
})

describe('with security', () => {
  const login = { policy: 'list', accept: [{ user: 'elastic', password: 'changeme' }] }

  it('asks for a password before it says anything', async () => {
    const p = await cluster({ security: true, login })
    const reply = await ask(p, 'GET', '/')
    expect(reply.head.split('\r\n').filter((line) => /^www-authenticate/i.test(line))).toEqual([
      'WWW-Authenticate: Basic realm="security" charset="UTF-8"',
      'WWW-Authenticate: Bearer realm="security"',
      'WWW-Authenticate: ApiKey',
    ])
    const schemes = ['Basic realm="security" charset="UTF-8"', 'Bearer realm="security"', 'ApiKey']
    const flaw = {
      type: 'security_exception',
      reason: 'missing authentication credentials for REST request [/]',
      header: { 'WWW-Authenticate': schemes },
    }
    expect([reply.status, parsed(reply)]).toEqual([401, { error: { root_cause: [flaw], ...flaw }, status: 401 }])
    expect((await ask(p, 'DELETE', '/app-config')).status).toBe(401)
  })

  it('lets in who guesses right, and writes both down', async () => {
    const p = await cluster({ security: true, login })
    const wrong = await ask(p, 'GET', '/_cat/indices', as('elastic', 'x'))
    expect([wrong.status, wrong.body]).toEqual([
      401,
      expect.stringContaining('unable to authenticate user [elastic] for REST request [/_cat/indices]'),
    ])
    expect((await ask(p, 'GET', '/_cat/indices', as('elastic', 'changeme'))).body).toContain('app-config')
    expect(parsed(await ask(p, 'GET', '/_security/_authenticate', as('elastic', 'changeme')))).toMatchObject({
      username: 'elastic',
      roles: ['superuser'],
    })
    expect(p.data('login').map(({ password, accepted }) => [password, accepted])).toEqual([
      ['x', false],
      ['changeme', true],
      ['changeme', true],
    ])
  })
})
