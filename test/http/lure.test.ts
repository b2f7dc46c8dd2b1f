import { createHash } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import http from '../../src/http/lure.ts'
import type { GeneratedPage } from '../../src/http/site/page.ts'
import type { Answer, Engine, Question } from '../../src/llm/question.ts'
import { MemoryState, noEngine, type Playing, type PlayOptions, play } from '../harness.ts'
import { MemoryHosts } from './memory-hosts.ts'

let playing: Playing | undefined
afterEach(async () => {
  await playing?.stop()
  playing = undefined
})

async function web(given: PlayOptions = {}): Promise<Playing> {
  playing = await play(http, { persona: 'debian-web', hosts: new MemoryHosts(), ...given })
  return playing
}

/** An engine that writes pages of a pattern and counts them; `kept` and pins as the real one does. */
class PageWriter implements Engine {
  readonly asked: Question<unknown>[] = []
  page: (nth: number) => GeneratedPage = (nth) => ({
    status: 200,
    headers: [{ name: 'Content-Type', value: 'text/html; charset=UTF-8' }],
    body: `<html><head><title>page ${nth}</title></head><body>made ${nth}</body></html>\n`,
  })

  async ask<A>(question: Question<A>): Promise<Answer<A>> {
    this.asked.push(question as Question<unknown>)
    if (question.kept !== undefined) return { value: question.kept, source: 'cache', generation: {} }
    return { value: this.page(this.asked.length) as A, source: 'llm', generation: { model: 'test' } }
  }

  state = noEngine.state
}

async function send(p: Playing, request: string, body: Buffer | string = ''): Promise<string> {
  return (await p.exchange(Buffer.concat([Buffer.from(request, 'latin1'), Buffer.from(body)]))).toString('latin1')
}

const get = (p: Playing, target: string, extra = '', method = 'GET'): Promise<string> =>
  send(p, `${method} ${target} HTTP/1.1\r\nHost: www.test.lan\r\n${extra}Connection: close\r\n\r\n`)

const post = (p: Playing, target: string, body: string | Buffer, type = 'application/x-www-form-urlencoded', extra = ''): Promise<string> =>
  send(
    p,
    `POST ${target} HTTP/1.1\r\nHost: www.test.lan\r\n${extra}Connection: close\r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`,
    body,
  )

const bodyOf = (answer: string): string => answer.slice(answer.indexOf('\r\n\r\n') + 4)

describe('the access log of the host', () => {
  it('gets each answered request with what its body weighs, refused ones too', async () => {
    const hosts = new MemoryHosts()
    const p = await web({ hosts })
    const body = bodyOf(await get(p, '/.nothing', 'User-Agent: zgrab/0.x\r\nReferer: http://a/\r\n'))
    await send(p, '\x16\x03\x01\r\n\r\n')
    const common = { from: '127.0.0.1', referrer: '', agent: '' }
    expect(hosts.hits).toEqual([
      { ...common, line: 'GET /.nothing HTTP/1.1', status: 404, bytes: body.length, referrer: 'http://a/', agent: 'zgrab/0.x' },
      { ...common, line: '\x16\x03\x01', status: 400, bytes: 157 },
    ])
  })
})

