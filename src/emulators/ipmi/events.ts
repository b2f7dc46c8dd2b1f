import { z } from 'zod'
import { Evidence } from '../../events/bytes.ts'
import type { Command } from './command.ts'

export const ipmiEvents = {
  /** ASF presence ping. */
  'ipmi.ping': z.object({ tag: z.number() }),
  'ipmi.open': z.object({
    privilege: z.number(),
    authentication: z.number(),
    integrity: z.number(),
    confidentiality: z.number(),
    /** Cipher suite, where this BMC has it. */
    suite: z.number().optional(),
    status: z.number(),
  }),
  /** RAKP message 1: a name, and the hash of its password that was handed out for it. */
  'ipmi.rakp': z.object({
    user: Evidence,
    privilege: z.number(),
    status: z.number(),
    hash: z.object({ mode: z.number(), line: z.string() }).optional(),
  }),
  'ipmi.command': z.object({
    version: z.enum(['1.5', '2.0']),
    /** Account of the session; without one the command came outside a session. */
    user: z.string().optional(),
    netFn: z.number(),
    command: z.number(),
    name: z.string(),
    action: z.enum(['read', 'write', 'scan', 'stop', 'start', 'restart', 'login']),
    /** Request data, its first 64 bytes, in hex. */
    data: z.string(),
    completion: z.number(),
  }),
  'ipmi.malformed': z.object({ message: z.string() }),
}

/** ATT&CK: what a command is a sign of. */
export const TECHNIQUES: Record<Command['action'], string[]> = {
  read: ['attack:T1082'],
  write: ['attack:T1098'],
  scan: ['attack:T1046'],
  stop: ['attack:T1529'],
  start: ['attack:T1529'],
  restart: ['attack:T1529'],
  login: ['attack:T1078'],
}
