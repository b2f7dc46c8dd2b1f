import { z } from 'zod'
import { Evidence } from '../../events/bytes.ts'

/** What the mongodb lure writes down besides logins, turns and the sensor's own events. */
export const mongodbEvents = {
  /** What a driver says of itself. */
  'mongodb.client': z.object({ metadata: Evidence }),
  /** An answer to SCRAM whose password is not known: all that guessing on needs. */
  'mongodb.scram': z.object({
    user: Evidence,
    database: Evidence,
    mechanism: z.string(),
    salt: z.string(),
    iterations: z.number(),
    authMessage: Evidence,
    proof: z.string(),
  }),
  /** Data of the persona that this source has thrown away: its own copy only. */
  'mongodb.destroyed': z.object({ what: z.enum(['database', 'collection', 'documents']), name: Evidence, documents: z.number() }),
  /** createUser, grantRolesToUser and their kin. */
  'mongodb.privilege': z.object({ command: z.string(), name: Evidence, password: Evidence.optional() }),
  /** Commands beyond the bound on turns, counted at the end of the visit. */
  'mongodb.uncounted': z.object({ commands: z.number() }),
  'mongodb.protocol-error': z.object({ message: z.string() }),
}
export type MongodbEvents = typeof mongodbEvents
