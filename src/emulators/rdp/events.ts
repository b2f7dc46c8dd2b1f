import { z } from 'zod'
import { Evidence } from '../../events/bytes.ts'

/** What the rdp lure writes down besides the sensor's own events. */
export const rdpEvents = {
  'rdp.request': z.object({
    /** User that the client names before it logs in: `mstshash`. */
    cookie: Evidence.optional(),
    /** `rdp`, `tls`, `hybrid` … that the client offers. */
    requested: z.array(z.string()),
    selected: z.string(),
  }),
  'rdp.client': z.object({
    name: Evidence,
    build: z.number(),
    /** Keyboard layout as a locale number: 1033 = English (United States). */
    keyboard: z.number(),
    /** Hexadecimal, as clients say it. */
    version: z.string(),
    width: z.number(),
    height: z.number(),
    channels: z.array(Evidence),
  }),
  'rdp.ntlm': z.object({ domain: Evidence, workstation: Evidence }),
  'rdp.info': z.object({ domain: Evidence, shell: Evidence, directory: Evidence, address: Evidence, autologon: z.boolean() }),
  /** A session that was let in: how long it looked at an empty desktop, and how many bytes of input it sent. */
  'rdp.session': z.object({ durationMs: z.number(), inputBytes: z.number() }),
  'rdp.malformed': z.object({ message: z.string() }),
}
export type RdpEvents = typeof rdpEvents
