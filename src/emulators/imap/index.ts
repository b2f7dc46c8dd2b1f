/**
 * Dovecot's IMAP with mailboxes behind it.
 *
 *   us:     * OK [CAPABILITY IMAP4rev1 … STARTTLS AUTH=PLAIN AUTH=LOGIN AUTH=CRAM-MD5] Dovecot (Debian) ready.
 *   client: a LOGIN maris letmein           us: two seconds later a NO [AUTHENTICATIONFAILED] …           → login
 *   client: b AUTHENTICATE PLAIN AG1hcmlz…  us: b OK [CAPABILITY … SPECIAL-USE] Logged in                 → login
 *   client: c SELECT INBOX                  us: * 27 EXISTS … c OK [READ-WRITE] Select completed …        → imap.select
 *   client: d SEARCH TEXT "password"        us: * SEARCH 4 9                                              → imap.search
 *   client: e FETCH 4 BODY[]                us: * 4 FETCH (FLAGS (\Seen) BODY[] {812} …                   → imap.fetch
 *   client: f APPEND Sent {310}             us: + OK, f OK [APPENDUID …] Append completed                 → imap.append, artifact
 *
 * login.ts is what Dovecot's login process says, dispatcher.ts what the user's own process says after it. The mail is the
 * persona's, drawn from the seed; what a source does to it stays done for that source, over POP3 too.
 */
import { z } from 'zod'
import { evidence } from '../../events/bytes.ts'
import { LoginOptions } from '../../sensor/login-desk.ts'
import { defineLure } from '../../sensor/lure.ts'
import { SASL_MECHANISMS } from '../../sensor/sasl.ts'
import { LimitReached, type Visit } from '../../sensor/visit.ts'
import { type ReadCommand, readCommand } from './command-reader.ts'
import { Dispatcher } from './dispatcher.ts'
import { type ImapEvents, imapEvents } from './events.ts'
import { Login } from './login.ts'
import { ImapSession } from './session.ts'

/** Dovecot's CLIENT_LOGIN_IDLE_TIMEOUT; logged in, the sensor's own bound comes first. */
const LOGIN_PATIENCE_MS = 180_000
/** Literals of a command before the login. */
const LOGIN_LITERAL_BYTES = 8192
const COMMANDS = 5000

export default defineLure({
  name: 'imap',
  standsFor: ['Heralding', 'Honeypots'],
  about: "Dovecot IMAP with the persona's mail",
  profiles: ['standard', 'mini', 'linux'],
  ports: [
    { transport: 'tcp', port: 143 },
    { transport: 'tcp', port: 993, tls: true, role: 'imaps' },
  ],
  options: z.strictObject({
    auth: z.array(z.enum(SASL_MECHANISMS)).default([...SASL_MECHANISMS]),
    starttls: z.boolean().default(true),
    login: LoginOptions,
    /** False answers wrong passwords at once, for tests. */
    delays: z.boolean().default(true),
  }),
  events: imapEvents,

  async serve(visit, context) {
    const login = new Login(visit, context)
    await visit.write(login.greeting())
    let left = COMMANDS
    let user: string | undefined
    while (user === undefined) {
      if (left-- <= 0) throw new LimitReached('commands', COMMANDS)
      const command = await commandBeforeLogin(visit)
      if (!command) return
      const startedAt = performance.now()
      const answer = await login.answer(command.segments)
      recordTurn(visit, command, answer.lines.join('\n'), startedAt)
      await visit.write(answer.lines.map((line) => `${line}\r\n`).join(''))
      if (answer.ends) return
      user = answer.user
    }
    const dispatcher = new Dispatcher(new ImapSession(visit, context, user))
    for (; left > 0; left--) {
      const command = await readCommand(visit, dispatcher.judge, undefined)
      const startedAt = performance.now()
      const { goesOn, said } = await dispatcher.handle(command.segments, command.refusal, command.waitedMs)
      recordTurn(visit, command, said, startedAt)
      if (!goesOn) return
    }
    throw new LimitReached('commands', COMMANDS)
  },
})

/** Undefined when the client took too long. */
async function commandBeforeLogin(visit: Visit<ImapEvents>): Promise<ReadCommand | undefined> {
  try {
    return await readCommand(
      visit,
      (_segments, { total }) => (total > LOGIN_LITERAL_BYTES ? 'BAD Literal size too large' : undefined),
      LOGIN_PATIENCE_MS,
    )
  } catch (error) {
    if (!(error instanceof LimitReached) || error.limit !== 'read-deadline') throw error
    await visit.write('* BYE Disconnected for inactivity.\r\n')
    return undefined
  }
}

function recordTurn(visit: Visit<ImapEvents>, { segments }: ReadCommand, output: string, startedAt: number): void {
  const input = Buffer.concat(segments.flatMap(({ line, literal }) => (literal ? [line, Buffer.from('\r\n'), literal] : [line])))
  visit.record('turn', {
    kind: 'imap',
    input: evidence(input.subarray(0, 1024)),
    output: evidence(Buffer.from(output.slice(0, 1024), 'latin1')),
    source: 'static',
    durationMs: performance.now() - startedAt,
  })
}
