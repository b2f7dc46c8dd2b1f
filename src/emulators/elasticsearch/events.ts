import { z } from 'zod'
import { Evidence } from '../../events/bytes.ts'
import { webEvents } from '../../http/index.ts'

/** What the elasticsearch lure writes down besides the sensor's own events. */
export const elasticEvents = {
  ...webEvents('elasticsearch'),
  /** Documents or indices made or changed. */
  'elasticsearch.write': z.object({ operation: z.string(), index: Evidence, documents: z.number() }),
  'elasticsearch.delete': z.object({ operation: z.string(), indices: z.array(z.string()), documents: z.number() }),
  /** Documents that an answer gave away. */
  'elasticsearch.exfil': z.object({ indices: z.array(z.string()), documents: z.number(), query: Evidence }),
  'elasticsearch.bulk': z.object({ items: z.number(), errors: z.boolean() }),
  /** A document that asks for money. */
  'elasticsearch.ransom': z.object({ index: Evidence, note: Evidence }),
  /** A script, what it would have run, and whether this release let it. */
  'elasticsearch.script': z.object({
    script: Evidence,
    lang: z.string().optional(),
    command: Evidence.optional(),
    file: Evidence.optional(),
    ran: z.boolean(),
  }),
  /** A cluster or URL that we were told to read from and did not. */
  'elasticsearch.remote': z.object({ operation: z.string(), host: Evidence }),
  /** A path that leads out of its folder. */
  'elasticsearch.traversal': z.object({ path: Evidence, found: z.boolean() }),
  /** What came to the transport port. */
  'elasticsearch.transport': z.object({
    kind: z.enum(['handshake', 'request', 'http', 'malformed']),
    action: Evidence.optional(),
    version: z.number().optional(),
  }),
}
export type ElasticEvents = typeof elasticEvents
