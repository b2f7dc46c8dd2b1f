import { z } from 'zod'
import { Evidence } from '../../events/bytes.ts'
import { webEvents } from '../../http/index.ts'

/** What the ipp lure writes down besides the sensor's own events. */
export const ippEvents = {
  ...webEvents('ipp'),
  /** One operation, with what it asked for; `status` is the answer's. */
  'ipp.operation': z.object({
    operation: z.string(),
    code: z.number(),
    version: z.string(),
    target: Evidence.optional(),
    user: Evidence.optional(),
    attributes: z.array(z.tuple([z.string(), Evidence])),
    status: z.number(),
  }),
  /** A document that was sent to be printed. */
  'ipp.document': z.object({
    job: z.number(),
    name: Evidence,
    user: Evidence,
    format: z.string(),
    compression: z.string().optional(),
    sha256: z.string(),
    size: z.number(),
  }),
  /** A queue that was made or changed: where it would send what is printed, and the driver that came with it. */
  'ipp.queue': z.object({ operation: z.string(), name: Evidence, deviceUri: Evidence.optional(), driver: z.string().optional() }),
  'ipp.malformed': z.object({ reason: z.string(), bytes: Evidence }),
  /** A printer that announces itself to cups-browsed: the address that we were told to call and did not. */
  'ipp.browse': z.object({
    type: z.string(),
    state: z.string(),
    uri: Evidence,
    location: Evidence.optional(),
    info: Evidence.optional(),
    makeAndModel: Evidence.optional(),
  }),
}
export type IppEvents = typeof ippEvents
