import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeTftp, encodeTftp, fromNetascii, TftpFormatError, type TftpPacket, toNetascii } from '../../../src/emulators/tftp/codec.ts'

describe('the codec of TFTP', () => {
  const text = fc.stringMatching(/^[a-z0-9./]{1,12}$/)
  const options = fc.array(fc.tuple(text, text), { maxLength: 4 })
  const packet: fc.Arbitrary<TftpPacket> = fc.oneof(
    fc.record({ op: fc.constantFrom('RRQ' as const, 'WRQ' as const), filename: text.map((t) => Buffer.from(t)), mode: text, options }),
    fc.record({
      op: fc.constant('DATA' as const),
      block: fc.nat(65_535),
      data: fc.uint8Array({ maxLength: 40 }).map((b) => Buffer.from(b)),
    }),
    fc.record({ op: fc.constant('ACK' as const), block: fc.nat(65_535) }),
    fc.record({ op: fc.constant('ERROR' as const), code: fc.nat(65_535), message: text }),
    fc.record({ op: fc.constant('OACK' as const), options }),
  )

  it('reads what it wrote', () => {
    fc.assert(
      fc.property(packet, (one) => {
        expect(decodeTftp(encodeTftp(one))).toEqual(one)
      }),
    )
  })

  it('throws its own error or none for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(7), (bytes, opcode) => {
        try {
          decodeTftp(Buffer.concat([Buffer.from([0, opcode]), Buffer.from(bytes)]))
        } catch (error) {
          expect(error).toBeInstanceOf(TftpFormatError)
        }
      }),
    )
  })

  it('changes to netascii and back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expect(fromNetascii(toNetascii(Buffer.from(bytes)))).toEqual(Buffer.from(bytes))
      }),
    )
  })
})
