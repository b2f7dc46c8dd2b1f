import { z } from 'zod'
import { Evidence } from '../../events/bytes.ts'
import { webEvents } from '../../http/index.ts'
import { sqlEvents } from '../../sensor/sql-events.ts'

/** What the web-app lure writes down besides the sensor's own events. */
export const webAppEvents = {
  ...webEvents('web-app'),
  ...sqlEvents('web-app'),
  /** A value that is an attack, and whether the application fell for it. */
  'web-app.attack': z.object({
    /** `sql`, `lfi`, `command` … see attacks.yaml. */
    class: z.string(),
    place: z.string(),
    name: Evidence,
    value: Evidence,
    worked: z.boolean(),
  }),
  /** Statements that the shop's database ran with what a request brought, when they are not what the page meant. */
  'web-app.sql': z.object({ statement: Evidence, rows: z.number(), error: z.string().optional(), delayMs: z.number() }),
  'web-app.upload': z.object({ name: Evidence, path: z.string(), sha256: z.string(), bytes: z.number() }),
  /** Somebody who is signed in, through the door or past it, at a page that is not for everybody. */
  'web-app.admin': z.object({ user: z.string(), page: Evidence }),
  /** What a session was like so far, at the end of each of its connections. */
  'web-app.profile': z.object({
    kind: z.enum(['attacker', 'tool', 'crawler', 'visitor']),
    requests: z.number(),
    perSecond: z.number(),
    notFound: z.number(),
    attacks: z.record(z.string(), z.number()),
  }),
}
export type WebAppEvents = typeof webAppEvents
