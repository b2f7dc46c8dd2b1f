import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { ConfigProblem } from '../../../src/config/problem.ts'
import { arithmetic } from '../../../src/http/traps/arithmetic.ts'
import { loadTraps, requestOf, SHIPPED_TRAPS, TrapEngine } from '../../../src/http/traps/index.ts'
import { Product } from '../../../src/http/traps/schema.ts'
import { parseTemplate, TemplateError } from '../../../src/http/traps/template-syntax.ts'

const folder = mkdtempSync(join(tmpdir(), 'traps-'))
afterAll(() => rmSync(folder, { recursive: true }))

function problemOf(text: string): string {
  writeFileSync(join(folder, 'one.yaml'), text)
  try {
    loadTraps(folder)
    return ''
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigProblem)
    return (error as Error).message.replaceAll(`${folder}/`, '')
  }
}

const file = (trap: string): string => `product: one\nname: One\nversion: '1'\ntraps:\n  - id: a\n    about: b\n    risk: 5\n${trap}`

describe('a mistake in a trap file is told with file, line, key and cure', () => {
  it.each([
    [
      'a key that there is not',
      "    match: GET /\n    answr: x\n    answer: ''\n",
      /one\.yaml:9: traps\[0\]\.answr: no such key\n {4}cure: remove it.*docs\/traps\.md/,
    ],
    [
      'a regular expression that RE2 does not have',
      "    match: { path: { starts: /x/, matches: '(?=a)' } }\n    answer: ''\n    examples: [GET /x/]\n",
      /one\.yaml:8: traps\[0\]\.match.*no regular expression of RE2.*\n {4}cure: write it for RE2/s,
    ],
    [
      'a value that there is not',
      "    match: GET /\n    answer: '{{querry.a}}'\n",
      /one\.yaml:9: traps\[0\]\.answer: there is no value "querry\.a"/,
    ],
    [
      'a kind of honeytoken that there is not',
      "    match: GET /\n    answer: '{{honeytoken:jwt:a}}'\n",
      /there is no value "honeytoken:jwt:a"/,
    ],
    ['a filter that there is not', "    match: GET /\n    answer: '{{query.a | md6}}'\n", /there is no filter "md6"/],
    ['no example', "    match: { path: /x }\n    answer: ''\n", /one\.yaml:5: traps\[0\]: there is no example\n {4}cure: add `examples`/],
    [
      'a step behind a trap that there is not',
      "    match: GET /\n    after: [zz]\n    answer: ''\n",
      /one\.yaml:9: traps\[0\]\.after: there is no trap "zz" here/,
    ],
  ])('%s', (_, trap, message) => {
    expect(problemOf(file(trap))).toMatch(message)
  })
})

const product = (traps: unknown[]): Product => Product.parse({ product: 'p', name: 'P', version: '1', traps })
const trap = (id: string, match: unknown): unknown => ({ id, about: id, risk: 1, match, answer: '', examples: ['GET /'] })
const met = (match: unknown, request: string): boolean =>
  new TrapEngine([product([trap('a', match)])]).find(requestOf(Buffer.from(request.replaceAll('\n', '\r\n')))) !== undefined

describe('a match', () => {
  const post = 'POST /a/b?x=1 HTTP/1.1\nHost: h\nCookie: k=v\nContent-Type: application/json\n\n{"u":{"n":"bob","z":[7]}}'
  it.each([
    [{ method: 'POST', path: '/a/b' }, true],
    [{ method: 'GET' }, false],
    [{ path: ['/c', '/a/b'] }, true],
    [{ path: { starts: '/A/', ignoreCase: true } }, true],
    [{ query: { x: '1' } }, true],
    [{ query: { y: { present: false } } }, true],
    [{ cookie: { k: { contains: 'v' } } }, true],
    [{ header: { 'content-type': { ends: 'json' } } }, true],
    [{ json: { '/u/n': 'bob', '/u/z/0': '7' } }, true],
    [{ json: { '/u/none': { present: true } } }, false],
    [{ body: { contains: ['bob', 'z'] } }, true],
    [{ body: { containsAny: ['no', 'bob'] } }, true],
    [{ all: [{ path: '/a/b' }, { method: 'GET' }] }, false],
    [{ any: [{ path: '/zz' }, { method: 'POST' }] }, true],
    [{ path: '/a/b', not: { query: { x: '1' } } }, false],
    [{ size: { min: 5, max: 10 } }, false],
    [{ state: { x: { present: true } } }, false],
  ])('of %j is %s', (match, expected) => {
    expect(met(match, post)).toBe(expected)
  })

  it('of a path looks at what was normalised, of a url at what was only decoded', () => {
    const request = 'GET /a/%252e%252e/b?q=%41 HTTP/1.1\nHost: h\n\n'
    expect(met({ url: '/a/../b?q=A' }, request)).toBe(true)
    expect(met({ target: '/a/%252e%252e/b?q=%41' }, request)).toBe(true)
    expect(met({ path: { starts: '/a/' } }, 'GET /a/../b HTTP/1.1\nHost: h\n\n')).toBe(false)
  })
})

describe('sums', () => {
  it('are those of a calculator', () => {
    fc.assert(
      fc.property(fc.nat(99_999), fc.nat(99_999), fc.integer({ min: 1, max: 999 }), (a, b, c) => {
        expect(arithmetic(`(${a} + ${b})*${c} - ${a}%${c}`)).toBe(String((a + b) * c - (a % c)))
      }),
    )
  })

  it('are not made of anything else', () => {
    fc.assert(fc.property(fc.string(), (text) => void arithmetic(text)))
    for (const text of ['', '1+', '2**3', 'a', '(1', '1/0', '9'.repeat(300), '9'.repeat(59).concat('*9999')])
      expect(arithmetic(text)).toBeUndefined()
  })
})

it('templates throw nothing but their own error', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('{', '}', "'", '|', ' ', 'a', '.') }), (text) => {
      try {
        parseTemplate(text)
      } catch (error) {
        expect(error).toBeInstanceOf(TemplateError)
      }
    }),
  )
})

it('finds the trap among five hundred in less than 5 ms, for long requests too', () => {
  const shipped = loadTraps(SHIPPED_TRAPS)
  const more = shipped.map((one) => ({
    ...one,
    product: `${one.product}-2`,
    traps: one.traps.map((each) => ({ ...each, id: `${each.id}-2` })),
  }))
  const third = shipped
    .slice(0, 20)
    .map((one) => ({ ...one, product: `${one.product}-3`, traps: one.traps.map((each) => ({ ...each, id: `${each.id}-3` })) }))
  const engine = new TrapEngine([...more, ...third, ...shipped])
  expect(engine.size).toBeGreaterThanOrEqual(500)
  const requests = [
    'GET / HTTP/1.1',
    `GET /${'a/'.repeat(3000)} HTTP/1.1`,
    `GET /x?${'${('.repeat(2000)} HTTP/1.1`,
    `GET /remote/x?${'../'.repeat(2000)} HTTP/1.1`,
  ].map((line) =>
    requestOf(Buffer.from(`${line}\r\nHost: h\r\nUser-Agent: () { x; ${'a'.repeat(2000)}\r\nContent-Type: text/plain\r\n\r\n`)),
  )
  for (const request of requests) engine.find(request)
  const took = requests.map((request) => {
    const runs = Array.from({ length: 5 }, () => {
      const before = performance.now()
      engine.find(request)
      return performance.now() - before
    })
    return Math.min(...runs)
  })
  for (const ms of took) expect(ms).toBeLessThan(5)
})
