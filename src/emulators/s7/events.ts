import { z } from 'zod'
import { Evidence } from '../../events/bytes.ts'

const Action = z.enum(['read', 'write', 'scan', 'stop', 'start', 'upload', 'download', 'delete', 'login', 'time'])
export type Action = z.infer<typeof Action>

export const s7Events = {
  's7.connect': z.object({
    calling: z.string(),
    called: z.string(),
    rack: z.number(),
    slot: z.number(),
    accepted: z.boolean(),
  }),
  's7.request': z.object({
    reference: z.number(),
    name: z.string(),
    action: Action,
    /** What was read or written: `DB1.DBX0.0 REAL 1`. */
    variables: z.array(z.string()).optional(),
    /** Values written, in hex. */
    values: z.array(z.string()).optional(),
    szl: z.object({ id: z.number(), index: z.number() }).optional(),
    /** Block or service that was named. */
    object: Evidence.optional(),
    error: z.number().optional(),
    raw: z.string(),
  }),
  's7.malformed': z.object({ message: z.string() }),
}

/** ATT&CK for ICS: what the action is a sign of. */
export const TECHNIQUES: Record<Action, string[]> = {
  read: ['attack:T0801', 'attack:T0861'],
  write: ['attack:T0855', 'attack:T0836'],
  scan: ['attack:T0888'],
  stop: ['attack:T0858', 'attack:T0813'],
  start: ['attack:T0858'],
  upload: ['attack:T0845'],
  download: ['attack:T0843'],
  delete: ['attack:T0809'],
  login: ['attack:T0859'],
  time: ['attack:T0836'],
}
