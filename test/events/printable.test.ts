import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { table } from '../../src/cli/table.ts'
import { pieces, printable, printableLine } from '../../src/events/printable.ts'

describe("text of attackers in the operator's terminal", () => {
  it('shows escape sequences instead of obeying them', () => {
    expect(printable('\x1b[2J\x1b]0;owned\x07')).toBe('^[[2J^[]0;owned^G')
  })

  it('shows C1 controls, bidirectional overrides and invisible characters', () => {
    expect(printable('a\x9b31mb\u202egnp.exe\u200b')).toBe('a\\x9b31mb\\u{202e}gnp.exe\\u{200b}')
  })

  it('keeps a carriage return from overwriting the line, and keeps CRLF as a line end', () => {
    expect(printable('safe\rrm -rf')).toBe('safe^Mrm -rf')
    expect(printable('a\r\nb')).toBe('a\nb')
  })

  it('leaves no control character, whatever comes in', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        (text) => !/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/.test(printable(text)),
      ),
    )
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !printableLine(text).includes('\n')))
  })

  it('says the same in pieces, and which of them the attacker did not write so', () => {
    expect(pieces('a\x1b[2Jb')).toEqual([
      { text: 'a', control: false },
      { text: '^[', control: true },
      { text: '[2Jb', control: false },
    ])
    const joined = (text: string) =>
      pieces(text)
        .map((piece) => piece.text)
        .join('')
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => joined(text) === printable(text)))
  })

  it('cannot break a table', () => {
    expect(
      table(
        [{ title: 'A' }, { title: 'B', align: 'right', max: 4 }],
        [
          ['x\ny', 12],
          ['\x1b[1m', '123456'],
        ],
      ),
    ).toBe(['A         B', 'x\\ny     12', '^[[1m  123…'].join('\n'))
  })
})
