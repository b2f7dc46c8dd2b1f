import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decode, encode, foldReturns, type Item, LONGEST_SUBNEGOTIATION, TelnetError } from '../../../src/emulators/telnet/codec.ts'
import { decodeEnvironment, encodeEnvironment, environmentUser, type Variable } from '../../../src/emulators/telnet/environment.ts'

const bytes = (constraints = {}): fc.Arbitrary<Buffer> => fc.uint8Array(constraints).map((array) => Buffer.from(array))
const byte = fc.integer({ min: 0, max: 255 })
const item: fc.Arbitrary<Item> = fc.oneof(
  fc.record({ kind: fc.constant('data' as const), bytes: bytes({ minLength: 1, maxLength: 40 }) }),
  fc.record({ kind: fc.constant('option' as const), verb: fc.constantFrom('WILL', 'WONT', 'DO', 'DONT'), option: byte }),
  fc.record({ kind: fc.constant('subnegotiation' as const), option: byte, content: bytes({ maxLength: 60 }) }),
  fc.record({ kind: fc.constant('command' as const), code: fc.integer({ min: 240, max: 249 }) }),
)

/** Neighbouring texts are one text on the wire. */
function joined(items: readonly Item[]): Item[] {
  const result: Item[] = []
  for (const one of items) {
    const last = result.at(-1)
    if (one.kind === 'data' && last?.kind === 'data') last.bytes = Buffer.concat([last.bytes, one.bytes])
    else result.push({ ...one })
  }
  return result
}

describe('codec', () => {
  it('reads what it writes', () => {
    fc.assert(
      fc.property(fc.array(item), (items) => {
        const { items: read, rest } = decode(Buffer.concat(items.map(encode)))
        expect(read).toEqual(joined(items))
        expect(rest).toHaveLength(0)
      }),
    )
  })

  it('reads the same however the bytes are cut into packets', () => {
    fc.assert(
      fc.property(fc.array(item), fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (items, cuts) => {
        const wire = Buffer.concat(items.map(encode))
        const read: Item[] = []
        let rest: Buffer = Buffer.alloc(0)
        for (let at = 0, i = 0; at < wire.length; i++) {
          const length = cuts[i % cuts.length] as number
          const found = decode(Buffer.concat([rest, wire.subarray(at, at + length)]))
          read.push(...found.items)
          rest = found.rest
          at += length
        }
        expect(joined(read)).toEqual(joined(items))
      }),
    )
  })

  it('throws nothing but its own error', () => {
    fc.assert(
      fc.property(bytes({ maxLength: 300 }), (wire) => {
        const { rest } = decode(wire)
        expect(rest.length).toBeLessThanOrEqual(wire.length)
      }),
    )
    const endless = Buffer.concat([Buffer.of(255, 250, 39), Buffer.alloc(LONGEST_SUBNEGOTIATION + 2, 65)])
    expect(() => decode(endless)).toThrow(TelnetError)
  })

  it('makes one Enter of CR LF, CR NUL and CR, cut anywhere', () => {
    const first = foldReturns(Buffer.from('a\r\nb\r\0c\rd\r'), false)
    expect(first).toEqual({ bytes: Buffer.from('a\rb\rc\rd\r'), afterCr: true })
    expect(foldReturns(Buffer.from('\ne\n'), true)).toEqual({ bytes: Buffer.from('e\n'), afterCr: false })
  })
})

describe('NEW-ENVIRON', () => {
  const variable: fc.Arbitrary<Variable> = fc.record(
    { type: fc.constantFrom('VAR', 'USERVAR'), name: bytes({ maxLength: 20 }), value: bytes({ maxLength: 20 }) },
    { requiredKeys: ['type', 'name'] },
  )

  it('reads what it writes, and bears anything', () => {
    fc.assert(
      fc.property(fc.array(variable), (variables) => void expect(decodeEnvironment(encodeEnvironment(variables))).toEqual(variables)),
    )
    fc.assert(fc.property(bytes({ maxLength: 100 }), (content) => void decodeEnvironment(content)))
  })

  it('finds the user in it', () => {
    expect(String(environmentUser(decodeEnvironment(Buffer.from('\0\0USER\x01-f root')) ?? []))).toBe('-f root')
    expect(environmentUser([])).toBeUndefined()
  })
})
