import { z } from 'zod'
import { Evidence } from '../../events/bytes.ts'

/** What the imap lure writes down besides the sensor's own events. */
export const imapEvents = {
  /** ID: what the client says of itself (RFC 2971). */
  'imap.id': z.object({ fields: z.array(z.object({ name: Evidence, value: Evidence })) }),
  'imap.select': z.object({ folder: Evidence, messages: z.number(), readOnly: z.boolean() }),
  /** Messages whose text was read. */
  'imap.fetch': z.object({ folder: Evidence, messages: z.number(), uids: z.array(z.number()), bytes: z.number() }),
  'imap.search': z.object({ folder: Evidence, keys: Evidence, found: z.number() }),
  /** A message that the attacker put into a mailbox, kept as artifact. */
  'imap.append': z.object({ folder: Evidence, size: z.number(), sha256: z.string(), flags: z.array(z.string()), kept: z.boolean() }),
  /** Messages or whole mailboxes that were removed. */
  'imap.delete': z.object({ folder: Evidence, messages: z.number(), wholeFolder: z.boolean() }),
}
export type ImapEvents = typeof imapEvents
