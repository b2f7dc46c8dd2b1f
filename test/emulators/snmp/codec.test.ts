import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareOids, type Value } from '../../../src/emulators/snmp/ber.ts'
import { decodeMessage, encodeMessage } from '../../../src/emulators/snmp/message.ts'
import { BerError } from '../../../src/sensor/ber.ts'

const bytes = (most: number): fc.Arbitrary<Buffer> => fc.uint8Array({ maxLength: most }).map((b) => Buffer.from(b))
const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const oid = fc
  .tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 39 }), fc.array(u32, { maxLength: 20 }))
  .map(([a, b, rest]) => [a, b, ...rest])
const value: fc.Arbitrary<Value> = fc.oneof(
  int32.map((n): Value => ({ type: 'integer', value: n })),
  fc.tuple(fc.constantFrom('counter32', 'gauge32', 'ticks'), u32).map(([type, n]) => ({ type, value: n }) as Value),
  fc.tuple(fc.constantFrom('octets', 'opaque'), bytes(300)).map(([type, b]) => ({ type, value: b }) as Value),
  fc.uint8Array({ minLength: 4, maxLength: 4 }).map((b): Value => ({ type: 'ip', value: Buffer.from(b) })),
  oid.map((o): Value => ({ type: 'oid', value: o })),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((n): Value => ({ type: 'counter64', value: n })),
  fc.constantFrom('null', 'noSuchObject', 'noSuchInstance', 'endOfMibView').map((type) => ({ type }) as Value),
)
const pdu = fc.record({
  tag: fc.constantFrom(0xa0, 0xa1, 0xa2, 0xa3, 0xa5, 0xa8),
  requestId: int32,
  errorStatus: int32,
  errorIndex: int32,
  bindings: fc.array(fc.record({ oid, value }), { maxLength: 10 }),
})
const message = fc.oneof(
  fc.record({ version: fc.constantFrom(0 as const, 1 as const), community: bytes(40), pdu }),
  fc.record({
    version: fc.constant(3 as const),
    id: int32,
    maxSize: int32,
    flags: fc.integer({ min: 0, max: 7 }),
    model: fc.constant(3),
    engineId: bytes(32),
    boots: int32,
    time: int32,
    user: bytes(32),
    authentication: bytes(12),
    privacy: bytes(8),
    scoped: fc.record({ engineId: bytes(32), name: bytes(10), pdu }),
    encrypted: fc.constant(Buffer.alloc(0)),
  }),
)

describe('the SNMP codec', () => {
  it('reads back every message it writes', () => {
    fc.assert(
      fc.property(message, (one) => {
        expect(decodeMessage(encodeMessage(one))).toEqual(one)
      }),
    )
  })

  it('throws nothing but its own error, for random bytes and for damaged messages', () => {
    const damaged = fc.tuple(message, fc.nat(), fc.nat(255)).map(([one, at, byte]) => {
      const encoded = encodeMessage(one)
      encoded[at % encoded.length] = byte
      return encoded
    })
    fc.assert(
      fc.property(fc.oneof(bytes(80), damaged), (input) => {
        try {
          decodeMessage(input)
        } catch (error) {
          expect(error).toBeInstanceOf(BerError)
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('orders object identifiers as a walk does', () => {
    const sorted = [
      [1, 3],
      [1, 3, 6],
      [1, 3, 6, 1, 2],
      [1, 3, 6, 1, 10],
      [1, 3, 7],
    ]
    expect([...sorted].reverse().sort(compareOids)).toEqual(sorted)
  })
})
