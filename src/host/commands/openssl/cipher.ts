import { createCipheriv, createDecipheriv, createHash, getCipherInfo, pbkdf2Sync, randomBytes } from 'node:crypto'

export interface Cipher {
  name: string
  keyLength: number
  ivLength: number
}

/** What openssl says of bytes or a key that do not fit. */
export class CipherFault extends Error {}

export interface CipherPlan {
  secret: string
  isDecryption: boolean
  isSalted: boolean
  /** Of PBKDF2; absent: the old derivation (EVP_BytesToKey). */
  iterations: number | undefined
  digest: string
  /** In hexadecimal. */
  salt: string | undefined
  key: string | undefined
  iv: string | undefined
}

const MAGIC = Buffer.from('Salted__')
const ALIASES: Readonly<Record<string, string>> = {
  aes128: 'aes-128-cbc',
  aes192: 'aes-192-cbc',
  aes256: 'aes-256-cbc',
  des3: 'des-ede3-cbc',
}

/** The cipher that a command line of `openssl enc` names; undefined when it names none that is known. */
export function cipherOf(words: readonly string[]): Cipher | undefined {
  const at = words.indexOf('-cipher')
  for (const word of at >= 0 ? [`-${words[at + 1]}`] : words) {
    const name = /^-((?:aes|aria|camellia|des|chacha20)[-a-z0-9]*)$/i.exec(word)?.[1]?.toLowerCase()
    const known = name && (ALIASES[name] ?? name)
    const info = known && !/gcm|ccm|ocb|wrap|xts|siv|poly/.test(known) ? getCipherInfo(known) : undefined
    if (info && known) return { name: known, keyLength: info.keyLength, ivLength: info.ivLength ?? 0 }
  }
  return undefined
}

/** Encrypts or decrypts as `openssl enc` does: `Salted__`, eight bytes of salt, then the text. @throws CipherFault */
export function transform(input: Buffer, cipher: Cipher, plan: CipherPlan): Buffer {
  // A salt that is given stands nowhere in the text.
  const hasMark = plan.isSalted && plan.key === undefined && plan.salt === undefined
  let body = input
  let salt = plan.salt === undefined ? Buffer.alloc(0) : hex(plan.salt, 8, 'salt')
  if (hasMark && plan.isDecryption) {
    if (!input.subarray(0, 8).equals(MAGIC)) throw new CipherFault('bad magic number')
    salt = input.subarray(8, 16)
    body = input.subarray(16)
  } else if (hasMark) salt = randomBytes(8)
  const derived = plan.key === undefined ? derive(cipher, plan, salt) : Buffer.alloc(0)
  const key = plan.key === undefined ? derived.subarray(0, cipher.keyLength) : hex(plan.key, cipher.keyLength, 'key')
  const iv = plan.iv === undefined ? derived.subarray(cipher.keyLength) : hex(plan.iv, cipher.ivLength, 'iv')
  if (plan.key !== undefined && plan.iv === undefined && cipher.ivLength > 0) throw new CipherFault('iv undefined')
  try {
    const worker = plan.isDecryption ? createDecipheriv(cipher.name, key, iv) : createCipheriv(cipher.name, key, iv)
    const made = Buffer.concat([worker.update(body), worker.final()])
    return hasMark && !plan.isDecryption ? Buffer.concat([MAGIC, salt, made]) : made
  } catch (error) {
    if (!plan.isDecryption) throw error
    throw new CipherFault(
      /wrong final block/.test((error as Error).message)
        ? 'bad decrypt\n40E7C9A8E47F0000:error:1C80006B:Provider routines:ossl_cipher_generic_block_final:wrong final block length:../providers/implementations/ciphers/ciphercommon.c:429:'
        : 'bad decrypt\n40E7C9A8E47F0000:error:1C800064:Provider routines:ossl_cipher_unpadblock:bad decrypt:../providers/implementations/ciphers/ciphercommon_block.c:124:',
    )
  }
}

function derive(cipher: Cipher, { secret, iterations, digest }: CipherPlan, salt: Buffer): Buffer {
  const length = cipher.keyLength + cipher.ivLength
  try {
    if (iterations !== undefined) return pbkdf2Sync(secret, salt, iterations, length, digest)
    let made = Buffer.alloc(0)
    for (let block = Buffer.alloc(0); made.length < length; made = Buffer.concat([made, block]))
      block = createHash(digest).update(block).update(secret).update(salt).digest()
    return made.subarray(0, length)
  } catch (error) {
    if (/digest/i.test((error as Error).message)) throw new CipherFault(`enc: Unknown option or message digest: ${digest}`)
    throw error
  }
}

function hex(text: string, length: number, what: string): Buffer {
  if (!/^[0-9a-f]*$/i.test(text)) throw new CipherFault(`non-hex digit\ninvalid hex ${what} value`)
  return Buffer.concat([Buffer.from(text.padEnd(text.length + (text.length % 2), '0'), 'hex'), Buffer.alloc(length)]).subarray(0, length)
}
