import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decodeBind,
  decodeExecute,
  decodeParse,
  decodeSaslInitial,
  decodeStartup,
  decodeTarget,
  encodeBind,
  encodeStartup,
  PostgresFormatError,
} from '../../../src/emulators/postgresql/codec.ts'
import { binaryForm, parameterValue } from '../../../src/emulators/postgresql/values.ts'
import { Decimal } from '../../../src/host/database/value.ts'

const bytes = (max: number) => fc.uint8Array({ maxLength: max }).map((b) => Buffer.from(b))
const withoutNul = bytes(60).map((b) => Buffer.from(b.map((byte) => byte || 1)))
const name = fc.string({ maxLength: 20 }).map((text) => text.replaceAll('\0', ''))

describe('the codec', () => {
  it('reads what a client writes', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(
          fc.tuple(
            name.filter((n) => n !== ''),
            withoutNul,
          ),
          { maxLength: 8, selector: ([key]) => key },
        ),
        (pairs) => {
          const parameters = new Map(pairs)
          expect(decodeStartup(encodeStartup({ code: 0x30000, parameters }).subarray(4))).toEqual({
            code: 0x30000,
            parameters,
            isTerminated: true,
          })
        },
      ),
    )
    const bind = fc.record({
      portal: name,
      statement: name,
      formats: fc.array(fc.nat(1), { maxLength: 3 }),
      values: fc.array(fc.option(bytes(40)), { maxLength: 5 }),
      resultFormats: fc.array(fc.nat(1), { maxLength: 3 }),
    })
    fc.assert(
      fc.property(bind, (message) => {
        expect(decodeBind(encodeBind(message))).toEqual(message)
      }),
    )
  })

  it('throws nothing but its own error', () => {
    fc.assert(
      fc.property(bytes(120), fc.nat(4000), (input, type) => {
        for (const decode of [
          decodeStartup,
          decodeBind,
          decodeParse,
          decodeTarget,
          decodeExecute,
          decodeSaslInitial,
          (b: Buffer) => parameterValue(b, true, type),
        ]) {
          try {
            decode(input)
          } catch (error) {
            expect(error).toBeInstanceOf(PostgresFormatError)
          }
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('has the binary forms that the documentation gives', () => {
    const form = (value: Parameters<typeof binaryForm>[0], type: Parameters<typeof binaryForm>[1]): string =>
      binaryForm(value, type).toString('hex')
    expect(form(-2, { kind: 'integer', bits: 32 })).toBe('fffffffe')
    expect(form(true, { kind: 'boolean' })).toBe('01')
    expect(form('2000-01-02', { kind: 'date' })).toBe('00000001')
    expect(form('2000-01-01 00:00:01', { kind: 'datetime' })).toBe('00000000000f4240')
    // 12345.678: digits 1, 2345, 6780; weight 1, scale 3.
    expect(form(new Decimal(12345.678, 3), { kind: 'decimal' })).toBe('00030001000000030001' + '0929' + '1a7c')
  })
})
