import { createCipheriv } from 'node:crypto'

/** Significant characters of a password. */
export const PASSWORD_BYTES = 8

/** The answer to a challenge of 16 bytes (RFC 6143 §7.2.2): DES under the password, whose bits stand the other way round. */
export function vncResponse(password: string, challenge: Buffer): Buffer {
  const key = Buffer.alloc(PASSWORD_BYTES)
  Buffer.from(password, 'latin1').copy(key, 0, 0, PASSWORD_BYTES)
  for (const [i, byte] of key.entries()) key[i] = reversed(byte)
  // OpenSSL keeps single DES among its legacy ciphers; three times the same key is the same.
  const cipher = createCipheriv('des-ede3-ecb', Buffer.concat([key, key, key]), null).setAutoPadding(false)
  return Buffer.concat([cipher.update(challenge), cipher.final()])
}

function reversed(byte: number): number {
  let out = 0
  for (let bit = 0; bit < 8; bit++) if (byte & (1 << bit)) out |= 0x80 >> bit
  return out
}

/** hashcat mode 14000 (DES): cipher text and plain text of the first block. What it finds is the password with its bits turned round. */
export function hashcatLine(challenge: Buffer, response: Buffer): { mode: number; line: string } {
  return { mode: 14_000, line: `${response.toString('hex', 0, 8)}:${challenge.toString('hex', 0, 8)}` }
}

/** As John the Ripper reads it, which gives the password as it was typed. */
export function johnLine(challenge: Buffer, response: Buffer): string {
  return `$vnc$*${challenge.toString('hex').toUpperCase()}*${response.toString('hex').toUpperCase()}`
}
