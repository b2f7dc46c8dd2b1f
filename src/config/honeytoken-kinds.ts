import { createPrivateKey, createPublicKey } from 'node:crypto'
import { crc32 } from 'node:zlib'

/** Random bytes of one secret: always the same for the same secret. */
export type Draw = (length: number) => Buffer

const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const LOWER = 'abcdefghijklmnopqrstuvwxyz'
const DIGITS = '0123456789'
const BASE62 = DIGITS + UPPER + LOWER
const LETTERS = UPPER + LOWER
const URL_SAFE = `${BASE62}-_`
/** `wp_generate_password` with both sets of special characters, without those that need a backslash in PHP. */
const SALT = `${BASE62}!@#$%^&*()-_ []{}<>~\`+=,.;:/?|`

/**
 * How each kind of secret is written, to the letter: lengths are fixed, checksums right, so that a scanner of secrets takes
 * it for one. Marks in a persona's files name a kind: `{{honeytoken:aws-key-id:backup}}`.
 */
export const HONEYTOKEN_KINDS = {
  password: (draw) => letters(draw, BASE62, 14),
  hex32: (draw) => draw(16).toString('hex'),
  hex40: (draw) => draw(20).toString('hex'),
  hex48: (draw) => draw(24).toString('hex'),
  hex64: (draw) => draw(32).toString('hex'),
  'api-key': (draw) => letters(draw, BASE62, 32),
  'jwt-secret': (draw) => letters(draw, URL_SAFE, 64),
  /** Laravel's APP_KEY, without the `base64:` before it. */
  base64key: (draw) => draw(32).toString('base64'),
  'session-id': (draw) => letters(draw, 'abcdefghijklmnopqrstuv0123456789', 26),
  uuid: (draw) => uuidOf(draw(16)),
  /** Of a mail that lets somebody choose a new password. */
  'wordpress-reset-key': (draw) => letters(draw, BASE62, 20),
  'wordpress-salt': (draw) => letters(draw, SALT, 60) + letters(draw, BASE62, 4),
  /** The account number is in its letters: base32 as AWS writes it. */
  'aws-key-id': (draw) => `AKIA${letters(draw, `${UPPER}234567`, 16)}`,
  'aws-secret': (draw) => draw(30).toString('base64'),
  'github-token': (draw) => withChecksum('ghp_', letters(draw, BASE62, 30)),
  'npm-token': (draw) => withChecksum('npm_', letters(draw, BASE62, 30)),
  'gitlab-token': (draw) => `glpat-${letters(draw, URL_SAFE, 20)}`,
  'slack-token': (draw) => `xoxb-${number(draw, 12)}-${number(draw, 13)}-${letters(draw, BASE62, 24)}`,
  'slack-webhook': (draw) => `T0${letters(draw, UPPER + DIGITS, 9)}/B0${letters(draw, UPPER + DIGITS, 9)}/${letters(draw, BASE62, 24)}`,
  'stripe-key': (draw) => `sk_live_51${letters(draw, BASE62, 97)}`,
  'sendgrid-key': (draw) => `SG.${letters(draw, URL_SAFE, 22)}.${letters(draw, URL_SAFE, 43)}`,
  'openai-key': (draw) => `sk-${letters(draw, BASE62, 20)}T3BlbkFJ${letters(draw, BASE62, 20)}`,
  'huggingface-token': (draw) => `hf_${letters(draw, LETTERS, 34)}`,
  'google-api-key': (draw) => `AIza${letters(draw, URL_SAFE, 35)}`,
  'telegram-token': (draw) => `${number(draw, 10)}:AA${letters(draw, URL_SAFE, 33)}`,
  /** A NetScaler's session cookie, NSC_AAAC. */
  'netscaler-cookie': (draw) => `${draw(50).toString('hex')}45525d5f4f58455e445a4a42`,
  /** An unencrypted ed25519 key as ssh-keygen writes it. */
  'ssh-key': (draw) => openSshKey(draw(32)),
  /** The middle word of the line in `authorized_keys` and `.pub`, of the `ssh-key` of the same name. */
  'ssh-public-key': (draw) => sshPublicKey(draw(32)).toString('base64'),
} as const satisfies Record<string, (draw: Draw) => string>

export type HoneytokenKind = keyof typeof HONEYTOKEN_KINDS

export function isHoneytokenKind(text: string): text is HoneytokenKind {
  return Object.hasOwn(HONEYTOKEN_KINDS, text)
}

/** `{{honeytoken:KIND:NAME}}`; the same name and kind are the same secret in all files of a persona. */
export const HONEYTOKEN_MARK = /\{\{honeytoken:([a-z0-9-]{1,24}):([a-z0-9_.-]{1,32})\}\}/g

/** The wire form of the public half of the ed25519 key with this seed, RFC 8709 §4. */
export function sshPublicKey(seed: Buffer): Buffer {
  return Buffer.concat([field('ssh-ed25519'), field(publicHalf(seed))])
}

function letters(draw: Draw, alphabet: string, count: number): string {
  return Array.from(draw(count), (byte) => alphabet[byte % alphabet.length]).join('')
}

/** Without a zero in front. */
function number(draw: Draw, digits: number): string {
  return letters(draw, '123456789', 1) + letters(draw, DIGITS, digits - 1)
}

function uuidOf(bytes: Buffer): string {
  bytes[6] = 0x40 | ((bytes[6] as number) & 0x0f)
  bytes[8] = 0x80 | ((bytes[8] as number) & 0x3f)
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

/** GitHub's tokens since 2021, and npm's: the last six letters are the CRC32 of the thirty before, in base 62. */
function withChecksum(prefix: string, body: string): string {
  let rest = crc32(body)
  let check = ''
  for (let n = 0; n < 6; n++) {
    check = BASE62[rest % 62] + check
    rest = Math.floor(rest / 62)
  }
  return prefix + body + check
}

/** PKCS #8 of an ed25519 key up to its 32 bytes, RFC 8410 §7. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')

function publicHalf(seed: Buffer): Buffer {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' })
  return createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32)
}

function field(content: Buffer | string): Buffer {
  const bytes = Buffer.from(content as string)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

/** OpenSSH PROTOCOL.key, without a passphrase and without a comment. */
function openSshKey(seed: Buffer): string {
  const half = publicHalf(seed)
  const check = half.subarray(0, 4)
  const secret = Buffer.concat([check, check, field('ssh-ed25519'), field(half), field(Buffer.concat([seed, half])), field('')])
  const padded = Buffer.concat([secret, Buffer.from(Array.from({ length: (8 - (secret.length % 8)) % 8 }, (_, n) => n + 1))])
  const none = field('none')
  const whole = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    none,
    none,
    field(''),
    Buffer.of(0, 0, 0, 1),
    field(sshPublicKey(seed)),
    field(padded),
  ])
  const lines = whole.toString('base64').match(/.{1,70}/g) ?? []
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines.join('\n')}\n-----END OPENSSH PRIVATE KEY-----`
}
