import { createCipheriv, createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { md4 } from './md4.ts'
import { NTLM, type NtlmAuthenticate } from './ntlm.ts'

/** What the client's proof was computed over, and what it says. */
export type NtlmProof = Pick<
  NtlmAuthenticate,
  'user' | 'domain' | 'workstation' | 'lmResponse' | 'ntResponse' | 'flags' | 'encryptedSessionKey'
>

/** Hashes of the passwords that guessers use, over and over. */
const hashes = new LRUCache<string, Buffer>({ max: 2000 })

/** NTOWFv1: MD4 over the password in UTF-16. */
export function ntHash(password: string): Buffer {
  const known = hashes.get(password)
  if (known) return known
  const hash = md4(Buffer.from(password, 'utf16le'))
  hashes.set(password, hash)
  return hash
}

/** No user, no responses: a null session (MS-NLMP 3.2.5.1.2). */
export function isAnonymous({ user, ntResponse, lmResponse }: NtlmProof): boolean {
  return user === '' && ntResponse.length === 0 && lmResponse.length <= 1
}

/** `ntlmv2`, `ntlmv1`, `lmv2` when only the second response is there, `lm` … */
export function ntlmVersion({ ntResponse, lmResponse }: NtlmProof): 'ntlmv2' | 'ntlmv1' | 'lm' {
  if (ntResponse.length > 24) return 'ntlmv2'
  return ntResponse.length === 24 || lmResponse.length !== 24 ? 'ntlmv1' : 'lm'
}

/** The exchange as hashcat reads it: mode 5600 (NetNTLMv2) or 5500 (NetNTLMv1); undefined when there is no NT response. */
export function hashcatLine(proof: NtlmProof, challenge: Buffer): { mode: number; line: string } | undefined {
  const { lmResponse: lm, ntResponse: nt } = proof
  const user = lineText(proof.user)
  const domain = lineText(proof.domain)
  const hex = challenge.toString('hex')
  if (nt.length > 24) {
    return { mode: 5600, line: `${user}::${domain}:${hex}:${nt.toString('hex', 0, 16)}:${nt.toString('hex', 16)}` }
  }
  if (nt.length !== 24) return undefined
  return { mode: 5500, line: `${user}::${domain}:${lm.length === 24 ? lm.toString('hex') : ''}:${nt.toString('hex')}:${hex}` }
}

/** A name that would end its field or its line is kept as bytes, in the notation of the crackers. */
function lineText(name: string): string {
  return /^[^:\p{C}]*$/u.test(name) ? name : `$HEX[${Buffer.from(name, 'utf8').toString('hex')}]`
}

/** Whether this password gives the client's response. */
export function proves(proof: NtlmProof, challenge: Buffer, password: string): boolean {
  return responseKey(proof, challenge, password) !== undefined
}

/** The key that both sides have when the password is right, for signing and sealing; undefined when it is wrong. */
export function sessionKey(proof: NtlmProof, challenge: Buffer, password: string): Buffer | undefined {
  const key = responseKey(proof, challenge, password)
  if (!key) return undefined
  if (!(proof.flags & NTLM.KEY_EXCH) || proof.encryptedSessionKey.length !== 16) return key
  return rc4(key, proof.encryptedSessionKey)
}

/** KXKEY (MS-NLMP 3.4.5.1) when the response is right. */
function responseKey(proof: NtlmProof, challenge: Buffer, password: string): Buffer | undefined {
  const { ntResponse: nt, lmResponse: lm } = proof
  const hash = ntHash(password)
  if (nt.length > 24) {
    const key = ntlmv2Key(hash, proof)
    const expected = hmacMd5(key, challenge, nt.subarray(16))
    return timingSafeEqual(expected, nt.subarray(0, 16)) ? hmacMd5(key, expected) : undefined
  }
  if (nt.length === 24) return ntlmv1Key(proof, challenge, hash)
  if (lm.length !== 24) return undefined
  const key = ntlmv2Key(hash, proof)
  const expected = hmacMd5(key, challenge, lm.subarray(16))
  return timingSafeEqual(expected, lm.subarray(0, 16)) ? hmacMd5(key, expected) : undefined
}

/** NTOWFv2 */
function ntlmv2Key(hash: Buffer, { user, domain }: NtlmProof): Buffer {
  return hmacMd5(hash, Buffer.from(user.toUpperCase() + domain, 'utf16le'))
}

function ntlmv1Key({ ntResponse, lmResponse, flags }: NtlmProof, challenge: Buffer, hash: Buffer): Buffer | undefined {
  const isExtended = (flags & NTLM.EXTENDED_SESSIONSECURITY) !== 0 && lmResponse.length === 24
  const clientChallenge = lmResponse.subarray(0, 8)
  const seed = isExtended ? createHash('md5').update(challenge).update(clientChallenge).digest().subarray(0, 8) : challenge
  if (!timingSafeEqual(desLong(hash, seed), ntResponse)) return undefined
  const base = md4(hash)
  return isExtended ? hmacMd5(base, challenge, clientChallenge) : base
}

function hmacMd5(key: Buffer, ...parts: Buffer[]): Buffer {
  const hmac = createHmac('md5', key)
  for (const part of parts) hmac.update(part)
  return hmac.digest()
}

/** DESL (MS-NLMP 6): three DES encryptions of the challenge under the thirds of a key of 21 bytes. */
export function desLong(hash: Buffer, challenge: Buffer): Buffer {
  const key = Buffer.concat([hash, Buffer.alloc(5)])
  return Buffer.concat([0, 7, 14].map((at) => des(key.subarray(at, at + 7), challenge)))
}

function des(key7: Buffer, block: Buffer): Buffer {
  const bits = BigInt(`0x${key7.toString('hex')}`)
  const key = Buffer.from(Array.from({ length: 8 }, (_, i) => Number((bits >> BigInt(49 - 7 * i)) & 0x7fn) << 1))
  // OpenSSL keeps single DES among its legacy ciphers; three times the same key is the same.
  const cipher = createCipheriv('des-ede3-ecb', Buffer.concat([key, key, key]), null).setAutoPadding(false)
  return Buffer.concat([cipher.update(block), cipher.final()])
}

/** Signature of a server over a message with sequence number 0 (MS-NLMP 3.4.4.2), as SPNEGO's mechListMIC wants it. */
export function ntlmMic(key: Buffer, flags: number, message: Buffer): Buffer {
  const magic = (what: string): Buffer => Buffer.from(`session key to server-to-client ${what} key magic constant\0`, 'latin1')
  const signKey = createHash('md5').update(key).update(magic('signing')).digest()
  const sequence = Buffer.alloc(4)
  const checksum = hmacMd5(signKey, sequence, message).subarray(0, 8)
  const version = Buffer.of(1, 0, 0, 0)
  if (!(flags & NTLM.KEY_EXCH)) return Buffer.concat([version, checksum, sequence])
  const used = flags & NTLM.KEY_128 ? key : key.subarray(0, flags & NTLM.KEY_56 ? 7 : 5)
  const sealKey = createHash('md5').update(used).update(magic('sealing')).digest()
  return Buffer.concat([version, rc4(sealKey, checksum), sequence])
}

/** RC4, another cipher that OpenSSL has put away. */
export function rc4(key: Buffer, bytes: Buffer): Buffer {
  const s = Uint8Array.from({ length: 256 }, (_, i) => i)
  for (let i = 0, j = 0; i < 256; i++) {
    j = (j + s[i]! + key[i % key.length]!) & 0xff
    ;[s[i], s[j]] = [s[j]!, s[i]!]
  }
  const out = Buffer.alloc(bytes.length)
  for (let n = 0, i = 0, j = 0; n < bytes.length; n++) {
    i = (i + 1) & 0xff
    j = (j + s[i]!) & 0xff
    ;[s[i], s[j]] = [s[j]!, s[i]!]
    out[n] = bytes[n]! ^ s[(s[i]! + s[j]!) & 0xff]!
  }
  return out
}
