import { z } from 'zod'
import { Evidence } from '../../events/bytes.ts'

const Action = z.enum(['read', 'write', 'scan', 'subscribe', 'restart', 'silence'])
export type Action = z.infer<typeof Action>

export const bacnetEvents = {
  'bacnet.request': z.object({
    service: z.string(),
    action: Action,
    /** `type,instance`. */
    object: z.string().optional(),
    property: z.number().optional(),
    value: Evidence.optional(),
    priority: z.number().optional(),
    /** `ack`, or how it was refused. */
    result: z.string(),
    raw: z.string(),
  }),
  /** A frame that only the link or network layer reads. */
  'bacnet.network': z.object({ function: z.number(), message: z.number().optional() }),
  'bacnet.malformed': z.object({ message: z.string() }),
}

/** ATT&CK for ICS: what the action is a sign of. */
export const TECHNIQUES: Record<Action, string[]> = {
  read: ['attack:T0801'],
  write: ['attack:T0855', 'attack:T0836'],
  scan: ['attack:T0846', 'attack:T0888'],
  subscribe: ['attack:T0801'],
  restart: ['attack:T0816'],
  silence: ['attack:T0814'],
}
