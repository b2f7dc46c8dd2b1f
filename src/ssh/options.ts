import { z } from 'zod'

export const SshOptions = z.strictObject({
  /** Every login fails, as with Heralding: for who wants credentials and no shell. */
  authOnly: z.boolean().default(false),
  /**
   * What happens to `ssh -L` and `-D`: with `lures` the lure that plays the port answers inside the process, and other ports
   * are only listened to; `record` listens to all; `refuse` answers as a closed port does. Nothing is ever dialled.
   */
  forwarding: z.enum(['lures', 'record', 'refuse']).default('lures'),
  /** Wait before answering a failed login as the real daemon does. */
  delays: z.boolean().default(true),
})
export type SshOptions = z.output<typeof SshOptions>
