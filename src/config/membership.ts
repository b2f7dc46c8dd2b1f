import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { ConfigProblem } from './problem.ts'

/** A sensor's name within a hive: one token of a subject, and part of a bucket's name. */
export const SensorName = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/)

/** What makes a sensor part of a hive; `sundew sensor join` writes it into the data folder. */
export const Membership = z.object({
  /** `nats://hive.example:4222` */
  url: z.url({ protocol: /^nats$/ }),
  /** The name under which the hive knows this sensor; its events carry it. */
  sensor: SensorName,
  /** Ed25519 seed as NATS spells it (`SU…`); the server knows the public half alone. */
  seed: z.string().regex(/^SU[A-Z2-7]{40,80}$/),
  /** The server's certificate in PEM: this one and no other is taken. */
  certificate: z.string().startsWith('-----BEGIN CERTIFICATE-----'),
})
export type Membership = z.infer<typeof Membership>

export function membershipFile(dataFolder: string): string {
  return join(dataFolder, 'hive.json')
}

/** Where the personas of the hive lie on a sensor. */
export function hivePrompts(dataFolder: string): string {
  return join(dataFolder, 'hive-prompts')
}

/** @returns undefined for a sensor that stands alone @throws ConfigProblem */
export function readMembership(dataFolder: string): Membership | undefined {
  const file = membershipFile(dataFolder)
  if (!existsSync(file)) return undefined
  try {
    return Membership.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    throw new ConfigProblem([
      { file, key: '', what: 'cannot be read', cure: 'join again: sundew sensor join TOKEN; or leave: sundew sensor leave' },
    ])
  }
}
