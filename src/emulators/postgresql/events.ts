import { z } from 'zod'
import { Evidence } from '../../events/bytes.ts'
import { sqlEvents } from '../../sensor/sql-events.ts'

/** What the postgresql lure writes down besides logins, turns and the sensor's own events. */
export const postgresqlEvents = {
  ...sqlEvents('postgresql'),
  /** What a client says of itself in its first packet. */
  'postgresql.client': z.object({ protocol: z.string(), parameters: z.record(z.string(), Evidence), tls: z.boolean() }),
  /** An answer to SCRAM-SHA-256 whose password is not known: all that guessing on needs. */
  'postgresql.scram': z.object({ user: Evidence, salt: z.string(), iterations: z.number(), authMessage: Evidence, proof: z.string() }),
  /** Data that a client sent for COPY FROM STDIN. */
  'postgresql.copy-data': z.object({ bytes: z.number(), sha256: z.string() }),
  'postgresql.cancel-request': z.object({ pid: z.number() }),
  'postgresql.protocol-error': z.object({ message: z.string() }),
}
export type PostgresqlEvents = typeof postgresqlEvents
