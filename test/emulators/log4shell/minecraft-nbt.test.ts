import { describe, expect, it } from 'vitest'
import { encodeNbt } from '../../../src/emulators/log4shell/minecraft-nbt.ts'

describe("Minecraft's named binary tags", () => {
  it('carry each kind with its name', () => {
    const bytes = encodeNbt({
      a: { byte: -1 },
      b: { int: 258 },
      c: { float: 0.5 },
      d: { double: 2 },
      e: 'é',
      f: { g: { byte: 0 } },
      h: [{}, {}],
    })
    expect(bytes.toString('hex')).toBe(
      [
        '0a0000',
        '01000161ff',
        '0300016200000102',
        '050001633f000000',
        '060001644000000000000000',
        '080001650002c3a9',
        '0a000166',
        '0100016700',
        '00',
        '090001680a000000020000',
        '00',
      ].join(''),
    )
  })
})
