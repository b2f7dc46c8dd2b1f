import type { LRUCache } from 'lru-cache'
import { z } from 'zod'
import { LoginOptions } from '../../sensor/login-desk.ts'
import { SASL_MECHANISMS } from '../../sensor/sasl.ts'

/** message_size_limit of Postfix and Exim as they come. */
const SIZE_LIMIT = { postfix: 10_240_000, exim: 52_428_800 }

const Given = z.strictObject({
  product: z.enum(['postfix', 'exim']).default('postfix'),
  /** Exim says its version; Postfix does not. */
  version: z.string().default('4.96'),
  /** `closed` relays for users only; `selective` also takes the first messages of a stranger; `sink` takes everything. Nothing is ever sent. */
  relay: z.enum(['closed', 'selective', 'sink']).default('selective'),
  auth: z.array(z.enum(SASL_MECHANISMS)).default([...SASL_MECHANISMS]),
  starttls: z.boolean().default(true),
  /** Largest message that is taken, in bytes. */
  size: z
    .number()
    .int()
    .min(1024)
    .max(64 * 1024 * 1024)
    .optional(),
  login: LoginOptions,
  /** False answers wrong passwords and repeated mistakes at once, for tests. */
  delays: z.boolean().default(true),
})

export const SmtpOptions = Given.transform((options) => ({ ...options, size: options.size ?? SIZE_LIMIT[options.product] }))
export type SmtpOptions = z.output<typeof SmtpOptions>

export interface Room {
  /** Messages that each unknown source had relayed. */
  tests: LRUCache<string, number>
  /** Inode numbers of the queue, which Postfix makes its queue ids of. */
  queue: number
}
