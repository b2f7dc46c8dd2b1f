import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decodeMbap,
  decodeRequest,
  encodeAdu,
  encodeRequest,
  ModbusException,
  type ModbusRequest,
} from '../../../src/emulators/modbus/codec.ts'

const u16 = fc.integer({ min: 0, max: 0xffff })
const u8 = fc.integer({ min: 0, max: 0xff })
const bytes = (most: number): fc.Arbitrary<Buffer> => fc.uint8Array({ maxLength: most }).map((b) => Buffer.from(b))
const registers = (most: number): fc.Arbitrary<number[]> => fc.array(u16, { minLength: 1, maxLength: most })
const fileRead = fc.record({ file: u16, record: u16, length: u16, values: fc.constant([] as number[]) })
const fileWrite = fc
  .record({ file: u16, record: u16, values: registers(20) })
  .map(({ file, record, values }) => ({ file, record, length: values.length, values }))

const requests: fc.Arbitrary<ModbusRequest> = fc.oneof(
  fc.record({
    kind: fc.constant('read-bits' as const),
    function: fc.constantFrom(1, 2),
    address: u16,
    quantity: fc.integer({ min: 1, max: 2000 }),
  }),
  fc.record({
    kind: fc.constant('read-registers' as const),
    function: fc.constantFrom(3, 4),
    address: u16,
    quantity: fc.integer({ min: 1, max: 125 }),
  }),
  fc.record({
    kind: fc.constant('write-coils' as const),
    function: fc.constant(5 as const),
    address: u16,
    bits: fc.array(fc.boolean(), { minLength: 1, maxLength: 1 }),
  }),
  fc.record({
    kind: fc.constant('write-coils' as const),
    function: fc.constant(15 as const),
    address: u16,
    bits: fc.array(fc.boolean(), { minLength: 1, maxLength: 1968 }),
  }),
  fc.record({ kind: fc.constant('write-registers' as const), function: fc.constant(6 as const), address: u16, values: registers(1) }),
  fc.record({ kind: fc.constant('write-registers' as const), function: fc.constant(16 as const), address: u16, values: registers(123) }),
  fc.record({ kind: fc.constant('plain' as const), function: fc.constantFrom(7, 11, 12, 17) }),
  fc.record({ kind: fc.constant('diagnostics' as const), function: fc.constant(8 as const), subFunction: u16, data: bytes(100) }),
  fc.record({
    kind: fc.constant('read-file' as const),
    function: fc.constant(20 as const),
    records: fc.array(fileRead, { minLength: 1, maxLength: 35 }),
  }),
  fc.record({
    kind: fc.constant('write-file' as const),
    function: fc.constant(21 as const),
    records: fc.array(fileWrite, { minLength: 1, maxLength: 4 }),
  }),
  fc.record({ kind: fc.constant('mask-write' as const), function: fc.constant(22 as const), address: u16, and: u16, or: u16 }),
  fc.record({
    kind: fc.constant('read-write' as const),
    function: fc.constant(23 as const),
    address: u16,
    quantity: fc.integer({ min: 1, max: 125 }),
    writeAddress: u16,
    values: registers(121),
  }),
  fc.record({ kind: fc.constant('read-fifo' as const), function: fc.constant(24 as const), address: u16 }),
  fc.record({
    kind: fc.constant('identification' as const),
    function: fc.constant(43 as const),
    code: fc.integer({ min: 1, max: 4 }),
    object: u8,
  }),
  fc.record({ kind: fc.constant('umas' as const), function: fc.constant(90 as const), session: u8, service: u8, data: bytes(100) }),
)

describe('the Modbus codec', () => {
  it('reads back every request it writes', () => {
    fc.assert(
      fc.property(requests, (request) => {
        expect(decodeRequest(encodeRequest(request))).toEqual(request)
      }),
    )
  })

  it('gives a request or an exception of the specification for any bytes', () => {
    fc.assert(
      fc.property(bytes(260), (pdu) => {
        try {
          expect(decodeRequest(pdu).function).toBe(pdu[0])
        } catch (error) {
          expect(error).toBeInstanceOf(ModbusException)
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('frames a PDU with the length that counts the unit', () => {
    fc.assert(
      fc.property(u16, u8, bytes(253), (transaction, unit, pdu) => {
        const adu = encodeAdu(transaction, unit, pdu)
        expect(decodeMbap(adu)).toEqual({ transaction, protocol: 0, length: pdu.length + 1, unit })
        expect(adu.subarray(7)).toEqual(pdu)
      }),
    )
  })
})
