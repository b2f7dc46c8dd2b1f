import {
  createDiffieHellmanGroup,
  createECDH,
  createHash,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  randomBytes,
} from 'node:crypto'
import { Message } from './message-numbers.ts'
import { chooseModulus } from './moduli.ts'
import { encapsulate, SNTRUP761_PUBLIC_KEY_BYTES } from './sntrup761.ts'
import { WireError, WireReader, WireWriter } from './wire.ts'

/** The client's share is no valid one; the daemon closes without a word. */
export class KeyExchangeError extends Error {
  constructor(what: string) {
    super(what)
    this.name = 'KeyExchangeError'
  }
}

/** What an exchange comes to. Shares and secret are already encoded as the exchange hash and key derivation take them. */
export interface SharedSecret {
  /** What goes into the exchange hash between host key and secret. */
  transcript: Buffer
  /** The server's share as its reply carries it. */
  serverShare: Buffer
  /** K, encoded. */
  secret: Buffer
  /** Number of the reply message. */
  reply: number
}

/** The server's side of one run of a method. */
export interface KeyExchange {
  readonly hash: 'sha1' | 'sha256' | 'sha384' | 'sha512'
  /**
   * Takes the client's next message of the range 30–49.
   * @returns a message to send, the secret, or undefined when such a message does not belong to this method
   * @throws WireError, KeyExchangeError
   */
  receive(payload: Buffer): Buffer | SharedSecret | undefined
}

export function keyExchange(name: string): KeyExchange {
  const method = METHODS[name]
  if (!method) throw new Error(`no such key exchange: ${name}`)
  return method()
}

const METHODS: Record<string, () => KeyExchange> = {
  'sntrup761x25519-sha512': () => oneRound('sha512', sntrup761x25519),
  'sntrup761x25519-sha512@openssh.com': () => oneRound('sha512', sntrup761x25519),
  'curve25519-sha256': () => oneRound('sha256', curve25519),
  'curve25519-sha256@libssh.org': () => oneRound('sha256', curve25519),
  'ecdh-sha2-nistp256': () => oneRound('sha256', ecdh('prime256v1')),
  'ecdh-sha2-nistp384': () => oneRound('sha384', ecdh('secp384r1')),
  'ecdh-sha2-nistp521': () => oneRound('sha512', ecdh('secp521r1')),
  'diffie-hellman-group14-sha1': () => oneRound('sha1', group('modp14')),
  'diffie-hellman-group14-sha256': () => oneRound('sha256', group('modp14')),
  'diffie-hellman-group16-sha512': () => oneRound('sha512', group('modp16')),
  'diffie-hellman-group18-sha512': () => oneRound('sha512', group('modp18')),
  'diffie-hellman-group-exchange-sha256': () => new GroupExchange(),
}

interface Answer {
  serverShare: Buffer
  /** K, encoded. */
  secret: Buffer
  /** The client's share as the exchange hash takes it, without its length. */
  clientShare: Buffer
}

/** A method of one message each way: RFC 4253 §8, RFC 5656 §4, RFC 8731. */
function oneRound(hash: KeyExchange['hash'], answer: (reader: WireReader) => Answer): KeyExchange {
  return {
    hash,
    receive(payload) {
      if (payload[0] !== Message.KEXDH_INIT) return undefined
      const reader = new WireReader(payload, 1)
      const { clientShare, serverShare, secret } = answer(reader)
      reader.end()
      const transcript = new WireWriter().string(clientShare).string(serverShare).done()
      return { transcript, serverShare, secret, reply: Message.KEXDH_REPLY }
    },
  }
}

function curve25519(reader: WireReader): Answer {
  const clientShare = reader.string()
  const { share, secret } = x25519(clientShare)
  return { clientShare, serverShare: share, secret: new WireWriter().mpint(secret).done() }
}

/** draft-josefsson-ntruprime-ssh: both secrets hashed together; the result is a string, not an mpint. */
function sntrup761x25519(reader: WireReader): Answer {
  const clientShare = reader.string()
  if (clientShare.length !== SNTRUP761_PUBLIC_KEY_BYTES + 32) throw new KeyExchangeError('sntrup761x25519 share of the wrong length')
  const { ciphertext, key } = encapsulate(clientShare.subarray(0, SNTRUP761_PUBLIC_KEY_BYTES))
  const { share, secret } = x25519(clientShare.subarray(SNTRUP761_PUBLIC_KEY_BYTES))
  const joint = createHash('sha512').update(key).update(secret).digest()
  return { clientShare, serverShare: Buffer.concat([ciphertext, share]), secret: new WireWriter().string(joint).done() }
}

function x25519(clientShare: Buffer): { share: Buffer; secret: Buffer } {
  if (clientShare.length !== 32) throw new KeyExchangeError('X25519 share of the wrong length')
  const own = generateKeyPairSync('x25519')
  const share = Buffer.from(own.publicKey.export({ format: 'jwk' }).x as string, 'base64url')
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x: clientShare.toString('base64url') }, format: 'jwk' })
  // OpenSSL refuses points of small order, whose secret would be zero (RFC 8731 §3).
  const secret = refusing(() => diffieHellman({ privateKey: own.privateKey, publicKey }))
  return { share, secret }
}

