import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseLenient, withoutThinking } from '../../src/llm/lenient-json.ts'

describe('the lenient JSON reader', () => {
  it('reads what JSON.stringify writes, exactly', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ minLength: 1 }), fc.jsonValue()), (object) => {
        const text = JSON.stringify(object)
        // All but the name that every object inherits, on any level; a reviver that returns undefined takes a name out.
        const value = JSON.parse(text, (name, found) => (name === '__proto__' ? undefined : found))
        expect(parseLenient(text)).toEqual({ value, cut: undefined })
      }),
    )
  })

  it('never throws, whatever it reads', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseLenient(`{${text}`)))
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('{', '}', '[', ']', '"', ':', ',', '\\', '//', '/*', 'a', '1', '\n')),
        (parts) => void parseLenient(parts.join('')),
      ),
    )
  })

  it.each([
    ['prose and a fence around', 'Sure:\n```json\n{"a": 1}\n```\nDone {really}.', { a: 1 }],
    ['trailing commas', '{"a": [1, 2,], "b": {"c": 1,},}', { a: [1, 2], b: { c: 1 } }],
    ['raw line breaks in texts', '{"a": "one\ntwo\t"}', { a: 'one\ntwo\t' }],
    ['Python’s words and quotes', "{'a': True, 'b': None, 'c': 'it'}", { a: true, b: null, c: 'it' }],
    ['names without quotes', '{a: 1, b_c: "x"}', { a: 1, b_c: 'x' }],
    ['comments', '{"a": 1, // one\n /* two */ "b": 2}', { a: 1, b: 2 }],
    ['quotes within texts', '{"a": "say "hi" now", "b": 1}', { a: 'say "hi" now', b: 1 }],
    ['unknown and broken escapes', String.raw`{"a": "\d\u00e9\u12"}`, { a: 'dé12' }],
  ])('reads %s', (_name, text, value) => {
    expect(parseLenient(text)).toEqual({ value, cut: undefined })
  })

  it('says at which name a text was cut', () => {
    expect(parseLenient('{"stdout": "one\\ntw')).toEqual({ value: { stdout: 'one\ntw' }, cut: 'stdout' })
    expect(parseLenient('{"stdout": "one", "operations": [{"type": "mk')).toEqual({
      value: { stdout: 'one', operations: [{ type: 'mk' }] },
      cut: 'operations',
    })
    expect(parseLenient('{"stdout": "one", ')).toEqual({ value: { stdout: 'one' }, cut: '' })
  })

  it('finds no object where there is none, and stops at depth', () => {
    expect(parseLenient('no braces here')).toBeUndefined()
    expect(parseLenient('} { not json [')).toBeUndefined()
    expect(parseLenient('{"a":'.repeat(5_000))).toBeUndefined()
  })

  it('does not let a model set what every object inherits', () => {
    const found = parseLenient('{"__proto__": {"polluted": true}, "a": 1}')
    expect(found).toEqual({ value: { a: 1 }, cut: undefined })
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  })

  it('takes time in proportion to the text', () => {
    const started = performance.now()
    parseLenient(`{"a": "${'"'.repeat(100_000)}`)
    parseLenient(`${'{'.repeat(100_000)}`)
    withoutThinking('<think>'.repeat(100_000))
    expect(performance.now() - started).toBeLessThan(1_000)
  })
})

describe('thinking', () => {
  it.each([
    ['<think>Let me {think}.</think>{"a": 1}', '{"a": 1}'],
    ['The user wants…</think>\n{"a": 1}', '\n{"a": 1}'],
    ['{"a": 1}<think>never ended', '{"a": 1}'],
    ['<|channel|>analysis<|message|>hm {}<|end|><|start|>assistant<|channel|>final<|message|>{"a": 1}', '{"a": 1}'],
  ])('is taken out of %j', (text, kept) => {
    expect(withoutThinking(text)).toBe(kept)
  })
})
