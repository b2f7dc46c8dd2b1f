import { z } from 'zod'
import { Evidence } from '../../events/bytes.ts'
import { sqlEvents } from '../../sensor/sql-events.ts'

/** What the mssql lure writes down besides logins, turns and the sensor's own events. */
export const mssqlEvents = {
  ...sqlEvents('mssql'),
  /** PRELOGIN: the library's version and whether it wants TLS. */
  'mssql.prelogin': z.object({ version: z.string(), encryption: z.number(), instance: Evidence }),
  /** What a client says of itself when it logs in. */
  'mssql.client': z.object({
    tdsVersion: z.string(),
    host: Evidence,
    application: Evidence,
    library: Evidence,
    server: Evidence,
    database: Evidence,
    pid: z.number(),
    mac: z.string(),
    tls: z.boolean(),
  }),
  /** SQL Server Browser over UDP. */
  'mssql.browse': z.object({ request: z.enum(['all', 'instance', 'dac']), instance: Evidence }),
  'mssql.protocol-error': z.object({ message: z.string() }),
}
export type MssqlEvents = typeof mssqlEvents
