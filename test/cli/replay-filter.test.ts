import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ReplayFilter } from '../../src/cli/replay-filter.ts'

describe("a replay in the operator's terminal", () => {
  it('moves, erases and colours as the attacker saw it', () => {
    const drawn = '\x1b[1;31mred\x1b[0m\x1b[2;5Hhere\x1b[K\r\n\x1b[?1049h\x1b7\x1b8'
    expect(new ReplayFilter().pass(drawn)).toBe(drawn)
  })

  it('sets no title, fills no clipboard, asks the terminal nothing, resets nothing', () => {
    const hostile = 'a\x1b]0;owned\x07b\x1b]52;c;cm0gLXJm\x1b\\c\x1bP$q"p\x1b\\d\x1b[6n\x1b[c\x1bc\x1b[?1000h\x1b[5i\x9b31m\x07e\u202e'
    expect(new ReplayFilter().pass(hostile)).toBe('abcd31me')
  })

  it('holds when a sequence comes in pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(40)), (cuts) => {
        const text = 'x\x1b]0;title\x07\x1b[31my\x1b[?1049l\x1bPq\x1b\\z'
        const filter = new ReplayFilter()
        let out = ''
        let at = 0
        for (const cut of cuts) {
          out += filter.pass(text.slice(at, at + cut))
          at += cut
        }
        expect(out + filter.pass(text.slice(at))).toBe('x\x1b[31my\x1b[?1049lz')
      }),
    )
  })

  it('lets no string or unknown sequence through, whatever is recorded', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('\x1b', '[', ']', '0', ';', 'm', 'c', 'P', '\\', '\x07', 'n', '?', 'h', 'a') }),
        (text) => {
          expect(new ReplayFilter().pass(text)).not.toMatch(/\x1b(?!\[[0-9;]*[@A-Z`adefmr]|\[\?[0-9;]+[hl]|[78DEM])/)
        },
      ),
    )
  })
})
