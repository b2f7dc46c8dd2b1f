import { describe, expect, it } from 'vitest'
import { ConfigProblem } from '../../../src/config/problem.ts'
import { examplesOf, importNuclei, requestOf, type Trap, TrapEngine } from '../../../src/http/traps/index.ts'
import { NoSample, sampleOf } from '../../../src/http/traps/nuclei/sample.ts'

const only = (text: string): Trap => importNuclei('t.yaml', text).product.traps[0]!
const info = 'info:\n  name: A thing\n  severity: high\n'

describe('a template of nuclei', () => {
  it('becomes a trap with the answer that its matchers ask for', () => {
    const trap = only(`
id: CVE-2030-1234
info:
  name: Thing 1.2 - File reading
  severity: critical
  reference: [https://example.org/a]
  classification: { cvss-score: 9.1, cve-id: CVE-2030-1234 }
  metadata: { product: thing }
http:
  - method: GET
    path: ['{{BaseURL}}/thing/read?f=../../etc/passwd']
    matchers-condition: and
    matchers:
      - { type: regex, regex: ['root:.*:0:0:'] }
      - { type: word, part: header, words: ['application/json'] }
      - { type: word, words: ['"ok":true', '"file"'], condition: and }
      - { type: status, status: [206] }
`)
    expect(trap).toMatchObject({ id: 'cve-2030-1234', cve: ['CVE-2030-1234'], risk: 9.1, references: ['https://example.org/a'] })
    expect(trap.match).toEqual({ method: 'GET', target: '/thing/read?f=../../etc/passwd' })
    expect(trap.answer).toMatchObject({ status: 206, type: 'application/json' })
    const { body } = trap.answer as { body: string }
    for (const wanted of [/root:.*:0:0:/, /"ok":true/, /"file"/]) expect(body).toMatch(wanted)
  })

  it('captures what is random in the path, and shows it again', () => {
    const trap = only(
      `id: reflect\n${info}http:\n  - path: ['{{BaseURL}}/echo/{{randstr}}/end']\n    matchers: [{ type: word, words: ['hello {{randstr}}'] }]\n`,
    )
    expect(trap.match).toMatchObject({ target: { starts: '/echo/', matches: '^/echo/(?P<random1>[^/?&]+)/end$' } })
    expect(trap.answer).toMatchObject({ body: 'hello {{capture.random1}}' })
  })

  it('computes digests, takes the first payload, and reads raw requests and expressions', () => {
    const { product, undecided } = importNuclei(
      't.yaml',
      `id: two-steps\n${info}variables: { word: abc }
http:
  - raw:
      - |
        GET /login HTTP/1.1
        Host: {{Hostname}}
      - |
        POST /run HTTP/1.1
        Host: {{Hostname}}
        X-Token: {{token}}

        cmd=echo+{{word}}&x=1
    payloads: { token: [letmein, other] }
    matchers:
      - type: dsl
        dsl: ["status_code_2 == 200 && contains(body_2, '{{md5(\\"a\\")}}') && contains(header_2, 'X-Ran: yes')"]
`,
    )
    expect(undecided).toEqual([])
    expect(product.traps.map(({ id }) => id)).toEqual(['two-steps-1', 'two-steps-2'])
    expect(product.traps[1]!.match).toEqual({
      method: 'POST',
      target: '/run',
      header: { 'X-Token': ['letmein', 'other'] },
      body: { contains: ['cmd=echo+abc&x=1'] },
    })
    expect(product.traps[1]!.answer).toMatchObject({ body: '0cc175b9c0f1b6a831c399e269772661', headers: { 'X-Ran': 'yes' } })
  })

  it('shows the digest of what a request brings anew in every scan', async () => {
    const { product, undecided } = importNuclei(
      't.yaml',
      `id: digest\n${info}variables: { num: '{{rand_int(1000, 9999)}}', fix: abc }
http:
  - method: POST
    path: ['{{BaseURL}}/run']
    body: 'a=1&cmd=echo(md5({{num}}));&b={{randstr}}'
    matchers:
      - { type: word, words: ['{{md5(num)}}', '<{{randstr}}>', '{{md5(fix)}}'], condition: and }
`,
    )
    expect(undecided).toEqual([])
    const body = 'a=1&cmd=echo(md5(4711));&b=Xy1'
    const request = requestOf(Buffer.from(`POST /run HTTP/1.1\r\nHost: h\r\nContent-Length: ${body.length}\r\n\r\n${body}`))
    const found = new TrapEngine([product]).find(request)
    expect([...(found?.captures ?? [])]).toEqual([
      ['random1', '4711'],
      ['random2', 'Xy1'],
    ])
    expect(product.traps[0]?.answer).toMatchObject({
      body: '{{capture.random1 | md5}}\n<{{capture.random2}}>\n900150983cd24fb0d6963f7d28e17f72',
    })
  })

  it('is met by each of its payloads, and by any of a list that it does not bring along', () => {
    const listed = only(
      `id: listed\n${info}http:\n  - path: ['{{BaseURL}}/{{name}}/x']\n    payloads: { name: [a, b, c] }\n    matchers: [{ type: status, status: 200 }]\n`,
    )
    expect(listed.match).toEqual({ method: 'GET', target: ['/a/x', '/b/x', '/c/x'] })
    const file = only(
      `id: file\n${info}http:\n  - path: ['{{BaseURL}}/{{name}}/x']\n    payloads: { name: helpers/words.txt }\n    matchers: [{ type: status, status: 200 }]\n`,
    )
    expect(file.match).toMatchObject({ target: { matches: '^/(?P<random1>[^/?&]+)/x$' } })
  })

  it('of several steps hands out what the next one is made of', () => {
    const { product, undecided } = importNuclei(
      't.yaml',
      `id: steps\n${info}http:
  - raw:
      - |
        GET /form HTTP/1.1
        Host: {{Hostname}}
      - |
        POST /send?nonce={{nonce}} HTTP/1.1
        Host: {{Hostname}}
    extractors:
      - { type: regex, name: nonce, group: 1, regex: ['name="nonce" value="([a-f0-9]{8})"'], internal: true }
    matchers:
      - { type: dsl, dsl: ['regex("done [0-9]+", body) && contains(body, md5("a")) || false'] }
`,
    )
    expect(undecided).toEqual([])
    const [form, send] = product.traps
    expect(form?.answer).toMatchObject({ body: 'name="nonce" value="aaaaaaaa"' })
    expect(send?.match).toMatchObject({ target: { starts: '/send?nonce=', matches: '^/send\\?nonce=(?P<random1>[^/?&]+)$' } })
    expect(send?.answer).toMatchObject({ body: 'done 0\n0cc175b9c0f1b6a831c399e269772661\nname="nonce" value="aaaaaaaa"' })
  })

  it('says what no answer can satisfy', () => {
    const { undecided } = importNuclei(
      't.yaml',
      `id: oob\n${info}http:\n  - path: ['{{BaseURL}}/x']\n    matchers-condition: and\n    matchers: [{ type: word, part: interactsh_protocol, words: [dns] }, { type: regex, regex: ['(?=a)b'] }]\n`,
    )
    expect(undecided).toEqual(['a call back to the scanner, which is never made', 'no text is made for (?=a)b'])
  })

  it('makes traps that meet their own examples', () => {
    const { product } = importNuclei(
      't.yaml',
      `id: own\n${info}requests:\n  - method: POST\n    path: ['{{BaseURL}}/a/{{randstr}}.php?x={{rand_int}}']\n    body: 'data={{randstr}}&action=upload'\n    matchers: [{ type: status, status: 200 }]\n`,
    )
    const engine = new TrapEngine([product])
    for (const trap of product.traps)
      expect(engine.findAll(requestOf(examplesOf(trap)[0]!.bytes)).map((found) => found.trap.id)).toEqual([trap.id])
  })

  it('that is none is refused with file, line and key', () => {
    expect(() => importNuclei('t.yaml', 'id: x\ninfo:\n  severity: low\n')).toThrow(ConfigProblem)
    expect(() => importNuclei('t.yaml', 'id: x\ninfo:\n  severity: low\n')).toThrow(/t\.yaml:2: info\.name/)
  })
})

describe('a sample', () => {
  it.each([
    'root:.*:0:0:',
    '[a-f]{5}-[0-9]{3}',
    '(?i)<title>(?:Foo|Bar) v([\\d.]+)</title>',
    '^a+b?[^"<]+\\s\\w{3}$',
    'uid=[0-9]+\\([a-z]+\\)',
  ])('fits %s', (pattern) => {
    const [, flags = '', source = pattern] = /^\(\?([a-z]+)\)(.*)$/s.exec(pattern) ?? []
    expect(sampleOf(pattern)).toMatch(new RegExp(source, flags))
  })

  it.each(['(?=a)', '(a', '(a)\\1'])('is not made of %s', (pattern) => {
    expect(() => sampleOf(pattern)).toThrow(NoSample)
  })
})
