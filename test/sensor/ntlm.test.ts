import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { md4 } from '../../src/sensor/md4.ts'
import { encodeChallenge, encodeTargetInfo, NTLM, NtlmError, parseNtlm } from '../../src/sensor/ntlm.ts'
import { hashcatLine, isAnonymous, type NtlmProof, ntHash, ntlmVersion, proves, rc4, sessionKey } from '../../src/sensor/ntlm-proof.ts'
import { encodeBareOffer, encodeOffer, encodeReply, parseSpnego, SpnegoError } from '../../src/sensor/spnego.ts'

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')

describe('hashes', () => {
  it('MD4 gives the digests of RFC 1320 A.5', () => {
    expect(md4(Buffer.from('')).toString('hex')).toBe('31d6cfe0d16ae931b73c59d7e0c089c0')
    expect(md4(Buffer.from('abc')).toString('hex')).toBe('a448017aaf21d8525fc10ae87aa6729d')
    expect(md4(Buffer.from('1234567890'.repeat(8))).toString('hex')).toBe('e33b4ddc9c38f2199c3e7b164fcc0536')
    expect(ntHash('Password').toString('hex')).toBe('a4f49c406510bdcab6824ee7c30fd852')
  })
  it('RC4 gives the key stream of its test vectors', () => {
    expect(rc4(Buffer.from('Key'), Buffer.from('Plaintext')).toString('hex')).toBe('bbf316e8d940af0ad3')
  })
})

/** MS-NLMP 4.2: user `User`, domain `Domain`, password `Password`. */
const example = (given: Partial<NtlmProof>): NtlmProof => ({
  user: 'User',
  domain: 'Domain',
  workstation: 'COMPUTER',
  flags: 0,
  lmResponse: Buffer.alloc(0),
  ntResponse: Buffer.alloc(0),
  encryptedSessionKey: Buffer.alloc(0),
  ...given,
})
const challenge = hex('0123456789abcdef')

describe('a response', () => {
  const v1 = example({
    lmResponse: hex('98def7b87f88aa5dafe2df779688a172def11c7d5ccdef13'),
    ntResponse: hex('67c43011f30298a2ad35ece64f16331c44bdbed927841f94'),
    encryptedSessionKey: hex('518822b1b3f350c8958682ecbb3e3cb7'),
    flags: NTLM.KEY_EXCH,
  })
  const extended = example({
    flags: NTLM.EXTENDED_SESSIONSECURITY,
    lmResponse: hex('aaaaaaaaaaaaaaaa 00000000000000000000000000000000'),
    ntResponse: hex('7537f803ae367128ca458204bde7caf81e97ed2683267232'),
  })
  const blob = hex(
    '0101000000000000000000000000000 0aaaaaaaaaaaaaaaa0000000002000c0044006f006d00610069006e0001000c005300650072007600650072000000000000000000',
  )
  const v2 = example({
    ntResponse: Buffer.concat([hex('68cd0ab851e51c96aabc927bebef6a1c'), blob]),
    encryptedSessionKey: hex('c5dad2544fc9799094ce1ce90bc9d03e'),
    flags: NTLM.KEY_EXCH,
  })

  it.each([
    ['NTLMv1', v1, 'ntlmv1', 5500],
    ['NTLMv1 with extended session security', extended, 'ntlmv1', 5500],
    ['NTLMv2', v2, 'ntlmv2', 5600],
  ] as const)('of %s is proven by its password and by no other', (_, proof, version, mode) => {
    expect(proves(proof, challenge, 'Password')).toBe(true)
    expect(proves(proof, challenge, 'password')).toBe(false)
    expect(ntlmVersion(proof)).toBe(version)
    expect(hashcatLine(proof, challenge)?.mode).toBe(mode)
  })
  it('gives the session key of the specification', () => {
    expect(sessionKey(v1, challenge, 'Password')?.toString('hex')).toBe('55'.repeat(16))
    expect(sessionKey(v2, challenge, 'Password')?.toString('hex')).toBe('55'.repeat(16))
    expect(sessionKey(extended, challenge, 'Password')?.toString('hex')).toBe('eb93429a8bd952f8b89c55b87f475edc')
    expect(sessionKey(v2, challenge, 'x')).toBeUndefined()
  })
  it('is written down as hashcat reads it', () => {
    expect(hashcatLine(v1, challenge)?.line).toBe(
      `User::Domain:${v1.lmResponse.toString('hex')}:67c43011f30298a2ad35ece64f16331c44bdbed927841f94:0123456789abcdef`,
    )
    expect(hashcatLine(v2, challenge)?.line).toBe(`User::Domain:0123456789abcdef:68cd0ab851e51c96aabc927bebef6a1c:${blob.toString('hex')}`)
    expect(hashcatLine({ ...v2, user: 'a:\n' }, challenge)?.line).toMatch(/^\$HEX\[613a0a\]::Domain:/)
    expect(hashcatLine(example({}), challenge)).toBeUndefined()
  })
  it('of nobody is a null session', () => {
    expect(isAnonymous(example({ user: '', lmResponse: Buffer.of(0) }))).toBe(true)
    expect(isAnonymous(v2)).toBe(false)
  })
})

