import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto'
import { WireError, WireReader } from './transport/wire.ts'

/** A public key that a client offers. */
export interface ClientKey {
  type: string
  blob: Buffer
  /** As `ssh-keygen -l` prints it. */
  fingerprint: string
}

/** @throws WireError when the blob has not even a type */
export function clientKey(blob: Buffer): ClientKey {
  const digest = createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')
  return { type: new WireReader(blob).name(), blob, fingerprint: `SHA256:${digest}` }
}

/** Whether one of the lines of an authorized_keys file is this key. Options in front of a key are skipped over. */
export function isAuthorized(key: ClientKey, lines: readonly string[]): boolean {
  const encoded = key.blob.toString('base64')
  return lines.some((line) => {
    if (line.trimStart().startsWith('#')) return false
    const words = line.trim().split(/\s+/)
    return words.some((word, i) => word === encoded && words[i - 1] === key.type)
  })
}

const HASHES: Record<string, string | null> = {
  'ssh-rsa': 'sha1',
  'rsa-sha2-256': 'sha256',
  'rsa-sha2-512': 'sha512',
  'ecdsa-sha2-nistp256': 'sha256',
  'ecdsa-sha2-nistp384': 'sha384',
  'ecdsa-sha2-nistp521': 'sha512',
  'ssh-ed25519': null,
}

const CURVES: Record<string, { name: string; bytes: number }> = {
  'ecdsa-sha2-nistp256': { name: 'P-256', bytes: 32 },
  'ecdsa-sha2-nistp384': { name: 'P-384', bytes: 48 },
  'ecdsa-sha2-nistp521': { name: 'P-521', bytes: 66 },
}

/** Checks a signature blob by `algorithm` over `data`; false for whatever is malformed or of a kind unknown here. */
export function isSignedBy(key: ClientKey, algorithm: string, data: Buffer, signature: Buffer): boolean {
  try {
    const hash = HASHES[algorithm]
    if (hash === undefined || (algorithm !== key.type && key.type !== 'ssh-rsa')) return false
    const reader = new WireReader(signature)
    if (reader.name() !== algorithm) return false
    const publicKey = keyObject(key)
    const value = reader.string()
    const curve = CURVES[algorithm]
    if (!curve) return verify(hash, data, publicKey, value)
    const pair = new WireReader(value)
    const ieee = Buffer.concat([padded(pair.mpint(), curve.bytes), padded(pair.mpint(), curve.bytes)])
    return verify(hash, data, { key: publicKey, dsaEncoding: 'ieee-p1363' }, ieee)
  } catch (error) {
    if (error instanceof WireError || isCryptoError(error)) return false
    throw error
  }
}

function keyObject(key: ClientKey): KeyObject {
  const reader = new WireReader(key.blob)
  reader.name()
  const text = (bytes: Buffer): string => bytes.toString('base64url')
  if (key.type === 'ssh-rsa') {
    const e = text(reader.mpint())
    return createPublicKey({ key: { kty: 'RSA', e, n: text(reader.mpint()) }, format: 'jwk' })
  }
  if (key.type === 'ssh-ed25519') return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: text(reader.string()) }, format: 'jwk' })
  const curve = CURVES[key.type]
  if (!curve) throw new WireError(`no keys of type ${key.type}`)
  reader.name()
  const point = reader.string()
  if (point[0] !== 4 || point.length !== 1 + 2 * curve.bytes) throw new WireError('compressed or short point')
  const [x, y] = [point.subarray(1, 1 + curve.bytes), point.subarray(1 + curve.bytes)]
  return createPublicKey({ key: { kty: 'EC', crv: curve.name, x: text(x), y: text(y) }, format: 'jwk' })
}

function padded(number: Buffer, bytes: number): Buffer {
  if (number.length > bytes) throw new WireError('number too long for the curve')
  return Buffer.concat([Buffer.alloc(bytes - number.length), number])
}

/** Node and OpenSSL refuse numbers that make no key with errors of codes ERR_… */
function isCryptoError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_')
}
