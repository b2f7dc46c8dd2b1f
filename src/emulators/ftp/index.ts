/**
 * An FTP server that lends out the files of the persona's machine.
 *
 *   us:     220 (vsFTPd 3.0.3)
 *   client: USER deploy, PASS deploy123         us: 331 …, 230 Login successful.                     → login
 *   client: EPSV, LIST                          us: 229 … (|||40123|), 150 …, 226 …                 → ftp.list
 *   client: RETR backup.sql                     us: 150 …, the file of the simulated host, 226 …    → ftp.download
 *   client: STOR x86                            us: 150 Ok to send data., 226 Transfer complete.    → ftp.upload, artifact
 *   client: PORT 203,0,113,9,0,25               us: 500 Illegal PORT command.                       → ftp.port, indicator
 *
 * Data connections are passive only: nothing that a client says makes us connect anywhere. server.ts has the commands,
 * transfers.ts those with a data connection, and products/ the words and habits of vsftpd, ProFTPD and Pure-FTPd.
 */
import { evidence } from '../../events/bytes.ts'
import { formatInZone } from '../../host/zone-time.ts'
import { defineLure } from '../../sensor/lure.ts'
import { LimitReached } from '../../sensor/visit.ts'
import { ftpEvents } from './events.ts'
import { FtpOptions, type Room } from './options.ts'
import { productOf } from './product.ts'
import { answer } from './server.ts'
import { FtpSession } from './session.ts'

const LINE_BYTES = 4096
const COMMANDS = 5000
/** vsftpd's idle_session_timeout, just before the sensor's own. */
const PATIENCE_MS = 295_000

export default defineLure({
  name: 'ftp',
  standsFor: ['Dionaea', 'Heralding', 'Honeypots'],
  about: "FTP of vsftpd, ProFTPD or Pure-FTPd on the persona's files",
  profiles: ['standard', 'mini', 'tarpit', 'linux'],
  ports: [{ transport: 'tcp', port: 21, alternate: 2121 }],
  options: FtpOptions,
  events: ftpEvents,

  start: ({ options }): Room => ({ product: productOf(options.product), clients: 0 }),

  async serve(visit, context) {
    const { room, persona, options } = context
    room.clients++
    try {
      const session = new FtpSession(visit, context)
      const isPrivate = options.anonymous === 'off'
      const greeting = session.say('greeting', {
        n: room.clients,
        port: context.port.declared.port,
        clock: formatInZone(Date.now(), persona.timezone, '%R'),
        private: isPrivate && session.has('private') ? session.say('private').join('\n') : '',
      })
      await session.reply(greeting)
      await converse(session)
    } finally {
      room.clients--
    }
  },
})

async function converse(session: FtpSession): Promise<void> {
  const { visit } = session
  for (let commands = 0; commands < COMMANDS; commands++) {
    let line: Buffer
    try {
      line = await visit.line(LINE_BYTES, { within: PATIENCE_MS })
    } catch (error) {
      if (!(error instanceof LimitReached) || error.limit !== 'read-deadline') throw error
      return session.reply(session.say('timeout'))
    }
    const startedAt = performance.now()
    const { lines, ends } = await answer(session, line)
    visit.record('turn', {
      kind: 'ftp',
      input: evidence(line.subarray(0, 1024)),
      output: evidence(Buffer.from(lines.join('\n').slice(0, 2048), 'latin1')),
      source: 'static',
      durationMs: performance.now() - startedAt,
    })
    await session.reply(lines)
    if (ends) return
  }
  throw new LimitReached('commands', COMMANDS)
}
