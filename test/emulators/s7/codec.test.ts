import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decodeDataItems,
  decodeS7,
  decodeVariables,
  encodeDataItems,
  encodeS7,
  encodeVariables,
  S7FormatError,
} from '../../../src/emulators/s7/codec.ts'
import { CotpFormatError, decodeTpdu, decodeTpkt, encodeConfirm, encodeData } from '../../../src/emulators/s7/cotp.ts'

const u16 = fc.integer({ min: 0, max: 0xffff })
const u8 = fc.integer({ min: 0, max: 0xff })
const bytes = (most: number, least = 0): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ minLength: least, maxLength: most }).map((b) => Buffer.from(b))

const message = fc.oneof(
  fc.record({ rosctr: fc.constantFrom(1, 7), reference: u16, error: fc.constant(0), parameters: bytes(60), data: bytes(200) }),
  fc.record({ rosctr: fc.constantFrom(2, 3), reference: u16, error: u16, parameters: bytes(60), data: bytes(200) }),
)
const variable = fc.record({ transport: u8, count: u16, db: u16, area: u8, address: fc.integer({ min: 0, max: 0xffffff }) })

describe('the S7 codec', () => {
  it('reads back every message it writes', () => {
    fc.assert(
      fc.property(message, (one) => {
        expect(decodeS7(encodeS7(one))).toEqual(one)
      }),
    )
  })

  it('reads back addresses and values', () => {
    fc.assert(
      fc.property(fc.array(variable, { maxLength: 20 }), (variables) => {
        expect(decodeVariables(encodeVariables(4, variables))).toEqual(variables)
      }),
    )
    fc.assert(
      fc.property(
        fc.array(fc.record({ code: u8, transport: fc.constantFrom(4, 7, 9), data: bytes(40, 1) }), { maxLength: 10 }),
        (items) => {
          expect(decodeDataItems(encodeDataItems(items), items.length)).toEqual(items)
        },
      ),
    )
  })

  it('throws nothing but its own error', () => {
    fc.assert(
      fc.property(bytes(120), (input) => {
        for (const decode of [decodeS7, decodeVariables, (b: Buffer) => decodeDataItems(b, 3)]) {
          try {
            decode(input)
          } catch (error) {
            expect(error).toBeInstanceOf(S7FormatError)
          }
        }
      }),
      { numRuns: 1000 },
    )
  })
})

describe('the COTP codec', () => {
  it('throws nothing but its own error', () => {
    fc.assert(
      fc.property(bytes(60, 4), (input) => {
        for (const decode of [decodeTpkt, decodeTpdu]) {
          try {
            decode(input)
          } catch (error) {
            expect(error).toBeInstanceOf(CotpFormatError)
          }
        }
      }),
      { numRuns: 1000 },
    )
  })

  it('reads back a data TPDU', () => {
    fc.assert(
      fc.property(bytes(500), (data) => {
        const packet = encodeData(data)
        expect(decodeTpkt(packet.subarray(0, 4))).toBe(packet.length - 4)
        expect(decodeTpdu(packet.subarray(4))).toEqual({ kind: 'data', isLast: true, data })
      }),
    )
  })

  it('confirms with the reference and TSAPs of the request', () => {
    const request = decodeTpdu(Buffer.from('11e00000000400c1020100c2020102c0010a', 'hex'))
    expect(request.kind === 'connect' && encodeConfirm(request, 0x1234).toString('hex')).toBe(
      '0300001611d00004123400c0010ac1020100c2020102',
    )
  })
})