describe('messages', () => {
  it('reads a NEGOTIATE and an AUTHENTICATE of smbclient', () => {
    expect(parseNtlm(hex('4e544c4d5353500001000000b7820 8e2000000000000000000000000000000 00'))).toMatchObject({
      type: 'negotiate',
      flags: 0xe20882b7,
    })
    const user = Buffer.from('bob', 'utf16le')
    const message = Buffer.alloc(64)
    message.write('NTLMSSP\0\x03', 'latin1')
    for (const [at, length] of [
      [12, 0],
      [20, 0],
      [28, 0],
      [36, user.length],
      [44, 0],
      [52, 0],
    ] as const) {
      message.writeUInt16LE(length, at)
      message.writeUInt32LE(64, at + 4)
    }
    message.writeUInt32LE(NTLM.UNICODE, 60)
    expect(parseNtlm(Buffer.concat([message, user]))).toMatchObject({ type: 'authenticate', user: 'bob', domain: '' })
    expect(() => parseNtlm(message)).toThrow(NtlmError)
  })
  it('names the machine in the challenge', () => {
    const target = { netbiosComputer: 'SERVER', netbiosDomain: 'DOM', dnsComputer: 'server.dom', dnsDomain: 'dom', time: 0 }
    const bytes = encodeChallenge({ clientFlags: 0xe2088297 | 0, challenge, target, version: { major: 6, minor: 1, build: 7601 } })
    expect(bytes.subarray(24, 32)).toEqual(challenge)
    expect(bytes.toString('utf16le', 56, 68)).toBe('SERVER')
    expect(bytes.subarray(68)).toEqual(encodeTargetInfo(target))
    expect(bytes.readUInt32LE(20) & NTLM.TARGET_TYPE_SERVER).toBeTruthy()
    expect(encodeTargetInfo(target).subarray(-12).toString('hex')).toBe('00803ed5deb19d0100000000')
  })
  it('throw nothing but their own error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.constantFrom(1, 3), (bytes, type) => {
        const message = Buffer.concat([Buffer.from('NTLMSSP\0'), Buffer.of(type, 0, 0, 0), bytes])
        try {
          parseNtlm(message)
        } catch (error) {
          expect(error).toBeInstanceOf(NtlmError)
        }
      }),
    )
  })
})

describe('SPNEGO', () => {
  it('offers NTLMSSP in the bytes of Samba 4.17', () => {
    expect(encodeOffer().toString('hex')).toBe(
      '604806062b0601050502a03e303ca00e300c060a2b06010401823702020aa32a3028a0261b246e6f745f646566696e65645f696e5f5246433431373840706c656173655f69676e6f7265',
    )
    expect(encodeBareOffer().toString('hex')).toBe('601c06062b0601050502a0123010a00e300c060a2b06010401823702020a')
  })
  it('finds the NTLMSSP message of a client, wrapped or not', () => {
    const message = Buffer.from('NTLMSSP\0\x01\0\0\0\0\0\0\0')
    expect(parseSpnego(message)).toEqual({ token: message, isRaw: true })
    const reply = encodeReply({ state: 'accept-incomplete', namesMechanism: true, token: message })
    expect(parseSpnego(reply)).toEqual({ token: message, isRaw: false })
    expect(parseSpnego(encodeReply({ state: 'reject', mic: Buffer.of(1) }))).toEqual({ isRaw: false, mic: Buffer.of(1) })
    expect(parseSpnego(encodeOffer()).mechanisms?.toString('hex')).toBe('300c060a2b06010401823702020a')
  })
  it('throws nothing but its own error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.constantFrom(0x60, 0xa0, 0xa1), (bytes, tag) => {
        try {
          parseSpnego(Buffer.concat([Buffer.of(tag), bytes]))
        } catch (error) {
          expect(error).toBeInstanceOf(SpnegoError)
        }
      }),
    )
  })
})
