/**
 * The persona's telnetd, login, and its machine behind them.
 *
 *   us (BusyBox):   IAC DO ECHO, DO NAWS, WILL ECHO, WILL SGA, \r\n<host> login:
 *   us (inetutils): IAC WILL AUTHENTICATION … DO OLD-ENVIRON, and nothing more until the client has answered     → telnet.option
 *   client:         IAC SB NEW-ENVIRON IS USER "-f root" IAC SE     CVE-2026-24061: a shell without a password    → telnet.environment
 *   client:         root\r\0        us: root\r\nPassword:           client: xc3511\r\0                            → login
 *   us:             three seconds later Login incorrect, or the shell of the host                                 → turn, telnet.terminal
 *
 * daemons.ts says what the two daemons differ in, inetutils.ts has the longer negotiation, login.ts is login(1).
 */
import { z } from 'zod'
import { evidence } from '../../events/bytes.ts'
import type { DoorLog } from '../../host/contract.ts'
import { accountFor } from '../../host/login-policy.ts'
import { TerminalRecord } from '../../host/terminal-record.ts'
import { toText } from '../../host/text.ts'
import { LoginDesk, LoginOptions } from '../../sensor/login-desk.ts'
import { defineLure, type VisitContext } from '../../sensor/lure.ts'
import type { Visit } from '../../sensor/visit.ts'
import { TelnetError } from './codec.ts'
import { type Daemon, daemonOf } from './daemons.ts'
import { environmentUser } from './environment.ts'
import { type TelnetEvents, telnetEvents } from './events.ts'
import { login } from './login.ts'
import { runShell } from './session.ts'
import { TelnetStream } from './stream.ts'

const TelnetOptions = z.strictObject({
  login: LoginOptions,
  /** Every login fails, as with Heralding: for who wants credentials and no shell. */
  authOnly: z.boolean().default(false),
  /** Whether a user `-f NAME` in the environment opens a shell, as it did in inetutils until CVE-2026-24061 was fixed. */
  argumentInjection: z.boolean().default(true),
  /** False answers wrong passwords at once, for tests. */
  delays: z.boolean().default(true),
})

/** Milliseconds until login runs and asks. hydra tells the prompt from the options by their coming apart. */
const LOGIN_STARTS_MS = 70

interface Room {
  /** Folder of the terminal recordings. */
  recordings: string
}

type Context = VisitContext<z.output<typeof TelnetOptions>, Room>

export default defineLure({
  name: 'telnet',
  standsFor: ['Cowrie', 'Heralding', 'Honeypots'],
  about: "telnetd of the persona's system, login, shell of the same host",
  profiles: ['standard', 'mini'],
  ports: [{ transport: 'tcp', port: 23 }],
  options: TelnetOptions,
  events: telnetEvents,

  start: ({ folder }): Room => ({ recordings: folder('tty') }),

  async serve(visit, context) {
    try {
      await talk(visit, context)
    } catch (error) {
      if (!(error instanceof TelnetError)) throw error
      visit.record('telnet.malformed', { what: error.message })
    }
  },
})

async function talk(visit: Visit<TelnetEvents>, context: Context): Promise<void> {
  const { persona, options } = context
  const daemon = daemonOf(persona)
  const stream = new TelnetStream(visit, daemon.nulAfterCr)
  if (!(await daemon.negotiate(stream))) return
  stream.onItem = (item) => daemon.answer(item)
  await visit.pause(LOGIN_STARTS_MS * (1 + Math.random() / 2))
  const greeting = daemon.greeting(persona, 'pts/0')
  const named = environmentUser(stream.facts.variables)
  const injected = injectedUser(visit, context, daemon, named)
  if (injected !== undefined) {
    await stream.write(greeting)
    return shell(visit, context, { stream, daemon, log: doorLog(visit, context) }, injected)
  }
  const log = doorLog(visit, context)
  const user = await login({
    greeting,
    visit,
    stream,
    daemon,
    hostname: persona.hostname,
    desk: new LoginDesk(visit, context),
    log,
    delays: options.delays,
    user: named?.[0] === 0x2d ? undefined : named,
  })
  if (user !== undefined) await shell(visit, context, { stream, daemon, log }, user)
}

function doorLog(visit: Visit<TelnetEvents>, { host }: Context): DoorLog {
  return host.logs.door('telnetd', visit.source)
}

/** CVE-2026-24061: telnetd hands USER to login as an argument, and `-f root` means that root is authenticated already. */
function injectedUser(
  visit: Visit<TelnetEvents>,
  { options, host }: Context,
  daemon: Daemon,
  named: Buffer | undefined,
): string | undefined {
  const [, user] = /^-f\s*(\S.*)$/.exec(named ? toText(named) : '') ?? []
  if (user === undefined || !named) return undefined
  visit.tag('cve:CVE-2026-24061', 'attack:T1190')
  const accepted = daemon.takesEnvironment && options.argumentInjection && !options.authOnly && host.userExists(user)
  visit.login({ method: 'telnet-environment', username: evidence(named), accepted })
  return accepted ? user : undefined
}

async function shell(
  visit: Visit<TelnetEvents>,
  context: Context,
  { stream, daemon, log }: { stream: TelnetStream; daemon: Daemon; log: DoorLog },
  user: string,
): Promise<void> {
  const { host, room } = context
  const { source: remote, local } = visit
  const origin = { remote, local, via: 'telnetd', daemonPid: log.pid }
  const account = await accountFor(host, user, { ...origin, recorder: visit })
  log.accepted(account, 'password')
  const { terminalType: term = daemon.terminalType, window } = stream.facts
  const terminal = { term, columns: window?.columns || 80, rows: window?.rows || 24 }
  const record = new TerminalRecord({ folder: room.recordings, name: visit.session, ...terminal, cooked: true })
  try {
    await runShell({ stream, record, spawn: () => host.spawn({ user: account, terminal, ...origin, recorder: visit }) })
  } finally {
    log.ended({})
    visit.record('telnet.terminal', await record.close())
  }
}
