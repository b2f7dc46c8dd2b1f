import { z } from 'zod'
import { Evidence } from '../../events/bytes.ts'

/** What this lure writes down besides the events of the core. */
export const telnetEvents = {
  /** What the client said of an option, the first time that it did: `DO` 1. */
  'telnet.option': z.object({ verb: z.enum(['WILL', 'WONT', 'DO', 'DONT']), option: z.number() }),
  'telnet.terminal-type': z.object({ name: Evidence }),
  'telnet.window': z.object({ columns: z.number(), rows: z.number() }),
  /** A variable of NEW-ENVIRON (RFC 1572). */
  'telnet.environment': z.object({ type: z.enum(['VAR', 'USERVAR']), name: Evidence, value: Evidence.optional() }),
  /** The client broke the protocol, in the words of our own error. */
  'telnet.malformed': z.object({ what: z.string() }),
  /** A finished recording of the terminal: files below the data folder, bytes of what was typed and shown. */
  'telnet.terminal': z.object({
    cast: z.string(),
    ttylog: z.string(),
    inputBytes: z.number(),
    outputBytes: z.number(),
    inputSha256: z.string(),
    durationMs: z.number(),
  }),
}
export type TelnetEvents = typeof telnetEvents
