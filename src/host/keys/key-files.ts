import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'

/** Key types that OpenSSH and dropbear make by default. */
export type KeyType = 'ssh-rsa' | 'ecdsa-sha2-nistp256' | 'ssh-ed25519'

/** File names of host keys by type, as sshd_config's HostKey has them. */
export const HOST_KEY_FILES: Record<KeyType, string> = {
  'ssh-rsa': 'ssh_host_rsa_key',
  'ecdsa-sha2-nistp256': 'ssh_host_ecdsa_key',
  'ssh-ed25519': 'ssh_host_ed25519_key',
}

const number = (text: string | undefined): Buffer => Buffer.from(text ?? '', 'base64url')

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** `string` of RFC 4251 §5. */
function string(value: Uint8Array | string): Buffer {
  const bytes = Buffer.from(value as Uint8Array)
  return Buffer.concat([uint32(bytes.length), bytes])
}

/** `mpint` of RFC 4251 §5, of a number that is not negative. */
function mpint(bytes: Buffer): Buffer {
  let from = 0
  while (from < bytes.length && bytes[from] === 0) from++
  const magnitude = bytes.subarray(from)
  return string((magnitude[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.of(0), magnitude]) : magnitude)
}

/** Public key as it goes over the wire and into `.pub` files, RFC 4253 §6.6. */
export function publicBlob(type: KeyType, key: KeyObject): Buffer {
  const { n, e, x, y } = createPublicKey(key).export({ format: 'jwk' })
  if (type === 'ssh-rsa') return Buffer.concat([string(type), mpint(number(e)), mpint(number(n))])
  if (type === 'ssh-ed25519') return Buffer.concat([string(type), string(number(x))])
  return Buffer.concat([string(type), string('nistp256'), string(Buffer.concat([Buffer.of(4), number(x), number(y)]))])
}

/** A line of a `.pub` file. */
export function publicLine(type: KeyType, blob: Buffer, comment: string): string {
  return `${type} ${blob.toString('base64')} ${comment}\n`
}

/** An unencrypted private key file as ssh-keygen writes it (PROTOCOL.key of OpenSSH). */
export function openSshKey(type: KeyType, key: KeyObject, comment: string): string {
  const blob = publicBlob(type, key)
  // The two equal numbers that tell a right passphrase; random in ssh-keygen, of the key here so that the file stays the same.
  const check = createHash('sha256').update(blob).digest().subarray(0, 4)
  const body = [check, check, string(type), ...privateParts(type, key), string(comment)]
  const length = body.reduce((sum, part) => sum + part.length, 0)
  const padding = Buffer.from(Array.from({ length: (8 - (length % 8)) % 8 }, (_, i) => i + 1))
  const whole = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    string('none'),
    string('none'),
    string(''),
    uint32(1),
    string(blob),
    string(Buffer.concat([...body, padding])),
  ])
  const lines = whole.toString('base64').match(/.{1,70}/g) ?? []
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines.join('\n')}\n-----END OPENSSH PRIVATE KEY-----\n`
}

function privateParts(type: KeyType, key: KeyObject): Buffer[] {
  const { n, e, d, p, q, qi, x, y } = key.export({ format: 'jwk' })
  if (type === 'ssh-rsa') return [n, e, d, qi, p, q].map((part) => mpint(number(part)))
  if (type === 'ssh-ed25519') return [string(number(x)), string(Buffer.concat([number(d), number(x)]))]
  return [string('nistp256'), string(Buffer.concat([Buffer.of(4), number(x), number(y)])), mpint(number(d))]
}

/** A host key file of dropbear, signkey.c. */
export function dropbearKey(type: KeyType, key: KeyObject): Buffer {
  const { n, e, d, p, q, x } = key.export({ format: 'jwk' })
  if (type === 'ssh-ed25519') return Buffer.concat([string(type), string(Buffer.concat([number(d), number(x)]))])
  if (type === 'ssh-rsa') return Buffer.concat([string(type), ...[e, n, d, p, q].map((part) => mpint(number(part)))])
  return Buffer.concat([publicBlob(type, key), mpint(number(d))])
}

/** A private key as ssh-add and ssh load it: OpenSSH's format with its comment inside, or PEM, which has none. */
export function readPrivateKey(text: string): { blob: Buffer; comment: string } | 'encrypted' | undefined {
  const armoured = /-----BEGIN OPENSSH PRIVATE KEY-----([A-Za-z0-9+/=\s]{0,20000})-----END/.exec(text)
  if (!armoured) return fromPem(text)
  const bytes = Buffer.from(armoured[1] ?? '', 'base64')
  if (bytes.toString('latin1', 0, 15) !== 'openssh-key-v1\0') return undefined
  const [cipher, kdf, options] = strings(bytes, 15, 3)
  if (!cipher || !kdf || !options) return undefined
  if (cipher.toString() !== 'none') return 'encrypted'
  const blobAt = 15 + 12 + cipher.length + kdf.length + options.length + 4
  const [blob, secret] = strings(bytes, blobAt, 2)
  if (!blob || !secret || secret.length < 8 || secret.readUInt32BE(0) !== secret.readUInt32BE(4)) return undefined
  const fields = PRIVATE_FIELDS[readString(secret, 8)?.toString() ?? '']
  const comment = fields === undefined ? undefined : strings(secret, 8, fields + 2)[fields + 1]
  return comment && { blob, comment: comment.toString() }
}

/** Fields of a private key between its type and its comment (PROTOCOL.key of OpenSSH). */
const PRIVATE_FIELDS: Record<string, number | undefined> = {
  'ssh-rsa': 6,
  'ssh-ed25519': 2,
  'ecdsa-sha2-nistp256': 3,
}

function fromPem(text: string): { blob: Buffer; comment: string } | 'encrypted' | undefined {
  if (/Proc-Type: 4,ENCRYPTED|BEGIN ENCRYPTED PRIVATE KEY/.test(text)) return 'encrypted'
  try {
    const key = createPrivateKey(text)
    const type = ({ rsa: 'ssh-rsa', ec: 'ecdsa-sha2-nistp256', ed25519: 'ssh-ed25519' } as const)[String(key.asymmetricKeyType)]
    return type && { blob: publicBlob(type, key), comment: '' }
  } catch {
    // Whatever is wrong with it, ssh says the same.
    return undefined
  }
}

/** Consecutive `string`s; fewer where the bytes end. */
function strings(bytes: Buffer, from: number, count: number): (Buffer | undefined)[] {
  const found: (Buffer | undefined)[] = []
  let at = from
  for (let i = 0; i < count; i++) {
    const next = readString(bytes, at)
    if (!next) break
    found.push(next)
    at += 4 + next.length
  }
  return found
}

/** The public key in a file: a `.pub` line, a line of known_hosts or authorized_keys, or a private key of OpenSSH. */
export function readKey(text: string): { blob: Buffer; comment: string } | undefined {
  const armoured = /-----BEGIN OPENSSH PRIVATE KEY-----([A-Za-z0-9+/=\s]{0,20000})-----END/.exec(text)
  if (armoured) return fromPrivate(Buffer.from(armoured[1] ?? '', 'base64'))
  for (const line of text.split('\n', 100)) {
    const at = /(?:^|\s)((?:ssh|ecdsa)-[a-z0-9-]{1,40}) ([A-Za-z0-9+/]{16,8000}={0,2})(?: (.{0,500}))?$/.exec(line)
    if (!at || line.startsWith('#')) continue
    const blob = Buffer.from(at[2] as string, 'base64')
    if (readString(blob, 0)?.toString() === at[1]) return { blob, comment: at[3] ?? '' }
  }
  return undefined
}

function fromPrivate(bytes: Buffer): { blob: Buffer; comment: string } | undefined {
  const head = 'openssh-key-v1\0none'
  let at = 15
  for (let i = 0; i < 3; i++) at += 4 + (readString(bytes, at)?.length ?? 0)
  const blob = readString(bytes, at + 4)
  if (!blob || bytes.toString('latin1', 0, 15) !== head.slice(0, 15)) return undefined
  return { blob, comment: '' }
}

function readString(bytes: Buffer, at: number): Buffer | undefined {
  if (at < 0 || at + 4 > bytes.length) return undefined
  const length = bytes.readUInt32BE(at)
  return at + 4 + length > bytes.length ? undefined : bytes.subarray(at + 4, at + 4 + length)
}

/** `SHA256:…` of a public key, as ssh-keygen and ssh print it. */
export function fingerprint(blob: Buffer): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`
}

