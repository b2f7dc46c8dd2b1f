import fc from 'fast-check'
import { expect, it } from 'vitest'
import { bindRows, decodeExecute, decodeFetch, decodePiggyback } from '../../../src/emulators/oracle/calls.ts'
import { TnsFormatError } from '../../../src/emulators/oracle/codec.ts'
import { decodeDate, decodeNumber, decodeValue, encodeDate, encodeNumber, TYPE } from '../../../src/emulators/oracle/values.ts'
import { ByteReader } from '../../../src/sensor/byte-reader.ts'

it('writes NUMBER as DUMP() shows it', () => {
  // DUMP(x): Oracle Database SQL Language Reference, and Internals of NUMBER.
  const known: Record<string, number[]> = {
    0: [128],
    1: [193, 2],
    10: [193, 11],
    100: [194, 2],
    123: [194, 2, 24],
    '1.5': [193, 2, 51],
    '-1': [62, 100, 102],
    '-123.45': [61, 100, 78, 56, 102],
    '0.01': [192, 2],
  }
  for (const [text, bytes] of Object.entries(known)) expect([text, ...encodeNumber(text)]).toEqual([text, ...bytes])
})

it('reads what it has written', () => {
  fc.assert(fc.property(fc.integer(), (n) => decodeNumber(encodeNumber(String(n))) === String(n)))
  const decimal = fc.tuple(fc.integer({ min: -1e9, max: 1e9 }), fc.integer({ min: 0, max: 8 })).map(([n, digits]) => n / 10 ** digits)
  fc.assert(fc.property(decimal, (n) => Number(decodeNumber(encodeNumber(String(n)))) === n))
  const date = fc.date({ min: new Date('0100-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
  fc.assert(
    fc.property(date, (when) => {
      const text = when.toISOString().slice(0, 19).replace('T', ' ')
      expect(decodeDate(encodeDate(text, false))).toBe(text)
    }),
  )
  expect(decodeDate(encodeDate('2026-01-31 12:00:00.250', true))).toBe('2026-01-31 12:00:00.250000')
})

it('throws nothing but its own error', () => {
  const readers: ((reader: ByteReader) => unknown)[] = [
    (reader) => decodeExecute(reader, 12),
    (reader) => decodeExecute(reader, 6),
    decodeFetch,
    (reader) => decodePiggyback(135, reader),
    (reader) => decodePiggyback(105, reader),
    (reader) => bindRows(reader, [TYPE.varchar, TYPE.number, TYPE.date, TYPE.clob, TYPE.cursor, TYPE.binaryDouble]),
    (reader) => decodeValue(reader.rest(), TYPE.number),
  ]
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      for (const decode of readers) {
        try {
          decode(new ByteReader(Buffer.from(bytes)))
        } catch (error) {
          expect(error).toBeInstanceOf(TnsFormatError)
        }
      }
    }),
  )
})
