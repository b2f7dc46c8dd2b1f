import { afterEach, describe, expect, it } from 'vitest'
import { Identity } from '../../../src/config/identity.ts'
import { loadPersona } from '../../../src/config/personas.ts'
import { applianceOf } from '../../../src/emulators/cisco-asa/appliance.ts'
import ciscoAsa from '../../../src/emulators/cisco-asa/index.ts'
import type { defineLure } from '../../../src/sensor/lure.ts'
import { type Playing, play } from '../../harness.ts'
import { ask, findsOf } from '../../http/ask.ts'
import { MemoryHosts } from '../../http/memory-hosts.ts'

/** The same lure without TLS, so that tests see the bytes. */
const plain = { ...ciscoAsa, ports: [{ transport: 'tcp' as const, port: 8443 }, ...ciscoAsa.ports.slice(1)] } as ReturnType<
  typeof defineLure
>

let playing: Playing | undefined
afterEach(async () => {
  await playing?.stop()
  playing = undefined
})

async function appliance(options: Record<string, unknown> = {}): Promise<Playing> {
  playing = await play(plain, {
    persona: 'plain',
    prompts: 'test/fixtures/prompts',
    hosts: new MemoryHosts(),
    options: { release: '9.8(2)', ...options },
    settings: { limits: { connectionsPerSource: 200 } },
  })
  return playing
}

const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' }
const init = (group = 'VPN'): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<config-auth client="vpn" type="init" aggregate-auth-version="2">\n<version who="vpn">3.1.05160</version>\n<device-id device-type="MacBookAir4,1" platform-version="10.9.2" unique-id="AB12">mac-intel</device-id>\n<mac-address-list>\n<mac-address>00-11-22-33-44-55</mac-address></mac-address-list>\n<group-select>${group}</group-select>\n<group-access>https://a</group-access>\n</config-auth>`
const reply = (user: string, password: string): string =>
  `<config-auth client="vpn" type="auth-reply"><version who="vpn">4.10.07062</version><device-id>win</device-id><auth><username>${user}</username><password>${password}</password></auth><group-select>x</group-select></config-auth>`