/** Name and bits of a key as `ssh-keygen -l` gives them. */
export function kindOf(blob: Buffer): { name: string; bits: number } {
  const type = readString(blob, 0)?.toString() ?? ''
  if (type === 'ssh-ed25519') return { name: 'ED25519', bits: 256 }
  if (type.startsWith('ecdsa-sha2-nistp')) return { name: 'ECDSA', bits: Number(type.slice(16)) }
  const exponent = readString(blob, 4 + type.length)
  const modulus = exponent && readString(blob, 8 + type.length + exponent.length)
  const first = modulus?.findIndex((byte) => byte !== 0) ?? -1
  const bits = modulus && first >= 0 ? (modulus.length - first) * 8 - Math.clz32(modulus[first] as number) + 24 : 0
  return { name: type === 'ssh-rsa' ? 'RSA' : type.toUpperCase(), bits }
}

/** The picture that ssh-keygen draws of a fingerprint (sshkey.c, fingerprint_randomart). */
export function randomArt(blob: Buffer): string {
  const [width, height] = [17, 9]
  const signs = ' .o+=*BOX@%&#/^SE'
  const field = Array.from({ length: height }, () => new Array<number>(width).fill(0))
  let [x, y] = [8, 4]
  for (const byte of createHash('sha256').update(blob).digest()) {
    for (let bits = byte, i = 0; i < 4; i++, bits >>= 2) {
      x = Math.min(width - 1, Math.max(0, x + (bits & 1 ? 1 : -1)))
      y = Math.min(height - 1, Math.max(0, y + (bits & 2 ? 1 : -1)))
      const row = field[y] as number[]
      if ((row[x] as number) < 14) row[x] = (row[x] as number) + 1
    }
  }
  ;(field[4] as number[])[8] = 15
  ;(field[y] as number[])[x] = 16
  const { name, bits } = kindOf(blob)
  const border = (text: string): string => {
    const left = Math.floor((width - text.length) / 2)
    return `+${'-'.repeat(left)}${text}${'-'.repeat(width - text.length - left)}+`
  }
  const rows = field.map((row) => `|${row.map((n) => signs[n]).join('')}|`)
  return `${[border(`[${name} ${bits}]`), ...rows, border('[SHA256]')].join('\n')}\n`
}
