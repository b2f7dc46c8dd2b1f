import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Identity } from '../../../src/config/identity.ts'
import { Bmc } from '../../../src/emulators/ipmi/bmc.ts'
import {
  decodeMessage,
  decodePacket,
  encode15,
  encode20,
  encodePong,
  encodeResponse,
  IpmiError,
} from '../../../src/emulators/ipmi/codec.ts'
import { keysOf, SUITES } from '../../../src/emulators/ipmi/keys.ts'
import { machineOf } from '../../../src/emulators/ipmi/machine.ts'
import { SOL_BYTES, SolConsole } from '../../../src/emulators/ipmi/sol.ts'
import { MemoryState } from '../../harness.ts'
import { message } from './console.ts'

const bytes = (maxLength: number): fc.Arbitrary<Buffer> => fc.uint8Array({ maxLength }).map((b) => Buffer.from(b))

describe('the codec', () => {
  it('throws nothing but IpmiError', () => {
    fc.assert(
      fc.property(fc.constantFrom('', '0600ff07', '0600ff0706c0', '0600ff06'), bytes(80), (head, rest) => {
        const all = Buffer.concat([Buffer.from(head, 'hex'), rest])
        for (const decode of [decodePacket, decodeMessage]) {
          try {
            decode(all)
          } catch (error) {
            expect(error).toBeInstanceOf(IpmiError)
          }
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('reads what it has written, in both versions', () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), fc.nat(0xffffffff), bytes(60), (session, sequence, payload) => {
        const old = { authType: 0, session, sequence, payload }
        expect(decodePacket(encode15(old))).toEqual({ kind: '1.5', ...old })
        const packet = decodePacket(encode20({ payloadType: 0, session, sequence, payload }))
        expect(packet).toMatchObject({ kind: '2.0', session, sequence, payload, encrypted: false, authenticated: false })
      }),
    )
  })

  it('answers a presence ping as ASF says', () => {
    expect(encodePong(0x5d).toString('hex')).toBe('0600ff06000011be405d0010000011be000000008100000000000000')
  })

  it('turns sender and receiver round in a response', () => {
    const request = decodeMessage(message(6, 1))
    expect(encodeResponse(request, 0xc1, Buffer.alloc(0)).toString('hex')).toBe('811c63200401c11a')
  })

  it('refuses a message whose checksum is wrong', () => {
    const wrong = message(6, 1)
    wrong[wrong.length - 1]! ^= 1
    expect(() => decodeMessage(wrong)).toThrow(IpmiError)
  })
})

describe('the keys of a session', () => {
  const shake = (suite: number) => ({
    suite: SUITES.get(suite)!,
    consoleSession: 1,
    bmcSession: 2,
    consoleRandom: Buffer.alloc(16, 3),
    bmcRandom: Buffer.alloc(16, 4),
    guid: Buffer.alloc(16, 5),
    role: 0x14,
    user: Buffer.from('ADMIN'),
  })

  it.each([2, 3, 7, 8, 16, 17])('suite %i signs, and notices a changed byte', (suite) => {
    const keys = keysOf(shake(suite), Buffer.from('secret'))
    const packet = encode20({ payloadType: 0, session: 2, sequence: 1, payload: Buffer.from('payload') }, keys).subarray(4)
    expect(keys.verify(packet)).toBe(true)
    packet[7]! ^= 1
    expect(keys.verify(packet)).toBe(false)
  })

  it('encrypts and decrypts payloads of every length, and takes no nonsense', () => {
    const { encrypt, decrypt } = keysOf(shake(3), Buffer.from('secret'))
    fc.assert(
      fc.property(bytes(70), (plain) => {
        expect(decrypt!(encrypt!(plain))).toEqual(plain)
      }),
    )
    expect(decrypt!(Buffer.alloc(20))).toBeUndefined()
  })
})

it('the serial console takes any packet, and never shows more than one carries', () => {
  const identity = new Identity(Buffer.alloc(32, 3))
  const console = new SolConsole(new Bmc(machineOf(identity, undefined), identity, new MemoryState()))
  fc.assert(
    fc.property(bytes(200), (packet) => {
      const answer = console.take(packet)
      if (answer) expect(answer.payload.length).toBeLessThanOrEqual(4 + SOL_BYTES)
    }),
    { numRuns: 1000 },
  )
})
