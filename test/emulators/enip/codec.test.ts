import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Identity } from '../../../src/config/identity.ts'
import { loadPersona } from '../../../src/config/personas.ts'
import { CipFormatError, type CipRequest, decodeCip, encodeCip } from '../../../src/emulators/enip/cip.ts'
import {
  decodeEncapsulation,
  decodeItems,
  EncapsulationError,
  encodeEncapsulation,
  encodeItems,
} from '../../../src/emulators/enip/encapsulation.ts'

const u16 = fc.integer({ min: 0, max: 0xffff })
const u32 = fc.integer({ min: 0, max: 0xffff_ffff })
const bytes = (most: number, least = 0): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ minLength: least, maxLength: most }).map((b) => Buffer.from(b))
const message = fc.record({ command: u16, session: u32, status: u32, context: bytes(8, 8), options: u32, data: bytes(200) })
const path = fc.record(
  { symbol: fc.stringMatching(/^[A-Za-z_]{0,20}$/), class: u16, instance: u32, attribute: u16, member: u32 },
  { requiredKeys: ['symbol'] },
)
const request = fc.record({ service: fc.integer({ min: 1, max: 0x7f }), path, data: bytes(100) })

import { Chassis } from '../../../src/emulators/enip/device.ts'
import { EnipSession } from '../../../src/emulators/enip/session.ts'
import { Plant } from '../../../src/host/plant/plant.ts'
import { MemoryState } from '../../harness.ts'

describe('the EtherNet/IP codec', () => {
  it('reads back messages, items and requests', () => {
    fc.assert(
      fc.property(message, fc.array(fc.record({ type: u16, data: bytes(60) }), { maxLength: 8 }), request, (one, items, cip) => {
        expect(decodeEncapsulation(encodeEncapsulation(one))).toEqual(one)
        expect(decodeItems(encodeItems(items))).toEqual(items)
        expect(decodeCip(encodeCip(cip))).toEqual(cip)
      }),
    )
  })

  it('throws nothing but its own errors', () => {
    fc.assert(
      fc.property(bytes(80), (input) => {
        for (const decode of [decodeEncapsulation, decodeItems, decodeCip]) {
          try {
            decode(input)
          } catch (error) {
            expect(error instanceof EncapsulationError || error instanceof CipFormatError).toBe(true)
          }
        }
      }),
      { numRuns: 2000 },
    )
  })
})

describe('a registered session', () => {
  const identity = new Identity(Buffer.alloc(32, 7))
  const state = new MemoryState()
  const plant = new Plant({ identity, state })
  const chassis = new Chassis(identity, plant, loadPersona('test/fixtures/prompts', 'plain', identity), state)
  const known: fc.Arbitrary<CipRequest> = fc.record({
    service: fc.constantFrom(1, 3, 5, 6, 7, 0x0a, 0x0e, 0x10, 0x4c, 0x4d, 0x4e, 0x52, 0x53, 0x54, 0x55, 0x5b),
    path: fc.record(
      {
        symbol: fc.constantFrom('', 'LT101', 'P101_CMD', 'HMI_DATA', 'RECIPE'),
        class: fc.constantFrom(1, 2, 4, 6, 0x6b, 0xf5, 0xf6),
        instance: fc.integer({ min: 0, max: 3 }),
        attribute: fc.integer({ min: 0, max: 9 }),
        member: fc.integer({ min: 0, max: 99 }),
      },
      { requiredKeys: ['symbol'] },
    ),
    data: bytes(60),
  })

  it('answers any request over it with a message', () => {
    fc.assert(
      fc.property(fc.oneof(bytes(60), known.map(encodeCip)), fc.constantFrom(0x6f, 0x70), (cip, command) => {
        const session = new EnipSession(chassis, () => undefined)
        const base = { status: 0, context: Buffer.alloc(8), options: 0 }
        const registered = session.answer({ ...base, command: 0x65, session: 0, data: Buffer.from([1, 0, 0, 0]) }).answer!
        const items = encodeItems([
          { type: 0, data: Buffer.alloc(0) },
          { type: 0xb2, data: cip },
        ])
        const data = Buffer.concat([Buffer.alloc(6), items])
        const { answer } = session.answer({ ...base, command, session: registered.session, data })
        expect(decodeEncapsulation(encodeEncapsulation(answer!)).command).toBe(command)
      }),
      { numRuns: 3000 },
    )
  })
})
