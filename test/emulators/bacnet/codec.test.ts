import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeApdu, decodeFrame, encodeFrame } from '../../../src/emulators/bacnet/apdu.ts'
import { BacnetError, readValue, type Value, writeValue } from '../../../src/emulators/bacnet/tags.ts'
import { ByteReader, ShortMessage } from '../../../src/sensor/byte-reader.ts'
import { ByteWriter } from '../../../src/sensor/byte-writer.ts'

const bytes = (maxLength: number): fc.Arbitrary<Buffer> => fc.uint8Array({ maxLength }).map((b) => Buffer.from(b))
const four = fc.array(fc.nat(255), { minLength: 4, maxLength: 4 })
const value: fc.Arbitrary<Value> = fc.oneof(
  fc.constant({ kind: 'null' as const }),
  fc.record({ kind: fc.constant('boolean' as const), value: fc.boolean() }),
  fc.record({ kind: fc.constantFrom('unsigned' as const, 'enumerated' as const), value: fc.nat(0xffffffff) }),
  fc.record({ kind: fc.constant('signed' as const), value: fc.integer() }),
  fc.record({ kind: fc.constant('real' as const), value: fc.float({ noNaN: true }) }),
  fc.record({ kind: fc.constant('double' as const), value: fc.double({ noNaN: true }) }),
  fc.record({ kind: fc.constant('octets' as const), value: bytes(400) }),
  fc.record({ kind: fc.constant('text' as const), value: fc.string({ maxLength: 300 }) }),
  fc.record({ kind: fc.constant('bits' as const), value: fc.array(fc.boolean(), { maxLength: 60 }) }),
  fc.record({ kind: fc.constantFrom('date' as const, 'time' as const), value: four }),
  fc.record({ kind: fc.constant('object' as const), value: fc.record({ type: fc.nat(1023), instance: fc.nat(0x3fffff) }) }),
)

describe('the BACnet codec', () => {
  it('reads back every kind of value', () => {
    fc.assert(
      fc.property(value, (one) => {
        const writer = new ByteWriter()
        writeValue(writer, one)
        expect(readValue(new ByteReader(writer.done()))).toEqual(one)
      }),
    )
  })

  it('throws nothing but its own errors', () => {
    fc.assert(
      fc.property(bytes(60), (body) => {
        const frame = Buffer.concat([Buffer.from([0x81, 0x0a, 0, body.length + 4]), body])
        const decoders = [() => decodeFrame(frame), () => decodeFrame(body), () => decodeApdu(body), () => readValue(new ByteReader(body))]
        for (const decode of decoders) {
          try {
            decode()
          } catch (error) {
            expect(error instanceof BacnetError || error instanceof ShortMessage).toBe(true)
          }
        }
      }),
      { numRuns: 3000 },
    )
  })

  it('answers into the network that a request was routed from', () => {
    const origin = { network: 5, address: Buffer.from([9]) }
    expect(encodeFrame(Buffer.from('1008', 'hex'), origin).toString('hex')).toBe('810a000d0120000501' + '09ff' + '1008')
    const { npdu } = decodeFrame(Buffer.from('810a000c0108000501091008', 'hex'))
    expect(npdu).toMatchObject({ isForUs: true, origin })
  })
})
