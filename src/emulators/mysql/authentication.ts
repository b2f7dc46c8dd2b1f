import { constants, createHash, createPublicKey, privateDecrypt, randomBytes, timingSafeEqual } from 'node:crypto'
import type { LoginDesk } from '../../sensor/login-desk.ts'
import type { Visit } from '../../sensor/visit.ts'
import { encodeAuthMore, encodeAuthSwitch, type LoginRequest } from './codec.ts'
import type { MysqlEvents } from './events.ts'
import type { Packets } from './packets.ts'
import type { Product } from './product.ts'

/** A password's proof, an RSA block or a password in clear; nothing of this is longer. */
const LONGEST_PROOF = 4096

export interface LoginExchange {
  visit: Visit<MysqlEvents>
  packets: Packets
  desk: LoginDesk
  product: Product
  scramble: Buffer
  request: LoginRequest
  /** PEM of the key that passwords are encrypted for where there is no TLS. */
  key: () => Promise<string>
}

export interface LoginVerdict {
  accepted: boolean
  usedPassword: boolean
}

/** Twenty bytes of challenge: MariaDB's are all printable, MySQL's are seven bits without NUL and `$`. */
export function newScramble({ name }: Product): Buffer {
  const bytes = randomBytes(20)
  if (name === 'mariadb') return Buffer.from(bytes.map((byte) => 33 + (byte % 94)))
  return Buffer.from(bytes.map((byte) => byte & 0x7f || 1).map((byte) => (byte === 0x24 ? 0x25 : byte)))
}

/** Plays the server's side of the login, whatever plugin the client came with. */
export async function logIn(exchange: LoginExchange): Promise<LoginVerdict> {
  const { request, product } = exchange
  if (product.plugin === 'caching_sha2_password') return cachingSha2(exchange)
  if (request.plugin === undefined || request.plugin === 'mysql_native_password')
    return nativePassword(exchange, request.response, exchange.scramble)
  const scramble = newScramble(product)
  return nativePassword(exchange, await switchTo(exchange, 'mysql_native_password', scramble), scramble)
}

async function switchTo({ packets }: LoginExchange, plugin: string, scramble: Buffer): Promise<Buffer> {
  await packets.write(encodeAuthSwitch(plugin, scramble))
  return packets.read(LONGEST_PROOF)
}

function sha1(...parts: Buffer[]): Buffer {
  const hash = createHash('sha1')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/** SHA1(password) XOR SHA1(scramble, SHA1(SHA1(password))): hashcat mode 11200. */
export function nativeProof(password: string, scramble: Buffer): Buffer {
  const once = sha1(Buffer.from(password))
  const mask = sha1(scramble, sha1(once))
  return Buffer.from(once.map((byte, i) => byte ^ (mask[i] as number)))
}

function nativePassword({ desk, request }: LoginExchange, response: Buffer, scramble: Buffer): LoginVerdict {
  if (response.length === 0) return { accepted: desk.password('mysql-native', request.user, response), usedPassword: false }
  const hash = { mode: 11200, line: `$mysqlna$${scramble.toString('hex')}*${response.toString('hex')}` }
  const proves = (password: string): boolean => {
    const proof = nativeProof(password, scramble)
    return proof.length === response.length && timingSafeEqual(proof, response)
  }
  return { accepted: desk.proof('mysql-native', request.user, hash, proves), usedPassword: true }
}

const FULL_AUTHENTICATION = 4
const PUBLIC_KEY_REQUEST = 2

/** The server never has the password in its cache, so the client must show it: in clear under TLS, else encrypted for our key. */
async function cachingSha2(exchange: LoginExchange): Promise<LoginVerdict> {
  const { packets, request, visit, desk, product } = exchange
  const isOther = request.plugin !== undefined && request.plugin !== 'caching_sha2_password'
  const scramble = isOther ? newScramble(product) : exchange.scramble
  const response = isOther ? await switchTo(exchange, 'caching_sha2_password', scramble) : request.response
  if (response.length === 0 || (response.length === 1 && response[0] === 0)) {
    return { accepted: desk.password('mysql-sha2', request.user, Buffer.alloc(0)), usedPassword: false }
  }
  visit.record('mysql.sha2-response', { scramble: scramble.toString('hex'), response: response.toString('hex') })
  await packets.write(encodeAuthMore(Buffer.of(FULL_AUTHENTICATION)))
  const shown = await packets.read(LONGEST_PROOF)
  if (visit.tls) return { accepted: desk.password('mysql-sha2', request.user, withoutNul(shown)), usedPassword: true }
  const encrypted = shown.length === 1 && shown[0] === PUBLIC_KEY_REQUEST ? await sendKey(exchange) : shown
  const password = decrypt(encrypted, scramble, await exchange.key())
  return password
    ? { accepted: desk.password('mysql-sha2', request.user, password), usedPassword: true }
    : { accepted: false, usedPassword: true }
}

async function sendKey({ packets, key }: LoginExchange): Promise<Buffer> {
  const pem = createPublicKey(await key()).export({ type: 'spki', format: 'pem' })
  await packets.write(encodeAuthMore(Buffer.from(pem)))
  return packets.read(LONGEST_PROOF)
}

/** The password with its NUL, XORed with the scramble and encrypted with OAEP. Undefined when it is something else. */
function decrypt(encrypted: Buffer, scramble: Buffer, key: string): Buffer | undefined {
  try {
    const plain = privateDecrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING }, encrypted)
    return withoutNul(Buffer.from(plain.map((byte, i) => byte ^ (scramble[i % scramble.length] as number))))
  } catch {
    // Not encrypted for this key: a probe, or a client with a key of another server.
    return undefined
  }
}

function withoutNul(bytes: Buffer): Buffer {
  const end = bytes.indexOf(0)
  return end < 0 ? bytes : bytes.subarray(0, end)
}
