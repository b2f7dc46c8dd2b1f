import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import type { Identity } from '../config/identity.ts'
import { HOST_KEY_FILES, publicBlob } from '../host/keys/key-files.ts'
import type { HostKeyType } from './daemons.ts'
import { WireWriter } from './transport/wire.ts'

/** One host key: what it looks like and how it signs. */
export interface HostKey {
  type: HostKeyType
  /** Public key as it goes over the wire, RFC 4253 §6.6. */
  blob: Buffer
  /** A signature blob by the given algorithm, e.g. `rsa-sha2-512`. */
  sign(algorithm: string, data: Buffer): Buffer
}

/** The keys of a persona on this installation: made at the first start (3072-bit RSA as ssh-keygen's default), then kept. */
export function hostKeysOf(identity: Identity, persona: string, types: readonly HostKeyType[]): HostKey[] {
  return types.map((type) => hostKey(type, createPrivateKey(identity.keep(`${HOST_KEY_FILES[type]}.${persona}`, () => generate(type)))))
}

/** The key that an algorithm of the host key list signs with. */
export function keyFor(algorithm: string, keys: readonly HostKey[]): HostKey | undefined {
  const type = algorithm.startsWith('rsa-sha2-') ? 'ssh-rsa' : algorithm
  return keys.find((key) => key.type === type)
}

function generate(type: HostKeyType): string {
  const privateKeyEncoding = { type: 'pkcs8', format: 'pem' } as const
  const publicKeyEncoding = { type: 'spki', format: 'pem' } as const
  const encodings = { privateKeyEncoding, publicKeyEncoding }
  if (type === 'ssh-rsa') return generateKeyPairSync('rsa', { modulusLength: 3072, ...encodings }).privateKey
  if (type === 'ecdsa-sha2-nistp256') return generateKeyPairSync('ec', { namedCurve: 'prime256v1', ...encodings }).privateKey
  return generateKeyPairSync('ed25519', encodings).privateKey
}

function hostKey(type: HostKeyType, privateKey: KeyObject): HostKey {
  return {
    type,
    blob: publicBlob(type, privateKey),
    sign: (algorithm, data) =>
      new WireWriter()
        .string(algorithm)
        .string(signature(algorithm, privateKey, data))
        .done(),
  }
}

function signature(algorithm: string, privateKey: KeyObject, data: Buffer): Buffer {
  switch (algorithm) {
    case 'rsa-sha2-512':
      return sign('sha512', data, privateKey)
    case 'rsa-sha2-256':
      return sign('sha256', data, privateKey)
    case 'ssh-rsa':
      return sign('sha1', data, privateKey)
    case 'ssh-ed25519':
      return sign(null, data, privateKey)
    case 'ecdsa-sha2-nistp256': {
      const pair = sign('sha256', data, { key: privateKey, dsaEncoding: 'ieee-p1363' })
      return new WireWriter().mpint(pair.subarray(0, 32)).mpint(pair.subarray(32)).done()
    }
    default:
      throw new Error(`no host key signs by ${algorithm}`)
  }
}
