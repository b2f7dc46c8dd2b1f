import { z } from 'zod'
import { Evidence } from '../../events/bytes.ts'

/** What the memcached lure writes down. */
export const memcachedEvents = {
  'memcached.command': z.object({
    protocol: z.enum(['text', 'binary']),
    name: z.string(),
    key: Evidence.optional(),
    argument: Evidence.optional(),
    /** Of a value that was stored. */
    bytes: z.number().optional(),
    found: z.boolean().optional(),
  }),
  /** Commands of a visit beyond the bound on events, counted at its end. */
  'memcached.uncounted': z.object({ commands: z.number() }),
  /** A request over UDP: how much a server without bounds would have sent to whoever was named as its source. */
  'memcached.udp-request': z.object({ name: Evidence, potentialBytes: z.number(), isWellFormed: z.boolean() }),
  /** A user and password of the binary protocol's SASL. */
  'memcached.sasl': z.object({ mechanism: Evidence }),
}
export type MemcachedEvents = typeof memcachedEvents
