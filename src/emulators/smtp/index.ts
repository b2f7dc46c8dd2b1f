/**
 * A mail server that takes everything a spammer brings, and sends nothing on.
 *
 *   us:     220 mail.corp.example ESMTP Postfix (Debian/GNU)
 *   client: EHLO x                        us: 250-… SIZE … STARTTLS … AUTH PLAIN LOGIN CRAM-MD5 …
 *   client: AUTH LOGIN, admin, 123456     us: 334 … 334 … 235 or 535                       → login
 *   client: MAIL FROM:<a@b>, RCPT TO:<c@elsewhere>
 *   us:     250, and 250 or 454 by the relay policy                                        → smtp.recipient
 *   client: DATA … .                      us: 250 2.0.0 Ok: queued as 7F82A98801D          → artifact, indicator, smtp.message
 *
 * postfix.ts and exim.ts say the words, each by its own rules; session.ts holds what both do.
 */
import { LRUCache } from 'lru-cache'
import { atMost } from '../../config/at-most.ts'
import { evidence } from '../../events/bytes.ts'
import { defineLure } from '../../sensor/lure.ts'
import { LimitReached } from '../../sensor/visit.ts'
import { smtpEvents } from './events.ts'
import { eximServer } from './exim.ts'
import { type Room, SmtpOptions } from './options.ts'
import { postfixServer } from './postfix.ts'
import type { Reply, SmtpServer } from './server.ts'
import { SmtpSession } from './session.ts'

const SOURCES = 10_000
const COMMANDS = 1000

export default defineLure({
  name: 'smtp',
  standsFor: ['Mailoney', 'Heralding', 'Honeypots', 'Dionaea'],
  about: 'Postfix or Exim with users, relaying into nothing',
  profiles: ['standard', 'mini', 'tarpit', 'linux'],
  ports: [
    { transport: 'tcp', port: 25 },
    { transport: 'tcp', port: 465, tls: true, role: 'submissions' },
    { transport: 'tcp', port: 587, role: 'submission' },
  ],
  options: SmtpOptions,
  events: smtpEvents,

  start: ({ identity, persona }): Room => ({
    tests: new LRUCache({ ...atMost(SOURCES) }),
    queue: identity.integer(`smtp/${persona.name}/queue`, 0x40000, 0xfffff),
  }),

  async serve(visit, context) {
    const session = new SmtpSession(visit, context)
    const server = context.options.product === 'exim' ? eximServer(session) : postfixServer(session)
    await visit.write(wire(server.greeting()))
    await converse(session, server)
  },
})

async function converse(session: SmtpSession, server: SmtpServer): Promise<void> {
  const { visit } = session
  for (let commands = 0; commands < COMMANDS; commands++) {
    let line: Buffer
    try {
      line = await session.line(server.patienceMs)
    } catch (error) {
      if (!(error instanceof LimitReached) || error.limit !== 'read-deadline') throw error
      return void (await visit.write(wire(server.timeout())))
    }
    const startedAt = performance.now()
    const reply = await server.answer(line)
    visit.record('turn', {
      kind: 'smtp',
      input: evidence(line.subarray(0, 1024)),
      output: reply.lines.join('\n'),
      source: 'static',
      durationMs: performance.now() - startedAt,
    })
    if (reply.lines.length) await visit.write(wire(reply))
    if (reply.ends) return
  }
  throw new LimitReached('commands', COMMANDS)
}

const wire = ({ lines }: Reply): string => lines.map((line) => `${line}\r\n`).join('')