describe('the files of a site', () => {
  it('come with the type, the validators and the redirects of the server', async () => {
    const p = await web()
    expect(await get(p, '/')).toMatch(
      /^HTTP\/1\.1 200 OK\r\nServer: nginx\/1\.22\.1\r\n[\s\S]*ETag: "[0-9a-f]+-[0-9a-f]+"[\s\S]*<!DOCTYPE html>/,
    )
    expect(await get(p, '/assets/css/site.css?v=14')).toMatch(/Content-Type: text\/css\r\n/)
    expect(await get(p, '/news')).toMatch(/^HTTP\/1\.1 301 Moved Permanently\r\n[\s\S]*Location: http:\/\/www\.test\.lan:\d+\/news\/\r\n/)
    expect(await get(p, '/', '', 'HEAD')).not.toContain('<')
    expect(await get(p, '/', 'Range: bytes=0-14\r\n')).toMatch(/^HTTP\/1\.1 206 [\s\S]*\r\n\r\n<!DOCTYPE html>$/)
    expect(await get(p, '/', 'If-None-Match: *\r\n')).toMatch(/^HTTP\/1\.1 304 Not Modified\r\n/)
  })

  it('are those of the host, so that what an attacker changed there is what is served', async () => {
    const root = '/var/www/tarnholt/public'
    const hosts = new MemoryHosts([
      [`${root}/.env`, 'APP_ENV=production\n'],
      [`${root}/index.html`, '<h1>owned</h1>'],
    ])
    const p = await web({ hosts })
    const answer = await get(p, '/')
    expect(answer).toMatch(/Last-Modified: Tue, 03 Feb 2026 04:05:06 GMT\r\n/)
    expect(bodyOf(answer)).toBe('<h1>owned</h1>')
    hosts.files.delete(`${root}/index.html`)
    expect(await get(p, '/')).toMatch(/^HTTP\/1\.1 403 Forbidden/)
  })

  it('show nothing of other products: each is the 404 of the server', async () => {
    const p = await web({ engine: new PageWriter() })
    const others = [
      '/wp-login.php',
      '/phpmyadmin/index.php',
      '/manager/html',
      '/actuator/env',
      '/owa/',
      '/solr/admin/',
      '/.svn/entries',
      '/cgi-bin/luci',
    ]
    for (const path of others) {
      const answer = await get(p, path)
      expect(answer, path).toMatch(/^HTTP\/1\.1 404 Not Found\r\nServer: nginx\/1\.22\.1\r\n/)
      expect(bodyOf(answer)).toMatch(/^<html>\r\n<head><title>404 Not Found<\/title>/)
    }
  })
})

describe('pages of the model', () => {
  it('are asked for once and are the same to the byte from then on, for every source and over a restart', async () => {
    const engine = new PageWriter()
    const state = new MemoryState()
    let p = await web({ engine, state })
    const first = await get(p, '/api/orders?b=2&a=1')
    expect(first).toMatch(/made 1/)
    expect(bodyOf(await get(p, '/api/orders?a=1&b=2', 'User-Agent: another\r\n'))).toBe(bodyOf(first))
    await p.stop()
    p = await web({ engine, state })
    expect(bodyOf(await get(p, '/api/orders?a=1&b=2'))).toBe(bodyOf(first))
    expect(engine.asked.filter((q) => q.kept === undefined)).toHaveLength(1)
    expect(p.data('turn')).toMatchObject([{ source: 'cache' }])
  })

  it("get the wire from the code: no length, cookie, date or server of the model's", async () => {
    const engine = new PageWriter()
    const invented = ['Server: Apache', 'Date: yesterday', 'Content-Length: 1', 'Content-Encoding: gzip', 'Set-Cookie: a=1', 'X-Own: yes']
    engine.page = () => ({
      status: 200,
      headers: invented.map((line) => ({ name: line.split(': ')[0]!, value: line.split(': ')[1]! })),
      body: '<p>x</p>',
    })
    const p = await web({ engine })
    const answer = await get(p, '/portal/reset.php')
    expect(answer).toMatch(/Content-Type: text\/html; charset=UTF-8\r\nTransfer-Encoding: chunked\r\n/)
    expect(answer).toContain('X-Own: yes')
    expect(answer).not.toMatch(/Apache|yesterday|Content-Length|gzip|Set-Cookie/)
    expect(await get(p, '/portal/reset.php', '', 'HEAD')).toMatch(/200 OK[\s\S]*\r\n\r\n$/)
  })

  it("that are not found are the server's own page", async () => {
    const engine = new PageWriter()
    engine.page = () => ({ status: 404, headers: [], body: '<h1>This page has gone on holiday</h1>' })
    const p = await web({ engine })
    expect(bodyOf(await get(p, '/portal/price-list.php'))).toMatch(/^<html>\r\n<head><title>404 Not Found/)
  })

  it('tell the model what was sent, quoted as data, and record where the answer came from', async () => {
    const engine = new PageWriter()
    const p = await web({ engine })
    await post(p, '/portal/reset.php', 'name=eve&message=%3Cscript%3E')
    expect(engine.asked[0]).toMatchObject({ kind: 'web', share: 'source', state: 'Visitor: not signed in.' })
    expect(engine.asked[0]!.input).toBe(
      'POST /portal/reset.php\nhost: www.test.lan\ncontent-type: application/x-www-form-urlencoded\n\nname=eve&message=%3Cscript%3E',
    )
    expect(p.data('http.request')).toMatchObject([
      {
        method: 'POST',
        status: 200,
        form: [
          ['name', 'eve'],
          ['message', '<script>'],
        ],
      },
    ])
    expect(p.data('turn')).toMatchObject([{ kind: 'web', source: 'llm', generation: { model: 'test' } }])
    expect(p.deadLetters).toEqual([])
  })

  it('are not asked for without a model: the site stands', async () => {
    const p = await web()
    expect(await get(p, '/api/orders')).toMatch(/^HTTP\/1\.1 404 Not Found/)
    expect(await get(p, '/portal/orders.php')).toMatch(/^HTTP\/1\.1 302 Found[\s\S]*Location: \/portal\/\r\n/)
    expect(p.data('turn').map((t) => t.source)).toEqual(['fallback', 'static'])
  })
})

