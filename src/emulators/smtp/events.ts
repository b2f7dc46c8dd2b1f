import { z } from 'zod'
import { Evidence } from '../../events/bytes.ts'

/** What the smtp lure writes down besides the sensor's own events. */
export const smtpEvents = {
  /** HELO or EHLO: the name that the client gives itself. */
  'smtp.hello': z.object({ name: Evidence, extended: z.boolean(), tls: z.boolean() }),
  /** One recipient that was asked for, and what became of it. */
  'smtp.recipient': z.object({
    mailFrom: Evidence,
    rcptTo: Evidence,
    kind: z.enum(['local', 'unknown-user', 'foreign', 'source-routed']),
    accepted: z.boolean(),
  }),
  /** One message, kept as artifact `<queue id>.eml`. It goes nowhere. */
  'smtp.message': z.object({
    queueId: z.string(),
    mailFrom: Evidence,
    rcptTo: z.array(Evidence),
    recipients: z.number(),
    /** User that had logged in. */
    as: Evidence.optional(),
    /** Whether a recipient was elsewhere: then the sender believes that we relay. */
    relayed: z.boolean(),
    subject: Evidence.optional(),
    from: Evidence.optional(),
    size: z.number(),
    sha256: z.string(),
    urls: z.array(z.string()),
    attachments: z.array(z.object({ name: Evidence.optional(), type: z.string(), size: z.number(), sha256: z.string() })),
    /** The text names our own address: somebody tests whether this relay works. */
    isProbe: z.boolean(),
  }),
}
export type SmtpEvents = typeof smtpEvents
