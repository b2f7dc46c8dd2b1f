import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Sealing } from './codec.ts'

/** Numbers of the algorithms of a session (tables 13-17 to 13-19). */
export interface Suite {
  authentication: number
  integrity: number
  confidentiality: number
}

/** Cipher suites that this BMC has, by their numbers (table 22-20). */
export const SUITES: ReadonlyMap<number, Suite> = new Map(
  [
    [0, 0, 0, 0],
    [1, 1, 0, 0],
    [2, 1, 1, 0],
    [3, 1, 1, 1],
    [6, 2, 0, 0],
    [7, 2, 2, 0],
    [8, 2, 2, 1],
    [15, 3, 0, 0],
    [16, 3, 4, 0],
    [17, 3, 4, 1],
  ].map(([number = 0, authentication = 0, integrity = 0, confidentiality = 0]) => [number, { authentication, integrity, confidentiality }]),
)

/** RAKP-HMAC: its hash and the length of the check value in RAKP message 4. */
const RAKP: Record<number, { hash: string; icv: number; hashcat?: number }> = {
  1: { hash: 'sha1', icv: 12, hashcat: 7300 },
  2: { hash: 'md5', icv: 16, hashcat: 7350 },
  3: { hash: 'sha256', icv: 16 },
}
const INTEGRITY: Record<number, { hash: string; length: number }> = {
  1: { hash: 'sha1', length: 12 },
  2: { hash: 'md5', length: 16 },
  4: { hash: 'sha256', length: 16 },
}

/** What both sides of a session have said until its keys are made. */
export interface Handshake {
  suite: Suite
  consoleSession: number
  bmcSession: number
  consoleRandom: Buffer
  bmcRandom: Buffer
  guid: Buffer
  role: number
  user: Buffer
}

/** What the code of RAKP message 2 covers: to those who have it, a hash of the password that can be cracked offline. */
export function rakp2Salt({ consoleSession, bmcSession, consoleRandom, bmcRandom, guid, role, user }: Handshake): Buffer {
  return Buffer.concat([u32(consoleSession), u32(bmcSession), consoleRandom, bmcRandom, guid, Buffer.from([role, user.length]), user])
}

export function rakp2Code(shake: Handshake, password: Buffer): Buffer {
  return hmac(shake.suite, password, rakp2Salt(shake))
}

/** What the code of RAKP message 3 covers. */
export function rakp3Salt({ bmcRandom, consoleSession, role, user }: Handshake): Buffer {
  return Buffer.concat([bmcRandom, u32(consoleSession), Buffer.from([role, user.length]), user])
}

export function provesPassword(shake: Handshake, password: Buffer, code: Buffer): boolean {
  return equal(hmac(shake.suite, password, rakp3Salt(shake)), code)
}

/** Code of RAKP message 2 as hashcat reads it; undefined for an algorithm that it has no mode for. */
export function crackableRakp2(shake: Handshake, password: Buffer): { mode: number; line: string } | undefined {
  const mode = RAKP[shake.suite.authentication]?.hashcat
  return mode ? { mode, line: `${rakp2Salt(shake).toString('hex')}:${rakp2Code(shake, password).toString('hex')}` } : undefined
}

export interface Keys extends Sealing {
  /** Check value of RAKP message 4. */
  icv: Buffer
  /** Whether the code at the end of a packet, from its authentication type on, is right. */
  verify(covered: Buffer): boolean
  /** The plain payload; undefined when it cannot be one. */
  decrypt?: (payload: Buffer) => Buffer | undefined
}

/** Keys of a session whose two sides have authenticated (§13.31, §13.32). */
export function keysOf(shake: Handshake, password: Buffer): Keys {
  const { suite, consoleRandom, bmcRandom, role, user, bmcSession, guid } = shake
  const algorithm = RAKP[suite.authentication]
  if (!algorithm) return { icv: Buffer.alloc(0), verify: () => true }
  const sik = hmac(suite, password, Buffer.concat([consoleRandom, bmcRandom, Buffer.from([role, user.length]), user]))
  const [k1, k2] = [hmac(suite, sik, Buffer.alloc(20, 1)), hmac(suite, sik, Buffer.alloc(20, 2))]
  const icv = hmac(suite, sik, Buffer.concat([consoleRandom, u32(bmcSession), guid])).subarray(0, algorithm.icv)
  const signing = INTEGRITY[suite.integrity]
  if (!signing) return { icv, verify: () => true }
  const sign = (bytes: Buffer): Buffer => createHmac(signing.hash, k1).update(bytes).digest().subarray(0, signing.length)
  const verify = (covered: Buffer): boolean =>
    covered.length > signing.length && equal(sign(covered.subarray(0, -signing.length)), covered.subarray(-signing.length))
  if (suite.confidentiality === 0) return { icv, sign, verify }
  const key = k2.subarray(0, 16)
  return { icv, sign, verify, encrypt: (plain) => encrypt(key, plain), decrypt: (payload) => decrypt(key, payload) }
}

/** AuthCode of IPMI 1.5 with MD5 (§22.17.1). */
export function md5Code(password: Buffer, session: number, sequence: number, payload: Buffer): Buffer {
  const padded = Buffer.alloc(16)
  password.copy(padded)
  return createHash('md5').update(padded).update(u32(session)).update(payload).update(u32(sequence)).update(padded).digest()
}

/** AES-CBC-128 with the padding 01 02 03 … n of §13.29. */
function encrypt(key: Buffer, plain: Buffer): Buffer {
  const pad = (16 - ((plain.length + 1) % 16)) % 16
  const padding = Buffer.from([...Array.from({ length: pad }, (_, i) => i + 1), pad])
  const iv = randomBytes(16)
  const cipher = createCipheriv('aes-128-cbc', key, iv).setAutoPadding(false)
  return Buffer.concat([iv, cipher.update(Buffer.concat([plain, padding])), cipher.final()])
}

function decrypt(key: Buffer, payload: Buffer): Buffer | undefined {
  if (payload.length < 32 || payload.length % 16 !== 0) return undefined
  const cipher = createDecipheriv('aes-128-cbc', key, payload.subarray(0, 16)).setAutoPadding(false)
  const plain = Buffer.concat([cipher.update(payload.subarray(16)), cipher.final()])
  const pad = plain.at(-1) ?? 0
  return pad < 16 ? plain.subarray(0, plain.length - 1 - pad) : undefined
}

function hmac({ authentication }: Suite, key: Buffer, bytes: Buffer): Buffer {
  const algorithm = RAKP[authentication]
  return algorithm ? createHmac(algorithm.hash, key).update(bytes).digest() : Buffer.alloc(0)
}

export function equal(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
