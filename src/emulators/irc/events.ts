import { z } from 'zod'
import { Evidence } from '../../events/bytes.ts'

/** What the irc lure writes down besides the sensor's own events. */
export const ircEvents = {
  'irc.register': z.object({ nick: Evidence, user: Evidence, realName: Evidence }),
  'irc.join': z.object({ channels: z.array(Evidence), keys: z.array(Evidence) }),
  'irc.message': z.object({ kind: z.enum(['privmsg', 'notice']), target: Evidence, text: Evidence }),
  /** A connection that somebody was asked to make. Nobody makes it. */
  'irc.dcc': z.object({ kind: z.string(), file: Evidence, address: z.string(), port: z.number() }),
}
export type IrcEvents = typeof ircEvents
