import { z } from 'zod'
import { Evidence } from '../../events/bytes.ts'
import { webEvents } from '../../http/index.ts'
import { trapEvents } from '../../http/traps/index.ts'

/** What the log4shell lure writes down; the lookups themselves are `jndi.lookup` of the sensor. */
export const log4ShellEvents = {
  ...webEvents('log4shell'),
  ...trapEvents('log4shell'),
  /** Part of a body that the request's own event does not show: compressed, or far behind its beginning. */
  'log4shell.body': z.object({ part: z.string(), text: Evidence }),
  'log4shell.ping': z.object({ kind: z.enum(['legacy', 'status']) }),
  'log4shell.handshake': z.object({ protocol: z.number(), address: Evidence, port: z.number(), next: z.number() }),
  'log4shell.player': z.object({ name: Evidence, protocol: z.number() }),
  'log4shell.chat': z.object({ name: Evidence, message: Evidence }),
  /** Bytes at the port of the game that are no packet of it. */
  'log4shell.stray': z.object({ bytes: Evidence }),
}
export type Log4ShellEvents = typeof log4ShellEvents
