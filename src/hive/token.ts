import { createHash, X509Certificate } from 'node:crypto'
import { z } from 'zod'
import { Membership } from '../config/membership.ts'

const PREFIX = 'sundew-sensor-'

/** What a sensor needs to join, in one line. As secret as a password: it holds the sensor's key. */
export const JoinToken = Membership.pick({ url: true, sensor: true, seed: true }).extend({
  /** SHA-256 of the server's certificate (DER), hexadecimal. */
  fingerprint: z.string().regex(/^[0-9a-f]{64}$/),
})
export type JoinToken = z.infer<typeof JoinToken>

export function writeToken({ url, sensor, seed, fingerprint }: JoinToken): string {
  return PREFIX + Buffer.from(JSON.stringify([url, sensor, seed, fingerprint])).toString('base64url')
}

/** @returns undefined for what is no token, or not all of one */
export function readToken(text: string): JoinToken | undefined {
  if (!text.startsWith(PREFIX)) return undefined
  try {
    const [url, sensor, seed, fingerprint] = z
      .array(z.string())
      .length(4)
      .parse(JSON.parse(Buffer.from(text.slice(PREFIX.length).trim(), 'base64url').toString()))
    return JoinToken.parse({ url, sensor, seed, fingerprint })
  } catch {
    // Cut off when it was copied, most likely; the caller says so.
    return undefined
  }
}

export function fingerprintOf(certificate: string): string {
  return createHash('sha256').update(new X509Certificate(certificate).raw).digest('hex')
}