describe('the portal', () => {
  it('answers HTTP/1.0 in HTTP/1.0, with the lines that nmap names an ASA by', async () => {
    const p = await appliance()
    const bytes = (await p.exchange('GET / HTTP/1.0\r\n\r\n', { quietMs: 3_000 })).toString('latin1')
    // nmap-service-probes: Cisco ASA firewall http config
    expect(bytes).toMatch(
      /^HTTP\/1\.0 200 OK\r\nContent-Type: text\/html\r\nCache-Control: no-cache\r\nPragma: no-cache\r\n(?:[^\r\n]+\r\n)*?Set-Cookie: tg=; expires=Thu, 01 Jan 1970 22:00:00 GMT; path=\/; secure\r\nSet-Cookie: webvpn=;[\s\S]*\/\+CSCOE\+\/logon\.html/,
    )
    expect(bytes).not.toMatch(/^Server:/m)
    expect([...bytes.matchAll(/Set-Cookie: (\w+)=/g)].map(([, name]) => name)).toEqual([
      'tg',
      'webvpn',
      'webvpnc',
      'webvpn_portal',
      'webvpnSharePoint',
      'webvpnlogin',
      'sdesktop',
    ])
  })

  it('shows a form with the groups, and nothing that names the honeypot of old', async () => {
    const p = await appliance()
    const { body } = await ask(p, 'GET', '/+CSCOE+/logon.html?fcadbadd=1')
    expect(body).toContain('<title>SSL VPN Service</title>')
    expect(body.match(/<option /g)?.length).toBeGreaterThan(1)
    // nuclei: cisco-asa-honeypot-detect
    expect(body).not.toContain('<input style="font-weight: bold; cursor: pointer;" type="submit" name="Login" value="Logon" />')
    expect((await ask(p, 'GET', '/+CSCOU+/portal.css')).header('content-type')).toBe('text/css')
    expect((await ask(p, 'GET', '/foo/bar/win.js')).status).toBe(404)
  })

  it('writes every login down and sends who is refused back to the form that says so', async () => {
    const p = await appliance()
    const refused = await ask(p, 'POST', '/+webvpn+/index.html', { headers: FORM, body: 'tgroup=&username=u&password=p&Login=Login' })
    expect(refused.body).toContain('/+CSCOE+/logon.html?a0=15&a1=&a2=&a3=1&reason=1')
    expect((await ask(p, 'GET', '/+CSCOE+/logon.html?a0=15&a1=&a2=&a3=1&reason=1')).body).toContain('Login failed.')
    expect(p.data('login')).toMatchObject([{ method: 'webvpn', username: 'u', password: 'p', accepted: false }])
  })

  it('lets in whom the policy lets in, with a session that the portal knows', async () => {
    const p = await appliance({ login: { policy: 'list', accept: [{ user: 'vpn', password: 'vpn' }] } })
    const { head } = await ask(p, 'POST', '/+webvpn+/index.html', { headers: FORM, body: 'username=vpn&password=vpn' })
    const [, cookie = ''] = /Set-Cookie: webvpn=([^;]+);/.exec(head) ?? []
    expect(cookie).toMatch(/^[0-9A-F]{6}@\d+@[0-9A-F]+@[0-9A-F]{40}$/)
    expect((await ask(p, 'GET', '/+CSCOE+/portal.html', { headers: { Cookie: `webvpn=${cookie}` } })).body).toContain('webvpn_logout')
    expect((await ask(p, 'GET', '/+CSCOE+/portal.html')).status).toBe(302)
    expect(p.data('cisco-asa.session')).toEqual([{ user: 'vpn' }])
  })

  it('has bookmarks that lead to servers inside, which are not reached and are written down', async () => {
    const p = await appliance({ login: { policy: 'list', accept: [{ user: 'vpn', password: 'vpn' }] } })
    const { head } = await ask(p, 'POST', '/+webvpn+/index.html', { headers: FORM, body: 'username=vpn&password=vpn' })
    const headers = { Cookie: `webvpn=${/Set-Cookie: webvpn=([^;]+);/.exec(head)?.[1]}` }
    const { body } = await ask(p, 'GET', '/+CSCOE+/portal.html', { headers })
    const [first = '', second = ''] = [...body.matchAll(/href="(\/\+CSCO\+[^"]+)"/g)].map(([, path]) => path)
    expect((await ask(p, 'GET', first)).status).toBe(302)
    expect((await ask(p, 'GET', first, { headers })).body).toContain('Server intranet unavailable.')
    await ask(p, 'GET', second, { headers })
    expect(p.data<{ wanted?: string }>('cisco-asa.session').flatMap(({ wanted }) => wanted ?? [])).toEqual([
      'https://intranet/',
      'https://webmail/owa/',
    ])
  })

  it.each([
    ['the form', '/+webvpn+/index.html', 'username=a&password=b&group_list=DefaultADMINGroup'],
    ['AnyConnect', '/', reply('a', 'b').replace('>x<', '>DefaultL2LGroup<')],
    [
      'what AnyConnect sends back',
      '/',
      reply('a', 'b').replace('<auth>', '<opaque><tunnel-group>DefaultADMINGroup</tunnel-group></opaque><auth>'),
    ],
  ])('tells attacks on the default groups in %s', async (_, target, body) => {
    const p = await appliance()
    await ask(p, 'POST', target, { ...(target === '/' ? {} : { headers: FORM }), body })
    expect((await p.seen('cisco-asa.exploit')).tags).toEqual(['cve:CVE-2023-20269', 'attack:T1110'])
    expect(p.data('login')).toMatchObject([{ username: 'a', password: 'b' }])
  })

  it('tells a login that is too long to be one (CVE-2020-3259), and answers it as any other', async () => {
    const p = await appliance()
    const { body } = await ask(p, 'POST', '/+webvpn+/index.html', { headers: FORM, body: `username=${'a'.repeat(5_000)}&password=b` })
    expect(body).toContain('reason=1')
    expect((await p.seen('cisco-asa.exploit')).tags).toEqual(['cve:CVE-2020-3259', 'attack:T1190'])
  })

  it.each([
    ['/CACHE/sdesktop/data.xml', /<config>[\s\S]*<location name="Default"\/>[\s\S]*<hostscan>/],
    ['/+CSCOE+/portal.js', /webvpn_logon/],
    ['/+CSCOU+/portal.css', /#logon_area/],
    ['/admin/public/index.html', /<title>Cisco ASDM 7\.8\(2\)<\/title>/],
    ['/admin/version.prop', /asa\.version=9\.8\(2\)/],
    ['/+webvpn+/index.html', /<auth id="main">[\s\S]*<option value="[A-Z-]+">/],
  ])('shows who looks around what is there: %s', async (target, shown) => {
    const answer = await ask(await appliance(), 'GET', target)
    expect([answer.status, answer.body]).toEqual([200, expect.stringMatching(shown)])
  })

  it('is another one in another installation, and the same after a restart', async () => {
    const persona = loadPersona('test/fixtures/prompts', 'plain', new Identity(Buffer.alloc(32, 7)))
    const of = (seed: number): object => {
      const { hostname, serial, version, groups, configHash } = applianceOf(persona, new Identity(Buffer.alloc(32, seed)), undefined)
      return { hostname, serial, version, groups, configHash }
    }
    expect(of(1)).toEqual(of(1))
    expect(new Set(Array.from({ length: 12 }, (_, n) => JSON.stringify(of(n)))).size).toBe(12)
    expect(new Set(Array.from({ length: 12 }, (_, n) => (of(n) as { version: string }).version)).size).toBeGreaterThan(1)
  })

  it('runs commands for an administrator, with secrets that are the reader’s own', async () => {
    const p = await appliance({ login: { policy: 'list', accept: [{ user: 'admin', password: 'cisco' }] } })
    expect((await ask(p, 'GET', '/admin/exec/show+version')).header('www-authenticate')).toBe('Basic realm="Authentication"')
    const basic = { Authorization: `Basic ${Buffer.from('admin:cisco').toString('base64')}` }
    expect((await ask(p, 'GET', '/admin/exec/show+version', { headers: basic })).body).toContain('Software Version 9.8(2)')
    const config = (await ask(p, 'GET', '/admin/exec/show+running-config', { headers: basic })).body
    const [, secret = ''] = /ldap-login-password (\w{14})/.exec(config) ?? []
    await ask(p, 'POST', '/+webvpn+/index.html', { headers: FORM, body: `username=svc-asa&password=${secret}` })
    expect((await p.seen('honeytoken.returned')).tags).toContain('canary:password')
  })
})

describe('AnyConnect', () => {
  it('gets a form for its init, with version, group and hash', async () => {
    const p = await appliance()
    const { body, header } = await ask(p, 'POST', '/', { headers: { 'X-Aggregate-Auth': '1', 'X-Transcend-Version': '1' }, body: init() })
    expect(header('content-type')).toMatch(/^text\/xml/)
    expect(body).toContain('<version who="sg">9.8(2)</version>')
    expect(body).toMatch(
      /<opaque is-for="sg">\n<tunnel-group>[A-Z-]+<\/tunnel-group>\n<group-alias>[\w-]+<\/group-alias>\n<aggauth-handle>\d+<\/aggauth-handle>\n<config-hash>\d+<\/config-hash>/,
    )
    expect(p.data('cisco-asa.anyconnect')).toEqual([
      {
        type: 'init',
        version: '3.1.05160',
        deviceId: 'mac-intel',
        deviceType: 'MacBookAir4,1',
        platform: '10.9.2',
        uniqueId: 'AB12',
        mac: '00-11-22-33-44-55',
        group: 'VPN',
      },
    ])
  })

  it('gets its form for a GET too, when it says what it is', async () => {
    const p = await appliance()
    expect((await ask(p, 'GET', '/', { headers: { 'X-Aggregate-Auth': '1' } })).body).toContain('type="auth-request"')
    expect((await ask(p, 'POST', '/')).header('location')).toBe('/+webvpn+/index.html')
  })

  it('sees its form again after a wrong password, and a session after a right one that ends at the pool', async () => {
    const p = await appliance({ login: { policy: 'list', accept: [{ user: 'a&b', password: 'right' }] } })
    expect((await ask(p, 'POST', '/', { body: reply('x', 'y') })).body).toContain('>Login failed.</error>')
    const { body, header } = await ask(p, 'POST', '/', { body: reply('a&amp;b', 'right') })
    const [, token = ''] = /<session-token>([^<]+)</.exec(body) ?? []
    expect(header('set-cookie')).toBe(`webvpn=${token}; path=/; secure`)
    const tunnel = await ask(p, 'CONNECT', '/CSCOSSLC/tunnel', { headers: { Cookie: `webvpn=${token}` } })
    expect([tunnel.status, tunnel.header('x-reason')]).toEqual([503, 'No address available for SVC connection'])
    expect(p.data('login')).toMatchObject([
      { username: 'x', accepted: false },
      { method: 'anyconnect', username: 'a&b', password: 'right', accepted: true },
    ])
  })

  it('keeps what CVE-2018-0101 brings, wherever it is sent', async () => {
    const p = await appliance()
    const { body } = await ask(p, 'POST', '/any', {
      body: '<config-auth><host-scan-reply>A</host-scan-reply><host-scan-reply>B</host-scan-reply></config-auth>',
    })
    expect(body).toContain('<error id="98" param1="" param2="">VPN Server could not parse request.</error>')
    expect(p.data('cisco-asa.exploit')).toEqual([
      { step: 'host-scan-reply', detail: 'A' },
      { step: 'host-scan-reply', detail: 'B' },
    ])
    expect((await p.seen('artifact')).data).toMatchObject({ how: 'cisco-asa.host-scan-reply' })
  })
})

describe('the holes', () => {
  const tagsOf = (p: Playing): string[][] => p.events.filter(({ type }) => type === 'cisco-asa.exploit').map(({ tags = [] }) => tags)

  it.each([
    '/+CSCOT+/translation-table?type=mst&textdomain=/%2bCSCOE%2b/portal_inc.lua&default-language&lang=../',
    '/+CSCOT+/oem-customization?app=AnyConnect&type=oem&platform=..&resource-type=..&name=%2bCSCOE%2b/portal_inc.lua',
  ])('CVE-2020-3452 reads the Lua of the portal: %s', async (target) => {
    const p = await appliance()
    const { body } = await ask(p, 'GET', target)
    expect(body).toContain('INTERNAL_PASSWORD_ENABLED')
    expect(body).toContain('CONF_VIRTUAL_KEYBOARD')
    expect(tagsOf(p)).toEqual([['cve:CVE-2020-3452', 'attack:T1190']])
  })

  it.each([
    'logon.html',
    'session.js',
    'user_dialog.html',
    'sess_update.html',
    'blank.html',
    'logon_custom.css',
    'include/browser_inc.lua',
  ])('CVE-2020-3452 reads %s as it lies there', async (name) => {
    const p = await appliance()
    const { status, body } = await ask(p, 'GET', `/+CSCOT+/oem-customization?app=AnyConnect&type=oem&name=%2bCSCOE%2b/${name}`)
    expect([status, body.length > 10, body.includes('{{')]).toEqual([200, true, false])
    if (name === 'logon.html') expect(body).toContain('<# OUT(HTMLEncode(GetLogonMessage())); #>')
  })

  it.each([
    '/+CSCOU+/../+CSCOE+/files/',
    '/+CSCOU+/%2e%2e/+CSCOE+/files/',
  ])('CVE-2018-0296 lists sessions and their users through %s', async (way) => {
    const p = await appliance()
    const listed = (await ask(p, 'GET', `${way}file_list.json?path=/sessions`)).body
    expect(listed).toMatch(/^\/\/\/sessions\n/)
    const [, id = ''] = /'name':'(\d+)'/.exec(listed) ?? []
    expect((await ask(p, 'GET', `${way}file_list.json?path=/sessions/${id}`)).body).toMatch(/'user:\w+'/)
    expect((await ask(p, 'GET', `${way}file_list.json?path=/`)).body).toMatch(/^\/\/\/\n[\s\S]*'sessions'[\s\S]*'\+CSCOE\+'/)
    expect((await ask(p, 'GET', `${way}file_list.json?path=%2bCSCOE%2b`)).body).toContain("'portal_inc.lua'")
    expect((await ask(p, 'GET', '/+CSCOE+/files/file_list.json?path=/sessions')).status).toBe(302)
    expect(tagsOf(p)[0]).toEqual(['cve:CVE-2018-0296', 'attack:T1190'])
  })

  it('CVE-2020-3187 deletes a file for who deletes it', async () => {
    const p = await appliance()
    expect((await ask(p, 'GET', '/+CSCOU+/csco_logo.gif')).status).toBe(200)
    const { head, status } = await ask(p, 'GET', '/+CSCOE+/session_password.html', {
      headers: { Cookie: 'token=../+CSCOU+/csco_logo.gif' },
    })
    expect([status, head]).toEqual([200, expect.stringContaining('webvpn')])
    expect((await ask(p, 'GET', '/+CSCOU+/csco_logo.gif')).status).toBe(404)
    expect(tagsOf(p)).toEqual([['cve:CVE-2020-3187', 'attack:T1190']])
  })

  it('CVE-2020-3580 gives markup back as it came', async () => {
    const p = await appliance()
    const { body, header } = await ask(p, 'POST', '/+CSCOE+/saml/sp/acs?tgname=a', {
      headers: FORM,
      body: 'SAMLResponse=%22%3E%3Csvg/onload=alert(1)%3E',
    })
    expect([header('content-type'), body]).toEqual(['text/html', expect.stringContaining('"><svg/onload=alert(1)>')])
    expect(tagsOf(p)).toEqual([['cve:CVE-2020-3580', 'attack:T1190']])
  })

  it('CVE-2025-20362 reaches the upload without a login, and CVE-2025-20333 ends the connection', async () => {
    const p = await appliance()
    const target = '/+CSCOU+//../+CSCOE+/files/file_action.html?mode=upload&path=foo&server=srv&sourceurl=qaz'
    const { status, body } = await ask(p, 'POST', target, {
      headers: { 'Content-Type': 'application/x-www-form-urlencoded;boundary=ee' },
      body: 'aabbccdd\r\n',
    })
    expect([status, body]).toEqual([200, expect.stringContaining("<script>alert('CSRF token mismatch')")])
    expect((await ask(p, 'POST', '/+CSCOE+/files/file_action.html?mode=upload', { body: 'x' })).status).toBe(302)
    const crash = await ask(p, 'POST', target, {
      headers: { 'Content-Type': `multipart/form-data; boundary=${'A'.repeat(9_000)}` },
      body: 'x',
    })
    expect(crash.head).toBe('')
    expect(tagsOf(p)).toEqual([
      ['cve:CVE-2025-20362', 'attack:T1190'],
      ['cve:CVE-2025-20362', 'cve:CVE-2025-20333', 'attack:T1190'],
    ])
  })

  it('says "vulnerable" to the published probes of its product and "not found" to all others', async () => {
    expect(await findsOf(await appliance())).toEqual(['CVE-2020-3452', 'anyconnect-init', 'cisco-asa-panel-detect', 'wp-random-plugin-404'])
  })
})
