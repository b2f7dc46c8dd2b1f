import { createCipheriv, createDecipheriv, createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** Type of the verifier of 11g and later: SHA-1 over password and salt. */
export const VERIFIER_11G = 0x1b25
const KEY_BYTES = 48

/** What a client answers to the server's session key. */
export interface O5Logon {
  salt: Buffer
  serverKey: Buffer
  clientKey: Buffer
  password: Buffer
}

const NO_IV = Buffer.alloc(16)

function decrypted(key: Buffer, bytes: Buffer): Buffer {
  const cipher = createDecipheriv('aes-192-cbc', key, NO_IV).setAutoPadding(false)
  return Buffer.concat([cipher.update(bytes), cipher.final()])
}

/** The exchange of a login's hexadecimal values; undefined when they are no such. */
export function o5logonOf(salt: Buffer, serverKey: Buffer, clientKey: string, password: string): O5Logon | undefined {
  if (!/^[0-9A-Fa-f]{96}$/.test(clientKey) || !/^(?:[0-9A-Fa-f]{32}){2,32}$/.test(password)) return undefined
  return { salt, serverKey, clientKey: Buffer.from(clientKey, 'hex'), password: Buffer.from(password, 'hex') }
}

/** Any bytes are a session key that some password has encrypted, so nobody's password need be known. */
export const newServerKey = (): Buffer => randomBytes(KEY_BYTES)

/** The key that both sides have when the password is right. */
function combinedKey({ salt, serverKey, clientKey }: O5Logon, password: string): Buffer {
  const hash = Buffer.concat([createHash('sha1').update(password).update(salt).digest(), Buffer.alloc(4)])
  const [a, b] = [decrypted(hash, serverKey), decrypted(hash, clientKey)]
  const mixed = Buffer.from(a.subarray(16, 40).map((byte, i) => byte ^ (b[16 + i] as number)))
  const md5 = (bytes: Buffer): Buffer => createHash('md5').update(bytes).digest()
  return Buffer.concat([md5(mixed.subarray(0, 16)), md5(mixed.subarray(16))]).subarray(0, 24)
}

/** Whether the client knew this password: it stands behind 16 random bytes, with padding after it. */
export function provesPassword(exchange: O5Logon, password: string): boolean {
  const plain = decrypted(combinedKey(exchange, password), exchange.password).subarray(16)
  const expected = Buffer.from(password)
  const padding = plain.length - expected.length
  if (padding < 0 || padding > 16) return false
  return timingSafeEqual(plain.subarray(0, expected.length), expected) && plain.subarray(expected.length).every((byte) => byte === padding)
}

/** AUTH_SVR_RESPONSE: that the server knows the password too. */
export function serverResponse(exchange: O5Logon, password: string): string {
  const cipher = createCipheriv('aes-192-cbc', combinedKey(exchange, password), NO_IV)
  const bytes = Buffer.concat([cipher.update(Buffer.concat([randomBytes(16), Buffer.from('SERVER_TO_CLIENT')])), cipher.final()])
  return bytes.toString('hex').toUpperCase()
}
