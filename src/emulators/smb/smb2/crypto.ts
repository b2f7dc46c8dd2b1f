/** Keys, signatures and sealing of SMB2 (MS-SMB2 3.1.4). */
import { createCipheriv, createDecipheriv, createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { SmbFormatError } from '../status.ts'

export const SIGNING = { HMAC_SHA256: 0, AES_CMAC: 1, AES_GMAC: 2 } as const
export const CIPHER = { AES_128_CCM: 1, AES_128_GCM: 2, AES_256_CCM: 3, AES_256_GCM: 4 } as const

export const HEADER_BYTES = 64
export const TRANSFORM_BYTES = 52
const FLAG_SIGNED = 8

export interface SessionKeys {
  signing: Buffer
  /** For what we send. */
  sealing: Buffer
  /** For what the client sends. */
  opening: Buffer
}

/** SP800-108 in counter mode with HMAC-SHA256 (MS-SMB2 3.1.4.2). @param bits 128 or 256 */
function deriveKey(key: Buffer, label: string, context: Uint8Array, bits = 128): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bits)
  return createHmac('sha256', key)
    .update(Buffer.of(0, 0, 0, 1))
    .update(`${label}\0\0`, 'latin1')
    .update(context)
    .update(length)
    .digest()
    .subarray(0, bits / 8)
}

/** @param preauth hash over negotiation and login, of dialect 3.1.1 only */
export function keysOf(dialect: number, sessionKey: Buffer, preauth: Buffer, cipher: number): SessionKeys {
  if (dialect < 0x300) return { signing: sessionKey, sealing: sessionKey, opening: sessionKey }
  if (dialect < 0x311) {
    const derive = (label: string, context: string): Buffer => deriveKey(sessionKey, label, Buffer.from(`${context}\0`, 'latin1'))
    return {
      signing: derive('SMB2AESCMAC', 'SmbSign'),
      sealing: derive('SMB2AESCCM', 'ServerOut'),
      opening: derive('SMB2AESCCM', 'ServerIn '),
    }
  }
  const bits = cipher >= CIPHER.AES_256_CCM ? 256 : 128
  return {
    signing: deriveKey(sessionKey, 'SMBSigningKey', preauth),
    sealing: deriveKey(sessionKey, 'SMBS2CCipherKey', preauth, bits),
    opening: deriveKey(sessionKey, 'SMBC2SCipherKey', preauth, bits),
  }
}

/** Preauthentication integrity of 3.1.1: each message hashed onto those before it. */
export function chain(hash: Buffer, message: Buffer): Buffer {
  return createHash('sha512').update(hash).update(message).digest()
}

/** Puts the signature into a message, whose flag says so too. */
export function sign(message: Buffer, key: Buffer, algorithm: number): void {
  message.writeUInt32LE((message.readUInt32LE(16) | FLAG_SIGNED) >>> 0, 16)
  message.fill(0, 48, 64)
  message.set(signature(message, key, algorithm), 48)
}

/** Whether a message carries the signature that it should. */
export function isSigned(message: Buffer, key: Buffer, algorithm: number): boolean {
  const copy = Buffer.from(message)
  copy.fill(0, 48, 64)
  return timingSafeEqual(signature(copy, key, algorithm), message.subarray(48, 64))
}

function signature(message: Buffer, key: Buffer, algorithm: number): Buffer {
  if (algorithm === SIGNING.AES_CMAC) return aesCmac(key, message)
  if (algorithm === SIGNING.AES_GMAC) return aesGmac(key, message)
  return createHmac('sha256', key).update(message).digest().subarray(0, 16)
}

/** MS-SMB2 3.1.4.1: the nonce is the message id, who sends, and whether it is a CANCEL. */
function aesGmac(key: Buffer, message: Buffer): Buffer {
  const nonce = Buffer.alloc(12)
  message.copy(nonce, 0, 24, 32)
  const isResponse = message.readUInt32LE(16) & 1
  nonce.writeUInt32LE(isResponse | (message.readUInt16LE(12) === 12 ? 2 : 0), 8)
  const cipher = createCipheriv('aes-128-gcm', key, nonce)
  cipher.setAAD(message)
  cipher.final()
  return cipher.getAuthTag()
}

