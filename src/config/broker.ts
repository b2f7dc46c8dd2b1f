import { z } from 'zod'
import { Secret } from './outputs.ts'

const Network = z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()])

/** Of `sundew broker`, a process of its own that fetches what attackers point at; docs/samples.md. `sundew start` reads none of it. */
export const Broker = z.strictObject({
  host: z.string().default('127.0.0.1'),
  port: z.number().int().min(0).max(65535).default(64298),
  /** What a sensor shows as `Authorization: Bearer …`. */
  token: Secret.default({ env: 'BROKER_TOKEN' }),
  /** PEM files, to be asked over HTTPS. */
  tls: z.strictObject({ cert: z.string(), key: z.string() }).optional(),
  /** Networks that may be reached although they are not public: for tests and laboratories. */
  allow: z.array(Network).default([]),
  /** Networks of the operator that are public and must not be reached; this goes before `allow`. */
  deny: z.array(Network).default([]),
  /** Ports that may be reached; none = all but those of mail. */
  ports: z.array(z.number().int().min(1).max(65535)).default([]),
  limits: z
    .strictObject({
      /** Jobs at the same time; one more is told to come later. */
      jobs: z.number().int().min(1).max(64).default(4),
      /** Addresses that one job follows, the target among them, and redirects of each. */
      urls: z.number().int().min(1).max(64).default(10),
      redirects: z.number().int().min(0).max(20).default(5),
      /** Of one file, with its redirects. */
      fileMiB: z.number().positive().max(64).default(16),
      fileMs: z.number().int().positive().default(30_000),
      /** Of all that comes in within an hour. */
      mibPerHour: z.number().positive().default(512),
      /** Connections to one address within an hour. */
      perAddress: z.number().int().min(1).default(100),
    })
    .prefault({}),
})
export type Broker = z.infer<typeof Broker>
