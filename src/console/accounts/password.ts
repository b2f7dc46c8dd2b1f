import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'

/** One of OWASP's equal recommendations for scrypt, the one of 32 MiB: a sensor has better uses for memory. */
const COST = { N: 2 ** 15, r: 8, p: 3 }
const HASH_BYTES = 32
export const SHORTEST_PASSWORD = 12

/** `scrypt:N:r:p:salt:hash`, so that the cost can grow and old hashes still be checked. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const hash = await derive(password, salt, COST)
  return ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64'), hash.toString('base64')].join(':')
}

/** Takes the same time for an account that does not exist: give undefined then. */
export async function isPassword(password: string, stored: string | undefined): Promise<boolean> {
  const [, N, r, p, salt, hash] = (stored ?? NOBODY).split(':')
  const cost = { N: Number(N), r: Number(r), p: Number(p) }
  const derived = await derive(password, Buffer.from(salt ?? '', 'base64'), cost)
  const expected = Buffer.from(hash ?? '', 'base64')
  return expected.length === derived.length && timingSafeEqual(derived, expected) && stored !== undefined
}

const NOBODY = ['scrypt', COST.N, COST.r, COST.p, randomBytes(16).toString('base64'), randomBytes(HASH_BYTES).toString('base64')].join(':')

function derive(password: string, salt: Buffer, cost: { N: number; r: number; p: number }): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  // A password that looks the same is the same, however a keyboard composes its letters (RFC 8265 §4.2.2).
  scrypt(password.normalize('NFC'), salt, HASH_BYTES, { ...cost, maxmem: 256 * cost.N * cost.r }, (error, key) => {
    if (error) reject(error)
    else resolve(key)
  })
  return promise
}