/** RFC 4493 */
export function aesCmac(key: Buffer, message: Buffer): Buffer {
  const block = (input: Buffer): Buffer => {
    const cipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false)
    return cipher.update(input)
  }
  const k1 = doubled(block(Buffer.alloc(16)))
  const last = message.length === 0 ? 0 : Math.floor((message.length - 1) / 16) * 16
  const tail = Buffer.alloc(16)
  message.copy(tail, 0, last)
  const isWhole = message.length - last === 16
  if (!isWhole) tail[message.length - last] = 0x80
  const mask = isWhole ? k1 : doubled(k1)
  for (let i = 0; i < 16; i++) tail[i]! ^= mask[i]!
  const cipher = createCipheriv('aes-128-cbc', key, Buffer.alloc(16)).setAutoPadding(false)
  cipher.update(message.subarray(0, last))
  return cipher.update(tail)
}

function doubled(block: Buffer): Buffer {
  const out = Buffer.alloc(16)
  for (let i = 0; i < 16; i++) out[i] = ((block[i]! << 1) | ((block[i + 1] ?? 0) >> 7)) & 0xff
  if (block[0]! & 0x80) out[15]! ^= 0x87
  return out
}

interface Sealing {
  name: 'aes-128-ccm' | 'aes-256-ccm' | 'aes-128-gcm' | 'aes-256-gcm'
  nonceBytes: number
}

function sealingOf(cipher: number): Sealing {
  const bits = cipher >= CIPHER.AES_256_CCM ? 256 : 128
  const isGcm = cipher === CIPHER.AES_128_GCM || cipher === CIPHER.AES_256_GCM
  return { name: `aes-${bits}-${isGcm ? 'gcm' : 'ccm'}`, nonceBytes: isGcm ? 12 : 11 }
}

/** One or more messages under a TRANSFORM_HEADER. @param nonce 16 bytes that never come twice under this key; zero where the cipher takes fewer */
export function seal(message: Buffer, sessionId: bigint, key: Buffer, cipher: number, nonce: Buffer): Buffer {
  const { name, nonceBytes } = sealingOf(cipher)
  const header = Buffer.alloc(TRANSFORM_BYTES)
  header.write('\xfdSMB', 'latin1')
  nonce.copy(header, 20, 0, nonceBytes)
  header.writeUInt32LE(message.length, 36)
  header.writeUInt16LE(1, 42)
  header.writeBigUInt64LE(sessionId, 44)
  // The types know each mode by its literal name only.
  const sealer = createCipheriv(name as 'aes-128-ccm', key, header.subarray(20, 20 + nonceBytes), { authTagLength: 16 })
  sealer.setAAD(header.subarray(20), { plaintextLength: message.length })
  const sealed = sealer.update(message)
  sealer.final()
  header.set(sealer.getAuthTag(), 4)
  return Buffer.concat([header, sealed])
}

/** What is under a TRANSFORM_HEADER. @throws SmbFormatError when it was not sealed with this key */
export function open(bytes: Buffer, key: Buffer, cipher: number): Buffer {
  const { name, nonceBytes } = sealingOf(cipher)
  const sealed = bytes.subarray(TRANSFORM_BYTES)
  if (bytes.readUInt32LE(36) !== sealed.length) throw new SmbFormatError('sealed length')
  try {
    const opener = createDecipheriv(name as 'aes-128-ccm', key, bytes.subarray(20, 20 + nonceBytes), { authTagLength: 16 })
    opener.setAuthTag(bytes.subarray(4, 20))
    opener.setAAD(bytes.subarray(20, TRANSFORM_BYTES), { plaintextLength: sealed.length })
    const message = opener.update(sealed)
    opener.final()
    return message
  } catch {
    throw new SmbFormatError('not sealed with the key of this session')
  }
}
