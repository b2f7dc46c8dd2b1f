import { createHash, randomBytes, scryptSync, timingSafeEqual } from 'node:crypto'
import type { Identity } from '../config/identity.ts'

const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
/** Rounds of sha512-crypt and sha256-crypt when none are given, and the most that are computed: an attacker's shadow line must not hold us up. */
const USUAL_ROUNDS = 5000
const MOST_ROUNDS = 20_000

/** What /etc/shadow keeps of a password, in the system's usual scheme: yescrypt on Debian, MD5 on OpenWrt. */
export function hashPassword(
  identity: Identity,
  password: string,
  scheme: 'yescrypt' | 'sha512' | 'md5' = 'yescrypt',
  salt = randomSalt(scheme),
): string {
  const secret = Buffer.from(password, 'utf8')
  if (scheme === 'sha512') return shaCrypt(secret, 'sha512', salt, undefined)
  if (scheme === 'md5') return md5Crypt(secret, salt)
  return yescryptLike(identity, secret, salt)
}

/** Whether a password is the one that a field of /etc/shadow was made from. Locked fields (`!`, `*`) never match; an empty one takes the empty password. */
export function checkHash(identity: Identity, password: string, field: string): boolean {
  if (field === '') return password === ''
  const secret = Buffer.from(password, 'utf8')
  const [, scheme, ...rest] = field.split('$')
  const rounds = /^rounds=(\d+)$/.exec(rest[0] ?? '')
  const salt = rounds ? rest[1] : rest[0]
  switch (scheme) {
    case '1':
      return same(md5Crypt(secret, salt ?? ''), field)
    case '5':
    case '6':
      return same(shaCrypt(secret, scheme === '6' ? 'sha512' : 'sha256', salt ?? '', rounds ? Number(rounds[1]) : undefined), field)
    case 'y':
      return same(yescryptLike(identity, secret, rest[1] ?? ''), field)
    default:
      return false
  }
}

/** crypt(3) for the schemes `$1$`, `$5$` and `$6$`; undefined for others. */
export function crypt(password: string, setting: string): string | undefined {
  const found = /^\$([156])\$(?:rounds=(\d+)\$)?([^$]*)/.exec(setting)
  if (!found) return undefined
  const [, scheme, rounds, salt = ''] = found
  const secret = Buffer.from(password, 'utf8')
  return scheme === '1'
    ? md5Crypt(secret, salt)
    : shaCrypt(secret, scheme === '6' ? 'sha512' : 'sha256', salt, rounds === undefined ? undefined : Number(rounds))
}

/**
 * A line in the form of yescrypt (`$y$j9T$SALT$HASH`), which Node does not have: the hash is scrypt's, bound to this
 * installation. It checks here and looks right; only who cracks it elsewhere would not succeed.
 */
function yescryptLike(identity: Identity, secret: Buffer, salt: string): string {
  const key = scryptSync(secret, Buffer.concat([identity.bytes('shadow', 32), Buffer.from(salt)]), 32, { N: 1024, r: 8, p: 1 })
  let text = ''
  for (const byte of key) text += ALPHABET[byte & 63]
  return `$y$j9T$${salt}$${text}${[...key.subarray(0, 11)].map((byte) => ALPHABET[byte >> 2]).join('')}`
}

function randomSalt(scheme: string): string {
  return [...randomBytes(scheme === 'yescrypt' ? 22 : scheme === 'md5' ? 8 : 16)].map((byte) => ALPHABET[byte & 63]).join('')
}

function same(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
}

