import { z } from 'zod'
import { Evidence, type Evidence as EvidenceValue, evidence } from '../../events/bytes.ts'
import type { Visit } from '../../sensor/visit.ts'

export const jetdirectEvents = {
  'jetdirect.command': z.object({ command: Evidence, text: Evidence, known: z.boolean() }),
  'jetdirect.set': z.object({ variable: Evidence, value: Evidence, old: Evidence, accepted: z.boolean() }),
  'jetdirect.file': z.object({
    action: z.enum(['query', 'list', 'read', 'write', 'append', 'mkdir', 'delete', 'format']),
    name: Evidence,
    size: z.number().optional(),
    sha256: z.string().optional(),
    /** FILEERROR that was answered. */
    error: z.number().optional(),
  }),
  /** What a PostScript program that talked with the printer used, in the order of its last uses, and what it was told. */
  'jetdirect.postscript': z.object({ operators: z.array(Evidence), output: Evidence, isEndless: z.boolean() }),
  /** PML: an object of the printer's management was read or set. */
  'jetdirect.management': z.object({ object: Evidence, value: Evidence, isSet: z.boolean() }),
  'jetdirect.display': z.object({ text: Evidence, by: z.string() }),
  'jetdirect.job': z.object({
    language: z.string(),
    size: z.number(),
    sha256: z.string(),
    /** Fewer bytes than `size` were kept. */
    truncated: z.boolean(),
    title: Evidence,
    user: Evidence,
    pages: z.number(),
    preview: Evidence,
  }),
}
export type JetdirectVisit = Visit<typeof jetdirectEvents>

/** Attacker text of one character a byte, cut for an event. */
export function clip(text: string, most = 256): EvidenceValue {
  return evidence(Buffer.from(text.slice(0, most), 'latin1'))
}
