import { z } from 'zod'
import { Evidence } from '../../events/bytes.ts'

/** What the vnc lure writes down besides the sensor's own events. */
export const vncEvents = {
  'vnc.client': z.object({
    /** What the client said: `3.8`. */
    version: z.string(),
    /** Security type that it chose. */
    security: z.number().optional(),
  }),
  /** A challenge and its answer as John the Ripper reads them. */
  'vnc.proof': z.object({ line: z.string() }),
  /** How the client wants its pixels: tells one program from another. */
  'vnc.setup': z.object({ bitsPerPixel: z.number(), encodings: z.array(z.number()) }),
  /** What was typed, with names for the keys that are no characters: `root<Tab>`. */
  'vnc.keys': z.object({ text: Evidence }),
  'vnc.click': z.object({ x: z.number(), y: z.number(), buttons: z.number() }),
  'vnc.clipboard': z.object({ text: Evidence, size: z.number() }),
  'vnc.malformed': z.object({ message: z.string() }),
}
export type VncEvents = typeof vncEvents