/** Ulrich Drepper's "Unix crypt using SHA-256 and SHA-512", steps as numbered there. */
function shaCrypt(secret: Buffer, algorithm: 'sha512' | 'sha256', givenSalt: string, givenRounds: number | undefined): string {
  const size = algorithm === 'sha512' ? 64 : 32
  const salt = Buffer.from(givenSalt.slice(0, 16), 'latin1')
  const rounds = givenRounds === undefined ? USUAL_ROUNDS : Math.min(MOST_ROUNDS, Math.max(1000, givenRounds))
  const digest = (...parts: Buffer[]) => parts.reduce((hash, part) => hash.update(part), createHash(algorithm)).digest()
  const b = digest(secret, salt, secret)
  const parts: Buffer[] = [secret, salt, repeated(b, secret.length)]
  for (let n = secret.length; n > 0; n >>= 1) parts.push(n & 1 ? b : secret)
  let result = digest(...parts)
  const p = repeated(digest(...Array.from({ length: secret.length }, () => secret)), secret.length)
  const s = repeated(digest(...Array.from({ length: 16 + (result[0] as number) }, () => salt)), salt.length)
  for (let i = 0; i < rounds; i++) {
    const round: Buffer[] = [i & 1 ? p : result]
    if (i % 3) round.push(s)
    if (i % 7) round.push(p)
    round.push(i & 1 ? result : p)
    result = digest(...round)
  }
  const prefix = `$${algorithm === 'sha512' ? 6 : 5}$${givenRounds === undefined ? '' : `rounds=${rounds}$`}${salt.toString('latin1')}$`
  return prefix + shaText(result, size)
}

/** Bytes of the digest go out in threes, in an order of their own. */
function shaText(digest: Buffer, size: 64 | 32): string {
  const byte = (i: number) => digest[i] as number
  let text = ''
  if (size === 64) {
    for (let i = 0; i < 21; i++) {
      const triple = [i, i + 21, i + 42] as const
      const turn = i % 3
      const [a, b, c] = [triple[turn % 3], triple[(turn + 1) % 3], triple[(turn + 2) % 3]] as [number, number, number]
      text += base64(byte(a), byte(b), byte(c), 4)
    }
    return text + base64(0, 0, byte(63), 2)
  }
  for (let i = 0; i < 10; i++) {
    const triple = [i, i + 10, i + 20] as const
    const turn = (3 - (i % 3)) % 3
    const [a, b, c] = [triple[turn % 3], triple[(turn + 1) % 3], triple[(turn + 2) % 3]] as [number, number, number]
    text += base64(byte(a), byte(b), byte(c), 4)
  }
  return text + base64(0, byte(31), byte(30), 3)
}

/** Poul-Henning Kamp's MD5 crypt, as in FreeBSD and BusyBox. */
function md5Crypt(secret: Buffer, givenSalt: string): string {
  const salt = Buffer.from(givenSalt.slice(0, 8), 'latin1')
  const digest = (...parts: Buffer[]) => parts.reduce((hash, part) => hash.update(part), createHash('md5')).digest()
  const inner = digest(secret, salt, secret)
  const parts: Buffer[] = [secret, Buffer.from('$1$'), salt, repeated(inner, secret.length)]
  for (let n = secret.length; n > 0; n >>= 1) parts.push(n & 1 ? Buffer.of(0) : secret.subarray(0, 1))
  let result = digest(...parts)
  for (let i = 0; i < 1000; i++) {
    const round: Buffer[] = [i & 1 ? secret : result]
    if (i % 3) round.push(salt)
    if (i % 7) round.push(secret)
    round.push(i & 1 ? result : secret)
    result = digest(...round)
  }
  const byte = (i: number) => result[i] as number
  let text = ''
  for (const [a, b, c] of [
    [0, 6, 12],
    [1, 7, 13],
    [2, 8, 14],
    [3, 9, 15],
    [4, 10, 5],
  ] as const)
    text += base64(byte(a), byte(b), byte(c), 4)
  return `$1$${salt.toString('latin1')}$${text}${base64(0, 0, byte(11), 2)}`
}

function base64(high: number, middle: number, low: number, length: number): string {
  let value = (high << 16) | (middle << 8) | low
  let text = ''
  for (let i = 0; i < length; i++) {
    text += ALPHABET[value & 63]
    value >>= 6
  }
  return text
}

function repeated(bytes: Buffer, length: number): Buffer {
  const out = Buffer.alloc(length)
  for (let at = 0; at < length; at += bytes.length) bytes.copy(out, at, 0, Math.min(bytes.length, length - at))
  return out
}