function ecdh(curve: string): (reader: WireReader) => Answer {
  return (reader) => {
    const clientShare = reader.string()
    const own = createECDH(curve)
    const serverShare = own.generateKeys()
    const secret = refusing(() => own.computeSecret(clientShare))
    return { clientShare, serverShare, secret: new WireWriter().mpint(secret).done() }
  }
}

function group(name: string): (reader: WireReader) => Answer {
  return (reader) => {
    const { prime, generator } = WELL_KNOWN[name] ?? wellKnown(name)
    return diffieHellmanAnswer(reader.mpint(), prime, generator)
  }
}

const WELL_KNOWN: Record<string, { prime: Buffer; generator: Buffer }> = {}

function wellKnown(name: string): { prime: Buffer; generator: Buffer } {
  const known = createDiffieHellmanGroup(name)
  const numbers = { prime: known.getPrime(), generator: known.getGenerator() }
  WELL_KNOWN[name] = numbers
  return numbers
}

/** Bits of a private exponent: twice the strength of the strongest cipher that is offered. */
const EXPONENT_BITS = 512

/**
 * Not by node:crypto: its createDiffieHellman proves the prime at every use, which takes a minute for 8192 bits.
 */
function diffieHellmanAnswer(clientPublic: Buffer, prime: Buffer, generator: Buffer): Answer {
  const p = toBigInt(prime)
  const e = toBigInt(clientPublic)
  if (!isValidShare(e, p)) throw new KeyExchangeError('Diffie-Hellman share out of range')
  const exponent = randomBytes(EXPONENT_BITS / 8)
  const serverPublic = toBytes(modularPower(toBigInt(generator), exponent, p))
  const secret = toBytes(modularPower(e, exponent, p))
  return { clientShare: asMpint(clientPublic), serverShare: asMpint(serverPublic), secret: new WireWriter().mpint(secret).done() }
}

/** base^exponent mod modulus, four bits of the exponent at a time. */
function modularPower(base: bigint, exponent: Buffer, modulus: bigint): bigint {
  const powers = [1n]
  for (let i = 1; i < 16; i++) powers.push((powers[i - 1]! * base) % modulus)
  let result = 1n
  for (const digit of exponent.toString('hex')) {
    for (let i = 0; i < 4; i++) result = (result * result) % modulus
    result = (result * powers[Number.parseInt(digit, 16)]!) % modulus
  }
  return result
}

function toBigInt(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString('hex') || '0'}`)
}

function toBytes(value: bigint): Buffer {
  const hex = value.toString(16)
  return Buffer.from(hex.length % 2 ? `0${hex}` : hex, 'hex')
}

/** 1 < e < p - 1 (RFC 4253 §8), and more than a few bits set (OpenSSH, dh_pub_is_valid). */
function isValidShare(share: bigint, prime: bigint): boolean {
  if (share <= 1n || share >= prime - 1n) return false
  return share.toString(2).replaceAll('0', '').length >= 4
}

/** The bytes of an mpint without the length in front. */
function asMpint(value: Buffer): Buffer {
  return new WireWriter().mpint(value).done().subarray(4)
}

/** RFC 4419: the client names the size, the server the group. */
class GroupExchange implements KeyExchange {
  readonly hash = 'sha256'
  #asked: { sizes: Buffer; prime: Buffer; generator: Buffer } | undefined

  receive(payload: Buffer): Buffer | SharedSecret | undefined {
    if (payload[0] === Message.KEX_DH_GEX_REQUEST && !this.#asked) return this.#group(new WireReader(payload, 1))
    if (payload[0] === Message.KEX_DH_GEX_INIT && this.#asked) return this.#answer(new WireReader(payload, 1))
    return undefined
  }

  #group(reader: WireReader): Buffer {
    const [min, wanted, max] = [reader.uint32(), reader.uint32(), reader.uint32()]
    reader.end()
    // OpenSSH, kexgexs.c: sizes are brought into 2048–8192 before they are judged.
    const least = Math.max(2048, min)
    const most = Math.min(8192, max)
    if (most < least || wanted < min || max < wanted) throw new KeyExchangeError(`group sizes ${min} ${wanted} ${max}`)
    const { prime, generator } = chooseModulus(least, Math.min(8192, Math.max(2048, wanted)), most)
    this.#asked = { sizes: new WireWriter().uint32(min).uint32(wanted).uint32(max).done(), prime, generator }
    return new WireWriter(Message.KEX_DH_GEX_GROUP).mpint(prime).mpint(generator).done()
  }

  #answer(reader: WireReader): SharedSecret {
    const { sizes, prime, generator } = this.#asked!
    const { clientShare, serverShare, secret } = diffieHellmanAnswer(reader.mpint(), prime, generator)
    reader.end()
    const transcript = new WireWriter().raw(sizes).mpint(prime).mpint(generator).string(clientShare).string(serverShare).done()
    return { transcript, serverShare, secret, reply: Message.KEX_DH_GEX_REPLY }
  }
}

/** OpenSSL throws errors of many kinds for shares that are no points or give no secret. */
function refusing<T>(compute: () => T): T {
  try {
    return compute()
  } catch (error) {
    if (error instanceof WireError) throw error
    throw new KeyExchangeError(error instanceof Error ? error.message : String(error))
  }
}