describe('signing in', () => {
  it('opens the pages behind the form, keeps them for this visitor, and tells every try', async () => {
    const engine = new PageWriter()
    const hosts = new MemoryHosts()
    const p = await web({ engine, hosts })
    expect(await get(p, '/portal/orders.php')).toContain('Location: /portal/\r\n')
    const home = await post(p, '/portal/login.php', 'user=maris&pass=right')
    expect(home).toMatch(/^HTTP\/1\.1 302 Found[\s\S]*Location: \/portal\/orders\.php\r\n[\s\S]*Expires: Thu, 19 Nov 1981 08:52:00 GMT\r\n/)
    const [, cookie] = /Set-Cookie: (TW_SESSID=[a-z0-9]{26}); path=\/; HttpOnly/.exec(home)!
    const orders = await get(p, '/portal/orders.php', `Cookie: ${cookie}\r\n`)
    expect(orders).toContain('made 1')
    expect(engine.asked[0]!.state).toContain('signed in as "maris"')
    expect(p.data('login')).toMatchObject([{ method: 'form', username: 'maris', password: 'right', accepted: true }])
  })

  it('shows the form again with its own words after a wrong pair', async () => {
    const p = await web({ settings: { listen: { host: '127.0.0.1', offset: 0 } } })
    // On loopback every pair is right; an empty one never is.
    const again = await post(p, '/portal/login.php', 'user=admin&pass=')
    expect(again).toMatch(/^HTTP\/1\.1 200 OK/)
    expect(again).toContain('<p class="error">Customer number or password is wrong.</p>')
    expect(p.data('login')).toMatchObject([{ username: 'admin', accepted: false }])
  })

  it('leads into the site without a model too', async () => {
    const p = await web()
    const [, cookie] = /Set-Cookie: (TW_SESSID=[a-z0-9]+);/.exec(await post(p, '/portal/login.php', 'user=maris&pass=right'))!
    const home = await get(p, '/portal/orders.php', `Cookie: ${cookie}\r\n`)
    expect(home).toMatch(/^HTTP\/1\.1 200 OK[\s\S]*<h1>Trade portal<\/h1>\s*<p>maris<\/p>/)
  })

  it("is LuCI's on a router: 403 with the form, a wrong pair with its words, uhttpd on the wire", async () => {
    const p = await web({ persona: 'openwrt-router' })
    const luci = await get(p, '/cgi-bin/luci/admin/status/overview')
    expect(luci).toMatch(
      /^HTTP\/1\.1 403 Forbidden\r\nConnection: close\r\nTransfer-Encoding: chunked\r\nContent-Type: text\/html; charset=UTF-8\r\n\r\n[0-9A-F]+\r\n/,
    )
    expect(luci).toContain('name="luci_password"')
    expect(await post(p, '/cgi-bin/luci/', 'luci_username=root&luci_password=')).toContain(
      'Invalid username and/or password! Please try again.',
    )
    expect(await post(p, '/cgi-bin/luci/', 'luci_username=root&luci_password=a')).toMatch(
      /302 Found[\s\S]*Set-Cookie: sysauth_http=[0-9a-f]{32}; path=\/cgi-bin\/luci\/; SameSite=strict; HttpOnly\r\n/,
    )
    const missing = await get(p, '/x?<b>')
    expect(missing).toMatch(
      /Content-Type: text\/html\r\n\r\n12\r\n<h1>Not Found<\/h1>\r\n[0-9A-F]+\r\nThe requested URL \/x\?&lt;b&gt; was not found on this server\.\r\n0\r\n\r\n$/,
    )
  })

  it('asks for the password of an area in the way of the server', async () => {
    const engine = new PageWriter()
    const p = await web({ engine })
    expect(await get(p, '/admin/')).toMatch(/^HTTP\/1\.1 401 Unauthorized\r\n[\s\S]*WWW-Authenticate: Basic realm="Tarnholt"\r\n/)
    const credentials = Buffer.from('maris:right').toString('base64')
    expect(await get(p, '/admin/', `Authorization: Basic ${credentials}\r\n`)).toContain('made 1')
    expect(p.data('login')).toMatchObject([{ method: 'basic', username: 'maris', accepted: true }])
  })
})

