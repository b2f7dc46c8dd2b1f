import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { wildcard } from '../../../src/emulators/smb/open-file.ts'
import { parseCommands } from '../../../src/emulators/smb/smb1/codec.ts'
import { parseCompound, parseNegotiate } from '../../../src/emulators/smb/smb2/codec.ts'
import { aesCmac, CIPHER, isSigned, open, SIGNING, seal, sign } from '../../../src/emulators/smb/smb2/crypto.ts'
import { SmbFormatError } from '../../../src/emulators/smb/status.ts'
import { sharePath } from '../../../src/emulators/smb/store/store.ts'
import { smb2 } from './smb2-client.ts'

describe('signatures and sealing', () => {
  it('AES-CMAC gives the values of RFC 4493', () => {
    const key = Buffer.from('2b7e151628aed2a6abf7158809cf4f3c', 'hex')
    const message = Buffer.from('6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411', 'hex')
    expect(aesCmac(key, Buffer.alloc(0)).toString('hex')).toBe('bb1d6929e95937287fa37d129b756746')
    expect(aesCmac(key, message.subarray(0, 16)).toString('hex')).toBe('070a16b46b4d4144f79bdd9dd04a287c')
    expect(aesCmac(key, message).toString('hex')).toBe('dfa66747de9ae63030ca32611497c827')
  })

  it.each(Object.values(SIGNING))('algorithm %i sees every change', (algorithm) => {
    const key = randomBytes(16)
    const message = smb2(13, Buffer.of(4, 0, 0, 0), { message: 9 })
    sign(message, key, algorithm)
    expect(isSigned(message, key, algorithm)).toBe(true)
    message[66] = 1
    expect(isSigned(message, key, algorithm)).toBe(false)
  })

  it.each(Object.values(CIPHER))('cipher %i opens what it sealed and nothing else', (cipher) => {
    const key = randomBytes(cipher > 2 ? 32 : 16)
    const sealed = seal(Buffer.from('secret'), 7n, key, cipher, Buffer.alloc(16, 1))
    expect(open(sealed, key, cipher).toString()).toBe('secret')
    sealed[60 - 4]! ^= 1
    expect(() => open(sealed, key, cipher)).toThrow(SmbFormatError)
  })
})

describe('names', () => {
  it('never lead above the share', () => {
    expect(sharePath('\\a\\..\\..\\..\\etc\\passwd')).toBe('etc/passwd')
  })
  it('match as Windows matches them, in bounded time', () => {
    expect(wildcard('*.EXE')('evil.exe')).toBe(true)
    expect(wildcard('a?c')('abd')).toBe(false)
    expect(wildcard('*a'.repeat(200))('a'.repeat(250))).toBe(true)
  })
})

it('both codecs throw nothing but their own error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom('\xfeSMB', '\xffSMB'), (bytes, magic) => {
      const packet = Buffer.concat([Buffer.from(magic, 'latin1'), bytes])
      try {
        if (magic[0] === '\xff') parseCommands(packet)
        else for (const message of parseCompound(packet)) parseNegotiate(message)
      } catch (error) {
        expect(error).toBeInstanceOf(SmbFormatError)
      }
    }),
  )
})
