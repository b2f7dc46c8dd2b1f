import { z } from 'zod'
import { Evidence } from '../events/bytes.ts'

/** What every SQL lure writes down besides its logins and turns; `mysql.file-read` and so on. */
const SQL_EVENTS = {
  'file-read': z.object({ path: Evidence, found: z.boolean() }),
  /** A file that a statement wrote, or was refused; its bytes are an artifact. */
  'file-write': z.object({ path: Evidence, how: z.string(), bytes: z.number(), sha256: z.string(), written: z.boolean() }),
  /** A command that a statement ran on the simulated host. */
  'host-command': z.object({ command: Evidence, output: Evidence }),
  /** A library that a function was to come from. */
  library: z.object({ name: Evidence, library: Evidence }),
  /** Data of the persona that this source has thrown away: its own copy only. */
  destroyed: z.object({ what: z.enum(['database', 'table']), name: Evidence, rows: z.number() }),
  /** GRANT, CREATE USER, SET PASSWORD and their kin. */
  privilege: z.object({ statement: Evidence, name: Evidence, password: Evidence.optional() }),
  setting: z.object({ name: Evidence, value: Evidence }),
  /** Statements beyond the bound on turns, counted at the end of the visit. */
  uncounted: z.object({ statements: z.number() }),
}

export type SqlEvents<L extends string> = { [V in keyof typeof SQL_EVENTS as `${L}.${V & string}`]: (typeof SQL_EVENTS)[V] }

/** The events under the name of a lure. */
export function sqlEvents<L extends string>(lure: L): SqlEvents<L> {
  return Object.fromEntries(Object.entries(SQL_EVENTS).map(([verb, schema]) => [`${lure}.${verb}`, schema])) as SqlEvents<L>
}
