/**
 * InspIRCd 3, the chat of the persona's people.
 *
 *   client: NICK bob, USER bob 0 * :Bob        us: 001 … 005, LUSERS, MOTD                    → irc.register
 *   client: JOIN #ops                          us: JOIN, topic, who is there                  → irc.join
 *   client: PRIVMSG #ops :.udp 203.0.113.9 …   us: nothing; bots do not answer                → irc.message, note:botnet-command
 *   client: PRIVMSG opsbot :\x01DCC SEND …     us: nothing; no address is dialled             → irc.dcc, indicator
 *   client: OPER root toor, NickServ IDENTIFY  us: 491, or an operator by the login policy    → login
 *
 * codec.ts has the lines, network.ts who is there, client.ts and queries.ts the commands. The answers are those of Debian's 3.15.
 */
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import { LoginDesk, LoginOptions } from '../../sensor/login-desk.ts'
import { defineLure } from '../../sensor/lure.ts'
import { TimeSlice } from '../../sensor/time-slice.ts'
import { LimitReached, type Visit } from '../../sensor/visit.ts'
import { IrcClient } from './client.ts'
import { parseMessage } from './codec.ts'
import { type IrcEvents, ircEvents } from './events.ts'
import { factsOf, Network, type ServerFacts } from './network.ts'

const LINE_BYTES = 8192
const LINES = 20_000
const REGISTRATION_MS = 60_000
const PING_MS = 120_000
const SOURCES = 500

interface Room {
  facts: ServerFacts
  networks: LRUCache<string, Network>
}

export default defineLure({
  name: 'irc',
  standsFor: ['Honeypots'],
  about: "InspIRCd with the persona's people and two quiet bots",
  profiles: ['standard', 'mini'],
  ports: [{ transport: 'tcp', port: 6667 }],
  options: z.strictObject({ login: LoginOptions }),
  events: ircEvents,

  start: ({ persona, identity }): Room => ({ facts: factsOf(persona, identity, Date.now()), networks: new LRUCache({ max: SOURCES }) }),

  async serve(visit, context) {
    const { room } = context
    const network = room.networks.get(visit.source.ip) ?? new Network(room.facts)
    room.networks.set(visit.source.ip, network)
    const client = new IrcClient(visit, network, new LoginDesk(visit, context))
    const slice = new TimeSlice()
    client.greet()
    try {
      for (let lines = 0; lines < LINES; lines++) {
        const line = await nextLine(visit, client)
        if (!line) return
        const message = parseMessage(line)
        if (message && !client.answer(message)) return
        await slice.turn()
      }
      client.quit('RecvQ exceeded')
    } finally {
      client.close('Connection closed')
    }
  },
})

/** The next line; asks who is silent whether it is there, and ends who is not. */
async function nextLine(visit: Visit<IrcEvents>, client: IrcClient): Promise<Buffer | undefined> {
  for (const isAsked of [false, true]) {
    try {
      return await visit.line(LINE_BYTES, { within: client.isRegistered ? PING_MS : REGISTRATION_MS })
    } catch (error) {
      if (!(error instanceof LimitReached)) throw error
      if (error.limit !== 'read-deadline') {
        client.quit('RecvQ exceeded')
        return undefined
      }
      if (!client.isRegistered) client.quit('Registration timeout')
      else if (isAsked) client.quit('Ping timeout: 240 seconds')
      else client.send(`:${client.network.facts.server} PING :${client.network.facts.server}`)
      if (!client.isRegistered || isAsked) return undefined
    }
  }
  return undefined
}
