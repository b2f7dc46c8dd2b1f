import { z } from 'zod'

export const SshOptions = z.strictObject({
  /** Every login fails, as with Heralding: for who wants credentials and no shell. */
  authOnly: z.boolean().default(false),
  /** What happens to `ssh -L` and `-D`: `record` opens and listens to what comes first, `refuse` answers as a closed port does. */
  forwarding: z.enum(['record', 'refuse']).default('record'),
  /** Wait before answering a failed login as the real daemon does. */
  delays: z.boolean().default(true),
})
export type SshOptions = z.output<typeof SshOptions>
