import { z } from 'zod'
import { Evidence } from '../../events/bytes.ts'
import { sqlEvents } from '../../sensor/sql-events.ts'

/** What the mysql lure writes down besides logins, turns and the sensor's own events. */
export const mysqlEvents = {
  ...sqlEvents('mysql'),
  /** What a client says of itself when it logs in. */
  'mysql.client': z.object({
    capabilities: z.number(),
    charset: z.number(),
    plugin: z.string().optional(),
    database: Evidence.optional(),
    attributes: z.record(z.string(), Evidence),
    tls: z.boolean(),
  }),
  /** First answer of caching_sha2_password; the password follows in the login event unless the client left. */
  'mysql.sha2-response': z.object({ scramble: z.string(), response: z.string() }),
  /** A command of the protocol that is no query. */
  'mysql.command': z.object({ name: z.string(), argument: Evidence.optional() }),
  /** A file of the client's machine that it sent because its own statement asked for it. */
  'mysql.local-file': z.object({ path: Evidence, bytes: z.number(), sha256: z.string() }),
  'mysql.protocol-error': z.object({ message: z.string() }),
}
export type MysqlEvents = typeof mysqlEvents
