import { constants, createHash, createPrivateKey, generateKeyPairSync, privateDecrypt, randomBytes } from 'node:crypto'
import type { Identity } from '../../config/identity.ts'
import { ByteReader, ShortMessage } from '../../sensor/byte-reader.ts'
import { ByteWriter } from '../../sensor/byte-writer.ts'
import { rc4 } from '../../sensor/ntlm-proof.ts'
import { RdpError, SEC } from './codec.ts'

/** encryptionMethods (MS-RDPBCGR 2.2.1.3.3). */
const METHOD = { bits40: 1, bits128: 2, bits56: 8 } as const
const MODULUS_BYTES = 64

interface ServerKey {
  pem: string
  modulus: Buffer
}

/** The key pair of RDP's own security: of 512 bits, as terminal servers have it; one an install. */
export function serverKeyOf(identity: Identity): ServerKey {
  const pem = identity.keep(
    'rdp.key.pem',
    () =>
      generateKeyPairSync('rsa', {
        modulusLength: MODULUS_BYTES * 8,
        publicKeyEncoding: { type: 'spki', format: 'pem' },
        privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      }).privateKey,
  )
  const { n = '' } = createPrivateKey(pem).export({ format: 'jwk' })
  return { pem, modulus: Buffer.from(n, 'base64url') }
}

/** RDP's own security (5.3): the client sends 32 random bytes under our key, both make RC4 keys of them. */
export class StandardSecurity {
  readonly method: number
  readonly random = randomBytes(32)
  readonly certificate: Buffer
  readonly #key: ServerKey
  #decryptKey: Buffer | undefined

  /** @param offered the client's encryption methods */
  constructor(key: ServerKey, offered: number) {
    this.#key = key
    this.method = [METHOD.bits128, METHOD.bits56, METHOD.bits40].find((one) => offered & one) ?? METHOD.bits128
    this.certificate = proprietaryCertificate(key.modulus)
  }

  /** Takes the Security Exchange PDU behind its header. @throws RdpError */
  exchange(bytes: Buffer): void {
    if (bytes.length < 4 + MODULUS_BYTES) throw new RdpError('a client random that is cut')
    const encrypted = Buffer.from(bytes.subarray(4, 4 + MODULUS_BYTES)).reverse()
    let clientRandom: Buffer
    try {
      clientRandom = privateDecrypt({ key: this.#key.pem, padding: constants.RSA_NO_PADDING }, encrypted).reverse().subarray(0, 32)
    } catch {
      // Larger than the modulus: no client random of anybody.
      throw new RdpError('a client random that is none')
    }
    this.#decryptKey = this.#keyOf(clientRandom)
  }

  /** The first encrypted PDU of a client, without its signature. @throws RdpError before the exchange */
  decrypt(bytes: Buffer): Buffer {
    if (!this.#decryptKey) throw new RdpError('encrypted before there are keys')
    try {
      return rc4(this.#decryptKey, new ByteReader(bytes, 8).rest())
    } catch (error) {
      if (error instanceof ShortMessage) throw new RdpError(error.message)
      throw error
    }
  }

  /** 5.3.5.1 and 5.3.5.2 */
  #keyOf(clientRandom: Buffer): Buffer {
    const salted = (secret: Buffer, salt: string): Buffer => {
      const inner = createHash('sha1').update(salt).update(secret).update(clientRandom).update(this.random).digest()
      return createHash('md5').update(secret).update(inner).digest()
    }
    const three = (secret: Buffer, a: string, b: string, c: string): Buffer =>
      Buffer.concat([salted(secret, a), salted(secret, b), salted(secret, c)])
    const preMaster = Buffer.concat([clientRandom.subarray(0, 24), this.random.subarray(0, 24)])
    const blob = three(three(preMaster, 'A', 'BB', 'CCC'), 'X', 'YY', 'ZZZ')
    const key = createHash('md5').update(blob.subarray(32, 48)).update(clientRandom).update(this.random).digest()
    if (this.method === METHOD.bits128) return key
    const salt = this.method === METHOD.bits40 ? Buffer.from('d1269e', 'hex') : Buffer.from('d1', 'hex')
    return Buffer.concat([salt, key.subarray(salt.length, 8)])
  }
}

/** SERVER_CERTIFICATE with an RSA key of Microsoft's own form (2.2.1.4.3.1.1). Clients do not look at its signature. */
function proprietaryCertificate(modulus: Buffer): Buffer {
  const little = Buffer.concat([Buffer.from(modulus).reverse(), Buffer.alloc(8)])
  const key = new ByteWriter()
    .text('RSA1')
    .u32le(little.length)
    .u32le(MODULUS_BYTES * 8)
    .u32le(MODULUS_BYTES - 1)
    .u32le(65_537)
    .bytes(little)
    .done()
  const signature = Buffer.concat([createHash('sha512').update(modulus).digest(), Buffer.alloc(8)])
  return new ByteWriter()
    .u32le(1)
    .u32le(1)
    .u32le(1)
    .u16le(6)
    .u16le(key.length)
    .bytes(key)
    .u16le(8)
    .u16le(signature.length)
    .bytes(signature)
    .done()
}

/** Flags of a basic security header, and what stands behind it. @throws RdpError */
export function splitSecurityHeader(data: Buffer): { flags: number; body: Buffer } {
  if (data.length < 4) throw new RdpError('no security header')
  return { flags: data.readUInt16LE(), body: data.subarray(4) }
}

export const isEncrypted = (flags: number): boolean => (flags & SEC.encrypt) !== 0
