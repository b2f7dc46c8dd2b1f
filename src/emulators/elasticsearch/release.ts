import { z } from 'zod'
import releases from './facts/releases.json' with { type: 'json' }

const Release = z.object({
  number: z.string(),
  major: z.union([z.literal(1), z.literal(6), z.literal(7), z.literal(8)]),
  /** Version as the transport protocol writes it: 7.17.9 is 7170999. */
  wireId: z.number(),
  /** Version as an index keeps it, where it is numbered by itself: since 8.8. */
  indexId: z.number().optional(),
  hash: z.string(),
  date: z.string(),
  lucene: z.string(),
  minimumWire: z.string().optional(),
  minimumIndex: z.string().optional(),
  jvm: z.object({ version: z.string(), name: z.string(), vmVersion: z.string(), vendor: z.string() }),
  /** Shards of an index that says nothing of them. */
  shards: z.number(),
  plugins: z.array(
    z.object({ name: z.string(), component: z.string(), version: z.string(), description: z.string(), site: z.boolean().optional() }),
  ),
})
/** What one release says of itself, as its users have published it. */
export type Release = z.infer<typeof Release>

export const VERSIONS = ['1.4.2', '6.8.23', '7.17.9', '8.11.1'] as const
export type Version = (typeof VERSIONS)[number]

export function releaseOf(version: Version): Release {
  return Release.parse(releases[version])
}
