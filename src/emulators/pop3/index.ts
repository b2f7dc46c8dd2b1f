/**
 * Dovecot's POP3 with a mailbox behind it.
 *
 *   us:     +OK Dovecot (Debian) ready.
 *   client: CAPA                       us: +OK CAPA TOP UIDL … STLS USER SASL PLAIN LOGIN CRAM-MD5 .
 *   client: USER maris, PASS letmein   us: +OK, two seconds later -ERR [AUTH] Authentication failed.      → login
 *   client: USER maris, PASS …         us: +OK, +OK Logged in.                                            → login
 *   client: STAT, LIST, UIDL, RETR 1   us: the mail of the persona, drawn from the seed                   → pop3.retrieve
 *   client: DELE 1, QUIT               us: +OK Logging out, messages deleted.                             → pop3.delete
 *
 * login.ts is what Dovecot's login process says, session.ts what the user's own process says after it.
 */
import { z } from 'zod'
import { evidence } from '../../events/bytes.ts'
import { LoginOptions } from '../../sensor/login-desk.ts'
import { defineLure } from '../../sensor/lure.ts'
import { SASL_MECHANISMS } from '../../sensor/sasl.ts'
import { LimitReached } from '../../sensor/visit.ts'
import { pop3Events } from './events.ts'
import { Login } from './login.ts'
import { MailSession } from './session.ts'

/** Dovecot's CLIENT_LOGIN_IDLE_TIMEOUT; logged in, the sensor's own bound comes first. */
const LOGIN_PATIENCE_MS = 180_000
const LINE_BYTES = 8192
const COMMANDS = 5000

export default defineLure({
  name: 'pop3',
  standsFor: ['Heralding', 'Honeypots'],
  about: "Dovecot POP3 with the persona's mail",
  profiles: ['standard', 'mini', 'linux'],
  ports: [
    { transport: 'tcp', port: 110 },
    { transport: 'tcp', port: 995, tls: true, role: 'pop3s' },
  ],
  options: z.strictObject({
    auth: z.array(z.enum(SASL_MECHANISMS)).default([...SASL_MECHANISMS]),
    stls: z.boolean().default(true),
    login: LoginOptions,
    /** False answers wrong passwords at once, for tests. */
    delays: z.boolean().default(true),
  }),
  events: pop3Events,

  async serve(visit, context) {
    const login = new Login(visit, context)
    let stage: Login | MailSession = login
    await visit.write(login.greeting())
    for (let commands = 0; commands < COMMANDS; commands++) {
      let line: Buffer
      try {
        line = await visit.line(LINE_BYTES, stage === login ? { within: LOGIN_PATIENCE_MS } : {})
      } catch (error) {
        if (!(error instanceof LimitReached) || error.limit !== 'read-deadline') throw error
        return void (await visit.write('-ERR Disconnected for inactivity.\r\n'))
      }
      const startedAt = performance.now()
      const { text, ends, user } = await stage.answer(line)
      visit.record('turn', {
        kind: 'pop3',
        input: evidence(line.subarray(0, 1024)),
        output: evidence(text.subarray(0, 1024)),
        ...(text.length > 1024 ? { outputBytes: text.length } : {}),
        source: 'static',
        durationMs: performance.now() - startedAt,
      })
      await visit.write(text)
      if (ends) return
      if (user !== undefined) stage = new MailSession(visit, context, user)
    }
    throw new LimitReached('commands', COMMANDS)
  },
})
