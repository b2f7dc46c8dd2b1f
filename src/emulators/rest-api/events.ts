import { z } from 'zod'
import { Evidence } from '../../events/bytes.ts'
import { webEvents } from '../../http/index.ts'

/** What the rest-api lure writes down besides the sensor's own events. */
export const apiEvents = {
  ...webEvents('rest-api'),
  /** A bearer token was shown: how it was made, and whether it was believed. */
  'rest-api.token': z.object({
    making: z.enum(['issued', 'cracked', 'alg-none', 'key-confusion', 'expired', 'signature', 'malformed']),
    accepted: z.boolean(),
    alg: Evidence,
    kid: Evidence.optional(),
    claims: Evidence,
    /** Whom a token of ours was given to, when it was another. */
    issuedTo: z.string().optional(),
  }),
  /**
   * Access that an API must refuse: an object of somebody else, a field or a function that is not the caller's, operators of a
   * database in place of values. */
  'rest-api.abuse': z.object({
    kind: z.enum(['object-access', 'mass-assignment', 'function-access', 'operator-injection']),
    resource: z.string(),
    detail: Evidence,
    succeeded: z.boolean(),
  }),
  /** A source made, changed or deleted an object; it is so for that source from then on. */
  'rest-api.change': z.object({ resource: z.string(), operation: z.enum(['create', 'replace', 'update', 'delete']), id: Evidence }),
}
export type ApiEvents = typeof apiEvents
