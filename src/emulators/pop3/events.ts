import { z } from 'zod'

/** What the pop3 lure writes down besides the sensor's own events. */
export const pop3Events = {
  /** A message that was read, with RETR (whole) or TOP. */
  'pop3.retrieve': z.object({ uid: z.number(), size: z.number(), whole: z.boolean() }),
  'pop3.delete': z.object({ uids: z.array(z.number()) }),
}
export type Pop3Events = typeof pop3Events
