import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeKexInit, GreetingError, hassh, type KexInit, readKexInit, readVersionLine } from '../../../src/emulators/ssh-tarpit/codec.ts'

const list = fc.array(fc.stringMatching(/^[a-z0-9@.-]{1,20}$/), { maxLength: 6 }).map((names) => names.join(','))
const kexInit: fc.Arbitrary<KexInit> = fc.record({
  kex: list,
  hostKey: list,
  encryptionToServer: list,
  encryptionToClient: list,
  macToServer: list,
  macToClient: list,
  compressionToServer: list,
  compressionToClient: list,
  languageToServer: list,
  languageToClient: list,
})

describe('a KEXINIT', () => {
  it('is read as it was written, and not before it is whole', () => {
    fc.assert(
      fc.property(kexInit, fc.nat(), (lists, cut) => {
        const packet = encodeKexInit(lists)
        expect(readKexInit(packet)).toEqual(lists)
        expect(readKexInit(packet.subarray(0, cut % packet.length))).toBeUndefined()
      }),
    )
  })

  it('that is broken throws nothing but its own error', () => {
    fc.assert(
      fc.property(kexInit, fc.array(fc.tuple(fc.nat(600), fc.nat(255)), { maxLength: 8 }), (lists, changes) => {
        const packet = encodeKexInit(lists)
        for (const [at, byte] of changes) packet[at % packet.length] = byte
        try {
          readKexInit(packet)
        } catch (error) {
          expect(error).toBeInstanceOf(GreetingError)
        }
      }),
    )
  })

  it('has as HASSH the MD5 of four of its lists, joined by semicolons', () => {
    const lists = {
      kex: 'diffie-hellman-group14-sha1',
      encryptionToServer: 'aes128-cbc',
      macToServer: 'hmac-sha1',
      compressionToServer: 'none',
    } as KexInit
    expect(hassh(lists)).toEqual({
      value: '3840a648a92ca61464800f429dd6ab7a',
      raw: 'diffie-hellman-group14-sha1;aes128-cbc;hmac-sha1;none',
    })
  })
})

describe('a version line', () => {
  it('ends with LF, with or without CR', () => {
    expect(readVersionLine(Buffer.from('SSH-2.0-Go\r\nrest'))).toEqual({ line: Buffer.from('SSH-2.0-Go'), rest: Buffer.from('rest') })
    expect(readVersionLine(Buffer.from('SSH-1.5-x\n'))).toEqual({ line: Buffer.from('SSH-1.5-x'), rest: Buffer.alloc(0) })
    expect(readVersionLine(Buffer.from('SSH-2.0'))).toBeUndefined()
  })

  it('is at most 255 bytes long', () => {
    expect(() => readVersionLine(Buffer.alloc(255, 'x'))).toThrow(GreetingError)
  })
})
