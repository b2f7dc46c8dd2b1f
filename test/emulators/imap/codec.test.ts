import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  announcedLiteral,
  astring,
  encodeCommand,
  ImapSyntaxError,
  nstring,
  parseCommand,
  type Segments,
  type Token,
} from '../../../src/emulators/imap/codec.ts'
import { parseFetchItems } from '../../../src/emulators/imap/fetch.ts'
import { matches } from '../../../src/emulators/imap/mailbox-list.ts'
import { parseSearch } from '../../../src/emulators/imap/search.ts'
import { contains, formatSet, parseSet } from '../../../src/emulators/imap/sequence-set.ts'

const atom = fc.stringMatching(/^[A-Za-z0-9.\\[\]<>:*,$+-]{1,12}$/).map((text): Token => ({ kind: 'atom', text }))
const text = fc.string({ unit: 'binary-ascii', maxLength: 20 }).map((s): Token => ({ kind: 'string', text: s }))
const { token } = fc.letrec<{ token: Token }>((tie) => ({
  token: fc.oneof(
    { depthSize: 'small' },
    atom,
    text,
    fc.array(tie('token'), { maxLength: 4 }).map((items): Token => ({ kind: 'list', items })),
  ),
}))

describe('a command of IMAP', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(fc.array(token, { maxLength: 6 }), (args) => {
        expect(parseCommand(encodeCommand('a1', 'X', args))).toEqual({ tag: 'a1', name: 'X', args })
      }),
    )
  })

  it('throws its own error or none for any bytes', () => {
    const words = fc.constantFrom(
      'a FETCH 1 ',
      '(',
      ')',
      '"',
      '{3}',
      'BODY[',
      'HEADER.FIELDS',
      '] ',
      '<0.5>',
      ' OR ',
      'NOT ',
      '\\',
      'UID ',
      'x',
    )
    const line = fc
      .array(fc.oneof(words, fc.string({ unit: 'binary-ascii', maxLength: 6 })), { maxLength: 20 })
      .map((parts) => Buffer.from(parts.join(''), 'latin1'))
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 3 }), (lines) => {
        const segments: Segments = lines.map((l, i) =>
          i < lines.length - 1 ? { line: Buffer.concat([l, Buffer.from('{3}')]), literal: Buffer.from('abc') } : { line: l },
        )
        try {
          const { args } = parseCommand(segments)
          parseFetchItems(args.slice(1))
          parseSearch(args, { messages: 3, uid: 9 })
        } catch (error) {
          expect(error).toBeInstanceOf(ImapSyntaxError)
        }
      }),
    )
  })

  it('announces its literals', () => {
    expect(announcedLiteral(Buffer.from('a LOGIN {5}'))).toEqual({ size: 5, waits: true })
    expect(announcedLiteral(Buffer.from('a LOGIN {5+}'))).toEqual({ size: 5, waits: false })
    expect(announcedLiteral(Buffer.from('a LOGIN {5} x'))).toBeUndefined()
  })
})

describe('strings of an answer', () => {
  it('are quoted where that is allowed, and literals otherwise', () => {
    expect([nstring(undefined), nstring('a b'), nstring('a"b'), astring('Sent'), astring('My Mail'), astring('a"b')]).toEqual([
      'NIL',
      '"a b"',
      '{3}\r\na"b',
      'Sent',
      '"My Mail"',
      '"a\\"b"',
    ])
  })
})

describe('a set of numbers', () => {
  it('is written short and read back', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { minLength: 1 }), (numbers) => {
        const sorted = numbers.toSorted((a, b) => a - b)
        const set = parseSet(formatSet(sorted), 60)
        expect(Array.from({ length: 60 }, (_, i) => i + 1).filter((n) => contains(set, n))).toEqual(sorted)
      }),
    )
    expect(parseSet('5:*,1', 3)).toEqual([
      [3, 5],
      [1, 1],
    ])
  })
})

describe('a pattern of LIST', () => {
  it.each([
    ['*', 'a/b', true],
    ['%', 'a/b', false],
    ['%/%', 'a/b', true],
    ['a*', 'a/b', true],
    ['inbox', 'INBOX', true],
    ['INB%', 'INBOX', true],
    ['s*', 'Sent', false],
    ['', 'Sent', false],
  ])('%j and %j: %s', (pattern, name, expected) => expect(matches(pattern, name)).toBe(expected))

  it('of many stars is decided in no time', () => {
    const startedAt = performance.now()
    matches('*a'.repeat(120), 'a'.repeat(254))
    expect(performance.now() - startedAt).toBeLessThan(500)
  })
})
