import { z } from 'zod'
import { Evidence } from '../../events/bytes.ts'
import { webEvents } from '../../http/index.ts'

/** What the citrix lure writes down besides the sensor's own events. */
export const citrixEvents = {
  ...webEvents('citrix'),
  /** A request that uses a known hole; `detail` is what it brought. */
  'citrix.exploit': z.object({ step: z.string(), detail: Evidence }),
  /** A template planted through newbm.pl, with the command that it would run. */
  'citrix.template': z.object({ name: Evidence, template: Evidence, command: Evidence.optional() }),
  /** A planted template was fetched; `output` is what its command printed. */
  'citrix.command': z.object({ name: Evidence, command: Evidence, output: Evidence }),
  /** A session cookie that we leaked came back. */
  'citrix.token': z.object({ leakedTo: z.string(), leakedAt: z.number(), sameSource: z.boolean() }),
}
export type CitrixEvents = typeof citrixEvents
