import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseQuery, QueryProblem } from '../../../src/store/query/parse.ts'
import { printQuery } from '../../../src/store/query/print.ts'
import { anyQuery } from './any-query.ts'

describe('a query', () => {
  it('is read as Kibana reads it', () => {
    expect(parseQuery('src_ip:203.0.113.7 and lure:ssh and not source:static')).toEqual({
      kind: 'and',
      parts: [
        { kind: 'is', field: 'src_ip', value: '203.0.113.7' },
        { kind: 'is', field: 'lure', value: 'ssh' },
        { kind: 'not', part: { kind: 'is', field: 'source', value: 'static' } },
      ],
    })
  })

  it('binds "not" closer than "and", and "and" closer than "or"', () => {
    expect(parseQuery('not lure:a and lure:b or lure:c')).toEqual(parseQuery('((not lure:a) and lure:b) or lure:c'))
  })

  it('takes several values for a field, phrases, numbers, existence and bare words', () => {
    expect(parseQuery('user:(root or "back up")')).toEqual(parseQuery('username:root or username:"back up"'))
    expect(parseQuery('turns >= 5 and duration < 1.5')).toEqual({
      kind: 'and',
      parts: [
        { kind: 'compare', field: 'turns', operator: '>=', value: 5 },
        { kind: 'compare', field: 'duration', operator: '<', value: 1.5 },
      ],
    })
    expect(parseQuery('port:22')).toEqual({ kind: 'compare', field: 'port', operator: '=', value: 22 })
    expect(parseQuery('cve:*')).toEqual({ kind: 'exists', field: 'cve' })
    expect(parseQuery('busybox wget')).toEqual(parseQuery('busybox and wget'))
  })

  it('takes IPv6 addresses, URLs and tags as they stand', () => {
    expect(parseQuery('src_ip:2001:db8::7')).toEqual({ kind: 'is', field: 'src_ip', value: '2001:db8::7' })
    expect(parseQuery('url:http://198.51.100.1/x?a=b')).toMatchObject({ field: 'indicator', value: 'http://198.51.100.1/x?a=b' })
    expect(parseQuery('tag:attack:T1105')).toMatchObject({ field: 'tag', value: 'attack:T1105' })
  })

  it('is nothing when there is nothing in it', () => {
    expect(parseQuery(' \t ')).toBeUndefined()
  })

  it.each([
    ['lure:', 5, 'a value of lure is missing'],
    ['(lure:ssh', 0, 'this bracket is never closed'],
    ['lure:ssh)', 8, 'this bracket was never opened'],
    ['"wget', 0, 'the quotation mark has no partner'],
    ['lure:ssh and', 12, 'a word or a field is missing here'],
    ['turns:many', 6, 'turns is a number, "many" is none'],
    ['lure > 5', 0, 'lure is no number: use lure:value'],
    ['src:1.2.3.4', 0, 'there is no field "src"; did you mean src_ip?'],
  ])('that is wrong says where and why: %s', (text, at, message) => {
    expect(() => parseQuery(text)).toThrow(expect.objectContaining({ at, message }))
  })

  it('reads back from its own text', () => {
    fc.assert(
      fc.property(anyQuery, (query) => {
        expect(parseQuery(printQuery(query))).toEqual(query)
      }),
    )
  })

  it('of whatever characters is read or refused with its own error', () => {
    const noise = fc.string({ unit: fc.constantFrom(...'ab :()"\\<>=*', 'and ', 'not ', 'lure:', 'turns', '\u0000', 'é') })
    fc.assert(
      fc.property(fc.oneof(noise, fc.string({ unit: 'binary' })), (text) => {
        try {
          parseQuery(text)
        } catch (error) {
          expect(error).toBeInstanceOf(QueryProblem)
        }
      }),
    )
  })

  it('cannot be made endless', () => {
    expect(() => parseQuery('('.repeat(500))).toThrow(QueryProblem)
    expect(() => parseQuery('not '.repeat(400))).toThrow(QueryProblem)
    expect(() => parseQuery(Array(300).fill('a').join(' '))).toThrow(QueryProblem)
    expect(() => parseQuery('a'.repeat(2001))).toThrow(QueryProblem)
  })
})