describe('what an attacker leaves', () => {
  const shell = '<?php system($_GET["cmd"]); ?>'

  it('is kept whole as an artifact', async () => {
    const p = await web({ engine: new PageWriter() })
    const body = `--B\r\nContent-Disposition: form-data; name="f"; filename="shell.php"\r\n\r\n${shell}\r\n--B--\r\n`
    await post(p, '/portal/upload.php', body, 'multipart/form-data; boundary=B')
    expect(p.data('artifact')).toMatchObject([{ how: 'http.upload', name: 'shell.php', size: shell.length }])
    expect(p.artifacts.get(p.data<{ sha256: string }>('artifact')[0]!.sha256)?.toString()).toBe(shell)
  })

  it('runs on the simulated host when it is a web shell under the document root', async () => {
    const hosts = new MemoryHosts()
    const p = await web({ hosts })
    hosts.files.set('/var/www/tarnholt/public/up/s.php', Buffer.from(`GIF89a\n${shell}`))
    const answer = await get(p, '/up/s.php?cmd=id%3B+uname+-a')
    expect(answer).toContain("GIF89a\nran cd '/var/www/tarnholt/public/up' && id; uname -a as www-data\n")
    expect(hosts.commands).toMatchObject([{ user: 'www-data', via: 'www' }])
  })
})

/** Names as scanners draw them; always the same, so that a run can be looked into. */
function nameOf(i: number): string {
  const bytes = createHash('sha256').update(`name ${i}`).digest()
  return bytes.subarray(0, 4 + (i % 9)).toString(i % 2 ? 'hex' : 'base64url')
}

describe('scanners', () => {
  it('find a 404 at 5,000 random paths, and no path costs a question to the model', async () => {
    const engine = new PageWriter()
    const p = await web({ engine })
    const shapes = [
      (r: string): string => `/${r}`,
      (r: string): string => `/${r}.php`,
      (r: string): string => `/admin${r}/`,
      (r: string): string => `/api/${r}`,
      (r: string): string => `/portal/${r}.php`,
      (r: string): string => `/backup/${r}.zip`,
    ]
    const statuses = new Map<string, number>()
    let requests = ''
    let count = 0
    for (let i = 0; i < 5000; i++) {
      requests += `GET ${shapes[i % shapes.length]!(nameOf(i))} HTTP/1.1\r\nHost: x\r\n${++count === 900 || i === 4999 ? 'Connection: close\r\n' : ''}\r\n`
      if (count < 900 && i < 4999) continue
      const answer = await send(p, requests)
      for (const [, status] of answer.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)) statuses.set(status!, (statuses.get(status!) ?? 0) + 1)
      requests = ''
      count = 0
    }
    expect([...statuses]).toEqual([['404', 5000]])
    expect(engine.asked).toHaveLength(0)
  }, 30_000)
})

describe('requests of one client', () => {
  it('are one session, whatever connection they came over', async () => {
    const p = await web()
    await get(p, '/', 'User-Agent: a\r\n')
    await get(p, '/news/', 'User-Agent: a\r\n')
    await get(p, '/', 'User-Agent: b\r\n')
    await p.seen('session.close', 3)
    const sessions = p.events.filter((e) => e.type === 'http.request').map((e) => e.session)
    expect(sessions[0]).toBe(sessions[1])
    expect(sessions[2]).not.toBe(sessions[0])
    const kinds = p.events.filter((e) => e.session === sessions[2]).map((e) => e.type)
    expect(kinds).toEqual(['session.open', 'fingerprint', 'http.request', 'turn', 'session.close'])
    expect(p.data('fingerprint')[0]).toMatchObject({
      kind: 'ja4h',
      value: expect.stringMatching(/^ge11nn030000_[0-9a-f]{12}_0{12}_0{12}$/),
      raw: 'Host,User-Agent,Connection',
    })
  })
})

describe('the TLS port', () => {
  it("answers plain HTTP with the server's own page", async () => {
    const p = await web()
    const answer = (await p.exchange('GET / HTTP/1.1\r\nHost: x\r\n\r\n', { port: p.port(1) })).toString()
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\nServer: nginx\/1\.22\.1\r\n[\s\S]*The plain HTTP request was sent to HTTPS port/)
  })
})
