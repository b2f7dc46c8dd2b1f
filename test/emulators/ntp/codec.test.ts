import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decodeNtp,
  encodeControl,
  encodeFragments,
  encodePrivate,
  encodeTime,
  NtpFormatError,
  timestampText,
  toTimestamp,
} from '../../../src/emulators/ntp/codec.ts'

const u16 = fc.nat(0xffff)
const timestamp = fc.bigInt(0n, 2n ** 64n - 1n)
const bytes = (maxLength: number): fc.Arbitrary<Buffer> => fc.uint8Array({ maxLength }).map((b) => Buffer.from(b))

describe('NTP packets', () => {
  it('of time are read as they were written', () => {
    const packet = fc.record({
      leap: fc.nat(3),
      version: fc.nat(7),
      mode: fc.nat(5),
      stratum: fc.nat(255),
      poll: fc.integer({ min: -128, max: 127 }),
      precision: fc.integer({ min: -128, max: 127 }),
      rootDelay: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }).map((n) => n / 65_536),
      rootDispersion: fc.nat(2 ** 31 - 1).map((n) => n / 65_536),
      referenceId: fc.uint8Array({ minLength: 4, maxLength: 4 }).map((b) => Buffer.from(b)),
      reference: timestamp,
      origin: timestamp,
      receive: timestamp,
      transmit: timestamp,
      trailer: bytes(40),
    })
    fc.assert(
      fc.property(packet, (one) => {
        expect(decodeNtp(encodeTime(one))).toEqual({ kind: 'time', ...one })
      }),
    )
  })

  it('of control are read as they were written, padding left out', () => {
    const packet = fc.record({
      leap: fc.nat(3),
      version: fc.nat(7),
      isResponse: fc.boolean(),
      isError: fc.boolean(),
      hasMore: fc.boolean(),
      opcode: fc.nat(31),
      sequence: u16,
      status: u16,
      association: u16,
      offset: u16,
      data: bytes(468),
    })
    fc.assert(
      fc.property(packet, (one) => {
        expect(decodeNtp(encodeControl(one))).toEqual({ kind: 'control', ...one, isCut: false })
      }),
    )
  })

  it('of mode 7 are read as they were written', () => {
    const items = fc
      .tuple(fc.integer({ min: 1, max: 72 }), fc.nat(6))
      .map(([size, count]) => Array.from({ length: count }, (_, i) => Buffer.alloc(size, i)))
    const packet = fc.record({
      isResponse: fc.boolean(),
      hasMore: fc.boolean(),
      version: fc.nat(7),
      sequence: fc.nat(127),
      implementation: fc.nat(255),
      request: fc.nat(255),
      error: fc.nat(15),
      items,
    })
    fc.assert(
      fc.property(packet, (one) => {
        expect(decodeNtp(encodePrivate(one))).toEqual({ kind: 'private', ...one })
      }),
    )
  })

  it('that are broken throw nothing but their own error', () => {
    fc.assert(
      fc.property(bytes(200), (any) => {
        try {
          decodeNtp(any)
        } catch (error) {
          expect(error).toBeInstanceOf(NtpFormatError)
        }
      }),
    )
  })

  it('carry long answers in fragments that join to the whole', () => {
    fc.assert(
      fc.property(bytes(2000), (data) => {
        const fragments = encodeFragments({ leap: 0, version: 2, opcode: 2, sequence: 7, status: 0, association: 0, data }).map(decodeNtp)
        const parts = fragments.map((f) => (f.kind === 'control' ? f : undefined)!)
        expect(Buffer.concat(parts.map((f) => f.data))).toEqual(data)
        expect(parts.map((f) => f.hasMore)).toEqual(parts.map((_, i) => i < parts.length - 1))
        expect(parts.map((f) => f.offset)).toEqual(parts.map((_, i) => i * 468))
      }),
    )
  })
})

describe('timestamps', () => {
  it('count from 1900 and begin anew in 2036', () => {
    expect(timestampText(toTimestamp(0))).toBe('0x83aa7e80.00000000')
    expect(timestampText(toTimestamp(Date.UTC(2036, 1, 7, 6, 28, 16)))).toBe('0x00000000.00000000')
    expect(timestampText(toTimestamp(500))).toBe('0x83aa7e80.80000000')
  })
})
