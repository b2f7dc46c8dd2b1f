import { z } from 'zod'
import { Evidence } from '../../events/bytes.ts'
import { sqlEvents } from '../../sensor/sql-events.ts'

/** What the oracle lure writes down besides logins, turns and the sensor's own events. */
export const oracleEvents = {
  ...sqlEvents('oracle'),
  /** What a client asks the listener for, and the listener's code: 0 when it was let through. */
  'oracle.connect': z.object({
    sid: Evidence.optional(),
    service: Evidence.optional(),
    command: Evidence.optional(),
    program: Evidence.optional(),
    host: Evidence.optional(),
    user: Evidence.optional(),
    version: z.number(),
    code: z.number(),
    data: Evidence,
  }),
  /** What a client says of itself when it logs in. */
  'oracle.client': z.object({ user: Evidence, mode: z.number(), attributes: z.record(z.string(), Evidence) }),
  /** A login whose password is not known: all that guessing on needs (hexadecimal). Verifier 6949 is SHA-1 over password and salt. */
  'oracle.o5logon': z.object({
    user: Evidence,
    verifier: z.number(),
    salt: z.string(),
    serverKey: z.string(),
    clientKey: z.string(),
    password: z.string(),
  }),
  /** A call that is none of those the lure answers. */
  'oracle.call': z.object({ code: z.number() }),
  'oracle.protocol-error': z.object({ message: z.string() }),
}
export type OracleEvents = typeof oracleEvents
