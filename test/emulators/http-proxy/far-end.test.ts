import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../../../src/config/identity.ts'
import proxy from '../../../src/emulators/http-proxy/index.ts'
import { readProxyTarget } from '../../../src/emulators/http-proxy/target.ts'
import { createHosts } from '../../../src/host/hosts.ts'
import http from '../../../src/http/lure.ts'
import { MemoryState, noEngine, type Playing, play } from '../../harness.ts'

let open: Playing
let digest: Playing
beforeAll(async () => {
  const identity = new Identity(Buffer.alloc(32, 7))
  const state = new MemoryState()
  const given = { persona: 'debian-web', identity, state, hosts: createHosts({ identity, engine: noEngine, state }) }
  const login = { policy: 'list', accept: [{ user: 'tunnel', password: 'letmein' }] }
  open = await play(proxy, { ...given, options: { login: { policy: 'list' } }, beside: [http] })
  digest = await play(proxy, { ...given, options: { auth: 'digest', realm: 'proxy', login }, beside: [http] })
})
afterAll(() => Promise.all([open.stop(), digest.stop()]))

const ask = async (playing: Playing, text: string, port = playing.port()): Promise<string> =>
  (await playing.exchange(text, { port, quietMs: 300 })).toString('latin1')

describe('an absolute target', () => {
  it('is answered by our own web site, as Squid passes it on', async () => {
    const answer = await ask(open, 'GET http://www.example.com/ HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: checker\r\n\r\n')
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\nServer: (nginx|Apache)/)
    expect(answer).toMatch(
      /X-Cache: MISS from [\w-]+\r\nX-Cache-Lookup: MISS from [\w-]+:\d+\r\nVia: 1\.1 [\w-]+ \(squid\/5\.7\)\r\nConnection: (keep-alive|close)\r\n\r\n/,
    )
    const { data } = await open.seen('http.request')
    expect(data).toMatchObject({ method: 'GET', target: '/', host: 'www.example.com' })
    expect((data as { headers: unknown }).headers).toContainEqual(['X-Forwarded-For', '127.0.0.1'])
    expect(open.data('http-proxy.request').at(-1)).toMatchObject({ host: 'www.example.com', port: 80, status: 200, lure: 'http' })
    expect(open.data('indicator')).toContainEqual({ kind: 'host', value: 'www.example.com', how: 'http-proxy request' })
  })

  it('takes a body, and a second request on the same connection', async () => {
    const post = 'POST http://192.0.2.1/login HTTP/1.1\r\nHost: 192.0.2.1\r\nContent-Length: 3\r\n\r\na=b'
    const chunked = 'POST http://192.0.2.1/x HTTP/1.1\r\nHost: 192.0.2.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nc=d\r\n0\r\n\r\n'
    const answer = await ask(open, `${post}${chunked}GET / HTTP/1.0\r\n\r\n`)
    expect(answer.match(/X-Cache: /g)).toHaveLength(3)
    const bodies = open.data<{ body?: string }>('http.request').map(({ body }) => body)
    expect(bodies).toEqual(expect.arrayContaining(['a=b', 'c=d']))
  })

  it('through Privoxy has no marks of Squid', async () => {
    const answer = await ask(open, 'GET http://www.example.com/ HTTP/1.1\r\nHost: www.example.com\r\n\r\n', open.port(1))
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK/)
    expect(answer).not.toMatch(/squid|X-Cache/i)
  })
})

describe('CONNECT', () => {
  it('leads to the lure of the port', async () => {
    const answer = await ask(open, 'CONNECT www.example.net:80 HTTP/1.1\r\n\r\nGET /inner HTTP/1.0\r\n\r\n')
    expect(answer).toMatch(/^HTTP\/1\.1 200 Connection established\r\n\r\nHTTP\/1\.1 /)
    expect((await open.seen('http-proxy.tunnel')).data).toMatchObject({
      host: 'www.example.net',
      port: 80,
      data: 'GET /inner HTTP/1.0\r\n\r\n',
    })
  })
})

describe('a login', () => {
  it('that a client volunteers is written down', async () => {
    const header = `Proxy-Authorization: Basic ${Buffer.from('joe:pa:ss').toString('base64')}`
    await ask(open, `GET http://www.example.com/ HTTP/1.0\r\n${header}\r\n\r\n`)
    expect(open.data('login')).toEqual([{ method: 'basic', username: 'joe', password: 'pa:ss', accepted: false }])
  })

  it('by digest is kept for hashcat, and the right one gets through', async () => {
    const challenge = await ask(digest, 'GET http://www.example.com/ HTTP/1.1\r\nHost: www.example.com\r\n\r\n')
    const [, nonce = ''] = /nonce="([0-9a-f]+)"/.exec(challenge) ?? []
    const md5 = (text: string): string => createHash('md5').update(text).digest('hex')
    const login = (password: string): Promise<string> => {
      const uri = 'http://www.example.com/'
      const response = md5(`${md5(`tunnel:proxy:${password}`)}:${nonce}:00000001:abc:auth:${md5(`GET:${uri}`)}`)
      const fields = `username="tunnel", realm="proxy", nonce="${nonce}", uri="${uri}", cnonce="abc", nc=00000001, qop=auth, response="${response}"`
      return ask(digest, `GET ${uri} HTTP/1.1\r\nHost: www.example.com\r\nProxy-Authorization: Digest ${fields}\r\n\r\n`)
    }
    expect(await login('wrong')).toMatch(/^HTTP\/1\.1 407 /)
    expect(await login('letmein')).toMatch(/^HTTP\/1\.1 200 /)
    const logins = digest.data<{ hash: { mode: number; line: string }; accepted: boolean }>('login')
    expect(logins.map(({ hash, accepted }) => [hash.mode, accepted])).toEqual([
      [11400, false],
      [11400, true],
    ])
    expect(logins[0]?.hash.line).toMatch(/^\$sip\$\*127\.0\.0\.1\*127\.0\.0\.1\*tunnel\*proxy\*GET\*http\*\/\/www\.example\.com\/\*\*/)
  })
})

it('reads any target, and a right one wholly', () => {
  expect(readProxyTarget('CONNECT', '[2001:db8::1]:443')).toEqual({ form: 'tunnel', host: '2001:db8::1', port: 443 })
  expect(readProxyTarget('GET', 'http://u:p@example.com:8080?q')).toEqual({
    form: 'absolute',
    scheme: 'http',
    host: 'example.com',
    port: 8080,
    path: '/?q',
  })
  fc.assert(fc.property(fc.string(), fc.constantFrom('GET', 'CONNECT'), (target, method) => void readProxyTarget(method, target)))
})
