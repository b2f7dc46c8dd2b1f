import { z } from 'zod'
import { Evidence } from '../../events/bytes.ts'

/** What this lure writes down besides the events of the core. */
export const sipEvents = {
  /** One request; a retransmission is written down once. */
  'sip.request': z.object({
    method: z.string(),
    uri: Evidence,
    from: Evidence,
    to: Evidence,
    callId: Evidence,
    /** Number of the request in its dialog. */
    cseq: z.number(),
    contact: Evidence.optional(),
    /** Every hop that the request names: a scanner's own address is often among them. */
    via: z.array(Evidence),
    userAgent: Evidence,
    tool: z.string().optional(),
    /** To whom a call should be passed on; nobody is called. */
    referTo: Evidence.optional(),
    /** Status of the answer that it got; absent when it got none. */
    status: z.number().optional(),
    /** The message as it came, its first two KiB: order and spelling of its headers tell the tool. */
    message: Evidence,
  }),
  /** Somebody wants a call. */
  'sip.call': z.object({
    caller: Evidence,
    called: Evidence,
    kind: z.enum(['extension', 'national', 'international', 'other']),
    /** What was dialled before the number to get out. */
    prefix: z.string(),
    e164: z.string().optional(),
    country: z.string().optional(),
    /** How many different prefixes this source has tried before the same number: from 2 on it looks for the way out. */
    prefixesTried: z.number(),
    media: z.object({ address: z.string(), ports: z.array(z.number()), codecs: z.array(z.string()) }).optional(),
  }),
  'sip.hangup': z.object({ called: Evidence, by: z.enum(['caller', 'cancel', 'us']), answered: z.boolean(), durationMs: z.number() }),
  /** An answer that would have been more than one and a half times its request, to a source that has proven nothing. */
  'sip.suppressed': z.object({ status: z.number(), requestBytes: z.number(), answerBytes: z.number() }),
  'sip.malformed': z.object({ what: z.string(), bytes: Evidence }),
}
export type SipEvents = typeof sipEvents
